"""What only a browser could have shown is never called clean where none looked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher, Outcome
from crawler.domain.site import VisitState
from crawler.service.pipes import Report
from crawler.service.recording import Recorder
from crawler.service.turns import Turns
from crawler.store.assessments import assessment_of
from crawler.store.coverage import LedgerWanted, ledger_page
from crawler.store.database import Database
from crawler.store.evidence import SegmentWriter
from crawler.store.visits import close_unrendered, visits_by_id
from tests.builders import NOON, a_capture, an_assessment
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    with opened.transaction() as db:
        filed_visits(db, 1)
    yield opened
    opened.close()


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    writer = SegmentWriter(tmp_path / "evidence", "t-parent", NOON)
    yield Recorder(
        database=database,
        writer=writer,
        chain="t",
        answer=lambda *_: None,
        level_of=lambda _: Level.YELLOW,
        turns=Turns(renders=True, patient=False),
    )
    writer.close()


def told(
    recorder: Recorder,
    reason: str,
    level: Level = Level.NONE,
    look_reason: str = "",
    **given: Any,
) -> VisitState:
    """Where the visit stands after its page was judged by its plain answer."""
    capture = a_capture(id="C1", visit_id=1, text_digest="d", **given)
    judged = an_assessment(level=level, score=0.0, text_digest="d")
    with recorder.database.reading() as db:
        (visit,) = visits_by_id(db, [1], NOON)
    report = Report(
        visit_id=1, captures=(capture,), assessment=judged, render_reason=reason,
        look_reason=look_reason,
    )  # fmt: skip
    recorder.record([(visit, report)], NOON)
    with recorder.database.reading() as db:
        return visits_by_id(db, [1], NOON)[0].state


def shown(database: Database, level: str) -> int:
    """How many sites the ledger lists at a level."""
    with database.reading() as db:
        return ledger_page(db, LedgerWanted(reach="", level=level))[0]


@pytest.mark.parametrize(
    ("reason", "level", "becomes"),
    [
        ("script_shell", Level.NONE, Level.BLUE),
        ("thin_text", Level.NONE, Level.BLUE),
        ("learned", Level.NONE, Level.BLUE),
        ("hit", Level.NONE, Level.NONE),
        ("watched_change", Level.NONE, Level.NONE),
        ("", Level.NONE, Level.NONE),
        ("script_shell", Level.YELLOW, Level.YELLOW),
    ],
)
def test_without_a_browser_a_shell_is_not_judged(
    database: Database, recorder: Recorder, reason: str, level: Level, becomes: Level
) -> None:
    state = told(replace(recorder, turns=Turns(renders=False, patient=False)), reason, level)

    with database.reading() as db:
        judged = assessment_of(db, 1)
    assert state is VisitState.CLOSED
    assert judged is not None
    assert judged.level is becomes
    assert ("未能研判" in judged.sentence) is (becomes is Level.BLUE)
    assert shown(database, str(becomes)) == 1


def test_a_site_that_was_not_reached_is_its_outcome(database: Database, recorder: Recorder) -> None:
    never = replace(recorder, turns=Turns(renders=False, patient=False))
    told(never, "learned", outcome=Outcome.TIMED_OUT)

    with database.reading() as db:
        judged = assessment_of(db, 1)
    assert judged is not None
    assert judged.level is Level.NONE  # shown as 超时, and as no level


def test_where_the_browser_gave_up_its_pages_are_not_judged(
    database: Database, recorder: Recorder
) -> None:
    assert told(recorder, "script_shell") is VisitState.RENDERING
    assert shown(database, "none") == 1

    recorder.leave_unshown(1, NOON)
    with database.transaction() as db:
        close_unrendered(db, 1, NOON)

    assert shown(database, "none") == 0
    assert shown(database, "blue") == 1


def test_where_nobody_takes_other_views_the_rest_is_not_judged_either(
    database: Database, recorder: Recorder
) -> None:
    looking = replace(recorder, turns=Turns(renders=True, patient=False, looks=True))
    assert told(looking, "script_shell", look_reason="thin_text") is VisitState.COMPARING

    looking.leave_unshown(1, NOON)

    assert shown(database, "blue") == 1


def test_what_a_browser_saw_is_judged_as_it_was_shown(
    database: Database, recorder: Recorder
) -> None:
    without = replace(recorder, turns=Turns(renders=False, patient=False))
    told(without, "script_shell", fetcher=Fetcher.BROWSER)

    assert shown(database, "none") == 1
