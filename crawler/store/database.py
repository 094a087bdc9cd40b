"""Open the store, migrate it, and hand out transactions. The parent process alone does this."""

import json
import re
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from psycopg.abc import Buffer
from psycopg.errors import NumericValueOutOfRange
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crawler.domain.errors import BadInput, StoreAway, TryLater

__all__ = [
    "MIGRATIONS",
    "Connection",
    "Database",
    "clock_of",
    "migrate",
    "newest_version",
    "open_database",
    "schema_version",
    "update_rows",
    "upsert",
]

T = TypeVar("T")
_NAMES = 0x6F776E6572  # "owner": apart from other advisory locks
_MIGRATING = 0x6D696772617465  # "migrate"
_INDEXED = text(
    "select distinct tbl_name from sqlite_master "
    "where type = 'index' and tbl_name not like 'sqlite%' order by tbl_name"
)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """One engine with two doors: `transaction` writes, `reading` only looks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_shared(self) -> bool:
        """Whether other machines may work on it too."""
        return self.engine.dialect.name != "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. On SQLite it takes the write lock at once, so it never fails half-way."""
        with self._there(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def prepared(
        self, prepare: Callable[[Connection], T], *, rehearse: bool = False
    ) -> Iterator[tuple[Connection, T]]:
        """A transaction after long work in temporary tables, while which others may write. A
        rehearsal is rolled back: what would happen, without it happening.
        """
        with self._there(), self.engine.connect() as connection:
            connection.detach()  # its temporary tables go with it
            with connection.begin():
                outcome = prepare(connection)
            connection.execution_options(writes=True)
            with connection.begin() as transaction:
                yield connection, outcome
                if rehearse:
                    transaction.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent look; whatever is written in here is rolled back."""
        with self._there(), self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def named(self, owner: str, busy: str = "") -> Iterator[None]:
        """Work under a name that no other machine works under: TryLater if one does, with `busy` if
        that says it better. On SQLite the home itself is held.
        """
        if not self.is_shared:
            yield
            return
        with self._there():
            connection = self.engine.connect()
            connection.detach()  # the lock is this connection's, for as long as it stands
            key = func.hashtextextended(owner, _NAMES)
            alone = connection.scalar(select(func.pg_try_advisory_lock(key)))
            connection.commit()
        try:
            if not alone:
                raise TryLater(
                    busy or f"另一台机器正以 {owner} 之名工作：主机名与数据目录不能都相同"
                )
            yield
        finally:
            with suppress(SQLAlchemyError):  # the server may have gone meanwhile
                connection.close()

    @contextmanager
    def _there(self) -> Iterator[None]:
        """A server that is away, restarting or too busy is a reason to come again, not a
        traceback.
        """
        try:
            yield
        except OverflowError as error:  # SQLite has 64 bits for a number
            raise BadInput(_TOO_LARGE) from error
        except DataError as error:  # and PostgreSQL 32, for most
            if isinstance(error.orig, NumericValueOutOfRange):
                raise BadInput(_TOO_LARGE) from error
            raise
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            told = str(getattr(error, "orig", None) or error).strip().splitlines()
            if told and told[0].startswith(_OTHER_SHAPE):
                raise BadInput(
                    "数据目录由开发中的另一版本写成，与本程序不符，请另建一个"
                ) from error
            said = told[0] if told else repr(error)
            if any(one in said for one in _TURNED_AWAY):
                raise StoreAway("数据库拒绝了用户名或口令，请查 store.database") from error
            raise StoreAway(f"数据库暂不可用：{said}{_advice(said)}") from error
        except OSError as error:
            if not _of_the_driver(error):  # the body's own: a file, a socket
                raise
            raise StoreAway(f"数据库暂不可用：{error}") from error

    def forget_pages(self) -> None:
        """Connections that nobody uses now are closed, with the pages that they remember."""
        if not self.is_shared:
            self.engine.dispose()

    def survey(self) -> None:
        """Let the planner learn how the tables are filled; without that it takes a store of a
        million rows for an empty one, and pages of the ledger cost three times as much. Whole
        tables, for a sample of a thousand rows shows it one region and changes nothing; one at a
        time, so that writers wait a second or two and not for all. PostgreSQL does it by itself.
        """
        if self.is_shared:
            return
        with self.reading() as connection:
            names = connection.scalars(_INDEXED).all()
        for name in names:
            with self.transaction() as connection:
                connection.exec_driver_sql(f'ANALYZE "{name}"')
        self.forget_pages()  # who connects anew knows it

    def close(self) -> None:
        """Give the files back."""
        self.engine.dispose()


def _of_the_driver(error: OSError) -> bool:
    """A server that restarts closes sockets under psycopg's feet; what the system says of them
    it passes on as it came.
    """
    frames = traceback.walk_tb(error.__traceback__)
    return any(one.f_globals["__name__"].startswith("psycopg") for one, _line in frames)


def _advice(said: str) -> str:
    """SQLite calls a full disk by two names, and neither says what to do."""
    full = "disk is full" in said or "disk I/O error" in said
    return "（数据目录所在的磁盘写满或不可写，df -h 可以看到）" if full else ""


def open_database(url: str) -> Database:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`. Nothing is created yet."""
    engine = create_engine(
        make_url(url),
        pool_pre_ping=not url.startswith("sqlite"),
        pool_use_lifo=True,  # each connection has a cache of its own: few are kept warm
        # else PostgreSQL answers -1 to "how many were put", which reads as yes
        execution_options={"preserve_rowcount": True},
        json_serializer=_json_without_nul,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgres)
    return Database(engine)


_TOO_LARGE = "数字太大，没有这样的编号"
# a connection that never stood has no SQLSTATE: only PostgreSQL's and libpq's words are left
_TURNED_AWAY = ("authentication failed", "no password supplied")
_OTHER_SHAPE = ("no such table", "no such column")  # migrations see to all released versions


def migrate(database: Database) -> None:
    """Bring the schema to the newest version; harmless when it is there already. BadInput if a
    newer program wrote it.
    """
    with database.reading() as db:
        if schema_version(db) == newest_version():
            return
    # Alembic takes a second to load: only a store that is behind waits for it
    upgrade = import_module("crawler.store.upgrading").upgrade
    with database.transaction() as db:
        if database.is_shared:  # several machines start at once
            db.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        upgrade(db)


def schema_version(db: Connection) -> str:
    """The migration this store stands at; empty for none."""
    if not inspect(db).has_table("alembic_version"):
        return ""
    return db.scalar(text("select version_num from alembic_version")) or ""


@cache
def newest_version() -> str:
    """The last migration that this program knows."""
    return max(one.name[1:5] for one in MIGRATIONS.glob("versions/v*.py"))


def clock_of(db: Connection) -> datetime | None:
    """What time it is where the store is; None where that is here."""
    if db.dialect.name == "sqlite":
        return None
    at: datetime | None = db.scalar(select(func.clock_timestamp()))
    return at


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # what says "kept" must survive a power cut
        "busy_timeout = 30000",
        "foreign_keys = ON",
        "cache_size = -65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _json_without_nul(value: Any) -> str:
    """PostgreSQL's JSON holds no NUL either, not even escaped."""
    text = json.dumps(value)
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


class _WithoutNul(StrDumperUnknown):
    """PostgreSQL's text holds no NUL. Pages and requests bring some: they become U+FFFD there, as
    browsers show them.
    """

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


def _prepare_postgres(connection: Any, _record: Any) -> None:
    connection.adapters.register_dumper(str, _WithoutNul)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails at once with BUSY_SNAPSHOT.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def upsert(db: Connection, table: Table) -> Any:
    """An INSERT that can say ON CONFLICT, in the words of the engine at hand."""
    return sqlite.insert(table) if db.dialect.name == "sqlite" else postgresql.insert(table)


def update_rows(db: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Change rows by `id`; each dict names, beside it, the columns that changed. Rows that change
    the same columns are one statement: one by one they cost the most of a page's commit.
    """
    alike: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        changed = {name: value for name, value in row.items() if name != "id"}
        alike[frozenset(changed)].append(changed | {"row_id": row["id"]})
    for changes in alike.values():
        db.execute(update(table).where(table.c.id == bindparam("row_id")), changes)
