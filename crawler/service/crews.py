"""Who works in a sweep: the fetchers, the patient one, the reader, the browser."""

import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from itertools import count

import msgspec

from crawler.domain.assessment import Assessment, left_unjudged
from crawler.domain.capture import Capture, Fetcher, Field, Outcome, Profile
from crawler.domain.ids import ulid
from crawler.domain.site import Visit, VisitState
from crawler.service.children import Child, Program, start_child
from crawler.service.hands import Crew
from crawler.service.pipes import PictureReading, Report
from crawler.service.wiring import House, child_environment, greeting_for

READER_WINDOW = 16
LOOKS_WINDOW = 256
PICTURES_WINDOW = 8
PICTURE_S = 60.0
SET_ASIDE = "set aside"
_LIFE = count(1)


def fetching_crews(house: House, run: str) -> Iterator[Crew]:
    """One fetcher a core, and a patient one where the settings want it."""
    slots = house.config.crawl.slots
    size = house.config.crawl.fetchers or os.cpu_count() or 1
    yield Crew(
        state=VisitState.WAITING,
        size=size,
        window=slots * 2,
        start=_starter(house, run, "fetcher"),
        set_aside=_unread,
    )
    if house.config.crawl.patient:
        yield Crew(
            state=VisitState.PATIENT,
            size=1,
            window=slots,
            start=_starter(house, run, "fetcher", patient=True),
            set_aside=_unread,
        )


def looking_crew(house: House, run: str) -> Crew:
    """One fetcher that looks as other visitors do."""
    return Crew(
        state=VisitState.COMPARING,
        size=1,
        window=LOOKS_WINDOW,
        start=_starter(house, run, "fetcher", looks=True),
        set_aside=_unlooked,
    )


def picture_crew(house: House, run: str) -> Crew | None:
    """One reader of pictures, where the `ocr` extra is installed."""
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        return None
    return Crew(
        state=VisitState.DECIPHERING,
        size=1,
        window=PICTURES_WINDOW,
        start=_starter(house, run, "picture_reader", stuck_s=PICTURE_S),
        set_aside=undeciphered,
    )


def reading_crew(house: House, run: str) -> Crew:
    """One reader."""
    start = _starter(house, run, "reader", stuck_s=20.0)
    return Crew(
        state=VisitState.READING,
        foreseen_by=VisitState.WAITING,
        size=1,
        window=READER_WINDOW,
        start=start,
        set_aside=_unjudged,
    )


def _starter(
    house: House,
    run: str,
    kind: str,
    *,
    patient: bool = False,
    looks: bool = False,
    stuck_s: float = 5.0,
) -> Callable[[int], Awaitable[Child]]:
    program = Program(
        module=f"crawler.service.{kind}", environment=child_environment(house), stuck_s=stuck_s
    )
    short = "patient" if patient else "looks" if looks else kind

    def start(number: int) -> Awaitable[Child]:
        worker = f"{run}-{short}{number}-{next(_LIFE)}"
        greeting = greeting_for(house, worker, patient=patient)
        greeting = msgspec.structs.replace(greeting, looks=looks)
        return start_child(program, greeting, house.errors)

    return start


def _unread(visit: Visit, at: datetime) -> Report:
    """A page that killed its fetcher twice: an outcome of its own, and nothing judged."""
    capture = failed_capture(visit, Fetcher.HTTP, Outcome.BUDGET_REACHED, at)
    return Report(visit_id=visit.id, captures=(capture,), assessment=unjudged(visit, at))


def _unlooked(visit: Visit, at: datetime) -> Report:
    """Another look that killed its fetcher twice: what the desktop saw is judged alone."""
    capture = failed_capture(visit, Fetcher.HTTP, Outcome.BUDGET_REACHED, at)
    return Report(visit_id=visit.id, captures=(replace(capture, profile=Profile.PHONE),))


def undeciphered(visit: Visit, at: datetime) -> Report:
    """A picture that killed its reader twice counts as read: nothing was found in it."""
    drawn = [one for one in visit.captures if one.fetcher is Fetcher.BROWSER]
    empty = Field(name="ocr", text="")
    readings = (PictureReading(capture_id=one.id, field=empty, tool=SET_ASIDE) for one in drawn)
    return Report(visit_id=visit.id, readings=tuple(readings))


def _unjudged(visit: Visit, at: datetime) -> Report:
    """A page that killed the reader twice: what was kept stays, a person must look."""
    return Report(visit_id=visit.id, assessment=unjudged(visit, at))


def failed_capture(visit: Visit, fetcher: Fetcher, outcome: Outcome, at: datetime) -> Capture:
    """A capture that no child lived to report."""
    return Capture(
        id=ulid(int(at.timestamp() * 1000), os.urandom(10)),
        visit_id=visit.id,
        site_id=visit.site.id,
        fetcher=fetcher,
        outcome=outcome,
        reason="页面两次使采集进程中断，或结果无法记录，已单独搁置",
        started_at=at,
        ended_at=at,
    )


def unjudged(visit: Visit, at: datetime) -> Assessment:
    """A page that killed its reader, or whose report could not be written."""
    why = "页面两次使研判进程中断，或结果无法记录，未能研判，须人工查看"
    return left_unjudged(visit.id, "set_aside", why, at)
