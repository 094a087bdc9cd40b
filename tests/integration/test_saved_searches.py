"""A saved search watches: each new capture that answers it is listed for its owner, once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.assessment import Level
from crawler.domain.search import Narrowing
from crawler.store.saved_searches import end_search, finds_of, save_search, searches_of
from indexer.embedded import EmbeddedEngine
from indexer.watching import watch
from tests.builders import NOON
from tests.integration.search_house import SearchHouse
from tests.stores import a_database


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SearchHouse]:
    opened = a_database(tmp_path)
    yield SearchHouse(opened, EmbeddedEngine(opened))
    opened.close()


def saved(
    house: SearchHouse, words: str, region: str = "31", owner: str = "officer", **narrowing: object
) -> int:
    asked = (words, Narrowing(**narrowing))  # type: ignore[arg-type]
    with house.database.transaction() as db:
        return save_search(db, owner, region, words, asked, NOON)


def found(house: SearchHouse, search: int, reach: str = "31") -> list[str]:
    with house.database.reading() as db:
        return [one.domain for one in finds_of(db, search, reach)]


def test_what_comes_after_it_was_saved_is_listed(house: SearchHouse) -> None:
    house.shows("保本的旧页", "old.example.cn")
    watch(house.database, NOON)
    search = saved(house, "保本 非 银行")
    house.shows("保本的新页", "new.example.cn")
    house.shows("银行保本存款", "bank.example.cn")
    house.shows("别的", "other.example.cn")

    watch(house.database, NOON)

    assert found(house, search) == ["new.example.cn"]
    with house.database.reading() as db:
        [mine] = searches_of(db, "officer")
    assert mine.finds == 1


def test_a_page_seen_again_is_listed_once(house: SearchHouse) -> None:
    search = saved(house, "保本")
    for day in range(3):
        house.shows("保本的页", at=NOON + timedelta(days=day), level=Level.RED)
        watch(house.database, NOON)

    assert found(house, search) == ["a.example.cn"]


def test_a_judgement_that_comes_later_counts(house: SearchHouse) -> None:
    search = saved(house, "保本", levels=("red",))
    house.shows("保本的页")
    watch(house.database, NOON)
    assert found(house, search) == []

    house.shows("保本的页", level=Level.RED)
    watch(house.database, NOON)

    assert found(house, search) == ["a.example.cn"]


def test_regions_stay_strangers(house: SearchHouse) -> None:
    search = saved(house, "保本", region="310118")
    house.shows("保本的页", "a.example.cn", region="310115")
    house.shows("保本的页", "b.example.cn", region="310118")

    watch(house.database, NOON)

    assert found(house, search, "310118") == ["b.example.cn"]
    assert found(house, search, "310115") == []


def test_one_that_ended_watches_no_more(house: SearchHouse) -> None:
    search = saved(house, "保本")
    with house.database.transaction() as db:
        assert not end_search(db, "somebody else", search, NOON)
        assert end_search(db, "officer", search, NOON)
    house.shows("保本的页")

    assert watch(house.database, NOON) == 0


def test_all_that_changed_is_looked_at_in_parts(house: SearchHouse) -> None:
    search = saved(house, "保本")
    for number in range(250):
        house.shows(f"保本 {number}")

    assert watch(house.database, NOON) == 250
    assert len(found(house, search)) == 100  # a page of them
    assert watch(house.database, NOON) == 0


def test_many_searches_that_all_answer_fit(house: SearchHouse) -> None:
    """Six values a find: more than either store takes in one statement."""
    searches = [saved(house, f"保本 非 词{n}", owner=f"officer{n // 50}") for n in range(220)]
    for number in range(200):
        house.shows(f"保本 {number}", f"s{number}.example.cn")

    assert watch(house.database, NOON) == 220 * 200
    assert len(found(house, searches[-1])) == 100
