"""A timetable that cannot be misread is refused in one line."""

from datetime import UTC, datetime

import pytest

from crawler.domain.errors import BadInput
from crawler.domain.schedule import Schedule, checked, draw, is_quiet, plain_cron


def a_schedule(**given: object) -> Schedule:
    return Schedule(**({"name": "每夜", "cron": "0 2 * * mon-fri"} | given))  # type: ignore[arg-type]


def test_chinese_weekdays_are_understood() -> None:
    assert plain_cron("0 2 * * 周一，周日") == "0 2 * * mon,sun"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "0 2 * * 1-5"},
        {"cron": "0 2 * *"},
        {"cron": "0 2 * * 7"},
        {"zone": "Asia/Atlantis"},
        {"zone": "../../etc/passwd"},
        {"quiet": "25:00-06:00"},
        {"quiet": "06:00-06:00"},
        {"selection": "sample:0", "officers": ("甲", "乙")},
        {"selection": "sample:5"},
        {"selection": "sample:5", "officers": ("甲",)},
        {"selection": "sample:5", "officers": ("甲", "乙", "甲")},
        {"selection": "sample:101", "officers": ("甲", "乙")},
        {"selection": "list:x"},
        {"name": ""},
        {"name": "a\nb"},
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refusal:
        checked(a_schedule(**wrong))
    assert "\n" not in str(refusal.value)


def test_quiet_hours_go_over_midnight_in_their_own_zone() -> None:
    schedule = a_schedule(quiet="22:00-06:00")
    assert is_quiet(schedule, datetime(2026, 5, 12, 15, 0, tzinfo=UTC))  # 23:00 in Shanghai
    assert is_quiet(schedule, datetime(2026, 5, 12, 21, 59, tzinfo=UTC))  # 05:59
    assert not is_quiet(schedule, datetime(2026, 5, 12, 22, 0, tzinfo=UTC))
    assert not is_quiet(a_schedule(), datetime(2026, 5, 12, 15, 0, tzinfo=UTC))


def test_the_same_seed_draws_the_same_and_loads_are_even() -> None:
    one = draw(range(1, 1_001), ("甲", "乙", "丙"), 5, "seed")
    again = draw(list(range(1_000, 0, -1)), ("丙", "甲", "乙"), 5, "seed")
    other = draw(range(1, 1_001), ("甲", "乙", "丙"), 5, "another")

    assert one == again
    assert one.assigned != other.assigned
    assert len(one.assigned) == 50
    loads = [sum(1 for _, who in one.assigned if who == name) for name in ("甲", "乙", "丙")]
    assert max(loads) - min(loads) <= 1
