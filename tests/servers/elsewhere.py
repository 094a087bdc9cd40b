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

SERVER = "XUNWANG_TEST_POSTGRES"  # its address: processes that tests start read it too
_SAYS = "postgresql database "


def elsewhere(url: str | URL) -> URL:
    """Where a store lies while the tests run on PostgreSQL."""
    wanted = make_url(url)
    file = Path(str(wanted.database))
    if wanted.drivername != "sqlite" or not file.parent.is_dir():
        return wanted
    server = make_url(os.environ[SERVER])
    name = "t" + hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:20]
    known = _named_in(file)
    if known != name:
        _make(server, name, known)
        file.unlink(missing_ok=True)  # a copy may be read-only, or a link to the original
        file.write_text(_SAYS + name, "utf-8")
    return server.set(database=name)


def forget(folder: Path) -> None:
    """Drop the databases of the stores in a folder that nobody looks at again."""
    server = make_url(os.environ[SERVER])
    for file in folder.rglob("*.db"):
        if file.is_file() and (name := _named_in(file)):
            _execute(server, _dropped(name))


def _named_in(file: Path) -> str:
    """The database that a file stands for; empty for a new one."""
    if not file.exists() or not (said := file.read_bytes()):
        return ""
    if not said.startswith(_SAYS.encode()):
        raise AssertionError(
            f"{file} was written past open_database: it is no store of these tests"
        )
    return said.decode()[len(_SAYS) :]


def _make(server: URL, name: str, original: str) -> None:
    """A new database, or a copy of another; whoever left it open there is parted from it."""
    made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if original:
        made += sql.SQL(" TEMPLATE {}").format(sql.Identifier(original))
    parted = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
    ).format(sql.Literal(original))
    _execute(server, _dropped(name), parted, made)


def _dropped(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name))


def _execute(server: URL, *statements: sql.Composed) -> None:
    with psycopg.connect(**_place(server), autocommit=True) as connection:
        for one in statements:
            connection.execute(one)


def _place(server: URL) -> dict[str, Any]:
    return {
        "host": server.host, "port": server.port, "user": server.username, "dbname": "xunwang",
    }  # fmt: skip
