"""Take the texts that wait into the index and mark each; nothing is lost if it stops in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.errors import TryLater
from crawler.store.database import Database
from crawler.store.places import places_of
from crawler.store.removals import drop_texts, gone_texts, has_gone_texts
from crawler.store.texts import Waiting, expire_texts, mark_indexed, texts_after, waiting_texts
from indexer.documents import Document, document_of, has_hits
from indexer.engines import Engine, Taken

BULK = 400
BULK_BYTES = 4 << 20  # as they lie in the store, compressed


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexSummary:
    """What one call did."""

    indexed: int = 0
    refused: int = 0
    left: int = 0  # without a hit, where only hits are wanted
    waiting_because: str = ""

    def plus(self, other: "IndexSummary") -> "IndexSummary":
        """Both together."""
        return IndexSummary(
            indexed=self.indexed + other.indexed,
            refused=self.refused + other.refused,
            left=self.left + other.left,
            waiting_because=other.waiting_because,
        )

    @property
    def count(self) -> int:
        """Texts that wait no more."""
        return self.indexed + self.refused + self.left


def index_pending(
    database: Database, engine: Engine, limit: int = 5_000, *, hits_only: bool = False
) -> IndexSummary:
    """Up to about `limit` texts; an engine that is away leaves them waiting, and says why."""
    total = IndexSummary()
    while total.count < limit:
        with database.reading() as db:
            waiting = waiting_texts(db, BULK, BULK_BYTES)
        if not waiting:
            return total
        total = total.plus(_index(database, waiting, engine.index, hits_only=hits_only))
        if total.waiting_because:
            return total
    return total


def rebuild(
    database: Database,
    engine: Engine,
    *,
    hits_only: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> IndexSummary:
    """Build a new index from the store beside the one in use, which answers meanwhile; then change
    over. TryLater leaves the old one as it was.
    """

    def beside(documents: Sequence[Document]) -> Taken:
        return engine.index(documents, beside=True)

    engine.begin_rebuild()
    total = IndexSummary()
    last: tuple[datetime, str] | None = None
    while True:
        with database.reading() as db:
            texts = texts_after(db, last, BULK, BULK_BYTES)
        if not texts:
            break
        part = _index(database, texts, beside, hits_only=hits_only)
        if part.waiting_because:
            raise TryLater(part.waiting_because)
        total = total.plus(part)
        on_progress(len(texts))
        last = (texts[-1].first_seen_at, texts[-1].digest)
    engine.finish_rebuild()
    return total


def expire(database: Database, engine: Engine, before: datetime) -> int:
    """Texts first seen before that moment leave the index; the store keeps them."""
    engine.forget_before(before)
    with database.transaction() as db:
        return expire_texts(db, before)


def forget_removed(database: Database, engine: Engine, limit: int = BULK) -> int:
    """Texts whose last page was removed by age leave the index, then the store."""
    with database.reading() as db:
        if not has_gone_texts(db):
            return 0
    with database.transaction() as db:
        digests = gone_texts(db, limit)
    if digests:
        engine.forget(digests)
        with database.transaction() as db:
            drop_texts(db, digests)
    return len(digests)


def _index(
    database: Database,
    waiting: Sequence[Waiting],
    take: Callable[[Sequence[Document]], Taken],
    *,
    hits_only: bool,
) -> IndexSummary:
    with database.reading() as db:
        places = places_of(db, [one.digest for one in waiting])
    documents = [document_of(one, places.get(one.digest, ())) for one in waiting]
    wanted = [one for one in documents if not hits_only or has_hits(one)]
    left = [(one.digest, one.version) for one in documents if hits_only and not has_hits(one)]
    try:
        taken = take(wanted) if wanted else Taken()
    except TryLater as trouble:
        taken = Taken(waiting_because=str(trouble))
    version = {one.digest: one.version for one in waiting}
    with database.transaction() as db:
        mark_indexed(db, left, "left")
        mark_indexed(db, [(digest, version[digest]) for digest in taken.done], "indexed")
        for bad in taken.refused:
            mark_indexed(db, [(bad.digest, version[bad.digest])], "refused", bad.reason)
    return IndexSummary(
        indexed=len(taken.done),
        refused=len(taken.refused),
        left=len(left),
        waiting_because=taken.waiting_because,
    )
