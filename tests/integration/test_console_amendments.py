"""修订 in the console: one person proposes, sees what would change, another puts it in force."""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.user import Role
from crawler.service import amending, foreseeing, replaying
from crawler.service.amending import amendment_of, propose_files
from crawler.service.cli import COMMANDS, app_of
from crawler.service.doors import Door
from crawler.service.lexicon_life import publish_draft
from crawler.store.audit import acts_on, broken_entries
from crawler.store.database import Database
from lexicons.publishing import current
from tests.bench.console import counted
from tests.builders import NOON
from tests.integration.console_house import Answer, Served, Visitor, console
from tests.integration.lexicon_house import LOUD, NEW_WORD, PLAIN, QUIET, SECOND, a_draft, seed

ADD = {
    "kind": "add", "word": NEW_WORD, "category": "yield_promise", "weight": "5",
    "why": "养老<b>类</b>新话术",
}  # fmt: skip
HIDDEN = re.compile(r'name="seen" value="(\w+)"')


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    """Three sites under small lists, version 1; consent is asked for, as it is by default."""
    with console(tmp_path / "home") as served:
        served.account("zhou", Role.SUPERVISOR)
        publish_draft(
            served.house, a_draft(tmp_path / "base", words=""), "ops", "起步", "zhou", NOON
        )
        yield served


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Served]:
    """The same where nobody's consent is asked for."""
    with console(tmp_path / "home", settings="[review]\nlexicon_consent = false\n") as served:
        publish_draft(served.house, a_draft(tmp_path / "base", words=""), "ops", "起步", "", NOON)
        yield served


def seeded(house: Served) -> None:
    seed(house.house, "quiet.example.cn", QUIET)
    seed(house.house, "loud.example.cn", LOUD)
    seed(house.house, "far.example.cn", QUIET, region="310115")
    seed(house.house, "plain.example.cn", PLAIN)


def proposed(visitor: Visitor, **fields: str) -> str:
    """The page of a new amendment."""
    answer = visitor.post("/words/amendments", ADD | fields)
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def publish(visitor: Visitor, page: str, seen: str = "") -> Answer:
    shown = HIDDEN.search(visitor.get(page).text)
    return visitor.post(f"{page}/publish", {"seen": seen or (shown[1] if shown else "-")})


def counted_out(visitor: Visitor, page: str) -> str:
    """Its page when the counting is over."""
    for _ in range(600):
        part = visitor.get(f"{page}/outlook").text
        if "data-live" not in part:
            return part
        time.sleep(0.1)
    raise AssertionError("never over")


def in_force(house: Served) -> int:
    version = current(house.house.shelf)
    return version.number if version else 0


def actions(house: Served, object_: str = "lexicon:0") -> list[tuple[str, str]]:
    with house.house.database.reading() as db:
        assert not list(broken_entries(db))
        return [(one.act.action, one.act.actor) for one in acts_on(db, object_)]


def digest_of(house: Served, number: int) -> str:
    one = amendment_of(house.house, number)
    assert one is not None
    return one.digest


@pytest.mark.fault("L15")
def test_a_word_is_proposed_counted_and_published_by_a_second_person(house: Served) -> None:
    seeded(house)
    officer = house.person("shen", Role.OFFICER)
    supervisor = house.visitor()
    supervisor.sign_in("zhou")

    page = proposed(officer)
    assert "新增预警 0 个" in counted_out(officer, page)  # one word alone is no more than blue
    officer.post("/words/amendments", ADD | {"word": SECOND, "amendment": "1"})
    told = counted_out(officer, page)

    assert "新增预警 2 个，不再预警 0 个" in told
    assert "专员多看 6 分钟" in told
    assert "quiet.example.cn" in told
    assert "far.example.cn" not in told  # another district's
    shown = officer.get(page).text
    assert "养老&lt;b&gt;类&lt;/b&gt;新话术" in shown
    assert "/publish" not in shown

    mine = officer.post(f"{page}/publish", {"seen": digest_of(house, 1)})

    assert mine.status == 409
    assert "不能批准自己提交的词库" in mine.text
    assert in_force(house) == 1
    assert actions(house)[0] == ("lexicon.refused", "shen")

    assert publish(supervisor, page).status == 303

    assert in_force(house) == 2
    version = current(house.house.shelf)
    assert version is not None
    assert (version.author, version.approved_by) == ("shen", "zhou")
    assert actions(house, "lexicon:2") == [("lexicon.publish", "zhou")]
    listed = officer.get("/words").text
    assert "修订 1 已发布" not in listed  # told to whoever did it
    assert "启用第 2 版" in listed
    assert "已发布为第 2 版" in officer.get(page).text


@pytest.mark.fault("L15")
def test_a_supervisor_who_proposes_needs_another_and_ops_are_no_supervisors(house: Served) -> None:
    zhou = house.visitor()
    zhou.sign_in("zhou")
    page = proposed(zhou)

    assert publish(zhou, page, digest_of(house, 1)).status == 409
    ops = house.person("yunwei", Role.OPS)
    refused = publish(ops, page, digest_of(house, 1))

    assert refused.status == 409
    assert "须是主管" in refused.text
    assert in_force(house) == 1
    assert actions(house)[:2] == [("lexicon.refused", "yunwei"), ("lexicon.refused", "zhou")]
    wang = house.person("wang", Role.SUPERVISOR)
    assert publish(wang, page).status == 303


def test_without_consent_the_author_publishes_and_nobody_else_who_is_no_supervisor(
    alone: Served,
) -> None:
    officer = alone.person("shen", Role.OFFICER)
    page = proposed(officer)

    other = alone.person("lin", Role.OFFICER)

    assert publish(other, page, digest_of(alone, 1)).status == 409
    assert publish(officer, page).status == 303
    assert in_force(alone) == 2


def test_a_stale_amendment_is_refused_until_it_stands_on_the_version_in_force(
    house: Served,
) -> None:
    officer, zhou = house.person("shen", Role.OFFICER), house.visitor()
    zhou.sign_in("zhou")
    first = proposed(officer)
    second = proposed(officer, word=SECOND)
    publish(zhou, first)

    refused = publish(zhou, second, digest_of(house, 2))

    assert refused.status == 409
    assert "换了版本" in refused.text
    assert in_force(house) == 2
    assert 'role="alert"' in officer.get(second).text
    assert zhou.post(f"{second}/renew").status == 409  # its author's
    assert officer.post(f"{second}/renew").status == 303
    assert publish(zhou, second).status == 303
    words = officer.get("/words?q=%E6%98%9F%E7%9B%BE").text
    assert NEW_WORD in words
    assert SECOND in words


def test_what_no_longer_fits_the_version_in_force_is_told(house: Served) -> None:
    officer, zhou = house.person("shen", Role.OFFICER), house.visitor()
    zhou.sign_in("zhou")
    first, second = proposed(officer), proposed(officer, weight="4")
    publish(zhou, first)

    officer.post(f"{second}/renew")

    assert "自相矛盾" in officer.get(second).text
    one = amendment_of(house.house, 2)
    assert one is not None
    assert len(one.edits) == 1


def test_what_changed_after_it_was_seen_is_not_published(house: Served) -> None:
    officer, zhou = house.person("shen", Role.OFFICER), house.visitor()
    zhou.sign_in("zhou")
    page = proposed(officer)
    seen = digest_of(house, 1)
    officer.post("/words/amendments", ADD | {"word": "全体返现宝", "amendment": "1"})

    refused = zhou.post(f"{page}/publish", {"seen": seen})

    assert refused.status == 409
    assert "又改了" in refused.text
    assert in_force(house) == 1
    another = house.person("lin", Role.OFFICER)
    assert another.post("/words/amendments", ADD | {"amendment": "1"}).status == 409


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"word": "<script>alert(1)</script>"}, "不支持正则"),
        ({"word": "=HYPERLINK(1)"}, "不支持正则"),
        ({"word": "保" * 10_000}, "超过 40 字"),
        ({"word": "(a+)+$"}, "不支持正则"),
        ({"word": "保本保息"}, "自相矛盾"),
        ({"word": "币"}, "只有一个字"),
        ({"weight": "9"}, "权重须为 0 至 5"),
        ({"category": "../../x"}, "没有类别"),
        ({"kind": "remove", "was": "yield_promise", "word": "没有这词"}, "里没有"),
    ],
    ids=["markup", "formula", "long", "bomb", "duplicate", "one", "weight", "category", "gone"],
)
def test_a_faulty_word_is_told_with_its_reason_and_keeps_what_was_typed(
    house: Served, fields: dict[str, str], said: str
) -> None:
    if said == "自相矛盾":
        fields = fields | {"weight": "1"}
    officer = house.person("shen", Role.OFFICER)

    answer = officer.post("/words/amendments", ADD | fields)

    assert answer.status == 400
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert "养老&lt;b&gt;类" in answer.text
    assert amendment_of(house.house, 1) is None
    assert "没有修订在等待" in officer.get("/words").text


def test_a_word_with_signs_of_a_formula_is_a_word_and_is_shown_as_text(house: Served) -> None:
    officer = house.person("shen", Role.OFFICER)

    page = proposed(officer, word="=cmd&<b>x", note='{"a": 1} # no comment')

    shown = officer.get(page).text
    assert "=cmd&amp;&lt;b&gt;x" in shown
    assert "<b>x" not in shown


def test_the_bench_takes_a_capture_by_number_within_ones_region(house: Served) -> None:
    visit = seed(house.house, "quiet.example.cn", QUIET)
    far = seed(house.house, "far.example.cn", LOUD, region="310115")
    officer = house.person("shen", Role.OFFICER)
    proposed(officer)

    both = officer.post("/words/try", {"page": f"01JV{visit:022d}", "amendment": "1"})

    assert both.status == 200
    assert NEW_WORD in both.text
    assert both.text.count('<div class="stack" role="status">') == 2
    assert "没有命中的词" in both.text  # by the lists in force
    theirs = officer.post("/words/try", {"page": f"01JV{far:022d}"})
    assert theirs.status == 400
    assert "没有采过" in theirs.text
    assert officer.post("/words/try", {"page": "x", "text": "y"}).status == 400


def test_an_earlier_version_comes_back_with_a_reason(house: Served) -> None:
    officer, zhou = house.person("shen", Role.OFFICER), house.visitor()
    zhou.sign_in("zhou")
    publish(zhou, proposed(officer))

    assert officer.post("/words/rollback", {"version": "1", "reason": "x"}).status == 403
    assert zhou.post("/words/rollback", {"version": "1"}).status == 400
    assert zhou.post("/words/rollback", {"version": "1", "reason": "误报太多"}).status == 303

    assert in_force(house) == 1
    assert actions(house, "lexicon:1")[0] == ("lexicon.rollback", "zhou")


def test_it_is_withdrawn_by_its_author_or_turned_down_with_a_reason(house: Served) -> None:
    officer, zhou = house.person("shen", Role.OFFICER), house.visitor()
    zhou.sign_in("zhou")
    first, second = proposed(officer), proposed(officer, word=SECOND)

    assert house.person("lin", Role.OFFICER).post(f"{first}/drop").status == 409
    assert zhou.post(f"{first}/drop").status == 400
    assert zhou.post(f"{first}/drop", {"reason": "银行也这么写"}).status == 303
    assert officer.post(f"{second}/drop").status == 303

    assert "银行也这么写" in officer.get(first).text
    assert publish(zhou, first, digest_of(house, 1)).status == 409
    kept = house.house.shelf / "amendments" / "0001"
    assert [one.name for one in kept.iterdir() if one.is_dir()] == []


def test_the_command_line_obeys_the_same_setting_in_the_same_words(
    house: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = a_draft(tmp_path / "draft")
    door = Door(home=house.house.home, config=None, actor="root")

    def typed(*words: str) -> None:
        app_of(COMMANDS)(args=["lexicon", *words], standalone_mode=False, obj=door)

    for more, said in (
        ((), "须由另一人（主管）同意"),
        (("--approved-by", "root"), "不能批准自己"),
        (("--approved-by", "nobody"), "须是主管"),
    ):
        with pytest.raises(NotAllowed, match=said):
            typed("publish", str(draft), "--note", "x", *more)
    assert in_force(house) == 1
    assert actions(house)[:3] == [
        ("lexicon.refused", "nobody"), ("lexicon.refused", "root"), ("lexicon.refused", "root"),
    ]  # fmt: skip

    typed("propose", str(draft), "--note", "整个文件夹")

    assert "修订 1" in capsys.readouterr().out
    zhou = house.visitor()
    zhou.sign_in("zhou")
    assert NEW_WORD in zhou.get("/words/amendments/1").text
    assert publish(zhou, "/words/amendments/1").status == 303
    assert in_force(house) == 2


def test_a_folder_that_went_stale_is_exported_anew(house: Served, tmp_path: Path) -> None:
    one = propose_files(house.house, a_draft(tmp_path / "d"), "shen", "x", NOON)
    officer = house.person("shen", Role.OFFICER)

    assert officer.post(f"/words/amendments/{one.number}/renew").status == 409


def test_its_page_asks_little_and_a_broken_counting_is_told(house: Served) -> None:
    officer = house.person("shen", Role.OFFICER)
    page = proposed(officer)
    counted_out(officer, page)
    place = house.house.shelf / "amendments" / "0001"
    for result in place.glob("*.outlook"):
        result.unlink()

    with counted(house.house.database.engine) as said:
        assert officer.get(page).status == 200
    assert len(said) <= 10
    assert "还没有算过" in officer.get(page).text
    hidden = place / digest_of(house, 1) / "weights.yaml"
    shutil.move(hidden, tmp := place / "weights.yaml")
    officer.post(f"{page}/count")
    assert "没有算成" in counted_out(officer, page)
    shutil.move(tmp, hidden)
    officer.post(f"{page}/count")
    assert "新增预警 0 个" in counted_out(officer, page)


def test_neither_an_amendment_nor_their_number_grows_without_end(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = house.person("shen", Role.OFFICER)
    monkeypatch.setattr(amending, "MOST_EDITS", 1)
    monkeypatch.setattr(amending, "MOST_OPEN", 1)
    first = proposed(officer)

    more = officer.post("/words/amendments", ADD | {"word": SECOND, "amendment": "1"})
    another = officer.post("/words/amendments", ADD | {"word": SECOND})

    assert (more.status, another.status) == (400, 409)
    assert "最多改 1 处" in more.text
    assert officer.post(f"{first}/drop").status == 303
    assert proposed(officer, word=SECOND).endswith("/2")  # what is over counts no more


def test_what_is_counted_of_a_withdrawn_amendment_ends(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over, ended = threading.Event(), threading.Event(), threading.Event()

    counts = replaying.replay

    def slow(db: Database, old: Any, new: Any, at: Any, tell: Any, **more: int) -> Any:
        if db is not house.house.database:  # a counting that an earlier test left behind
            return counts(db, old, new, at, tell, **more)
        begun.set()
        over.wait(30)
        try:
            tell(1, 2)
        except Exception:
            ended.set()
            raise
        raise AssertionError("it goes on")

    monkeypatch.setattr(foreseeing, "replay", slow)
    officer = house.person("shen", Role.OFFICER)
    page = proposed(officer)
    assert begun.wait(30)

    assert officer.post(f"{page}/drop").status == 303
    over.set()

    assert ended.wait(30)
    assert "没有算成" not in officer.get(f"{page}/outlook").text


def test_what_changes_nothing_is_no_amendment(house: Served) -> None:
    with pytest.raises(BadInput, match="没有差别"):
        propose_files(house.house, house.house.lexicon, "shen", "又一次", NOON)

    assert amendment_of(house.house, 1) is None
