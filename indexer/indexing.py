"""Take the texts that wait into the index and mark each; nothing is lost if it stops in between."""

from dataclasses import dataclass
from datetime import datetime

from crawler.domain.errors import TryLater
from crawler.store.database import Database
from crawler.store.texts import mark_all_unindexed, mark_indexed, not_yet_indexed, text_of
from indexer.engines import Engine

BULK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexSummary:
    """What one call did."""

    indexed: int = 0
    refused: int = 0
    waiting_because: str = ""


def index_pending(
    database: Database, engine: Engine, now: datetime, limit: int = 5_000
) -> IndexSummary:
    """Up to `limit` texts; an engine that is away leaves them waiting."""
    done = refused = 0
    while done + refused < limit:
        with database.reading() as db:
            digests = not_yet_indexed(db, BULK)
            texts = [(d, text) for d in digests if (text := text_of(db, d)) is not None]
        if not texts:
            break
        try:
            engine.prepare()
            bad = {one.digest: one.reason for one in engine.index(texts)}
        except TryLater as trouble:
            return IndexSummary(indexed=done, refused=refused, waiting_because=str(trouble))
        good = [digest for digest, _ in texts if digest not in bad]
        with database.transaction() as db:
            mark_indexed(db, good, "indexed")
            for digest, reason in bad.items():
                mark_indexed(db, [digest], "refused", reason)
        done, refused = done + len(good), refused + len(bad)
    return IndexSummary(indexed=done, refused=refused)


def rebuild(database: Database, engine: Engine, now: datetime) -> IndexSummary:
    """Forget the index and build it anew from the store."""
    engine.drop()
    with database.transaction() as db:
        mark_all_unindexed(db)
    total = IndexSummary()
    while (part := index_pending(database, engine, now)).indexed:
        total = IndexSummary(
            indexed=total.indexed + part.indexed, refused=total.refused + part.refused
        )
    return total
