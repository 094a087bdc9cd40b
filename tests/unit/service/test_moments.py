"""Which visits a pack calls 整改前, 整改后, 复燃: only what lies round the closing of a task that
found something; an outage, a withdrawn task, a page that changed by itself are told otherwise.
"""

import time
from datetime import timedelta

import pytest

from crawler.domain.assessment import Level
from crawler.service.packing.comparing import difference, moments_of
from crawler.store.packs import Judged
from tests.builders import NOON, a_text, an_assessment

RED, NONE = Level.RED, Level.NONE


def judged(day: int, level: Level | None, outcome: str = "seen") -> Judged:
    made = an_assessment(level=level) if level else None
    return Judged(
        visit_id=day, ended_at=NOON + timedelta(days=day), outcome=outcome, assessment=made,
        selection="all",
    )  # fmt: skip


def parts(visits: list[Judged], alert_visit: int, *closed: int) -> list[tuple[str, int]]:
    days = [NOON + timedelta(days=day, hours=1) for day in closed]
    return [(one.part, one.visit.visit_id) for one in moments_of(visits, alert_visit, closed=days)]


SEEN = [judged(1, RED), judged(3, NONE)]
RELAPSED = [*SEEN, judged(5, RED)]
DOWN = judged(7, None, "http_error")


@pytest.mark.parametrize(
    ("visits", "alert_visit", "closed", "told"),
    [
        (SEEN, 1, (2,), [("整改前", 1), ("整改后", 3)]),
        (SEEN, 1, (4,), [("整改前", 1), ("整改后", 3)]),  # closed after somebody had looked
        (SEEN, 1, (), [("发现时", 1), ("其后", 3)]),
        (RELAPSED, 5, (4,), [("整改前", 1), ("整改后", 3), ("复燃", 5)]),
        (RELAPSED, 5, (), [("发现时", 1), ("其后", 3), ("再现", 5)]),
        ([*RELAPSED, DOWN], 5, (4,), [("整改前", 1), ("整改后", 3), ("复燃", 5)]),
        ([judged(1, RED), DOWN], 1, (2,), [("整改前", 1), ("整改后", 7)]),  # gone since
        ([judged(1, RED), DOWN], 1, (), [("采集", 1)]),
    ],
    ids=["put right", "closed later", "no task", "relapse", "again, no task", "an outage after a "
         "relapse", "gone", "an outage"],
)  # fmt: skip
def test_the_story_of_a_site(
    visits: list[Judged], alert_visit: int, closed: tuple[int, ...], told: list[tuple[str, int]]
) -> None:
    assert parts(visits, alert_visit, *closed) == told


def test_a_page_of_one_line_over_and_over_does_not_hold_its_pack_up() -> None:
    was = a_text("\n".join(["a"] * 1500))
    now = a_text("\n".join(line for n in range(1500) for line in ("a", f"x{n}")))

    began = time.process_time()
    lines = difference(was, now)

    assert time.process_time() - began < 3
    assert any(one.sign == "+" for one in lines)
