"""A store is migrated once a process: every other one of the tests begins as its copy, which takes
a sixth of a migration's time.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from crawler.store.database import Database, migrate, open_database


def a_database(folder: Path) -> Database:
    """A new store in a folder."""
    shutil.copy(_migrated(), folder / "xunwang.db")
    return open_database(f"sqlite:///{folder / 'xunwang.db'}")


def migrate_copy(database: Database) -> None:
    """`migrate`, where a store that is not there yet is copied first."""
    file = Path(str(database.engine.url.database))
    if not database.is_shared and not file.exists():
        shutil.copy(_migrated(), file)
    migrate(database)


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="template-"))
    atexit.register(shutil.rmtree, folder)
    database = open_database(f"sqlite:///{folder / 'xunwang.db'}")
    migrate(database)
    database.close()
    return folder / "xunwang.db"
