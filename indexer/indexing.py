"""Take the texts that wait into the index and mark each; nothing is lost if it stops in between.

While the engine takes one bulk in, the next is read and prepared.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.errors import TryLater
from crawler.store.database import Connection, Database
from crawler.store.places import places_of
from crawler.store.removals import drop_texts, gone_texts, has_gone_texts
from crawler.store.texts import (
    Seen,
    Waiting,
    await_index,
    expire_texts,
    indexed_count,
    kept_of,
    mark_indexed,
    texts_after,
    waiting_texts,
)
from indexer.documents import Document, document_of, has_hits
from indexer.engines import Engine, Taken

BULK = 400
BULK_BYTES = 4 << 20  # as they lie in the store, compressed
_AGAIN_AT_ONCE = 20_000


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
            waiting_because=self.waiting_because or other.waiting_because,
        )

    @property
    def count(self) -> int:
        """Texts that wait no more."""
        return self.indexed + self.refused + self.left


def index_pending(
    database: Database, engine: Engine, limit: int = 5_000, *, hits_only: bool = False
) -> IndexSummary:
    """Up to about `limit` texts; an engine that is away leaves them waiting, and says why."""
    bulks = _bulks(database, waiting_texts, limit, hits_only=hits_only)
    return _taken_in(database, engine, bulks, engine.index)


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
    bulks = _bulks(database, texts_after, None, hits_only=hits_only)
    done = _taken_in(database, engine, bulks, beside, on_progress)
    if done.waiting_because:
        raise TryLater(done.waiting_because)
    engine.finish_rebuild()
    return done


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bulk:
    """Texts read together."""

    versions: dict[str, int]  # as they were read
    wanted: tuple[Document, ...]
    left: tuple[str, ...]


def _bulks(
    database: Database,
    read: Callable[[Connection, Seen | None, int, int], list[Waiting]],
    limit: int | None,
    *,
    hits_only: bool,
) -> Iterator[_Bulk]:
    """One after the other, each read when it is asked for."""
    last, count = None, 0
    while limit is None or count < limit:
        with database.reading() as db:
            some = read(db, last, BULK, BULK_BYTES)
            if not some:
                return
            places = places_of(db, [one.digest for one in some])
        documents = [document_of(one, places.get(one.digest, ())) for one in some]
        yield _Bulk(
            versions={one.digest: one.version for one in some},
            wanted=tuple(one for one in documents if not hits_only or has_hits(one)),
            left=tuple(one.digest for one in documents if hits_only and not has_hits(one)),
        )
        last, count = (some[-1].first_seen_at, some[-1].digest), count + len(some)


def missing_count(database: Database, engine: Engine) -> int:
    """How many texts the store calls indexed and the engine holds no more: its index was deleted,
    or is an old copy. TryLater says that the engine is away.
    """
    with database.reading() as db:
        indexed = indexed_count(db)
    if not indexed:
        return 0
    engine.refresh()  # what was marked before this moment is counted after it
    return max(0, indexed - engine.count())


def take_in_again(database: Database) -> None:
    """Whatever was indexed waits anew; repeats are harmless."""
    more = True
    while more:
        with database.transaction() as db:
            more = await_index(db, _AGAIN_AT_ONCE)


def _taken_in(
    database: Database,
    engine: Engine,
    bulks: Iterable[_Bulk],
    take: Callable[[Sequence[Document]], Taken],
    on_progress: Callable[[int], None] = lambda _: None,
) -> IndexSummary:
    """Each marked as the engine answered, until it takes no more."""
    total = IndexSummary()
    for bulk, taken in _answered(bulks, take):
        total = total.plus(_mark(database, bulk, taken))
        _forget_strays(database, engine, taken.done)
        on_progress(len(bulk.versions))
        if total.waiting_because:
            break
    return total


def _forget_strays(database: Database, engine: Engine, done: Sequence[str]) -> None:
    """A text that went from the store while its bulk was under way is in the index again."""
    with database.reading() as db:
        strays = set(done) - kept_of(db, done)
    if strays:
        engine.forget(sorted(strays))


def _answered(
    bulks: Iterable[_Bulk], take: Callable[[Sequence[Document]], Taken]
) -> Iterator[tuple[_Bulk, Taken]]:
    """Each with the engine's answer, for which it waits with the next one ready."""
    under_way: tuple[_Bulk, Future[Taken]] | None = None
    with ThreadPoolExecutor(max_workers=1) as sender:
        for bulk in bulks:
            if under_way is not None:
                yield under_way[0], under_way[1].result()
            under_way = (bulk, sender.submit(_told, take, bulk.wanted))
        if under_way is not None:
            yield under_way[0], under_way[1].result()


def _told(take: Callable[[Sequence[Document]], Taken], wanted: Sequence[Document]) -> Taken:
    try:
        return take(wanted) if wanted else Taken()
    except TryLater as trouble:
        return Taken(waiting_because=str(trouble))


def _mark(database: Database, bulk: _Bulk, taken: Taken) -> IndexSummary:
    with database.transaction() as db:
        mark_indexed(db, [(one, bulk.versions[one]) for one in bulk.left], "left")
        mark_indexed(db, [(one, bulk.versions[one]) for one in taken.done], "indexed")
        for bad in taken.refused:
            mark_indexed(db, [(bad.digest, bulk.versions[bad.digest])], "refused", bad.reason)
    return IndexSummary(
        indexed=len(taken.done),
        refused=len(taken.refused),
        left=len(bulk.left),
        waiting_because=taken.waiting_because,
    )
