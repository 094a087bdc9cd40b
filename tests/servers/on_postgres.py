"""A pytest plugin: every store that a test opens lies in a real PostgreSQL instead of SQLite.

`pytest -p tests.servers.on_postgres tests`: a file's path becomes a database of its own. Tests of
what only SQLite has are skipped with a line.
"""

import gc
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

import crawler.store.database
from crawler.store.database import migrate, open_database
from tests import servers

_made: set[str] = set()
_server: list[URL] = []


@pytest.fixture(autouse=True, scope="session")
def stores_lie_in_postgres() -> Iterator[None]:
    """One server a test process."""
    real = crawler.store.database.make_url
    with servers.postgres() as address:
        _server.append(make_url(address))
        crawler.store.database.make_url = _elsewhere  # type: ignore[attr-defined]
        _execute("CREATE DATABASE ready")
        ready = open_database(str(_server[0].set(database="ready")))
        migrate(ready)
        ready.close()
        yield
        with warnings.catch_warnings():  # stores that tests left open
            warnings.simplefilter("ignore")
            gc.collect()
        crawler.store.database.make_url = real  # type: ignore[attr-defined]
        _server.clear()


def _elsewhere(url: str) -> URL:
    """The database that stands for an SQLite file."""
    wanted = make_url(url)
    if wanted.drivername != "sqlite" or not _server:
        return wanted
    file = Path(str(wanted.database))
    name = "t" + hashlib.sha256(str(wanted.database).encode()).hexdigest()[:20]
    if name not in _made:
        # some tests copy a store that is ready: such a file is there before it is opened
        _execute(f"CREATE DATABASE {name}" + (" TEMPLATE ready" if file.exists() else ""))
        _made.add(name)
    if file.parent.is_dir():
        file.touch()
    return _server[0].set(database=name)


def _execute(statement: Any) -> None:
    server = _server[0]
    with psycopg.connect(
        host=server.host, port=server.port, user=server.username, dbname="xunwang", autocommit=True
    ) as connection:
        connection.execute(statement)


def pytest_configure(config: pytest.Config) -> None:
    """Tests that leave a store open lose nothing: it goes with the server."""
    config.addinivalue_line("filterwarnings", "ignore:.*psycopg.Connection:ResourceWarning")
    unraisable = "ignore::pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", unraisable)
