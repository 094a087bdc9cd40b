"""The word lists from a terminal: checked, tried, compared over what is stored, published, taken
back, and what officers' decisions say of them.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.reviewing import confirm, dismiss
from crawler.domain.assessment import Level, at_least
from crawler.domain.errors import BadInput, NotAllowed
from crawler.service.cli import COMMANDS, app_of
from crawler.service.desks import desk_of
from crawler.service.doors import Door
from crawler.service.lexicon_life import feedback, publish_draft
from crawler.service.wiring import LEXICONS, House, open_house
from crawler.store.alerts import alerts_of_site
from crawler.store.assessments import assessment_of
from crawler.store.audit import acts_on, broken_entries
from crawler.store.readings import reading_of
from crawler.store.tables import lexicons
from crawler.store.visits import visits_by_id
from lexicons.judging import Judge
from lexicons.publishing import current
from tests.builders import NOON, a_text
from tests.integration.lexicon_house import (
    LOUD,
    NEW_WORD,
    PLAIN,
    QUIET,
    SECOND,
    a_draft,
    seed,
)

Run = Callable[..., str]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """jieba's dictionary, read once for all tests here."""
    folder = tmp_path_factory.mktemp("warm") / "cache"
    Judge(LEXICONS, folder)
    return folder


@pytest.fixture
def house(tmp_path: Path, warm: Path) -> Iterator[House]:
    """With a small word list in force, as version 1: the program's own takes longer to load."""
    shutil.copytree(warm, tmp_path / "home" / "cache")
    (tmp_path / "home" / "xunwang.toml").write_text("[review]\nlexicon_consent = false\n", "utf-8")
    opened = open_house(tmp_path / "home")
    publish_draft(opened, a_draft(tmp_path / "base", words=""), "ops", "起步", "", NOON)
    yield opened
    opened.database.close()


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as a person types it; gives what it said."""

    def typed(*words: str, code: int = 0) -> str:
        door = Door(home=house.home, config=None, actor="ops")
        ended = app_of(COMMANDS)(args=["lexicon", *words], standalone_mode=False, obj=door)
        assert (ended or 0) == code
        said = capsys.readouterr()
        return said.out + said.err

    return typed


def test_a_draft_is_exported_checked_and_every_fault_is_named(run: Run, tmp_path: Path) -> None:
    draft = tmp_path / "draft"

    assert "6 个文件" in run("export", str(draft)).replace("\n", "")
    assert "没有问题" in run("check", str(draft)).replace("\n", "")
    (draft / "terms" / "bad.yaml").write_text("id: x\n\tname: y\n", "utf-8")

    assert "bad.yaml 第 2 行：含制表符" in run("check", str(draft), code=1)


def test_an_export_never_overwrites(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("x")

    with pytest.raises(BadInput, match="不是空目录"):
        run("export", str(tmp_path / "mine"))


def test_a_text_is_tried_by_both_lists_with_reasons_and_places(run: Run, tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft")

    told = json.loads(run("try", str(draft), "--text", QUIET, "--json"))

    assert told["in_force"]["level"] == "none"
    assert at_least(Level(told["tried"]["level"]), Level.YELLOW)
    (hit,) = (one for one in told["tried"]["hits"] if one["word"] == NEW_WORD)
    assert QUIET[hit["start"] : hit["end"]] == NEW_WORD
    assert told["in_force"]["version"] != told["tried"]["version"]


def test_a_file_of_any_bytes_and_a_stored_page_are_tried(
    run: Run, house: House, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(f"<html><title>理财</title><p>{LOUD}".encode("gb18030") + b"\xff\x00")
    seed(house, "loud.example.cn", LOUD)

    assert json.loads(run("try", "--file", str(page), "--json"))["in_force"]["level"] == "red"
    assert json.loads(run("try", "--page", "loud.example.cn", "--json"))["in_force"]["hits"]
    with pytest.raises(BadInput, match="没有采过"):
        run("try", "--page", "nowhere.example.cn")
    with pytest.raises(BadInput, match="只写一个"):
        run("try", "--page", "loud.example.cn", "--text", "x")
    with pytest.raises(BadInput, match="无法读取"):
        run("try", "--file", str(tmp_path / "none"))


def test_a_difference_shows_words_and_what_stored_pages_would_do(
    run: Run, house: House, tmp_path: Path
) -> None:
    for domain, body in (("quiet.example.cn", QUIET), ("plain.example.cn", PLAIN),
                         ("loud.example.cn", LOUD)):  # fmt: skip
        seed(house, domain, body)
    draft = a_draft(tmp_path / "draft")
    before = reading_of_level(house, "loud.example.cn")

    told = json.loads(run("diff", str(draft), "--json"))

    assert [term["word"] for term in told["words"]["added"]] == [NEW_WORD, SECOND]
    replayed = told["replay"]
    assert (replayed["sites"], replayed["newly_alerting"], replayed["falling_silent"]) == (3, 1, 0)
    assert [one["domain"] for one in replayed["shifts"]] == ["quiet.example.cn"]
    assert replayed["officer_minutes"] > 0
    assert reading_of_level(house, "loud.example.cn") is before
    assert "新增 2，删除 0" in run("diff", str(draft), "--words-only").replace("\n", "")


def reading_of_level(house: House, domain: str) -> Level:
    with house.database.reading() as db:
        reading = reading_of(db, domain, NOON)
    assert reading is not None
    return reading.level


def test_what_falls_silent_is_told_before_it_is_published(
    run: Run, house: House, tmp_path: Path
) -> None:
    publish_draft(house, a_draft(tmp_path / "new"), "ops", "加词", "", NOON)
    seed(house, "quiet.example.cn", QUIET)

    told = json.loads(run("try", "1", "--json"))

    assert (told["newly_alerting"], told["falling_silent"]) == (0, 1)
    assert told["officer_minutes"] < 0


def test_publishing_and_taking_back_are_written_down_with_who_and_why(
    run: Run, house: House, tmp_path: Path
) -> None:
    draft = a_draft(tmp_path / "draft")

    with pytest.raises(BadInput, match="--note"):
        run("publish", str(draft))
    run("publish", str(draft), "--note", "补充新话术")
    with pytest.raises(BadInput, match="没有变化"):
        run("publish", str(draft), "--note", "再来")
    with pytest.raises(BadInput, match="为什么回退"):
        run("rollback", "0")
    run("rollback", "0", "--note", "误报太多")
    with pytest.raises(BadInput, match="没有第 9 版"):
        run("rollback", "9", "--note", "x")
    with pytest.raises(BadInput, match="版本号"):
        run("rollback", "甲", "--note", "x")

    listed = json.loads(run("list", "--json"))
    assert listed["in_force"] == 0
    assert [(one["number"], one["author"]) for one in listed["versions"]] == [
        (2, "ops"),
        (1, "ops"),
    ]
    with house.database.reading() as db:
        acts = [*acts_on(db, "lexicon:0"), *acts_on(db, "lexicon:2")]
        row = db.execute(select(lexicons).where(lexicons.c.number == 2)).one()
        assert not list(broken_entries(db))
    assert [(one.act.action, one.act.actor) for one in acts] == [
        ("lexicon.rollback", "ops"),
        ("lexicon.publish", "ops"),
    ]
    assert "误报太多" in acts[0].act.after
    assert (row.number, row.note) == (2, "补充新话术")


@pytest.mark.fault("L15")
def test_ones_own_approval_is_refused_and_the_refusal_is_kept(
    run: Run, house: House, tmp_path: Path
) -> None:
    with pytest.raises(NotAllowed, match="自己"):
        run("publish", str(a_draft(tmp_path / "d")), "--note", "x", "--approved-by", "ops")

    assert in_force_number(house) == 1
    with house.database.reading() as db:
        assert [one.act.action for one in acts_on(db, "lexicon:0")] == ["lexicon.refused"]


def test_a_draft_with_faults_is_not_published(run: Run, house: House, tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft", words="    - 币\n    - (a+)+$\n")

    with pytest.raises(BadInput, match=r"只有一个字.*不支持正则"):
        run("publish", str(draft), "--note", "x")

    assert in_force_number(house) == 1


def in_force_number(house: House) -> int:
    version = current(house.shelf)
    return version.number if version else 0


@pytest.mark.fault("L11")
def test_a_running_worker_takes_a_new_version_without_a_restart(
    run: Run, house: House, tmp_path: Path
) -> None:
    worker = Judge(house.lexicon, house.cache)
    first = worker.version

    run("publish", str(a_draft(tmp_path / "draft")), "--note", "x")
    until = time.monotonic() + 30
    while worker.version == first and time.monotonic() < until:
        worker.passes(a_text(PLAIN))
        time.sleep(0.05)

    in_force = current(house.shelf)
    assert in_force is not None
    assert worker.version == in_force.digest


def test_a_worker_keeps_its_version_where_the_new_one_cannot_be_read(
    run: Run, house: House, tmp_path: Path
) -> None:
    worker = Judge(house.lexicon, house.cache)
    first = worker.version
    run("publish", str(a_draft(tmp_path / "draft")), "--note", "x")
    in_force = current(house.shelf)
    assert in_force is not None
    (in_force.folder / "weights.yaml").write_text("levels: {}\n", "utf-8")

    for _ in range(20):
        worker.passes(a_text(PLAIN))
        time.sleep(0.05)

    assert worker.version == first


@pytest.mark.fault("L12")
def test_rejudging_opens_alerts_once_and_goes_on_where_it_stopped(
    run: Run, house: House, tmp_path: Path
) -> None:
    visit_id = seed(house, "quiet.example.cn", QUIET)
    seed(house, "plain.example.cn", PLAIN)
    run("publish", str(a_draft(tmp_path / "draft")), "--note", "x")

    first = json.loads(run("rejudge", "--json"))
    again = json.loads(run("rejudge", "--json"))

    assert (first["judged"], first["raised"]) == (2, 1)
    assert (again["judged"], again["known"]) == (0, 2)
    with house.database.reading() as db:
        assessment = assessment_of(db, visit_id)
        visit = visits_by_id(db, [visit_id])[0]
        opened, _ = alerts_of_site(db, visit.site.id)
    in_force = current(house.shelf)
    assert assessment is not None
    assert in_force is not None
    assert assessment.lexicon_version == in_force.digest
    assert opened is not None
    assert opened.repeats == 0


@pytest.mark.fault("L13")
def test_an_open_alert_keeps_its_words_when_they_leave_the_lists(
    run: Run, house: House, tmp_path: Path
) -> None:
    run("publish", str(a_draft(tmp_path / "draft")), "--note", "x")
    visit_id = seed(house, "quiet.example.cn", QUIET)
    run("rollback", "1", "--note", "撤回")

    done = json.loads(run("rejudge", "--json"))

    assert done["left_open"] == 1
    with house.database.reading() as db:
        assessment = assessment_of(db, visit_id)
        opened, _ = alerts_of_site(db, visits_by_id(db, [visit_id])[0].site.id)
    assert assessment is not None
    assert NEW_WORD in {hit.word for hit in assessment.hits}
    assert opened is not None
    assert any(NEW_WORD in one for one in opened.found)


def test_decisions_give_precision_and_new_words(house: House) -> None:
    visit_ids = [
        seed(house, f"loud{n}.example.cn", f"{LOUD}云海赶路人计划第{n}期") for n in range(5)
    ]
    for n in range(5):
        seed(house, f"other{n}.example.cn", f"{LOUD}另有其事{n}")
    with house.database.reading() as db:
        numbers = []
        for visit_id in visit_ids:
            opened, _ = alerts_of_site(db, visits_by_id(db, [visit_id])[0].site.id)
            assert opened is not None
            numbers.append(opened.id)
    for number in numbers[:4]:
        confirm(house.database, number, "officer", NOON, desk_of(house))
    dismiss(house.database, numbers[4], "officer", NOON, desk_of(house), "持牌机构")

    found = feedback(house)

    assert (found.confirmed, found.dismissed) == (4, 1)
    (guarantee,) = (one for one in found.words if one.name == "principal_guarantee:保本保息")
    assert guarantee.precision == 0.8
    assert any(one.name == "rates_promised" for one in found.rules)
    assert "保本保息" not in found.never_hit
    assert "百家乐" in found.never_hit
    assert "赶路" in " ".join(one.word for one in found.proposals)
