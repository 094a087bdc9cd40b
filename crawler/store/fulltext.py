"""The embedded full-text index: FTS5, fed with words that its caller made. One row a text.

A row's number is the text's number in time, so newest first is the index's own order.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from crawler.domain.errors import GiveUp
from crawler.domain.search import Narrowing, start_of

MOST_COUNTED = 10_000
COLUMNS = ("title", "body", "ocr", "others", "characters")
_TOKENIZER = "tokenize=\"unicode61 remove_diacritics 0 tokenchars '.'\""
_LIVE, _NEW = "", "_new"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One text for the index; `columns` in the order of COLUMNS."""

    order: int
    digest: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A search, already checked: an FTS5 expression (empty: any text) and what narrows it."""

    expression: str
    narrowing: Narrowing
    after: int | None = None  # the order number that the last page ended with
    floor: int | None = None  # only texts as new as this


def prepare(db: Connection) -> None:
    """Make the index if it is not there."""
    _make(db, _LIVE)


def begin_new(db: Connection) -> None:
    """An empty index beside the one in use; a half-built one is forgotten."""
    _drop(db, _NEW)
    _make(db, _NEW)


def put_new_in_use(db: Connection) -> None:
    """The one beside takes the place of the old one, at once."""
    _drop(db, _LIVE)
    db.execute(text("ALTER TABLE search_entries_new RENAME TO search_entries"))
    db.execute(text("ALTER TABLE search_words_new RENAME TO search_words"))


def is_building(db: Connection) -> bool:
    """Whether there is an index beside the one in use."""
    return _exists(db, _NEW)


def drop(db: Connection) -> None:
    """Forget everything; the texts are in the store."""
    for which in (_LIVE, _NEW):
        _drop(db, which)


def save_entries(db: Connection, entries: Sequence[Entry], *, only_new: bool) -> None:
    """Index texts. A text never changes under its digest, so one that is there stays.

    What is indexed while another index is built beside goes into both.
    """
    beside = is_building(db)
    for which in (_LIVE, _NEW):
        if (which == _NEW and beside) or (which == _LIVE and not only_new):
            _save(db, which, entries)


def matching(db: Connection, wanted: Wanted, limit: int) -> list[tuple[int, str]]:
    """Order number and digest of the newest texts that match."""
    order = "ORDER BY w.rowid DESC" if wanted.expression else "ORDER BY e.id DESC"
    return _rows(db, f"SELECT e.id, e.digest {_from(wanted)} {order} LIMIT :most", wanted, limit)


def best(db: Connection, wanted: Wanted, limit: int) -> list[tuple[int, str]]:
    """The best of the matching texts."""
    query = f"SELECT e.id, e.digest {_from(wanted)} ORDER BY w.rank, w.rowid DESC LIMIT :most"
    return _rows(db, query, wanted, limit)


def counted(db: Connection, wanted: Wanted) -> int:
    """How many texts match; it stops at 10,000."""
    inner = f"SELECT 1 {_from(wanted)} LIMIT :most"
    query = text(f"SELECT count(*) FROM ({inner})")
    return int(db.execute(query, _values(wanted) | {"most": MOST_COUNTED}).scalar_one())


def entry_count(db: Connection) -> int:
    """How many texts are in the index."""
    return int(db.execute(text("SELECT count(*) FROM search_entries")).scalar_one())


def forget_before(db: Connection, order: int) -> None:
    """Older texts are found no more; their room comes back when the index is rebuilt."""
    db.execute(text("DELETE FROM search_entries WHERE id < :order"), {"order": order})


def forget_entries(db: Connection, digests: Sequence[str]) -> None:
    """These texts are found no more, in the index in use and in one that is built beside."""
    for which in (_LIVE, *((_NEW,) if _exists(db, _NEW) else ())):
        gone = text(f"DELETE FROM search_entries{which} WHERE digest IN :digests")
        db.execute(gone.bindparams(bindparam("digests", list(digests), expanding=True)))


def _make(db: Connection, which: str) -> None:
    if db.dialect.name != "sqlite":
        raise GiveUp("内置检索只用于 SQLite；使用 PostgreSQL 时请设置 search.elasticsearch")
    db.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS search_entries{which} "
            "(id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL)"
        )
    )
    columns = ", ".join(COLUMNS)
    db.execute(
        text(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS search_words{which} "
            f"USING fts5({columns}, content='', {_TOKENIZER})"
        )
    )


def _drop(db: Connection, which: str) -> None:
    db.execute(text(f"DROP TABLE IF EXISTS search_words{which}"))
    db.execute(text(f"DROP TABLE IF EXISTS search_entries{which}"))


def _exists(db: Connection, which: str) -> bool:
    query = text("SELECT 1 FROM sqlite_master WHERE name = :name")
    return db.execute(query, {"name": f"search_entries{which}"}).first() is not None


def _save(db: Connection, which: str, entries: Sequence[Entry]) -> None:
    known = text(f"SELECT digest FROM search_entries{which} WHERE digest IN :digests")
    digests = [one.digest for one in entries]
    held = set(
        db.execute(known.bindparams(bindparam("digests", digests, expanding=True))).scalars()
    )
    names, places = ", ".join(COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
    row = text(f"INSERT INTO search_words{which}(rowid, {names}) VALUES (:id, {places})")
    for one in entries:
        if one.digest in held:
            continue
        held.add(one.digest)
        number = _number(db, which, one)
        db.execute(row, {"id": number} | dict(zip(COLUMNS, one.columns, strict=True)))


def _number(db: Connection, which: str, entry: Entry) -> int:
    """Its own order number, or the next one that is free: two digests may begin alike."""
    put = text(f"INSERT OR IGNORE INTO search_entries{which}(id, digest) VALUES (:id, :digest)")
    number = entry.order
    while not db.execute(put, {"id": number, "digest": entry.digest}).rowcount:
        number += 1
    return number


def _rows(db: Connection, query: str, wanted: Wanted, limit: int) -> list[tuple[int, str]]:
    found = db.execute(text(query), _values(wanted) | {"most": limit})
    return [(row[0], row[1]) for row in found]


def _from(wanted: Wanted) -> str:
    """Every value is bound; only our own words are in the statement."""
    number = "w.rowid" if wanted.expression else "e.id"
    source = "search_words w CROSS JOIN search_entries e ON e.id = w.rowid"
    conditions = ["search_words MATCH :expression"] if wanted.expression else []
    narrowing = wanted.narrowing
    bounds = {
        f"{number} < :after": wanted.after is not None,
        f"{number} >= :floor": wanted.floor is not None,
        f"{number} >= :since": narrowing.since is not None,
        f"{number} < :until": narrowing.until is not None,
        f"EXISTS ({_place_query(narrowing)})": narrowing.of_place,
    }
    conditions += [condition for condition, holds in bounds.items() if holds]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"FROM {source if wanted.expression else 'search_entries e'}{where}"


def _place_query(narrowing: Narrowing) -> str:
    conditions = {
        "substr(p.region, 1, length(:region)) = :region": narrowing.region,
        "p.level IN (SELECT value FROM json_each(:levels))": narrowing.levels,
        "s.subject_kind IN (SELECT value FROM json_each(:kinds))": narrowing.kinds,
        "CAST(f.family_id AS TEXT) = :family": narrowing.family,
        "EXISTS (SELECT 1 FROM json_each(p.categories) c "
        "WHERE c.value IN (SELECT value FROM json_each(:categories)))": narrowing.categories,
        "EXISTS (SELECT 1 FROM json_each(p.rates) r WHERE r.value BETWEEN :low AND :high)": (
            narrowing.rate_from is not None or narrowing.rate_to is not None
        ),
    }
    chosen = ["p.text_digest = e.digest", *(key for key, value in conditions.items() if value)]
    joined = "text_places p"
    if narrowing.kinds:
        joined += " JOIN sites s ON s.id = p.site_id"
    if narrowing.family:
        joined += " JOIN family_members f ON f.site_id = p.site_id"
    return f"SELECT 1 FROM {joined} WHERE {' AND '.join(chosen)}"


def _values(wanted: Wanted) -> dict[str, Any]:
    narrowing = wanted.narrowing
    low, high = narrowing.rate_from, narrowing.rate_to
    return {
        "expression": wanted.expression,
        "after": wanted.after,
        "floor": wanted.floor,
        "since": start_of(narrowing.since) if narrowing.since else None,
        "until": start_of(narrowing.until) if narrowing.until else None,
        "region": narrowing.region,
        "levels": _json(narrowing.levels),
        "kinds": _json(narrowing.kinds),
        "categories": _json(narrowing.categories),
        "family": narrowing.family,
        "low": low if low is not None else -1e300,
        "high": high if high is not None else 1e300,
    }


def _json(values: tuple[str, ...]) -> str:
    return json.dumps(values)
