"""An officer decides over HTTP: what is written, what the second is told, what bad input does."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import update

from alerts.excepting import Wish, approve_exemption, propose
from alerts.reviewing import dismiss
from crawler.domain.alert import AlertState
from crawler.domain.assessment import Level
from crawler.domain.page import PageStructure
from crawler.domain.subject import Register
from crawler.domain.task import TaskState
from crawler.domain.user import Role
from crawler.service.console import deciding
from crawler.service.console.alert import compared
from crawler.service.desks import desk_of
from crawler.service.registering import Handed, take_register
from crawler.store.alerts import alert_of
from crawler.store.audit import acts_on, latest_acts
from crawler.store.cases import case_of
from crawler.store.people_tables import users
from crawler.store.reviews import reviews_of
from crawler.store.sites import sites_by_id
from crawler.store.tasks import tasks_of_case
from tests.builders import NOON, a_site
from tests.integration.console_house import Clock, Served, Visitor, console
from tests.integration.console_seeds import Seeded, seed_alert


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with console(tmp_path / "home", clock) as served:
        yield served


@pytest.fixture
def officer(house: Served) -> Visitor:
    return house.person("shenlan", Role.OFFICER)


def state_of(house: Served, seeded: Seeded) -> AlertState:
    with house.house.database.reading() as db:
        alert = alert_of(db, seeded.alert_id)
    assert alert is not None
    return alert.state


def test_one_press_confirms_and_makes_the_task_that_the_rules_say(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    answer = officer.post(f"/alerts/{seeded.alert_id}/confirm")

    assert answer.headers["location"] == "/today"
    with house.house.database.reading() as db:
        task = tasks_of_case(db, seeded.case_id)[0]
        assert [entry.act.actor for entry in acts_on(db, f"alert:{seeded.alert_id}")] == ["shenlan"]
    assert task.state is TaskState.DRAFTED
    assert task.drafted_by == "shenlan"
    assert task.number in officer.get("/today").text


def test_the_form_may_be_changed_before_the_task_is_made(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    officer.post(f"/alerts/{seeded.alert_id}/confirm", [
        ("edited", "yes"), ("lead", "310118-SC"), ("cooperating", "310118-GA"),
        ("title", "改过的标题"), ("summary", "改过的摘要"),
    ])  # fmt: skip

    with house.house.database.reading() as db:
        task = tasks_of_case(db, seeded.case_id)[0]
    assert task.lead.name == "市场监管局"
    assert [one.code for one in task.cooperating] == ["310118-GA"]
    assert (task.title, task.summary) == ("改过的标题", "改过的摘要")
    assert "shenlan" in task.rule


def test_the_form_shows_the_rule_and_what_registers_said_and_left_alone_changes_nothing(
    house: Served, officer: Visitor
) -> None:
    name = "云湖颐享养老服务有限公司"
    seeded = seed_alert(house.house, "a.example.cn", unit=name)
    path = house.house.home / "entities.csv"
    path.write_text(f"名称,区划代码,街道\n{name},310115,花木街道\n", "utf-8")
    handed = Handed(
        path=path, register=Register.ENTITIES, source="市法人库", as_of=date(2026, 5, 1)
    )
    take_register(house.house, handed, "ops", NOON)

    page = officer.get(f"/alerts/{seeded.alert_id}").text
    form = page[page.index('id="task"') :]
    assert "登记地 310115（法人库）" in form
    assert "行为地 310118（备案）" in form
    assert "持牌核对：未核验" in form
    assert "花木街道" in form
    lead = re.findall(r'value="([^"]+)" selected', form)[0]
    helping = re.findall(r'name="cooperating" value="([^"]+)" checked', form)
    fields = [("edited", "yes"), ("lead", lead), *(("cooperating", one) for one in helping)]
    officer.post(f"/alerts/{seeded.alert_id}/confirm", [*fields, ("title", "同上")])

    with house.house.database.reading() as db:
        task = tasks_of_case(db, seeded.case_id)[0]
    assert "花木街道" in officer.get(f"/alerts/{seeded.alert_id}").text.partition('id="task"')[0]
    assert "改派" not in task.rule
    assert [one.code for one in task.cooperating] == helping
    assert any("行为地 310118" in one.name for one in task.cooperating)


def test_an_exemption_of_the_site_is_said_where_its_alert_still_waits(
    house: Served, officer: Visitor, clock: Clock
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    page = f"/alerts/{seeded.alert_id}"
    wish = Wish(domain="a.example.cn", reason="持牌，已核对", days=30)
    made = propose(house.house.database, wish, "wang", NOON)
    before = officer.get(page).text

    approve_exemption(house.house.database, made.id, "li", NOON)

    said = f"例外 {made.id} 生效中"
    assert said not in before
    assert said in officer.get(page).text
    assert "持牌，已核对" in officer.get(page).text


@pytest.mark.parametrize("lead", ["310118-XX", "x", "", "310118", "9-GA", "310118-GA;DROP"])
def test_a_department_that_nobody_listed_is_refused(
    house: Served, officer: Visitor, lead: str
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    answer = officer.post(
        f"/alerts/{seeded.alert_id}/confirm", {"edited": "yes", "lead": lead, "title": "x"}
    )

    assert answer.status == 400
    assert state_of(house, seeded) is AlertState.OPEN


def test_a_dismissal_needs_a_reason_and_keeps_what_misled(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    path = f"/alerts/{seeded.alert_id}/dismiss"
    assert officer.post(path, {"reason": ""}).status == 400
    assert officer.post(path, {"reason": "其他", "other": "  "}).status == 400

    officer.post(path, [("reason", "词语误读"), ("other", "是商品名"), ("misled", "保本保息")])

    with house.house.database.reading() as db:
        review = reviews_of(db, seeded.alert_id)[0]
    assert review.reason == "词语误读：是商品名"
    assert review.misled_by == ("保本保息",)


@pytest.mark.fault("C27")
def test_of_two_officers_one_decides_and_the_other_is_told(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    second = house.person("zhouning", Role.OFFICER)
    start = threading.Barrier(2)

    def press(visitor: Visitor, path: str) -> int:
        start.wait(30)
        reason = {"reason": "反诈宣传或普法"}
        return visitor.post(f"/alerts/{seeded.alert_id}/{path}", reason).status

    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(press, *one) for one in ((officer, "confirm"), (second, "dismiss"))]
        assert [one.result(60) for one in asked] == [303, 303]

    with house.house.database.reading() as db:
        assert len(reviews_of(db, seeded.alert_id)) == 1
    pages = [visitor.get("/me").text for visitor in (officer, second)]
    assert sum("你的选择没有记录" in page for page in pages) == 1


@pytest.mark.fault("C29")
def test_pressing_twice_makes_one_task(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    for _ in range(3):
        assert officer.post(f"/alerts/{seeded.alert_id}/confirm").status == 303

    with house.house.database.reading() as db:
        assert len(tasks_of_case(db, seeded.case_id)) == 1
        assert len(reviews_of(db, seeded.alert_id)) == 1
    assert "没有重复" in officer.get("/me").text


def test_one_press_confirms_a_whole_family_under_one_task(house: Served, officer: Visitor) -> None:
    first = seed_alert(house.house, "a.example.cn")
    with house.house.database.reading() as db:
        case = case_of(db, first.case_id)
    others = [seed_alert(house.house, f"{n}.example.cn", case=case) for n in "bcd"]
    elsewhere = seed_alert(house.house, "e.example.cn", case=case, region="310115")
    assert "整族 4 个" in officer.get("/today").text

    officer.post(f"/alerts/{first.alert_id}/family")

    assert all(state_of(house, one) is AlertState.CONFIRMED for one in (first, *others))
    assert state_of(house, elsewhere) is AlertState.OPEN
    with house.house.database.reading() as db:
        assert len(tasks_of_case(db, first.case_id)) == 1


def test_a_decision_is_taken_back_within_ten_minutes_and_by_oneself_only(
    house: Served, officer: Visitor, clock: Clock
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    officer.post(f"/alerts/{seeded.alert_id}/confirm")
    undo = f"/alerts/{seeded.alert_id}/undo"
    assert house.person("zhouning", Role.OFFICER).post(undo).status == 409

    assert officer.post(undo).status == 303
    assert state_of(house, seeded) is AlertState.OPEN
    with house.house.database.reading() as db:
        assert tasks_of_case(db, seeded.case_id)[0].state is TaskState.CANCELLED

    officer.post(f"/alerts/{seeded.alert_id}/watch")
    clock.move(minutes=11)
    assert officer.post(undo).status == 409


def test_several_are_dismissed_at_once_with_one_reason(house: Served, officer: Visitor) -> None:
    seeded = [seed_alert(house.house, f"{n}.example.cn") for n in "abc"]
    officer.post(f"/alerts/{seeded[0].alert_id}/watch")
    fields = [("id", str(one.alert_id)) for one in seeded[1:]]

    officer.post("/alerts/bulk", [*fields, ("reason", "持牌机构合规表述")])

    assert [state_of(house, one) for one in seeded] == [
        AlertState.WATCHED, AlertState.DISMISSED, AlertState.DISMISSED,
    ]  # fmt: skip
    assert officer.post("/alerts/bulk", {"reason": "x"}).status == 400
    assert officer.post("/alerts/bulk", [*fields, ("reason", "")]).status == 400


@pytest.mark.fault("C28")
def test_a_move_that_is_not_in_the_table_is_refused(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn", level=Level.YELLOW)
    officer.post(f"/alerts/{seeded.alert_id}/confirm")
    task = re.findall(r"/tasks/(\d+)", officer.get(f"/alerts/{seeded.alert_id}").text)[0]

    assert officer.post(f"/tasks/{task}/move", {"move": "check"}).status == 409
    assert officer.post(f"/tasks/{task}/move", {"move": "fly"}).status == 400
    assert officer.post(f"/tasks/{task}/move", {"move": "approve"}).status == 403
    answer = {"move": "answer", "remark": "已约谈", "conclusion": "rectified"}
    assert officer.post(f"/tasks/{task}/move", answer | {"conclusion": "x"}).status == 400
    assert officer.post(f"/tasks/{task}/move", answer).status == 303
    assert officer.post(f"/tasks/{task}/move", {"move": "check"}).status == 303
    assert officer.post(f"/tasks/{task}/move", {"move": "close"}).status == 303
    assert "已办结" in officer.get(f"/tasks/{task}").text


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}${7*7}{% raw %}",
    "&lt;script&gt; &amp;quot;",
    "长" * 5_000,
    "付款\u202e gnp.exe \u2066倒\u2069",
    "零\u200b宽\u200d字\ufeff符",
    "\x00\x07\x1b[31m控制",
    "半\ud83d个",
)


FORBIDDEN = ("<script>alert", "<img src=x", "\u202e", "\u2066", "\x1b", "\x00")


@pytest.mark.fault("C01")
@pytest.mark.fault("C02")
@pytest.mark.fault("C23")
@pytest.mark.fault("C30")
@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_what_a_site_says_is_only_ever_text(house: Served, officer: Visitor, nasty: str) -> None:
    clean = nasty.replace("\ud83d", "")
    seeded = seed_alert(
        house.house, "a.example.cn", unit=clean[:400], body=f"{clean}\n季季返息 3.95%\n保·本·保·息",
        title=clean, sentence=f"疑似{clean}",
    )  # fmt: skip
    pages = [
        "/today", "/alerts", f"/alerts/{seeded.alert_id}", f"/alerts/{seeded.alert_id}?text=all",
        f"/alerts/{seeded.alert_id}/change",
    ]  # fmt: skip
    officer.post(f"/alerts/{seeded.alert_id}/confirm", {"reason": clean[:300]})
    pages += ["/today", "/tasks", "/tasks/list", "/alerts?state=all"]
    for path in pages:
        answer = officer.get(path)
        assert answer.status == 200, path
        found = [one for one in FORBIDDEN if one in answer.text]
        assert found == [], path
        assert "49" not in answer.text or "{{7*7}}" not in nasty or "{{7*7}}" in answer.text


@pytest.mark.fault("C09")
@pytest.mark.parametrize(
    "query",
    [
        "sort=id;DROP TABLE alerts", "sort=level desc", "level=red' OR 1=1 --", "state=nothing",
        "page=0", "page=-1", "page=99999999", "page=1e3", "page=１", "case=1 OR 1=1", "unseen=x",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_in_a_sentence(officer: Visitor, query: str) -> None:
    name, _, value = query.partition("=")

    assert officer.get(f"/alerts?{name}={quote(value)}").status == 400


@pytest.mark.parametrize("words", ["' OR '1'='1", "%%", "_", "\\", "100%保本", "a" * 500])
def test_words_are_looked_for_literally(house: Served, officer: Visitor, words: str) -> None:
    seed_alert(house.house, "a.example.cn")

    answer = officer.get(f"/alerts?q={quote(words)}")

    assert answer.status == 200
    assert "a.example.cn" not in answer.text


def test_filters_live_in_the_address_and_can_be_kept_under_a_name(
    house: Served, officer: Visitor
) -> None:
    seed_alert(house.house, "red.example.cn")
    seed_alert(house.house, "yellow.example.cn", level=Level.YELLOW)

    text = officer.get("/alerts?level=yellow&sort=old").text
    assert "yellow.example.cn" in text
    assert "red.example.cn" not in text
    officer.post("/alerts/views", {"name": "我的黄", "query": "level=yellow&sort=old"})
    assert "我的黄" in officer.get("/alerts").text
    assert "我的黄" not in house.person("other", Role.OFFICER).get("/alerts").text


def test_a_bookmark_of_something_that_is_gone_says_so(officer: Visitor) -> None:
    for path in ("/alerts/999999", "/tasks/999999", "/alerts/x", "/alerts/9" + "9" * 40, "/gone"):
        answer = officer.get(path)
        assert answer.status == 404
        assert "没有这个页面" in answer.text
    assert officer.get("/today?case=999999").status == 200


def test_a_missing_picture_leaves_text_and_marks(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn", picture=False)

    text = officer.get(f"/alerts/{seeded.alert_id}").text

    assert "没有图" in text
    assert 'id="h1"' in text


@pytest.mark.fault("E12")
def test_evidence_that_fails_its_digest_is_said_in_red_and_stops_the_confirmation(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    file = house.house.evidence / seeded.segment
    raw = bytearray(file.read_bytes())
    raw[-100] ^= 0xFF
    file.write_bytes(raw)

    page = officer.get(f"/alerts/{seeded.alert_id}").text
    assert "证据与登记的摘要不一致" in page
    assert "确认已停用" in page
    assert "确认已停用" in officer.get("/today").text
    assert officer.get(f"/evidence/{seeded.capture_id}/screen/card").status == 409
    refused = officer.post(f"/alerts/{seeded.alert_id}/confirm")
    assert refused.status == 409
    assert state_of(house, seeded) is AlertState.OPEN
    officer.post(f"/evidence/{seeded.capture_id}/verify", {"next": "/me"})
    assert "▲ 证据与登记的摘要不一致" in officer.get("/me").text
    with house.house.database.reading() as db:
        assert "evidence.broken" in {entry.act.action for entry in latest_acts(db)}


def test_sound_evidence_is_said_to_be_sound(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    officer.post(f"/evidence/{seeded.capture_id}/verify", {"next": "/me"})

    assert "件证据与登记的摘要一致" in officer.get("/me").text


@pytest.mark.fault("C05")
@pytest.mark.fault("C06")
def test_evidence_is_answered_as_an_image_and_as_nothing_else(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    for size, media in (("thumb", "image/jpeg"), ("card", "image/webp"), ("whole", "image/jpeg")):
        answer = officer.get(f"/evidence/{seeded.capture_id}/screen/{size}")
        assert answer.status == 200
        assert answer.headers["content-type"] == media
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    for path in ("dom/whole", "response/whole", "screen/html", "screen/../dom"):
        assert officer.get(f"/evidence/{seeded.capture_id}/{path}").status == 404


def test_names_of_persons_are_masked_until_somebody_asks_and_that_is_noted(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn", unit="欧阳明月", kind="person")
    for path in ("/today", "/alerts", f"/alerts/{seeded.alert_id}"):
        assert "欧阳明月" not in officer.get(path).text, path
        assert "欧***" in officer.get(path).text, path

    assert "欧阳明月" in officer.post(f"/alerts/{seeded.alert_id}/reveal").text

    auditor = house.person("shenji", Role.AUDITOR)
    assert auditor.post(f"/alerts/{seeded.alert_id}/reveal").status == 403
    with house.house.database.reading() as db:
        acts = [entry.act for entry in acts_on(db, f"alert:{seeded.alert_id}")]
    assert [(act.action, act.actor) for act in acts] == [("personal.read", "shenlan")]


def test_a_disguised_writing_is_shown_in_both_forms_and_numbered_alike(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    text = officer.get(f"/alerts/{seeded.alert_id}").text

    assert "<ruby>保·本·保·息<rp>（读作 </rp><rt>保本保息</rt>" in text
    assert re.search(r'class="box guar" href="#h2"', text)
    assert re.search(r'<mark class="guar" id="h2">', text)
    assert re.search(r'<mark class="yield" id="h1">', text)


@pytest.mark.parametrize(
    ("filed", "on_the_page", "same"),
    [
        ("沪ICP备2099000118号-1", "沪ICP备2099000118号", True),
        ("沪ICP备2099000118号-1", "沪ICP备2099000118号-7", True),
        ("沪ICP备2099000118号-1", "沪ICP备2099000119号-1", False),
        ("粤B2-20030001", "粤B2-20030001-3", True),
        ("粤B2-20030001", "粤B2-20040002", False),
    ],
)
def test_a_licence_is_the_same_by_the_subject_it_names(
    filed: str, on_the_page: str, same: bool
) -> None:
    structure = PageStructure(filing_numbers=(on_the_page,))

    found = compared(a_site(service_licence=filed), None, structure)

    assert next(one.same for one in found if one.what == "备案号") is same


def test_a_large_family_is_told_by_what_was_done(
    house: Served, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "MOST_AT_ONCE", 2)
    first = seed_alert(house.house, "a.example.cn")
    with house.house.database.reading() as db:
        case = case_of(db, first.case_id)
    for name in ("b", "c"):
        seed_alert(house.house, f"{name}.example.cn", case=case)

    officer.post(f"/alerts/{first.alert_id}/family")

    assert "整族 2 个已确认" in officer.get("/today").text


def test_a_family_is_one_task_a_place_and_whose_evidence_is_broken_waits(house: Served) -> None:
    officer = house.person("cheng", Role.OFFICER, region="310000")
    first = seed_alert(house.house, "a.example.cn")
    with house.house.database.reading() as db:
        case = case_of(db, first.case_id)
    seed_alert(house.house, "b.example.cn", case=case)
    seed_alert(house.house, "c.example.cn", case=case, region="310115")
    broken = seed_alert(house.house, "d.example.cn", case=case)
    (house.house.evidence / broken.segment).write_bytes(b"")

    officer.post(f"/alerts/{first.alert_id}/family")

    with house.house.database.reading() as db:
        tasks = tasks_of_case(db, first.case_id)
    told = officer.get("/today").text
    assert sorted(one.region for one in tasks) == ["310115", "310118"]
    assert f"整族 3 个已确认，任务 {tasks[0].number}、{tasks[1].number}" in told
    assert "1 个没有确认" in told
    assert state_of(house, broken) is AlertState.OPEN


def test_what_is_handed_over_is_seen_there_with_its_picture_and_no_more_here(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "elsewhere.example.cn")
    there = house.person("jinshan", Role.OFFICER, region="310116")
    path, picture = f"/alerts/{seeded.alert_id}", f"/evidence/{seeded.capture_id}/screen/thumb"
    assert there.get(path).status == 404

    answer = officer.post(f"{path}/transfer", {"region": "310116", "reason": "登记地在金山"})

    assert answer.status == 303
    assert (there.get(path).status, there.get(picture).status) == (200, 200)
    assert (officer.get(path).status, officer.get(picture).status) == (404, 404)
    with house.house.database.reading() as db:
        told = [one.act.after for one in acts_on(db, f"alert:{seeded.alert_id}")]
    assert "310118 → 310116：登记地在金山" in told


def test_what_somebody_decides_meanwhile_is_not_handed_over(
    house: Served, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    real = deciding.names_a_district  # type: ignore[attr-defined]

    def meanwhile(region: str) -> bool:
        dismiss(house.house.database, seeded.alert_id, "li", NOON, desk_of(house.house), "宣传")
        return bool(real(region))

    monkeypatch.setattr(deciding, "names_a_district", meanwhile)
    path = f"/alerts/{seeded.alert_id}/transfer"

    assert officer.post(path, {"region": "310116", "reason": "登记地在金山"}).status == 409
    assert officer.get(f"/alerts/{seeded.alert_id}").status == 200
    with house.house.database.reading() as db:
        assert sites_by_id(db, [seeded.site_id])[seeded.site_id].region == "310118"


def test_people_are_called_by_their_names(house: Served) -> None:
    seeded = seed_alert(house.house, "a.example.cn")
    officer = house.person("shenlan", Role.OFFICER, Role.SUPERVISOR)
    with house.house.database.transaction() as db:
        db.execute(update(users).values(shown_name="沈岚<b>"))
    task = officer.post(f"/alerts/{seeded.alert_id}/confirm").headers["location"]
    officer.upload(f"{task}/attachments", b"%PDF-1.7", "a.pdf")

    for page in (task, f"/alerts/{seeded.alert_id}"):
        text = officer.get(page).text
        assert "沈岚&lt;b&gt;" in text
        assert "shenlan" not in text


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "310118", "reason": "同一个区"},
        {"region": "310000", "reason": "不是区"},
        {"region": "３１０１１６", "reason": "全角"},
        {"region": "310116", "reason": ""},
        {},
    ],
)
def test_a_hand_over_without_a_district_or_a_reason_changes_nothing(
    house: Served, officer: Visitor, fields: dict[str, str]
) -> None:
    seeded = seed_alert(house.house, "stays.example.cn")

    assert officer.post(f"/alerts/{seeded.alert_id}/transfer", fields).status == 400
    assert officer.get(f"/alerts/{seeded.alert_id}").status == 200


def test_a_reason_that_no_form_would_take_is_refused_whole(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "a.example.cn")

    answer = officer.post(
        f"/alerts/{seeded.alert_id}/dismiss", {"reason": "其他", "other": "长" * 501}
    )

    assert answer.status == 400
    assert "最多 500 个字" in answer.text
    with house.house.database.reading() as db:
        assert alert_of(db, seeded.alert_id).state is AlertState.OPEN  # type: ignore[union-attr]


def test_of_several_none_is_decided_where_one_is_not_there(house: Served, officer: Visitor) -> None:
    first, last = (seed_alert(house.house, f"{name}.example.cn") for name in "ab")
    ids = [("id", str(n)) for n in (first.alert_id, 99_999, last.alert_id)]

    answer = officer.post("/alerts/bulk", [*ids, ("reason", "词语误读")])

    assert answer.status == 404
    with house.house.database.reading() as db:
        states = {alert_of(db, one.alert_id).state for one in (first, last)}  # type: ignore[union-attr]
    assert states == {AlertState.OPEN}


def test_more_than_may_be_dismissed_at_once_are_refused_and_not_cut(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn", picture=False)
    ids = [("id", str(seeded.alert_id))] * 201

    answer = officer.post("/alerts/bulk", [*ids, ("reason", "词语误读")])

    assert answer.status == 400
    assert "请选 1 至 200 条" in answer.text
    assert state_of(house, seeded) is AlertState.OPEN


def test_a_supervisor_opens_what_was_dismissed_again_with_a_reason(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "a.example.cn", picture=False)
    path = f"/alerts/{seeded.alert_id}"
    assert officer.post(f"{path}/dismiss", {"reason": "词语误读"}).status == 303
    chief = house.person("chief", Role.SUPERVISOR)

    unsaid = chief.post(f"{path}/reopen", {"reason": " "})
    assert (unsaid.status, state_of(house, seeded)) == (400, AlertState.DISMISSED)
    assert chief.post(f"{path}/reopen", {"reason": "又见新证据"}).status == 303

    assert state_of(house, seeded) is AlertState.OPEN
    with house.house.database.reading() as db:
        acts = [(one.act.actor, one.act.action) for one in acts_on(db, f"alert:{seeded.alert_id}")]
    assert ("chief", "alert.reopen") in acts
