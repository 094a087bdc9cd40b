"""A real Elasticsearch that demands a password, behind a real TLS proxy: who may not come in, or
cannot know whom they talk to, gets one line, and nothing is lost until they can.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.domain.errors import TryLater
from crawler.store.texts import index_counts
from indexer.elastic import ElasticEngine, ElasticServer
from indexer.indexing import index_pending, rebuild
from tests import servers
from tests.integration.search_house import SearchHouse
from tests.servers.tls_proxy import tls_proxy
from tests.site.certificate import with_its_pem
from tests.stores import a_database

pytestmark = pytest.mark.elastic

PASSWORDS = {"xunwang": "the-right-one", "onlooker": "may-look-only"}
MAY = {  # what docs/search.md asks for, and less
    "xunwang": "{cluster: [manage_index_templates, monitor], "
    "indices: [{names: ['texts*'], privileges: [all]}]}",
    "onlooker": "{cluster: [monitor], indices: [{names: ['texts*'], privileges: [read]}]}",
}


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    servers.needed("Elasticsearch")
    with servers.elasticsearch(servers.files_for(PASSWORDS, MAY)) as url:
        yield url


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def behind_tls(guarded_url: str, ca_file: Path) -> Iterator[str]:
    tls, pem = with_its_pem("127.0.0.1")
    ca_file.write_bytes(pem)
    with tls_proxy(guarded_url, tls) as url:
        yield url


def an_engine(url: str, ca_file: Path | None, user: str, password: str = "") -> ElasticEngine:
    return ElasticEngine(ElasticServer(
        url=url, alias="texts", user=user, password=password or PASSWORDS[user], ca_file=ca_file,
        timeout_s=30,
    ))  # fmt: skip


@pytest.fixture
def house(behind_tls: str, ca_file: Path, tmp_path: Path) -> Iterator[SearchHouse]:
    """Its engine knows the password and the certificate."""
    opened = a_database(tmp_path)
    engine = an_engine(behind_tls, ca_file, "xunwang")
    yield SearchHouse(opened, engine)
    engine.drop()
    opened.close()


def counts(house: SearchHouse) -> dict[str, int]:
    with house.database.reading() as db:
        return index_counts(db)


def test_the_rights_that_the_guide_asks_for_are_enough(house: SearchHouse) -> None:
    digest = house.shows("保本的页")

    house.index()
    rebuild(house.database, house.engine)

    assert house.found("保本") == [digest]
    assert house.engine.state().trouble == ""


@pytest.mark.parametrize(
    ("user", "password", "told"),
    [
        ("xunwang", "an-old-one", "用户名或口令（401）"),
        ("nobody", "the-right-one", "用户名或口令（401）"),
        ("", "-", "用户名或口令（401）"),
        ("onlooker", "may-look-only", "没有所需权限（403）"),
    ],
    ids=["wrong", "unknown", "none", "too-few-rights"],
)
def test_who_may_not_come_in_is_told_and_nothing_is_lost(
    house: SearchHouse, behind_tls: str, ca_file: Path, user: str, password: str, told: str
) -> None:
    digest = house.shows("保本的页")
    barred = an_engine(behind_tls, ca_file, user, password)

    done = index_pending(house.database, barred)

    assert told in done.waiting_because
    assert password == "-" or password not in done.waiting_because
    assert "\n" not in done.waiting_because
    assert counts(house) == {"waiting": 1}

    house.index()
    assert house.found("保本") == [digest]


def test_a_password_that_is_refused_is_no_empty_answer(
    house: SearchHouse, behind_tls: str, ca_file: Path
) -> None:
    house.shows("保本的页")
    house.index()
    barred = SearchHouse(
        house.database, an_engine(behind_tls, ca_file, "xunwang", password="an-old-one")
    )

    with pytest.raises(TryLater, match="401"):
        barred.found("保本")
    assert "401" in barred.engine.state().trouble


@pytest.mark.parametrize(
    ("named", "days", "known"),
    [("127.0.0.1", 30, False), ("127.0.0.1", -2, True), ("search.example.cn", 30, True)],
    ids=["unknown", "expired", "another-name"],
)
def test_whom_a_certificate_does_not_prove_is_not_talked_to(
    house: SearchHouse, guarded_url: str, tmp_path: Path, named: str, days: int, known: bool
) -> None:
    digest = house.shows("保本的页")
    tls, pem = with_its_pem(named, days=days)
    theirs = tmp_path / "theirs.pem"
    theirs.write_bytes(pem)

    with tls_proxy(guarded_url, tls) as url:
        engine = an_engine(url, theirs if known else None, "xunwang")
        done = index_pending(house.database, engine)
        state = engine.state()

    assert "证书" in done.waiting_because
    assert "证书" in state.trouble
    assert counts(house) == {"waiting": 1}

    house.index()
    assert house.found("保本") == [digest]
