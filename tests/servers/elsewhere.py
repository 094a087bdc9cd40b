"""An SQLite file's path stands for a PostgreSQL database of its own; the file holds its name, so
that a copied file becomes a copy of that database.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

# the address of a database that is migrated and stays empty: every new store begins as its copy,
# which takes a sixth of a migration's time. Processes that tests start read it too.
SERVER = "XUNWANG_TEST_POSTGRES"
_SAYS = "postgresql database "


def elsewhere(url: str | URL) -> URL:
    """Where a store lies while the tests run on PostgreSQL."""
    wanted = make_url(url)
    file = Path(str(wanted.database))
    if wanted.drivername != "sqlite" or not file.parent.is_dir():
        return wanted
    server = make_url(os.environ[SERVER])
    name = "t" + hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:20]
    if _store_of(file) != name:
        with psycopg.connect(**_place(server), autocommit=True) as connection:
            # programs that start at the same moment: one makes it, the others find it made
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            known = _store_of(file)
            if known != name:
                _make(connection, name, known or str(server.database))
                file.unlink(missing_ok=True)  # a copy may be read-only, or a link to the original
                file.write_text(_SAYS + name, "utf-8")
    return server.set(database=name)


def forget(folder: Path) -> None:
    """Drop the databases of the stores in a folder that nobody looks at again."""
    server = make_url(os.environ[SERVER])
    names = [_named_in(file) for file in folder.rglob("*.db") if file.is_file()]
    if any(names):
        with psycopg.connect(**_place(server), autocommit=True) as connection:
            for name in filter(None, names):
                connection.execute(_dropped(name))


def _store_of(file: Path) -> str:
    """The database that a file stands for; empty for a new one."""
    name = _named_in(file)
    if not name and file.exists() and file.stat().st_size:
        raise AssertionError(
            f"{file} was written past open_database: it is no store of these tests"
        )
    return name


def _named_in(file: Path) -> str:
    """Empty where it is none of ours."""
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        said = stream.read(200)
    return said.removeprefix(_SAYS.encode()).decode() if said.startswith(_SAYS.encode()) else ""


def _make(connection: psycopg.Connection, name: str, original: str) -> None:
    """A copy of another, or of the migrated one; whoever left it open there is parted from it."""
    connection.execute(_dropped(name))
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [original]
    )
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(original)
        )
    )


def _dropped(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name))


def _place(server: URL) -> dict[str, Any]:
    return {
        "host": server.host, "port": server.port, "user": server.username, "dbname": "postgres",
    }  # fmt: skip
