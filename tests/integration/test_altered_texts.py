"""No word of a kept page, and no place of one on its picture, can be changed in the store without
`verify` naming the capture.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, update

from crawler.domain.assessment import Level
from crawler.domain.capture import Box, Fetcher, Field, PageText, Run
from crawler.service.pipes import Report
from crawler.service.recording import Recorder
from crawler.service.turns import Turns
from crawler.service.wiring import House
from crawler.store.capture_checks import broken_capture
from crawler.store.captures import captures_of_visit
from crawler.store.evidence import SegmentWriter
from crawler.store.tables import captures, texts
from crawler.store.verifying import verify
from crawler.store.visits import visits_by_id
from tests.builders import NOON, a_capture, a_text, an_assessment
from tests.integration.packing_house import a_house
from tests.integration.test_families import visits as filed_visits

RUNS = (Run(start=0, end=4, box=Box(x=1, y=2, width=3, height=4)),)
DRAWN = PageText(fields=(Field(name="body", text="保本保息", runs=RUNS),))
PLAIN = a_text("本店主营五金")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two sites: one drawn by a browser, one fetched."""
    made = a_house(tmp_path / "home")
    with made.database.transaction() as db:
        filed_visits(db, 2)
    writer = SegmentWriter(made.evidence, "t", NOON)
    recorder = Recorder(
        database=made.database, writer=writer, chain="t", answer=lambda *_: None,
        level_of=lambda _: Level.YELLOW, turns=Turns(renders=False, patient=False),
    )  # fmt: skip
    for number, fetcher, text in ((1, Fetcher.BROWSER, DRAWN), (2, Fetcher.HTTP, PLAIN)):
        with made.database.reading() as db:
            (visit,) = visits_by_id(db, [number], NOON)
        capture = a_capture(
            id=f"C{number}", visit_id=number, site_id=visit.site.id, fetcher=fetcher,
            text_digest=text.digest,
        )  # fmt: skip
        report = Report(
            visit_id=number, captures=(capture,), texts=(text,),
            assessment=an_assessment(visit_id=number, level=Level.NONE),
        )  # fmt: skip
        recorder.record([(visit, report)], NOON)
    writer.close()
    yield made
    made.database.close()


def told(house: House, *ids: str) -> list[tuple[str, str]]:
    with house.database.reading() as db:
        return [(one.capture, one.reason) for one in verify(db, house.evidence, ids).faults]


def test_what_was_written_down_is_sound(house: House) -> None:
    assert told(house) == []
    assert told(house, "C1") == []


@pytest.mark.parametrize(
    "content",
    [
        zlib.compress(msgspec.json.encode([("body", "本店主营五金件")])),
        zlib.compress(msgspec.json.encode([("title", "本店主营五金")])),
        zlib.compress(b"no json"),
        b"no zlib",
    ],
)
def test_changed_words_are_told_with_their_capture(house: House, content: bytes) -> None:
    with house.database.transaction() as db:
        mine = update(texts).where(texts.c.digest == PLAIN.digest)
        db.execute(mine.values(fields=content))

    (fault,) = told(house)
    assert fault[0] == "C2"
    assert "文字与采集时的摘要不符" in fault[1]
    assert told(house, "C2") == [fault]
    assert told(house, "C1") == []
    with house.database.reading() as db:
        (capture,) = captures_of_visit(db, 2)
        assert fault[1] in broken_capture(db, house.evidence, capture)


def test_words_that_are_gone_before_their_time_are_missed(house: House) -> None:
    with house.database.transaction() as db:
        db.execute(delete(texts).where(texts.c.digest == PLAIN.digest))

    assert told(house) == told(house, "C2") == [("C2", "页面文字不在数据库里了")]
    assert told(house, "C1") == []


@pytest.mark.parametrize("runs", [None, msgspec.msgpack.encode({"body": []})])
def test_changed_places_are_told_with_their_capture(house: House, runs: bytes | None) -> None:
    with house.database.transaction() as db:
        db.execute(update(captures).where(captures.c.id == "C1").values(runs=runs))

    assert told(house) == [("C1", "文字在截图上的位置与采集时的摘要不符")]
    assert told(house, "C2") == []
