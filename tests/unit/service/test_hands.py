"""When a crew's child is started."""

from dataclasses import replace
from typing import Any

import pytest

from crawler.domain.site import VisitState
from crawler.service.hands import BLOCK, Crew


async def nobody(_number: int) -> Any:
    raise AssertionError("nobody is started here")


def nothing(*_: Any) -> Any:
    raise AssertionError("nothing is set aside here")


READERS = Crew(state=VisitState.READING, size=2, window=16, start=nobody, set_aside=nothing)
FORESEEN = replace(READERS, foreseen_by=VisitState.WAITING)


@pytest.mark.parametrize(
    ("number", "reading", "due"),
    [(0, 0, False), (0, 1, True), (1, BLOCK, False), (1, BLOCK + 1, True)],
)
def test_one_more_child_is_started_for_what_the_others_would_take_long_over(
    number: int, reading: int, *, due: bool
) -> None:
    assert READERS.is_due(number, {VisitState.READING: reading}) is due


@pytest.mark.parametrize(("waiting", "due"), [(BLOCK, False), (BLOCK + 1, True)])
def test_who_many_visits_will_need_is_started_before_the_first_asks(
    waiting: int, *, due: bool
) -> None:
    counts = {VisitState.WAITING: waiting}

    assert FORESEEN.is_due(0, counts) is due
    assert not READERS.is_due(0, counts)
