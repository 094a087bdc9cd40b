"""What waits for the index: a text that changed meanwhile does so again, one that is old or gone
does not.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from crawler.domain.page import PageStructure
from crawler.store.database import Database
from crawler.store.removals import drop_texts
from crawler.store.tables import texts
from crawler.store.texts import (
    ReadText,
    expire_texts,
    index_counts,
    mark_indexed,
    save_texts,
    structure_of,
    texts_after,
    waiting_texts,
)
from tests.builders import NOON, a_text
from tests.stores import a_database

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


def test_a_quick_look_later_takes_nothing_from_a_text_that_was_read_closely(
    database: Database,
) -> None:
    counts_after(database, "indexed", read_closely=True)
    with database.transaction() as db:
        save_texts(db, [ReadText(text=TEXT)], NOON)
        assert structure_of(db, TEXT.digest) == PageStructure()
        assert index_counts(db) == {"waiting": 1}  # for the close reading


def test_a_second_close_reading_is_no_news_to_the_index(database: Database) -> None:
    counts_after(database, "indexed", read_closely=True)
    assert counts_after(database, "indexed", read_closely=False) == {"indexed": 1}

    close = ReadText(text=TEXT, structure=PageStructure(), tokens=("保本",))
    with database.transaction() as db:
        save_texts(db, [close], NOON)
        assert index_counts(db) == {"indexed": 1}


def test_a_rebuild_takes_what_was_refused_or_left_and_not_what_is_old_or_gone(
    database: Database,
) -> None:
    states = ["refused", "left", "expired", "gone", "indexed"]
    made = {state: a_text(f"{state} 的文字") for state in states}
    with database.transaction() as db:
        save_texts(db, [ReadText(text=one) for one in made.values()], NOON)
        for state, text in made.items():
            mine = update(texts).where(texts.c.digest == text.digest)
            db.execute(mine.values(index_state=state))
        taken = {one.digest for one in texts_after(db, None, 10, 10_000)}

    wanted = {TEXT.digest, *(made[state].digest for state in ("refused", "left", "indexed"))}
    assert taken == wanted


def test_a_bulk_is_bounded_in_bytes_and_takes_one_text_at_least(database: Database) -> None:
    with database.transaction() as db:
        save_texts(db, [ReadText(text=a_text(f"第{n}号")) for n in range(3)], NOON)
        each = [len(waiting_texts(db, None, 10, most)) for most in (1, 10_000)]

    assert each == [1, 4]


def test_old_texts_expire_once_and_those_from_that_moment_on_stay(database: Database) -> None:
    with database.transaction() as db:
        save_texts(db, [ReadText(text=a_text("早"))], NOON - timedelta(seconds=1))

        assert expire_texts(db, NOON) == 1
        assert expire_texts(db, NOON) == 0
        assert index_counts(db) == {"waiting": 1, "expired": 1}


def test_only_what_is_marked_as_gone_leaves_the_store(database: Database) -> None:
    gone = a_text("走了")
    with database.transaction() as db:
        save_texts(db, [ReadText(text=gone)], NOON)
        db.execute(update(texts).where(texts.c.digest == gone.digest).values(index_state="gone"))
        drop_texts(db, [gone.digest, TEXT.digest])
        assert index_counts(db) == {"waiting": 1}
