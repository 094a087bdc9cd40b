"""A costly look is left out while nothing came, and never for good."""

from datetime import datetime, timedelta

import pytest

from crawler.domain.errors import TryLater
from crawler.service.repeating import Daily, WhenChanged
from tests.builders import NOON


class Scene:
    def __init__(self) -> None:
        self.mark, self.now_s, self.acts, self.fails = 1, 0.0, 0, False
        self.look = WhenChanged(lambda: self.mark, self.act, 600.0, lambda: self.now_s)

    def act(self) -> None:
        self.acts += 1
        if self.fails:
            raise OSError("disk")


def test_nothing_new_costs_no_second_act() -> None:
    scene = Scene()
    scene.look()
    scene.look()
    assert scene.acts == 1


def test_what_is_new_is_acted_on_at_once() -> None:
    scene = Scene()
    scene.look()
    scene.mark = 2
    scene.look()
    assert scene.acts == 2


def test_after_a_while_it_is_done_in_any_case() -> None:
    scene = Scene()
    scene.look()
    scene.now_s = 600.0
    scene.look()
    assert scene.acts == 2


def test_an_act_that_failed_is_tried_again() -> None:
    scene = Scene()
    scene.fails = True
    with pytest.raises(OSError, match="disk"):
        scene.look()
    scene.fails = False
    scene.look()
    assert scene.acts == 2


def test_what_came_during_the_act_is_acted_on_next() -> None:
    scene = Scene()
    scene.look()
    scene.mark = 2
    during = scene.act

    def act() -> None:
        during()
        scene.mark = 3

    look = WhenChanged(lambda: scene.mark, act, 600.0, lambda: scene.now_s)
    look()
    look()
    assert scene.acts == 3


def test_a_daily_act_is_done_once_a_day_and_again_where_it_failed() -> None:
    clock, done, fails = Clock(), list[datetime](), [True]

    def act() -> None:
        if fails.pop() if fails else False:
            raise TryLater("locked")
        done.append(clock.now)

    daily = Daily(act, 4, lambda: clock.now)
    clock.now = NOON.replace(hour=19)  # 03:00 in China
    daily()
    assert done == []
    clock.now += timedelta(hours=1)
    with pytest.raises(TryLater):
        daily()
    daily()
    daily()
    assert done == [clock.now]
    clock.now += timedelta(days=1)
    daily()
    assert len(done) == 2


class Clock:
    now = NOON
