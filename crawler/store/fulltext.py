"""The embedded full-text index: FTS5, fed with bigrams that its caller made. One row a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    and_,
    func,
    insert,
    literal_column,
    select,
    text,
)

from crawler.domain.errors import GiveUp
from crawler.store.tables import assessments, captures, sites, texts

MOST_COUNTED = 10_000

# rowid of the full-text row ↔ digest; newest first is descending rowid
_entries = Table(
    "search_entries",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), unique=True, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What narrows a search, already checked."""

    region: str = ""
    levels: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int = 50


def prepare(db: Connection) -> None:
    """Make the index if it is not there."""
    if db.dialect.name != "sqlite":
        raise GiveUp("内置检索只用于 SQLite；PostgreSQL 请配置 search.elasticsearch")
    _entries.create(db, checkfirst=True)
    db.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS search_words USING fts5(grams)"))


def drop(db: Connection) -> None:
    """Forget the index; the texts are in the store."""
    db.execute(text("DROP TABLE IF EXISTS search_words"))
    _entries.drop(db, checkfirst=True)


def save_entries(db: Connection, grams: Sequence[tuple[str, str]]) -> None:
    """Index texts: digest and grams. One that is there already stays as it is."""
    digests = [digest for digest, _ in grams]
    known = set(db.scalars(select(_entries.c.digest).where(_entries.c.digest.in_(digests))))
    for digest, words in grams:
        if digest in known:
            continue
        made = db.execute(insert(_entries).values(digest=digest).returning(_entries.c.id))
        row = {"id": made.scalar_one(), "grams": words}
        db.execute(text("INSERT INTO search_words(rowid, grams) VALUES (:id, :grams)"), row)


def matching(db: Connection, expression: str, chosen: Chosen) -> tuple[int, list[Row[Any]]]:
    """How many texts match (it stops at 10,000), and the newest of them with where they stand."""
    found = _found(expression).subquery()
    rows = _placed(chosen).join(found, found.c.digest == captures.c.text_digest)
    return _counted(db, rows), _newest(db, rows, chosen.limit)


def containing(db: Connection, chosen: Chosen) -> list[Row[Any]]:
    """The newest texts that the choice leaves, for words too short for the index."""
    return _newest(db, _placed(chosen), MOST_COUNTED)


def _found(expression: str) -> Select[Any]:
    matches = text("SELECT rowid FROM search_words WHERE search_words MATCH :expression")
    ids = matches.bindparams(expression=expression).columns(rowid=Integer).subquery()
    return select(_entries.c.digest).where(_entries.c.id.in_(select(ids.c.rowid)))


def _placed(chosen: Chosen) -> Select[Any]:
    """Each text once, at its newest capture, with the site's current judgement of that visit."""
    newest = (
        select(captures.c.text_digest, func.max(captures.c.id).label("id"))
        .where(captures.c.text_digest != "", captures.c.region.startswith(chosen.region))
        .group_by(captures.c.text_digest)
        .subquery()
    )
    current = and_(assessments.c.visit_id == captures.c.visit_id, assessments.c.current)
    rows = (
        select(
            captures.c.text_digest,
            captures.c.title,
            captures.c.ended_at,
            captures.c.final_url,
            sites.c.domain,
            sites.c.unit_name,
            assessments.c.level,
            texts.c.fields,
        )
        .select_from(captures)
        .join(newest, newest.c.id == captures.c.id)
        .join(sites, sites.c.id == captures.c.site_id)
        .join(texts, texts.c.digest == captures.c.text_digest)
        .outerjoin(assessments, current)
    )
    if chosen.levels:
        rows = rows.where(assessments.c.level.in_(chosen.levels))
    return rows.where(captures.c.ended_at >= chosen.since) if chosen.since else rows


def _counted(db: Connection, rows: Select[Any]) -> int:
    some = rows.with_only_columns(literal_column("1")).limit(MOST_COUNTED).subquery()
    return db.scalar(select(func.count()).select_from(some)) or 0


def _newest(db: Connection, rows: Select[Any], limit: int) -> list[Row[Any]]:
    return list(db.execute(rows.order_by(captures.c.ended_at.desc()).limit(limit)))
