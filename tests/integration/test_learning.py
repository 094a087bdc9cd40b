"""A site learns from a visit once, however often the visit is judged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher, Flag, Outcome, Profile
from crawler.domain.site import Site, VisitState, next_try
from crawler.service.pipes import Keepsake, Report
from crawler.service.recording import Recorder
from crawler.service.turns import Turns
from crawler.store.albums import AlbumWanted, album_of
from crawler.store.database import Database
from crawler.store.evidence import SegmentWriter
from crawler.store.tables import sites
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, an_assessment
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database

VISITED = 1


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
        turns=Turns(renders=True, patient=False, looks=True),
    )
    writer.close()


def told(recorder: Recorder, visit_id: int = VISITED, **given: Any) -> tuple[VisitState, Site]:
    """State and site after one report."""
    with recorder.database.reading() as db:
        (visit,) = visits_by_id(db, [visit_id], NOON)
    recorder.record([(visit, Report(visit_id=visit_id, **given))], NOON)
    with recorder.database.reading() as db:
        (after,) = visits_by_id(db, [visit_id], NOON)
    return after.state, after.site


def seen(number: int, digest: str, **given: Any) -> dict[str, Any]:
    capture = a_capture(id=f"C{number}", visit_id=VISITED, text_digest=digest, **given)
    return {"captures": (capture,)}


def judged(digest: str, **given: Any) -> dict[str, Any]:
    calm = an_assessment(level=Level.NONE, score=0.0, text_digest=digest)
    return {"assessment": calm} | given


def go_round(recorder: Recorder, outcome: Outcome) -> list[tuple[VisitState, Site]]:
    """Fetched, as a phone, drawn: three judgements of one visit."""
    phone = {"profile": Profile.PHONE, "flags": (Flag.DIVERGENT,), "outcome": outcome}
    wants = {"look_reason": "name", "render_reason": "script_shell"}
    return [
        told(recorder, **seen(1, "d", outcome=outcome), **judged("d", **wants)),
        told(recorder, **seen(2, "e", **phone)),
        told(recorder, **judged("d", render_reason="script_shell")),
        told(recorder, **seen(3, "f", fetcher=Fetcher.BROWSER, outcome=outcome)),
        told(recorder, **judged("d")),
    ]


STATES = [
    VisitState.COMPARING, VisitState.READING, VisitState.RENDERING, VisitState.READING,
    VisitState.CLOSED,
]  # fmt: skip


def test_one_visit_that_fails_is_one_failure(database: Database, recorder: Recorder) -> None:
    with database.reading() as db:
        (visit,) = visits_by_id(db, [VISITED], NOON)

    gone_through = go_round(recorder, Outcome.HTTP_ERROR)

    assert [state for state, _ in gone_through] == STATES
    assert {site.failures_in_a_row for _, site in gone_through} == {1}
    assert {site.due_at for _, site in gone_through} == {next_try(visit.site, NOON)}


def test_a_second_visit_that_fails_is_the_second_failure(
    database: Database, recorder: Recorder
) -> None:
    go_round(recorder, Outcome.HTTP_ERROR)
    with database.transaction() as db:
        start_sweep(db, "again", every_site(), now=NOON, actor="ops", region="", render=True)

    capture = a_capture(id="C9", visit_id=2, outcome=Outcome.TIMED_OUT)
    again = an_assessment(visit_id=2, level=Level.NONE, score=0.0)
    _, site = told(recorder, 2, captures=(capture,), assessment=again)

    assert site.failures_in_a_row == 2


def test_what_the_browser_saw_after_all_is_no_failure(recorder: Recorder) -> None:
    dead = {"outcome": Outcome.HTTP_ERROR}
    told(recorder, **seen(1, "", **dead), **judged("", render_reason="script_shell"))
    told(recorder, **seen(2, "f", fetcher=Fetcher.BROWSER))

    _, site = told(recorder, **judged("f"))

    assert site.failures_in_a_row == 0


def test_one_visit_that_sees_the_same_counts_as_unchanged_once(recorder: Recorder) -> None:
    first = [site.unchanged for _, site in go_round(recorder, Outcome.SEEN)]

    assert set(first) == {1}


def test_what_is_seen_for_the_first_time_has_not_changed(
    database: Database, recorder: Recorder
) -> None:
    with database.transaction() as db:
        db.execute(update(sites).values(unit_name="某某贸易有限公司", site_name=""))
    go_round(recorder, Outcome.SEEN)
    with database.reading() as db:
        first = db.scalar(select(sites.c.due_why))
    with database.transaction() as db:
        start_sweep(db, "again", every_site(), now=NOON, actor="ops", region="", render=True)

    another = an_assessment(visit_id=2, level=Level.NONE, score=0.0, text_digest="z")
    capture = a_capture(id="C9", visit_id=2, text_digest="z")
    told(recorder, 2, captures=(capture,), assessment=another)

    with database.reading() as db:
        assert (first, db.scalar(select(sites.c.due_why))) == ("ordinary", "changed")


def test_a_text_that_could_not_be_read_is_no_other_text(
    database: Database, recorder: Recorder
) -> None:
    told(recorder, **seen(1, "d"), **judged("d"))
    with database.transaction() as db:
        start_sweep(db, "again", every_site(), now=NOON, actor="ops", region="", render=True)

    unread = an_assessment(visit_id=2, level=Level.BLUE, score=0.0, text_digest="")
    capture = a_capture(id="C9", visit_id=2, text_digest="x")
    _, site = told(recorder, 2, captures=(capture,), assessment=unread)

    assert site.text_digest == "d"


def test_a_page_that_was_read_and_could_not_be_pictured_still_lacks_its_picture(
    recorder: Recorder,
) -> None:
    drawn = {"fetcher": Fetcher.BROWSER, "outcome": Outcome.SEEN}
    told(recorder, **seen(1, "d"), **judged("d", render_reason="script_shell"))
    told(recorder, **seen(2, "e", **drawn))

    _, site = told(recorder, **judged("e"))

    assert site.last_picture_at is None
    with recorder.database.reading() as db:
        assert album_of(db, AlbumWanted()).total == 0


def test_a_picture_that_was_kept_hangs_in_the_album(recorder: Recorder) -> None:
    drawn = {"fetcher": Fetcher.BROWSER, "outcome": Outcome.SEEN}
    picture = Keepsake(
        capture_id="C2", kind="picture", media_type="image/jpeg", url="http://a/", content=b"x"
    )
    told(recorder, **seen(1, "d"), **judged("d", render_reason="script_shell"))
    told(recorder, **seen(2, "e", **drawn), keepsakes=(picture,))

    _, site = told(recorder, **judged("e"))

    assert site.last_picture_at == NOON
    with recorder.database.reading() as db:
        assert album_of(db, AlbumWanted()).total == 1
