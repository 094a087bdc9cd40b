"""Who works in a sweep: the fetchers, the patient one, the reader, the browser."""

import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from itertools import count

from crawler.domain.assessment import Assessment, Level, Reason, Side
from crawler.domain.capture import Capture, Fetcher, Outcome
from crawler.domain.ids import ulid
from crawler.domain.site import Visit, VisitState
from crawler.service.children import Child, Program, start_child
from crawler.service.pipes import Report
from crawler.service.sweeping import Crew
from crawler.service.wiring import House, child_environment, greeting_for

READER_WINDOW = 16
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


def reading_crew(house: House, run: str) -> Crew:
    """One reader."""
    start = _starter(house, run, "reader", stuck_s=20.0)
    return Crew(
        state=VisitState.READING,
        size=1,
        window=READER_WINDOW,
        start=start,
        set_aside=_unjudged,
    )


def _starter(
    house: House, run: str, kind: str, *, patient: bool = False, stuck_s: float = 5.0
) -> Callable[[int], Awaitable[Child]]:
    program = Program(
        module=f"crawler.service.{kind}", environment=child_environment(house), stuck_s=stuck_s
    )
    short = "patient" if patient else kind

    def start(number: int) -> Awaitable[Child]:
        worker = f"{run}-{short}{number}-{next(_LIFE)}"
        return start_child(program, greeting_for(house, worker, patient=patient))

    return start


def _unread(visit: Visit, at: datetime) -> Report:
    """A page that killed its fetcher twice: an outcome of its own, and nothing judged."""
    capture = failed_capture(visit, Fetcher.HTTP, Outcome.BUDGET_REACHED, at)
    return Report(visit_id=visit.id, captures=(capture,), assessment=unjudged(visit, at))


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
        reason="页面两次使采集进程超出时限，已单独搁置",
        started_at=at,
        ended_at=at,
    )


def unjudged(visit: Visit, at: datetime) -> Assessment:
    """Not clean: not judged. Blue, so that the weekly list shows it."""
    why = "页面两次使研判进程超出时限，未能研判，须人工查看"
    return Assessment(
        visit_id=visit.id,
        level=Level.BLUE,
        score=0.0,
        sentence=why,
        reasons=(Reason(side=Side.FOR, rule="set_aside", text=why),),
        judged_at=at,
    )
