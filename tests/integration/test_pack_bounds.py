"""A pack's chain and page stay small however far apart its captures lie, however many pictures."""

import json
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crawler.service.anchoring import anchor_heads
from crawler.service.packing import exporting, gathering, picturing
from crawler.service.packing.explaining import explained
from crawler.service.wiring import House
from tests.builders import NOON
from tests.integration import packing_house
from tests.integration.packing_house import a_house, clean_visit, exported, seed_case, verified


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def chain_in(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(zipfile.ZipFile(path).read("chain/chain.json"))
    return told


def far_apart(house: House, *, anchored_early: bool) -> int:
    """A site seen, many others, and the same site again: four links of twenty."""
    seeded = seed_case(house, "far.example.cn")
    if anchored_early:
        anchor_heads(house, NOON, told="公证处")
    for number in range(8):
        seed_case(house, f"between{number}.example.cn")
    clean_visit(house, seeded, "关于我们", NOON + timedelta(days=99))
    anchor_heads(house, NOON + timedelta(days=99), told="公证处")
    return seeded.alert_id


def test_captures_far_apart_have_each_their_own_way_to_an_anchor(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_NEAR", 3)
    alert = far_apart(house, anchored_early=True)

    exported(house, alert, tmp_path / "x.zip")

    code, lines = verified(tmp_path / "x.zip")
    ways = [(one["from"], len(one["digests"])) for one in chain_in(tmp_path / "x.zip")["stretches"]]
    assert code == 0, lines
    assert ways == [(1, 2), (19, 2)]
    assert not any("没有覆盖" in line for line in lines)


def test_a_way_that_is_too_long_is_left_out_and_the_reader_says_so(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_NEAR", 3)
    monkeypatch.setattr(gathering, "_MOST_LINKS", 20)  # ten a stretch: the anchor is eighteen away
    alert = far_apart(house, anchored_early=False)

    exported(house, alert, tmp_path / "x.zip")

    code, lines = verified(tmp_path / "x.zip")
    ways = [(one["from"], len(one["digests"])) for one in chain_in(tmp_path / "x.zip")["stretches"]]
    assert code == 0, lines
    assert ways == [(1, 2), (19, 2)]
    assert any("没有覆盖其中 2 次" in line for line in lines)


def test_pictures_are_not_all_in_memory_at_once(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Image.frombytes("RGB", (640, 400), os.urandom(640 * 400 * 3))
    out = BytesIO()
    noise.save(out, "JPEG", quality=90)
    monkeypatch.setattr(packing_house, "a_picture", lambda *_: out.getvalue())
    monkeypatch.setattr(picturing, "_LARGEST_AS_IS", 1 << 20)
    most: list[int] = []

    def traced(*given: Any, **named: Any) -> Iterator[bytes]:
        tracemalloc.start()
        try:
            yield from explained(*given, **named)
            most.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()

    monkeypatch.setattr(exporting, "explained", traced)
    seeded = seed_case(house, "many.example.cn", pictures=30)

    exported(house, seeded.alert_id, tmp_path / "many.zip")

    page = zipfile.ZipFile(tmp_path / "many.zip").getinfo("核验说明.html").file_size
    assert page > 30 * len(out.getvalue())  # all are in the page
    assert most[0] < page / 2  # and never together in memory
