"""Whose turn a visit is after each report: other visitors' views, the browser, the picture reader,
the album; and what is written down on the way.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Evidence, EvidenceKind, Fetcher, Field, Flag, Outcome, Profile
from crawler.domain.discrepancy import Discrepancy, DiscrepancyKind
from crawler.domain.page import Imprint
from crawler.domain.site import Visit, VisitState
from crawler.service.crews import undeciphered
from crawler.service.ordering import orders_for
from crawler.service.pipes import PictureReading, Report
from crawler.service.recording import Recorder
from crawler.service.turns import ALBUM, Allowance, Turns
from crawler.store.assessments import assessment_of
from crawler.store.database import Database
from crawler.store.discrepancies import discrepancies_of
from crawler.store.evidence import SegmentWriter, open_record
from crawler.store.picture_texts import picture_words_of
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, a_text, an_assessment
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    with opened.transaction() as db:
        filed_visits(db, 3)
    yield opened
    opened.close()


Made = Callable[..., Recorder]


@pytest.fixture
def a_recorder(database: Database, tmp_path: Path) -> Iterator[Made]:
    writer = SegmentWriter(tmp_path / "evidence", "t-parent", NOON)

    def made(**given: Any) -> Recorder:
        able = {"renders": True, "patient": False, "looks": True, "pictures": True}
        return Recorder(
            database=database,
            writer=writer,
            chain="t",
            answer=lambda *_: None,
            level_of=lambda score: Level.ORANGE if score >= 8 else Level.YELLOW,
            turns=Turns(**(able | given)),
        )

    yield made
    writer.close()


def visit_of(database: Database, number: int = 1) -> Visit:
    with database.reading() as db:
        return visits_by_id(db, [number], NOON)[0]


def told(database: Database, recorder: Recorder, number: int = 1, **given: Any) -> Visit:
    """The visit after one report."""
    report = Report(visit_id=number, **given)
    recorder.record([(visit_of(database, number), report)], NOON)
    return visit_of(database, number)


def capture(number: int, **given: Any) -> Any:
    return a_capture(**({"id": f"C{number}", "visit_id": 1, "text_digest": "d"} | given))


def a_hit(**given: Any) -> dict[str, Any]:
    judged = an_assessment(level=Level.YELLOW, score=6.0)
    return {"assessment": judged, "render_reason": "hit", "look_reason": "hit"} | given


def test_a_hit_goes_round_by_other_visitors_browser_and_picture_reader(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder()
    page = {"captures": (capture(1),), "texts": (a_text("保本"),)}

    first = told(database, recorder, **page, **a_hit())
    assert first.state is VisitState.COMPARING
    looks = (capture(2, profile=Profile.PHONE), capture(3, profile=Profile.SEARCH))
    same = told(database, recorder, captures=looks)
    assert same.state is VisitState.RENDERING  # nothing new: no second reading
    assert same.render_reason == "hit"
    drawn = told(database, recorder, captures=(capture(4, fetcher=Fetcher.BROWSER),))
    assert drawn.state is VisitState.READING
    read = told(database, recorder, **a_hit(look_reason="", picture_reason="thin_text"))
    assert read.state is VisitState.DECIPHERING
    words = PictureReading(
        capture_id="C4", field=Field(name="ocr", text="年化12%"), qr_codes=("x",)
    )
    back = told(database, recorder, readings=(words,))
    assert back.state is VisitState.READING
    with database.reading() as db:
        (order,) = orders_for(db, VisitState.READING, [back])
        (kept,) = picture_words_of(db, [1])[1]
    assert order.readings[0].field.text == "年化12%"
    assert "年化12%" in open_record(tmp_path / "evidence", kept.evidence[0]).decode()
    done = told(database, recorder, **a_hit(render_reason="", look_reason=""))
    assert done.state is VisitState.CLOSED


def test_a_view_that_differs_is_read_and_the_finding_written_down(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder()
    told(database, recorder, captures=(capture(1),), **a_hit())
    other = capture(2, profile=Profile.PHONE, text_digest="e", flags=(Flag.DIVERGENT,))

    after = told(database, recorder, captures=(other,))
    assert after.state is VisitState.READING
    cloak = Discrepancy(kind=DiscrepancyKind.CLOAK, text="不同", captures=("C1", "C2"))
    told(database, recorder, **a_hit(render_reason="cloak_phone"), discrepancies=(cloak,))

    with database.reading() as db:
        assert discrepancies_of(db, [1])[1] == [cloak]
        judged = assessment_of(db, 1)
    assert judged is not None
    assert (judged.level, judged.score) == (Level.ORANGE, 8.0)
    assert visit_of(database).render_reason == "cloak_phone"


def test_a_later_judgement_of_the_visit_replaces_its_findings(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder(looks=False, renders=False)
    signed = Imprint(capture="C1", filing_numbers=("沪ICP备13000001号-1",), characters=200)
    visit = visit_of(database)
    site = replace(visit.site, main_licence="沪ICP备13000000号")
    first = Report(visit_id=1, captures=(capture(1),), imprint=signed, **a_hit())
    recorder.record([(replace(visit, site=site), first)], NOON)
    with database.reading() as db:
        (found,) = discrepancies_of(db, [1])[1]
    assert found.kind is DiscrepancyKind.NUMBER_BORROWED
    assert "s1.example.cn" in found.text

    told(database, recorder, **a_hit())

    with database.reading() as db:
        assert discrepancies_of(db, [1]) == {}


def test_without_a_crew_nobody_is_waited_for(database: Database, a_recorder: Made) -> None:
    recorder = a_recorder(looks=False, renders=False, pictures=False)

    assert told(database, recorder, captures=(capture(1),), **a_hit()).state is VisitState.CLOSED


def test_a_quiet_page_is_drawn_for_the_album_last_and_within_the_budget(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder(album=Allowance(1))
    quiet = {"assessment": an_assessment(level=Level.NONE, score=0.0)}

    one = told(database, recorder, 1, captures=(capture(1),), **quiet)
    judged = {"assessment": an_assessment(visit_id=2, level=Level.NONE, score=0.0)}
    two = told(database, recorder, 2, captures=(capture(2, visit_id=2, site_id=2),), **judged)

    assert (one.state, one.render_reason) == (VisitState.COMPARING, ALBUM)
    assert two.state is VisitState.CLOSED


@pytest.mark.parametrize("differs", [False, True])
def test_the_album_has_other_visitors_look_before_the_browser(
    database: Database, a_recorder: Made, *, differs: bool
) -> None:
    recorder = a_recorder(album=Allowance(1))
    quiet = {"assessment": an_assessment(level=Level.NONE, score=0.0)}
    told(database, recorder, captures=(capture(1),), **quiet)
    flags = (Flag.DIVERGENT,) if differs else ()
    seen = capture(2, profile=Profile.PHONE, text_digest="e" if differs else "d", flags=flags)

    after = told(database, recorder, captures=(seen, capture(3, profile=Profile.SEARCH)))
    if differs:
        assert after.state is VisitState.READING
        after = told(database, recorder, **quiet)
    assert (after.state, after.render_reason) == (VisitState.RENDERING, ALBUM)
    told(database, recorder, captures=(capture(4, fetcher=Fetcher.BROWSER),))
    assert told(database, recorder, **quiet).state is VisitState.CLOSED


def test_where_nobody_looks_otherwise_the_album_is_drawn_at_once(
    database: Database, a_recorder: Made
) -> None:
    recorder = a_recorder(album=Allowance(1), looks=False)
    quiet = {"assessment": an_assessment(level=Level.NONE, score=0.0)}

    assert told(database, recorder, captures=(capture(1),), **quiet).state is VisitState.RENDERING


def test_a_dead_site_and_a_pictured_one_are_not_drawn_for_the_album(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder(album=Allowance(9))
    quiet = {"assessment": an_assessment(level=Level.NONE, score=0.0)}
    dead = capture(1, outcome=Outcome.TIMED_OUT, text_digest="")

    assert told(database, recorder, captures=(dead,), **quiet).state is VisitState.CLOSED
    visit = visit_of(database, 2)
    pictured = replace(visit, site=replace(visit.site, last_picture_at=NOON))
    judged = an_assessment(visit_id=2, level=Level.NONE, score=0.0)
    seen = capture(2, visit_id=2, site_id=2)
    recorder.record([(pictured, Report(visit_id=2, captures=(seen,), assessment=judged))], NOON)
    assert visit_of(database, 2).state is VisitState.CLOSED


def test_a_recapture_draws_whatever_was_seen(database: Database, a_recorder: Made) -> None:
    recorder = a_recorder(always="recapture")
    quiet = {"assessment": an_assessment(level=Level.NONE, score=0.0)}

    assert told(database, recorder, captures=(capture(1),), **quiet).state is VisitState.COMPARING
    looks = (capture(2, profile=Profile.PHONE), capture(3, profile=Profile.SEARCH))
    after = told(database, recorder, captures=looks)
    assert (after.state, after.render_reason) == (VisitState.RENDERING, "recapture")


def test_a_picture_that_killed_its_reader_is_not_handed_out_for_ever(
    database: Database, a_recorder: Made, tmp_path: Path
) -> None:
    recorder = a_recorder(looks=False)
    picture = Evidence(kind=EvidenceKind.PICTURE, segment="s", offset=0, length=1, sha256="0" * 64)
    drawn = capture(1, fetcher=Fetcher.BROWSER, evidence=(picture,))
    told(database, recorder, captures=(drawn,))
    told(database, recorder, **a_hit(picture_reason="thin_text"))
    visit = visit_of(database)
    assert visit.state is VisitState.DECIPHERING

    recorder.record([(visit, undeciphered(visit, NOON))], NOON)

    with database.reading() as db:
        (order,) = orders_for(db, VisitState.READING, [visit_of(database)])
    assert order.readings  # counts as read: the reader asks for it no more


def test_a_sweep_that_is_gone_on_with_keeps_its_turns(database: Database, a_recorder: Made) -> None:
    recorder = a_recorder()
    told(database, recorder, captures=(capture(1),), **a_hit())
    with database.transaction() as db:
        start_sweep(db, "due", every_site(), now=NOON, actor="ops", region="", render=True)

    assert visit_of(database).state is VisitState.COMPARING


def test_a_group_leaves_what_its_reports_leave_one_by_one(
    database: Database, a_recorder: Made
) -> None:
    """One statement for many visits must neither mix them up nor keep two judgements current."""
    recorder = a_recorder(looks=False, patient=True)
    dead = capture(3, visit_id=3, site_id=3, text_digest="", outcome=Outcome.TIMED_OUT)
    first = Report(visit_id=1, captures=(capture(1),), **a_hit())
    milder = an_assessment(level=Level.NONE, score=0.0)
    again = Report(visit_id=1, captures=(capture(4),), **a_hit(assessment=milder))
    calm = an_assessment(visit_id=2, level=Level.NONE, score=0.0)
    second = Report(visit_id=2, captures=(capture(2, visit_id=2, site_id=2),), assessment=calm)
    third = Report(visit_id=3, captures=(dead,), assessment=an_assessment(visit_id=3))
    group = [first, second, third, again]
    recorder.record([(visit_of(database, one.visit_id), one) for one in group], NOON)

    states = [visit_of(database, number).state for number in (1, 2, 3)]
    assert states == [VisitState.RENDERING, VisitState.CLOSED, VisitState.PATIENT]
    with database.reading() as db:
        found = [assessment_of(db, number) for number in (1, 2, 3)]
    assert [one and one.level for one in found] == [Level.NONE, Level.NONE, None]


def test_what_timed_out_is_looked_at_once_more_before_anything_is_said(
    database: Database, a_recorder: Made
) -> None:
    recorder = a_recorder(looks=False, patient=True)
    nothing = an_assessment(level=Level.NONE, score=0.0)
    late = {"text_digest": "", "outcome": Outcome.TIMED_OUT}

    quick = told(database, recorder, captures=(capture(1, **late),), assessment=nothing)
    with database.reading() as db:
        assert assessment_of(db, 1) is None
    assert quick.state is VisitState.PATIENT
    patient = told(database, recorder, captures=(capture(2, **late),), assessment=nothing)
    with database.reading() as db:
        assert assessment_of(db, 1) is not None
    assert patient.state is VisitState.CLOSED  # not a third time


def test_what_longer_limits_would_not_change_is_closed_at_once(
    database: Database, a_recorder: Made
) -> None:
    recorder = a_recorder(looks=False, patient=True)
    nowhere = capture(1, text_digest="", outcome=Outcome.NAME_NOT_FOUND)
    nothing = an_assessment(level=Level.NONE, score=0.0)

    assert told(database, recorder, captures=(nowhere,), assessment=nothing).state is (
        VisitState.CLOSED
    )
