"""A pytest plugin: every store that a test opens lies in a real PostgreSQL instead of SQLite.

`pytest -p tests.servers.on_postgres tests`: a file's path becomes a database of its own, in the
programs that tests start too. What only SQLite has is skipped, with its reason (`sqlite_only`).
"""

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import crawler.store.database
from crawler.store.database import migrate, open_database
from tests import servers
from tests.servers.elsewhere import SERVER, elsewhere, forget

_HERE = Path(__file__).parent
_UNTIL_THE_END = pytest.StashKey[ExitStack]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """One server a run: the processes among which xdist divides the tests inherit its address."""
    open_until_the_end = session.config.stash.setdefault(_UNTIL_THE_END, ExitStack())
    if not hasattr(session.config, "workerinput"):
        os.environ[SERVER] = url = open_until_the_end.enter_context(servers.postgres())
        with closing(open_database(url)) as first:
            migrate(first)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """It goes with its data."""
    session.config.stash[_UNTIL_THE_END].close()


@pytest.fixture(autouse=True, scope="session")
def stores_lie_in_postgres() -> Iterator[None]:
    """In this process, and in the programs that it starts."""
    change = pytest.MonkeyPatch()
    paths = (str(_HERE / "everywhere"), str(_HERE.parents[1]), os.environ.get("PYTHONPATH", ""))
    change.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    change.setattr(crawler.store.database, "make_url", elsewhere)
    yield
    with warnings.catch_warnings():  # stores that tests left open
        warnings.simplefilter("ignore")
        gc.collect()
    change.undo()


def pytest_configure(config: pytest.Config) -> None:
    """Tests that leave a store open lose nothing: it goes with the server."""
    config.addinivalue_line("filterwarnings", "ignore:.*psycopg.Connection:ResourceWarning")
    unraisable = "ignore::pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", unraisable)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A test's own databases go with it; those of a module or a session with the server."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if isinstance(folder, Path):
        forget(folder)


def pytest_report_header() -> str:
    """So that a log says where its stores lay."""
    return "stores: PostgreSQL"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each with its reason."""
    for item in items:
        if mark := item.get_closest_marker("sqlite_only"):
            item.add_marker(pytest.mark.skip(reason=f"SQLite only: {mark.args[0]}"))
