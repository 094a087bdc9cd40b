"""Faults on a real Elasticsearch: full disk, kill -9, a foreign mapping, random keys."""

import random
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from sqlalchemy import delete, select, update

from crawler.domain.capture import Field, PageText
from crawler.domain.errors import TryLater
from crawler.store.search_tables import text_places
from crawler.store.tables import captures, texts
from crawler.store.texts import index_counts
from indexer.documents import Document
from indexer.elastic import ElasticEngine, ElasticServer
from indexer.engines import SearchRequest, Taken
from indexer.indexing import forget_removed, index_pending, rebuild, take_in_again
from tests import servers
from tests.builders import NOON
from tests.integration.search_house import SearchHouse
from tests.stores import a_database

pytestmark = pytest.mark.elastic


@pytest.fixture
def house(elasticsearch_url: str, tmp_path: Path) -> Iterator[SearchHouse]:
    opened = a_database(tmp_path)
    engine = ElasticEngine(ElasticServer(url=elasticsearch_url, alias="faults", timeout_s=30))
    engine.drop()
    yield SearchHouse(opened, engine)
    engine.drop()
    opened.close()


@pytest.fixture
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url, request_timeout=30) as made:
        yield made


def counts(house: SearchHouse) -> dict[str, int]:
    with house.database.reading() as db:
        return index_counts(db)


@pytest.mark.fault("D16")
def test_a_full_disk_makes_texts_wait_and_they_go_in_when_there_is_room(
    house: SearchHouse, client: Elasticsearch
) -> None:
    old = house.shows("保本的旧页")
    house.index()
    block = "index.blocks.read_only_allow_delete"
    client.indices.put_settings(index="faults-g*", settings={block: True})
    new = house.shows("保本的新页")

    done = index_pending(house.database, house.engine)

    assert "只读" in done.waiting_because
    assert counts(house) == {"indexed": 1, "waiting": 1}
    assert house.found("保本") == [old]  # searching goes on

    client.indices.put_settings(index="faults-g*", settings={block: None})
    house.index()
    assert set(house.found("保本")) == {old, new}


def test_an_index_of_another_mapping_is_not_written_to_and_a_rebuild_heals_it(
    house: SearchHouse, client: Elasticsearch
) -> None:
    house.engine.drop()
    client.indices.create(
        index="faults-g7-base",
        mappings={"properties": {"body": {"type": "integer"}}},
        aliases={"faults": {}},
    )
    digest = house.shows("保本的页")

    done = index_pending(house.database, house.engine)
    assert "rebuild" in done.waiting_because
    assert counts(house) == {"waiting": 1}
    assert "rebuild" in house.engine.state().trouble

    rebuild(house.database, house.engine)
    house.engine.refresh()
    assert house.found("保本") == [digest]
    assert house.engine.state().trouble == ""


@pytest.mark.fault("D15")
def test_a_server_that_was_wiped_under_a_running_program_is_filled_again(
    house: SearchHouse, client: Elasticsearch
) -> None:
    digest = house.shows("保本的页面")
    house.index()
    client.indices.delete(index=list(client.indices.get(index="faults-g*")))
    client.indices.delete_index_template(name="faults")

    take_in_again(house.database)
    house.index()

    assert house.found("保本") == [digest]
    assert house.engine.state().trouble == ""


def test_names_of_a_pages_fields_never_become_fields_of_the_index(
    house: SearchHouse, client: Elasticsearch
) -> None:
    house.shows("第一页")
    house.index()

    def fields() -> set[str]:
        told = client.field_caps(index="faults", fields="*")
        return {name for name, one in told["fields"].items() if "_id" not in name and one}

    before = fields()
    chance = random.Random(7)
    for number in range(300):
        name = f"og:{chance.randrange(10**9)}.{chance.randrange(10**9)}"
        house.shows(PageText(fields=(Field(name=name, text=f"保本 第{number}"),)))
    house.index()

    assert fields() == before
    assert house.search("保本").total == 300


@pytest.fixture
def strangers(client: Elasticsearch) -> Iterator[list[str]]:
    """Indices of somebody else whose names begin as ours do."""
    names = ["faults-geo-2020.01", "faults-g1-notes", "faults-guests"]
    for one in names:
        client.indices.create(index=one)
    yield names
    for one in names:
        client.indices.delete(index=one, ignore_unavailable=True)


def test_an_index_of_somebody_else_outlives_expiry_rebuild_and_drop(
    house: SearchHouse, client: Elasticsearch, strangers: list[str]
) -> None:
    house.shows("保本的旧页", at=NOON - timedelta(days=200))
    house.index()

    house.engine.forget_before(NOON)
    rebuild(house.database, house.engine)
    assert "外来" not in house.engine.state().trouble
    house.engine.drop()

    assert sorted(client.indices.get(index="faults-g*")) == sorted(strangers)


def test_months_have_indices_of_their_own_and_old_ones_go_whole(
    house: SearchHouse, client: Elasticsearch
) -> None:
    house.shows("保本的老页", at=NOON - timedelta(days=200))
    house.shows("保本的新页")
    house.index()
    assert sorted(client.indices.get(index="faults-g*")) == [
        "faults-g1-2025.10", "faults-g1-2026.05", "faults-g1-base",
    ]  # fmt: skip

    house.engine.forget_before(NOON - timedelta(days=100))

    assert "faults-g1-2025.10" not in client.indices.get(index="faults-g*")
    assert (
        client.indices.get_mapping(index="faults-g1-2026.05")["faults-g1-2026.05"]["mappings"][
            "dynamic"
        ]
        == "strict"
    )


def test_pages_part_texts_whose_number_in_time_is_the_same(house: SearchHouse) -> None:
    digests = ["ab" * 4 + f"{number:x}" * 56 for number in range(9)]
    alike = [
        Document(
            digest=one, version=1, order=7, first_seen_at=NOON,
            words={"title": (), "body": ("保本",), "ocr": ()}, others=(), characters=(),
        )
        for one in digests
    ]  # fmt: skip
    assert house.engine.index(alike).done == tuple(digests)
    house.engine.refresh()

    seen, after = [], ""
    for _ in digests:
        page = house.engine.find(SearchRequest(words="保本", limit=2, after=after))
        seen += page.digests
        if not (after := page.next):
            break

    assert seen == sorted(digests, reverse=True)


def test_writing_to_a_month_that_nobody_made_makes_none(
    house: SearchHouse, client: Elasticsearch
) -> None:
    house.shows("保本的页")
    house.index()
    client.indices.delete(index="faults-g1-2026.05")
    house.shows("保本的另一页")
    house.index()

    assert (
        "faults"
        in client.indices.get_alias(index="faults-g1-2026.05")["faults-g1-2026.05"]["aliases"]
    )


class Struck(ElasticEngine):
    """Its server is killed while the second bulk is under way."""

    def __init__(self, server: ElasticServer) -> None:
        super().__init__(server)
        self.url, self.bulks = server.url, 0

    def index(self, documents: Sequence[Document], *, beside: bool = False) -> Taken:
        self.bulks += 1
        if self.bulks == 2:
            threading.Timer(0.02, servers.kill_elasticsearch, (self.url,)).start()
        return super().index(documents, beside=beside)


@pytest.mark.fault("D11")
def test_a_server_killed_in_the_middle_loses_nothing(
    house: SearchHouse, elasticsearch_url: str
) -> None:
    """The server of all these tests is killed, and started again on its data."""
    for number in range(1_000):
        house.shows(f"保本的第{number}号页面")
    server = ElasticServer(url=elasticsearch_url, alias="faults", timeout_s=30)

    done = index_pending(house.database, Struck(server))

    assert done.waiting_because
    assert done.indexed >= 400
    assert counts(house)["waiting"] >= 200
    with pytest.raises(TryLater, match="无法连接"):
        house.found("保本")

    servers.restart_elasticsearch(elasticsearch_url)
    house.index()
    assert counts(house) == {"indexed": 1_000}
    assert house.engine.count() == 1_000


def pages_go(house: SearchHouse, *digests: str) -> None:
    """No page shows these texts any more, as when all that did were removed by age."""
    with house.database.transaction() as db:
        mine = captures.c.text_digest.in_(digests)
        db.execute(update(captures).where(mine).values(text_digest=""))
        db.execute(delete(text_places).where(text_places.c.text_digest.in_(digests)))
        gone = update(texts).where(texts.c.digest.in_(digests))
        db.execute(gone.values(index_state="gone"))


def test_texts_whose_last_page_was_removed_leave_the_server_and_then_the_store(
    house: SearchHouse, client: Elasticsearch
) -> None:
    old = house.shows("保本的老页", at=NOON - timedelta(days=200))
    fresh = house.shows("保本的另一老页", at=NOON - timedelta(days=1))
    kept = house.shows("保本的新页")
    house.index()
    pages_go(house, old, fresh)

    assert forget_removed(house.database, house.engine) == 2
    assert forget_removed(house.database, house.engine) == 0

    assert client.count(index="faults-g*")["count"] == 1
    assert house.found("保本") == [kept]
    with house.database.reading() as db:
        assert list(db.scalars(select(texts.c.digest))) == [kept]


def test_texts_removed_while_the_server_is_away_leave_it_afterwards(house: SearchHouse) -> None:
    gone = house.shows("保本的老页")
    house.index()
    pages_go(house, gone)
    away = ElasticEngine(ElasticServer(url="http://127.0.0.1:1", alias="faults", timeout_s=1))

    with pytest.raises(TryLater):
        forget_removed(house.database, away)
    assert forget_removed(house.database, house.engine) == 1
    assert house.found("保本") == []
