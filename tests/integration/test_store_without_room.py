"""A disk without room: one clear line, nothing half-written, and on it goes afterwards."""

from pathlib import Path

import pytest
from sqlalchemy import text

from crawler.domain.errors import StoreAway
from crawler.store.database import Database
from crawler.store.notices import keep_notices, open_notices
from tests.builders import NOON
from tests.serving_house import told
from tests.soak_faults import eat, small_disk
from tests.stores import a_database

pytestmark = pytest.mark.sqlite_only("a server's disk is its own")
LONG = {f"k{n}": "x" * 500 for n in range(2_000)}


def write_beyond(database: Database, pages: int) -> None:
    with database.transaction() as db:
        db.execute(text(f"PRAGMA max_page_count = {pages}"))
        keep_notices(db, LONG, "310118", NOON)


@pytest.mark.fault("D18")
def test_a_store_without_room_keeps_no_part_and_goes_on_when_there_is_some(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with database.engine.connect() as db:  # SQLite's own limit stands for the disk's
        pages = db.scalar(text("PRAGMA page_count"))
    with pytest.raises(StoreAway, match="写满"):
        write_beyond(database, int(pages or 0))
    database.close()

    with database.transaction() as db:
        assert open_notices(db) == []
        keep_notices(db, LONG, "310118", NOON)
    with database.reading() as db:
        assert len(open_notices(db)) == len(LONG)


@pytest.mark.fault("D19")
def test_a_full_disk_at_start_is_said_in_one_line_and_harms_nothing(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    with small_disk(place, 24) as mounted:
        if not mounted:
            pytest.skip("only an administrator may mount a small disk")
        home = place / "home"
        assert told(home, "import", "tests/site/filings.csv").code == 0
        before = told(home, "sites", "--jsonl").out
        with eat(place):
            for words in (("sites",), ("sweep", "--all"), ("serve", "--port", "0")):
                refused = told(home, *words)
                assert (refused.code, refused.out) == (3, ""), words
                assert "写满" in refused.err
                assert len(refused.err.strip().splitlines()) <= 2
            ill = told(home, "doctor")  # it says so in its table
            assert (ill.code, "写满" in ill.out) == (1, True)
        assert told(home, "sites", "--jsonl").out == before
