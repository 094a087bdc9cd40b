"""举报线索: taken once, put to the right site, kept through imports, answered."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from crawler.domain.assessment import Level
from crawler.domain.case import CHINA
from crawler.domain.delivery import Endpoint, EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.filing import Refusal
from crawler.domain.lead import LeadState
from crawler.domain.schedule import FiringState
from crawler.reading.lead_list import Told, place_of, read_leads
from crawler.service.choosing import sweep_for
from crawler.service.importing import import_file, rules_of
from crawler.service.leading import Complaint, answer_lead, ask_visits, standing_of, take_lead
from crawler.service.responding import Responder
from crawler.service.wiring import House
from crawler.store.assessments import save_assessment
from crawler.store.audit import acts_on
from crawler.store.leads import lead_of, mark_visited
from crawler.store.outbox import list_deliveries
from crawler.store.schedules import firings_in, schedule_named
from crawler.store.sites import site_of_domain, sites_by_id
from crawler.store.tables import alerts, sites, sweeps, visits
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, an_assessment
from tests.integration.packing_house import a_house, seed_case


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For tests after which there must be nothing in it."""
    made = a_house(tmp_path_factory.mktemp("untouched") / "home")
    yield made
    made.database.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def complaint(house: House, url: str, **more: str) -> Complaint:
    return Complaint(place=place_of(url, rules_of(house)), **{"channel": "12345", **more})  # type: ignore[arg-type]


def a_list(folder: Path, *domains: str, name: str = "名单.csv") -> Path:
    rows = [f"云湖{n}有限公司,沪ICP备209900{n:04d}号-1,{d}" for n, d in enumerate(domains, 1)]
    path = folder / name
    path.write_text("\n".join(["主办单位名称,网站备案号,网站域名", *rows]) + "\n", "utf-8")
    return path


def imported(house: House, path: Path, at: datetime = NOON) -> None:
    import_file(house, path, source="备案系统", actor="ops", at=at, whole=True, rehearse=False)


def looked_at(
    house: House, domain: str, at: datetime, outcome: str = "seen", level: Level = Level.NONE
) -> None:
    with house.database.transaction() as db:
        site = site_of_domain(db, domain)
        assert site is not None
        sweep = db.execute(insert(sweeps).values(
            selection="x", state="finished", render=True, actor="t", region="310118",
            started_at=at, sites=1).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        visit = db.execute(insert(visits).values(
            sweep_id=sweep, site_id=site.id, region="310118", state="closed", outcome=outcome,
            closed_at=at).returning(visits.c.id)).scalar_one()  # fmt: skip
        save_assessment(db, an_assessment(visit_id=visit, level=level), site.id, "310118")


def stands(house: House, number: int) -> str:
    with house.database.transaction() as db:
        mark_visited(db)
        lead = lead_of(db, number)
        assert lead is not None
        return standing_of(db, lead).told


def test_an_address_that_no_list_names_is_watched_by_itself(house: House) -> None:
    lead, fresh = take_lead(house, complaint(house, "http://New.example.cn/p?a=1"), "li", NOON)

    with house.database.reading() as db:
        site = site_of_domain(db, "new.example.cn")
        acts = acts_on(db, f"lead:{lead.id}")
    assert fresh
    assert not lead.joined
    assert site is not None
    assert (site.home_url, site.due_at) == ("http://new.example.cn/p?a=1", NOON)
    assert [one.act.action for one in acts] == ["lead.take"]


@pytest.mark.parametrize(
    "url", ["http://filed.example.com/x", "m.filed.example.com", "https://a.b.example.com/"]
)
def test_one_whose_registered_domain_is_filed_joins_that_site(
    house: House, tmp_path: Path, url: str
) -> None:
    imported(house, a_list(tmp_path, "example.com"))

    lead, _ = take_lead(house, complaint(house, url), "li", NOON)

    with house.database.reading() as db:
        assert lead.site_id == getattr(site_of_domain(db, "example.com"), "id", 0)
        assert site_of_domain(db, "filed.example.com") is None
    assert lead.joined


def test_the_senders_own_number_comes_in_once_for_each_site(house: House) -> None:
    def taken(url: str, channel: str) -> tuple[int, bool]:
        given = complaint(house, url, reference="G-1", channel=channel)
        lead, fresh = take_lead(house, given, "li", NOON)
        return lead.id, fresh

    first, _ = taken("a.example.cn", "12345")

    assert taken("http://a.example.cn/other", "12345") == (first, False)
    assert taken("b.example.cn", "12345") == (first + 1, True)  # one letter may tell of several
    assert taken("a.example.cn", "来信") == (first + 2, True)


def test_a_row_with_two_addresses_is_two_leads(house: House, tmp_path: Path) -> None:
    file = tmp_path / "举报.csv"
    told = "http://a.example.cn/ http://b.example.cn/、http://10.0.0.1/"
    file.write_text(f"网址,编号\n{told},G-1\n", "utf-8")

    a, b, refused = read_leads(file, rules_of(house))

    assert isinstance(a, Told)
    assert isinstance(b, Told)
    assert (a.place.domain, b.place.domain) == ("a.example.cn", "b.example.cn")
    assert (a.reference, b.reference) == ("G-1", "G-1")
    assert isinstance(refused, Refusal)
    with pytest.raises(BadInput, match="这里有 2 个"):
        place_of("http://a.example.cn/ http://b.example.cn/", rules_of(house))


def test_an_import_does_not_retire_what_somebody_told_of(house: House, tmp_path: Path) -> None:
    take_lead(house, complaint(house, "told.example.cn"), "li", NOON)

    imported(house, a_list(tmp_path, "other.example.com"), NOON + timedelta(days=1))

    with house.database.reading() as db:
        assert getattr(site_of_domain(db, "told.example.cn"), "state", "") == "watched"


def test_a_filed_site_that_was_retired_is_looked_at_again(house: House) -> None:
    take_lead(house, complaint(house, "back.example.cn"), "li", NOON)
    with house.database.transaction() as db:
        db.execute(update(sites).values(state="retired", due_at=None))

    take_lead(house, complaint(house, "back.example.cn"), "li", NOON + timedelta(days=1))

    with house.database.reading() as db:
        site = site_of_domain(db, "back.example.cn")
    assert site is not None
    assert (site.state, site.due_at) == ("watched", NOON + timedelta(days=1))


def test_a_paused_site_is_not_asked_for_again_and_again_and_can_be_answered(house: House) -> None:
    lead, _ = take_lead(house, complaint(house, "paused.example.cn"), "li", NOON)
    with house.database.transaction() as db:
        db.execute(update(sites).values(state="paused"))

    assert ask_visits(house, NOON) == 0
    with house.database.reading() as db:
        assert standing_of(db, lead).told == "已收到，网站已停止采集，没有访问"
    with pytest.raises(NotAllowed, match="须写明答复的话"):
        answer_lead(house, lead.id, "", "li", NOON)
    assert answer_lead(house, lead.id, "网站另案处理中。", "li", NOON).state is LeadState.ANSWERED


def test_the_page_that_was_told_of_is_the_one_looked_at(house: House) -> None:
    for url in ("http://told.example.cn/", "http://told.example.cn/pay/fund.html"):
        lead, _ = take_lead(house, complaint(house, url), "li", NOON)

    with house.database.reading() as db:
        site = sites_by_id(db, [lead.site_id])[lead.site_id]
    assert site.home_url == "http://told.example.cn/pay/fund.html"


def test_a_long_answer_is_not_cut(house: House) -> None:
    lead, _ = take_lead(house, complaint(house, "long.example.cn"), "li", NOON)

    with pytest.raises(BadInput, match="答复不超过 500 字"):
        answer_lead(house, lead.id, "答" * 501, "li", NOON)


def test_a_served_house_is_asked_once_for_what_waits(house: House) -> None:
    assert ask_visits(house, NOON) == 0
    take_lead(house, complaint(house, "a.example.cn"), "li", NOON)
    take_lead(house, complaint(house, "b.example.cn"), "li", NOON)

    asked = ask_visits(house, NOON)
    again = ask_visits(house, NOON + timedelta(seconds=5))

    with house.database.transaction() as db:
        waiting = firings_in(db, (FiringState.WAITING,))
        sweep = sweep_for(db, schedule_named(db, "举报线索"), "system", "0" * 32, NOON)
    assert asked > 0
    assert again == 0
    assert [one.id for one in waiting] == [asked]
    assert sweep.sites == 2


def test_it_is_answered_once_and_only_after_somebody_looked(house: House) -> None:
    lead, _ = take_lead(house, complaint(house, "a.example.cn"), "li", NOON)

    with pytest.raises(NotAllowed, match="还没有采集"):
        answer_lead(house, lead.id, "", "li", NOON)
    looked_at(house, "a.example.cn", NOON + timedelta(minutes=1))
    answered = answer_lead(house, lead.id, "", "li", NOON + timedelta(hours=1))

    assert answered.state is LeadState.ANSWERED
    assert answered.answer == "已采集，网站首页未见疑似情形"
    with pytest.raises(NotAllowed, match="已经答复过"):
        answer_lead(house, lead.id, "再答", "li", NOON)
    with pytest.raises(BadInput, match="没有编号"):
        answer_lead(house, 99, "", "li", NOON)


def test_a_look_before_the_complaint_does_not_count(house: House) -> None:
    first, _ = take_lead(house, complaint(house, "a.example.cn"), "li", NOON)
    looked_at(house, "a.example.cn", NOON + timedelta(minutes=1))
    later, _ = take_lead(house, complaint(house, "a.example.cn"), "li", NOON + timedelta(days=1))

    with house.database.transaction() as db:
        mark_visited(db)
        told = [standing_of(db, one).told for one in (lead_of(db, first.id), lead_of(db, later.id))
                if one is not None]  # fmt: skip

    assert told == ["已采集，网站首页未见疑似情形", "已收到，等待采集"]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("name_not_found", "访问未成功：域名不存在"),
        ("connection_refused", "访问未成功：网站拒绝连接"),
        ("timed_out", "访问未成功：访问超时"),
        ("http_error", "访问未成功：网站报错"),
        ("empty", "访问未成功：网页空白"),
        ("", "访问未成功：没有看到网页"),
    ],
)
def test_who_told_of_a_site_that_was_not_reached_gets_no_all_clear(
    house: House, outcome: str, told: str
) -> None:
    lead, _ = take_lead(house, complaint(house, "a.example.cn"), "li", NOON)
    looked_at(house, "a.example.cn", NOON + timedelta(minutes=1), outcome)

    answered = answer_lead(house, lead.id, "", "li", NOON + timedelta(hours=1))

    assert answered.answer == told


def test_a_look_that_reached_the_site_counts_though_a_later_one_did_not(house: House) -> None:
    lead, _ = take_lead(house, complaint(house, "a.example.cn"), "li", NOON)
    looked_at(house, "a.example.cn", NOON + timedelta(minutes=1))
    looked_at(house, "a.example.cn", NOON + timedelta(days=1), "timed_out")

    assert stands(house, lead.id) == "已采集，网站首页未见疑似情形"


@pytest.mark.parametrize(
    ("state", "outcome", "level", "told"),
    [
        ("open", "connection_refused", Level.NONE, "已有预警 1；本次未能访问：网站拒绝连接"),
        ("dismissed", "timed_out", Level.NONE, "已有预警 1；本次未能访问：访问超时"),
        ("confirmed", "timed_out", Level.NONE,
         "已有预警 1；本次未能访问：访问超时；已核实，正在处理"),
        ("open", "seen", Level.RED, "已有预警 1（待核实）；本次采集，再次发现疑似情形"),
        ("open", "seen", Level.NONE, "已有预警 1（待核实）；本次采集，网站首页未见疑似情形"),
        ("dismissed", "seen", Level.NONE, "已采集，网站首页未见疑似情形"),
        ("dismissed", "seen", Level.RED, "已核实，未发现疑似情形"),
        ("confirmed", "seen", Level.RED, "已核实，正在处理"),
    ],
)  # fmt: skip
def test_an_alert_from_before_the_complaint_is_told_as_one(
    house: House, state: str, outcome: str, level: Level, told: str
) -> None:
    seed_case(house, "known.example.cn", at=NOON - timedelta(hours=1), pictures=0)
    with house.database.transaction() as db:
        db.execute(update(alerts).values(state=state))
    lead, _ = take_lead(house, complaint(house, "known.example.cn"), "li", NOON)
    looked_at(house, "known.example.cn", NOON + timedelta(minutes=1), outcome, level)

    assert stands(house, lead.id) == told


def test_an_alert_that_the_look_raised_is_told_as_new(house: House) -> None:
    lead, _ = take_lead(house, complaint(house, "new.example.cn"), "li", NOON)
    found = NOON + timedelta(minutes=1)
    looked_at(house, "new.example.cn", found, level=Level.RED)
    seeded = seed_case(house, "other.example.cn", at=found, pictures=0)
    with house.database.transaction() as db:
        db.execute(
            update(alerts).values(site_id=lead.site_id).where(alerts.c.id == seeded.alert_id)
        )

    assert stands(house, lead.id) == "已采集，生成预警，待核实"


def test_what_was_told_in_the_future_is_refused(house: House) -> None:
    place = place_of("a.example.cn", rules_of(house))
    for ahead, taken in ((timedelta(days=1), False), (timedelta(minutes=1), True)):
        given = Complaint(place=place, channel="12345", told_at=NOON + ahead)
        if taken:
            assert take_lead(house, given, "li", NOON)[1]
        else:
            with pytest.raises(BadInput, match="举报时间在将来"):
                take_lead(house, given, "li", NOON)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "没有网址"),
        ("http://127.0.0.1/", "不能使用"),
        ("http://169.254.169.254/latest", "不能使用"),
        ("http://localhost/", "不能使用"),
        ("file:///etc/passwd", "不能使用"),
        ("javascript:alert(1)", "不能使用"),
        ("http://a.cn@b.cn/", "不能使用"),
        ("http://a.example.cn:22/", "不能使用"),
    ],
)
def test_an_address_that_must_not_be_visited_is_refused(
    untouched: House, url: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        complaint(untouched, url)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"channel": " "}, "渠道"),
        ({"words": "x" * 2001}, "2000"),
        ({"reporter": "x" * 101}, "举报人"),
        ({"region": "31"}, "区划"),
    ],
)
def test_what_is_told_has_its_limits(untouched: House, more: dict[str, str], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        take_lead(untouched, complaint(untouched, "a.example.cn", **more), "li", NOON)

    with untouched.database.reading() as db:
        assert db.scalar(select(sites.c.id)) is None


def test_a_file_gives_each_row_a_lead_or_a_reason(untouched: House, tmp_path: Path) -> None:
    path = tmp_path / "举报.csv"
    path.write_text(
        "举报时间,举报网址,举报内容,举报人,工单号\n"
        "2026-05-12 09:30,http://a.example.cn/,=SUM(A1) 高息,张三,1\n"
        "2026-05-12,http://10.0.0.1/,内网,李四,2\n"
        "昨天,b.example.cn,时间不清,王五,3\n"
        ",c.example.cn,没有时间,,4\n",
        "utf-8",
    )

    rows = list(read_leads(path, rules_of(untouched)))

    told = [one for one in rows if isinstance(one, Told)]
    refused = [one for one in rows if isinstance(one, Refusal)]
    assert [(one.row, one.place.domain) for one in told] == [
        (2, "a.example.cn"), (5, "c.example.cn"),
    ]  # fmt: skip
    assert told[0].told_at == datetime(2026, 5, 12, 9, 30, tzinfo=CHINA)
    assert told[0].words == "=SUM(A1) 高息"
    assert [one.row for one in refused] == [3, 4]
    assert all(one.reason for one in refused)


def test_a_file_without_addresses_is_told(untouched: House, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("甲,乙\n1,2\n", "utf-8")

    with pytest.raises(BadInput, match="没有“网址”一列"):
        list(read_leads(path, rules_of(untouched)))


def test_the_warning_that_a_lead_led_to_says_so_and_not_who_told(house: House) -> None:
    lead, _ = take_lead(
        house, complaint(house, "http://new.example.cn/", reporter="王大妈", reference="HX-77"),
        "wang", NOON,
    )  # fmt: skip
    found = NOON + timedelta(minutes=2)
    responder = Responder(endpoints=(Endpoint(name="platform", url="http://p/", secret="s"),),
                          categories={}, chance=os.urandom)  # fmt: skip
    with house.database.transaction() as db:
        start_sweep(db, "leads", every_site(), now=found, actor="system", region="", render=False)
        visit = replace(visits_by_id(db, [1])[0], captures=(a_capture(),))
        responder.respond(db, visit, an_assessment(level=Level.RED), found)
        (told,) = [one for one in list_deliveries(db) if one.event is EventType.ALERT_OPENED]

    alert = json.loads(told.body)["alert"]
    assert alert["clue_source"] == "举报线索"
    assert [(one["lead_no"], one["channel"]) for one in alert["leads"]] == [(lead.id, "12345")]
    assert not any(one in told.body.decode() for one in ("王大妈", "HX-77"))
