"""A home that a newer version has written is refused in one line, and left as it was."""

from pathlib import Path

from sqlalchemy import text

from crawler.service.wiring import open_house
from crawler.store.database import schema_version
from crawler.store.snapshots import open_copy
from tests.serving_house import told


def test_a_home_of_a_newer_version_is_refused_in_one_line(tmp_path: Path) -> None:
    open_house(tmp_path).database.close()
    store = open_copy(tmp_path / "xunwang.db")
    with store.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    refused = told(tmp_path, "lists")
    assert (refused.code, "更新的版本" in refused.err) == (2, True)
    assert "9999" in refused.err
    assert "revision" not in refused.err
    with store.reading() as db:
        assert schema_version(db) == "9999"
    store.close()
