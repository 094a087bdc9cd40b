"""The migrations make what the tables say: a changed table without a migration fails here."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crawler.store.database import migrate, open_database
from crawler.store.schema import metadata


def test_a_migrated_store_is_what_the_tables_say(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(database)

    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def is_ours(_thing: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Full text and words of sites have tables made by their engine; the version is Alembic's."""
    made_elsewhere = (name or "").startswith(("search_words", "site_words", "alembic_"))
    return not (kind == "table" and reflected and made_elsewhere)
