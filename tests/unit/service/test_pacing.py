"""A sweep does as much at once as line and machine follow."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from crawler.domain.capture import Fetcher, Outcome
from crawler.domain.pace import Bounds, Lever, Signs, next_pages, next_slots
from crawler.domain.site import VisitState
from crawler.service.pacing import Pace
from crawler.service.pipes import Order, Places, Pulse, Report
from crawler.service.sluice import Sluice, orders_through
from crawler.service.straining import strain_of
from tests.builders import a_capture, a_site, a_visit

MOST = Bounds(least=16, most=256)
PAGES = Bounds(least=1, most=4)
KNOWN = a_site(id=1, final_url="http://a.example.cn/")
UNKNOWN = a_site(id=1)


def a_pace(**given: Any) -> Pace:
    return Pace(**({"slots": MOST, "pages": PAGES} | given))


def tell(pace: Pace, outcome: Outcome, count: int = 1, **visit: Any) -> None:
    asked = a_visit(**({"site": KNOWN} | visit))
    report = Report(visit_id=1, captures=(a_capture(outcome=outcome),))
    for _ in range(count):
        pace.hear(asked, report)


def test_sites_that_never_lived_slow_nobody_down() -> None:
    pace = a_pace()
    for second in range(20):
        tell(pace, Outcome.SEEN, 50, site=UNKNOWN)
        tell(pace, Outcome.TIMED_OUT, 50, site=UNKNOWN)
        tell(pace, Outcome.NAME_NOT_FOUND, 50)
        pace.adjust(float(second))

    assert pace.now[Lever.SLOTS] == MOST.most


def test_living_sites_that_time_out_bring_it_down_and_no_further_than_the_bound() -> None:
    pace = a_pace()
    seen = []
    for second in range(200):
        tell(pace, Outcome.SEEN, 20)
        tell(pace, Outcome.TIMED_OUT, 10)
        seen += [change.after for change in pace.adjust(float(second))]

    assert seen == sorted(seen, reverse=True)
    assert seen[0] < MOST.most
    assert seen[-1] == MOST.least


def test_what_the_patient_pass_finds_alive_counts_where_nobody_knew_the_site() -> None:
    pace = a_pace()
    quick = (a_capture(outcome=Outcome.TIMED_OUT),)
    tell(pace, Outcome.SEEN, 30, site=UNKNOWN)
    tell(pace, Outcome.SEEN, 10, site=UNKNOWN, state=VisitState.PATIENT, captures=quick)

    assert [change.lever for change in pace.adjust(10.0)] == [Lever.SLOTS]


def test_what_was_under_way_at_a_step_down_is_not_held_against_it() -> None:
    pace = a_pace()
    tell(pace, Outcome.TIMED_OUT, 40)
    assert pace.adjust(10.0)

    for second in range(11, 22):
        tell(pace, Outcome.TIMED_OUT, 40)
        assert not pace.adjust(float(second))
    tell(pace, Outcome.SEEN, 40)
    assert [change.after > change.before for change in pace.adjust(23.0)] == [True]


def test_it_comes_back_to_the_most_and_stays() -> None:
    pace = a_pace()
    pace.now[Lever.SLOTS] = MOST.least
    for second in range(0, 60, 2):
        tell(pace, Outcome.SEEN, 40)
        pace.adjust(float(second))

    assert pace.now[Lever.SLOTS] == MOST.most


def test_a_line_that_holds_little_settles_near_what_it_holds() -> None:
    """A played line: what is beyond its places waits, and beyond eight seconds is lost."""
    pace, chance, held = a_pace(), random.Random(7), 64
    lost = []
    for second in range(400):
        over = max(0.0, 1 - held / pace.now[Lever.SLOTS])
        dead = sum(chance.random() < over / 2 for _ in range(40))
        tell(pace, Outcome.TIMED_OUT, dead)
        tell(pace, Outcome.SEEN, 40 - dead)
        pace.adjust(float(second))
        lost.append(dead)

    assert MOST.least < pace.now[Lever.SLOTS] < 2 * held
    assert sum(lost[:5]) > 0.2 * 5 * 40  # as it began
    assert sum(lost[200:]) < 0.05 * 200 * 40  # and the patient pass looks at those again


def test_a_pace_that_is_fixed_does_not_move() -> None:
    pace = a_pace(moves=False, strain=lambda: "内存只余 1%")
    tell(pace, Outcome.TIMED_OUT, 100)

    assert not pace.adjust(10.0)
    assert pace.now == {Lever.SLOTS: 256, Lever.PAGES: 4}


def test_a_machine_short_of_memory_does_less_of_everything() -> None:
    pace = a_pace(strain=lambda: "内存只余 1%")

    assert {(one.lever, one.why) for one in pace.adjust(10.0)} == {
        (Lever.SLOTS, "内存只余 1%"),
        (Lever.PAGES, "内存只余 1%"),
    }


def test_pages_that_do_not_get_drawn_in_time_take_a_place_from_the_browser() -> None:
    drawing = VisitState.RENDERING
    pace = a_pace()
    tell(pace, Outcome.BROWSER_FAILED, 5, state=drawing)
    tell(pace, Outcome.SEEN, 3, state=drawing)

    assert [(one.lever, one.after) for one in pace.adjust(10.0)] == [(Lever.PAGES, 3)]


def test_a_late_loop_is_a_sign_only_where_it_is_long() -> None:
    assert next_slots(256, Signs(living=50, lag_s=0.9), MOST) == (256, "")
    assert next_slots(256, Signs(lag_s=2.0), MOST)[0] == 153
    assert next_pages(1, Signs(lag_s=2.0), PAGES)[0] == 1


def test_bytes_that_came_in_are_summed() -> None:
    pace = a_pace()
    pace.feel(Pulse(received=3))
    pace.feel(Pulse(received=4))

    assert pace.received == 7


def test_a_child_works_on_as_many_as_it_was_told_last() -> None:
    async def records() -> AsyncIterator[Any]:
        for _ in range(8):
            yield Order(visit=a_visit())
        yield Places(places=2)

    async def run() -> list[int]:
        sluice, inside, most = Sluice(5), 0, list[int]()
        async for _ in orders_through(records(), sluice):
            inside += 1
            most.append(inside)
            if inside == 2:
                inside = 0
                sluice.leave()
                sluice.leave()
        return most

    assert asyncio.run(asyncio.wait_for(run(), 5)) == [1, 2] * 4


def test_a_told_number_counts_while_all_places_are_taken() -> None:
    async def run() -> int:
        sluice = Sluice(1)
        await sluice.enter()
        waiting = asyncio.create_task(sluice.enter())
        await asyncio.sleep(0)
        sluice.set(2)
        await asyncio.wait_for(waiting, 5)
        return int(cast("Any", sluice)._inside)

    assert asyncio.run(run()) == 2


@pytest.mark.parametrize(
    ("stall", "free", "said"),
    [("0.00", 50, ""), ("35.00", 50, "内存吃紧"), ("0.00", 2, "内存只余 2%")],
)
def test_a_machine_says_what_it_lacks(tmp_path: Path, stall: str, free: int, said: str) -> None:
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "memory").write_text(f"some avg10={stall} avg60=0.00 total=1\n")
    (tmp_path / "meminfo").write_text(f"MemTotal: 100 kB\nMemAvailable: {free} kB\n")

    assert strain_of(tmp_path).startswith(said) if said else strain_of(tmp_path) == ""


def test_a_kernel_without_figures_lacks_nothing(tmp_path: Path) -> None:
    assert strain_of(tmp_path) == ""


def test_a_capture_by_the_browser_says_nothing_of_the_line() -> None:
    pace = a_pace()
    drawn = a_capture(fetcher=Fetcher.BROWSER, outcome=Outcome.TIMED_OUT)
    for _ in range(40):
        pace.hear(
            a_visit(site=KNOWN, state=VisitState.COMPARING), Report(visit_id=1, captures=(drawn,))
        )

    assert not pace.adjust(10.0)


def test_one_heavy_page_that_holds_a_loop_slows_nobody_down() -> None:
    pace = a_pace()
    for lag_s in (0.0, 4.0, 0.1, 0.0, 0.2):
        pace.feel(Pulse(lag_s=lag_s))
    assert not pace.adjust(10.0)

    pace.feel(Pulse(lag_s=3.0))
    assert {one.lever for one in pace.adjust(11.0)} == {Lever.SLOTS, Lever.PAGES}
