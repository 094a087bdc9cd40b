"""When the disk will be full, in words."""

import pytest

from crawler.domain.forecast import Room
from crawler.service.forecasting import room_line
from tests.builders import NOON

GIB = 1024**3


@pytest.mark.parametrize(
    ("a_day", "said"),
    [
        (GIB, "余 20.0 GiB，近 14 天每天约增 1,024 MiB，约 20 天后（2026-06-01）写满"),
        (0, "余 20.0 GiB，近 14 天没有增长"),
        (-GIB, "余 20.0 GiB，近 14 天没有增长"),  # retention gave back more than came
        (1024, "余 20.0 GiB，近 14 天每天约增 0 MiB，十年内不会写满"),
    ],
)
def test_a_disk_says_when_it_will_be_full(a_day: int, said: str) -> None:
    assert room_line(Room(free_bytes=20 * GIB, a_day=a_day), NOON) == said
