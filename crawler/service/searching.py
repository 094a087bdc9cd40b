"""The search engine of an installation, and the loop that feeds it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module

import structlog

from crawler.domain.errors import BadInput, TryLater, WatchError
from crawler.service.wiring import House
from indexer.embedded import EmbeddedEngine
from indexer.engines import Engine, EngineState
from indexer.indexing import (
    IndexSummary,
    expire,
    forget_removed,
    index_pending,
    missing_count,
    take_in_again,
)
from indexer.watching import watch

ROUND = 800  # texts, so that nobody who shares the loop waits long
_LONGEST_REST_S = 60.0
_EXPIRY_EVERY_S = 3_600.0
_COUNT_EVERY_S = 300.0
_AGAIN_EVERY_S = 86_400.0  # an index that loses texts for ever is a matter for a person

log = structlog.get_logger()


def engine_of(house: House) -> Engine:
    """Elasticsearch where the settings name one, else the embedded one in the store itself."""
    settings = house.config.search
    if settings.elasticsearch:
        # the client takes a second to load: only who uses it waits for it
        elastic = import_module("indexer.elastic")
        engine: Engine = elastic.ElasticEngine(
            elastic.ElasticServer(
                url=settings.elasticsearch,
                alias=settings.index,
                user=settings.user,
                password=settings.password.get_secret_value(),
                ca_file=settings.ca_file,
                timeout_s=settings.timeout_s,
            )
        )
        return engine
    if house.database.engine.dialect.name != "sqlite":
        raise BadInput("使用 PostgreSQL 时，检索须设置 search.elasticsearch")
    return EmbeddedEngine(house.database)


class Indexer:
    """Takes what waits, a round at a time. While the engine is away it rests, longer each time."""

    def __init__(self, house: House, seconds: Callable[[], float]) -> None:
        self._house, self._seconds = house, seconds
        self._engine: Engine | None = None
        self._rest_s, self._rests_until, self._expires_at = 0.0, float("-inf"), float("-inf")
        self._counts_at, self._again_at, self._was_short = float("-inf"), float("-inf"), False

    def round(self, now: datetime) -> IndexSummary:
        """Never an error: crawling and telling go on without search."""
        self._watch(now)
        if self._seconds() < self._rests_until:
            return IndexSummary()
        try:
            done = self._index(now)
        except WatchError as trouble:
            done = IndexSummary(waiting_because=str(trouble))
        if done.waiting_because:
            self._rest_s = min(max(1.0, self._rest_s * 2), _LONGEST_REST_S)
            self._rests_until = self._seconds() + self._rest_s
        else:
            self._rest_s = 0.0
        return done

    def _watch(self, now: datetime) -> None:
        """Saved searches need no engine, and hold up nothing where they fail."""
        try:
            watch(self._house.database, now)
        except WatchError as trouble:
            log.warning("saved searches not asked", action="index", why=str(trouble))

    def _index(self, now: datetime) -> IndexSummary:
        settings = self._house.config.search
        self._engine = self._engine or engine_of(self._house)
        if settings.keep_days and self._seconds() >= self._expires_at:
            expire(self._house.database, self._engine, now - timedelta(days=settings.keep_days))
            self._expires_at = self._seconds() + _EXPIRY_EVERY_S
        if self._seconds() >= self._counts_at:
            self._counts_at = self._seconds() + _COUNT_EVERY_S
            self._make_good(missing_count(self._house.database, self._engine))
        forget_removed(self._house.database, self._engine)
        return index_pending(
            self._house.database, self._engine, ROUND, hits_only=settings.hits_only
        )

    def _make_good(self, short: int) -> None:
        """Texts that the index lost are taken in again, once they are short at a second look:
        another machine may just be letting old ones go.
        """
        if short:
            log.warning("index holds less than it took", action="index", short=short)
        if short and self._was_short and self._seconds() >= self._again_at:
            self._again_at = self._seconds() + _AGAIN_EVERY_S
            take_in_again(self._house.database)
        self._was_short = bool(short)


def state_of(house: House, engine: Engine) -> EngineState:
    """How the engine is; that it lost texts is its trouble too."""
    state = engine.state()
    if state.trouble:
        return state
    try:
        short = missing_count(house.database, engine)
    except TryLater as trouble:
        return replace(state, trouble=str(trouble))
    told = f"索引比登记的少 {short} 篇；服务运行中会自行补收，或请运行 xunwang index rebuild"
    return replace(state, trouble=told if short else "")
