"""A database's socket that the system lost means a store that is away; a file's does not."""

import errno
from pathlib import Path

import pytest

from crawler.domain.errors import StoreAway
from crawler.store.database import open_database


def _invalid(*_asked: object, **_how: object) -> None:
    raise OSError(errno.EINVAL, "Invalid argument")


def test_a_socket_that_the_driver_lost_is_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("psycopg.waiting.wait_conn", _invalid)
    database = open_database("postgresql+psycopg://nobody@127.0.0.1:9/none")

    with pytest.raises(StoreAway, match="Invalid argument"), database.reading():
        pass


def test_a_file_is_left_to_who_opened_it(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'store.db'}")

    with pytest.raises(OSError, match="Invalid argument"), database.reading():
        _invalid()
