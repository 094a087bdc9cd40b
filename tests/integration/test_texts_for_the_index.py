"""A text that changed while it was being indexed is indexed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.domain.page import PageStructure
from crawler.store.database import Database
from crawler.store.texts import ReadText, index_counts, mark_indexed, save_texts, waiting_texts
from tests.builders import NOON, a_text
from tests.integration.answering_house import a_database

TEXT = a_text("保本保息")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    with opened.transaction() as db:
        save_texts(db, [ReadText(text=TEXT)], NOON)
    yield opened
    opened.close()


def counts_after(database: Database, state: str, *, read_closely: bool) -> dict[str, int]:
    """What is told of the texts where one was read for the index, then read closely or not, and
    then marked.
    """
    close = ReadText(text=TEXT, structure=PageStructure(), tokens=("保本",))
    with database.reading() as db:
        (waiting,) = waiting_texts(db, None, 10, 10_000)
    with database.transaction() as db:
        save_texts(db, [close] if read_closely else [], NOON)
        mark_indexed(db, [(waiting.digest, waiting.version)], state)
        return index_counts(db)


@pytest.mark.parametrize("state", ["indexed", "left", "refused"])
def test_what_changed_in_between_goes_on_waiting(database: Database, state: str) -> None:
    assert counts_after(database, state, read_closely=True) == {"waiting": 1}
    assert counts_after(database, state, read_closely=True) == {state: 1}


def test_what_did_not_change_is_marked(database: Database) -> None:
    assert counts_after(database, "indexed", read_closely=False) == {"indexed": 1}
