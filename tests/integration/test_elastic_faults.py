"""What a search server can do wrong: nothing is lost, nothing is twice, and one line says why."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from crawler.config import Config, SearchSettings
from crawler.domain.errors import TryLater
from crawler.service.searching import Indexer
from crawler.service.wiring import House
from crawler.store.database import Database
from crawler.store.tables import texts
from crawler.store.texts import index_counts, refused_texts
from indexer.elastic import ElasticEngine, ElasticServer
from indexer.engines import SearchRequest
from indexer.indexing import IndexSummary, index_pending
from tests.builders import NOON
from tests.elastic_stub import Answer, ElasticStub, refusing
from tests.integration.search_house import SearchHouse
from tests.site.certificate import with_its_pem
from tests.stores import a_database

TEXTS = 12


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store with texts that wait, made once."""
    opened = a_database(tmp_path_factory.mktemp("faults"))
    house = SearchHouse(opened, an_engine("http://127.0.0.1:1"))
    for number in range(TEXTS):
        house.shows(f"保本的第{number}号页面", at=NOON + timedelta(seconds=number))
    yield opened
    opened.close()


@pytest.fixture
def database(filled: Database) -> Database:
    """All of them wait again."""
    with filled.transaction() as db:
        db.execute(delete(texts).where(texts.c.first_seen_at > NOON + timedelta(seconds=TEXTS)))
        db.execute(update(texts).values(index_state="waiting", index_reason=""))
    return filled


@pytest.fixture
def stub() -> Iterator[ElasticStub]:
    made = ElasticStub()
    yield made
    made.stop()


def an_engine(url: str, **given: object) -> ElasticEngine:
    defaults = {"url": url, "alias": "texts", "timeout_s": 5.0}
    return ElasticEngine(ElasticServer(**(defaults | given)))  # type: ignore[arg-type]


def counts(database: Database) -> dict[str, int]:
    with database.reading() as db:
        return index_counts(db)


def index(database: Database, url: str, **given: object) -> IndexSummary:
    return index_pending(database, an_engine(url, **given))


@pytest.mark.fault("D11")
def test_a_server_that_is_down_is_waited_for(database: Database, stub: ElasticStub) -> None:
    url = stub.start()
    port = int(url.rsplit(":", 1)[1])
    stub.stop()

    away = index(database, url)
    assert "无法连接" in away.waiting_because
    assert counts(database) == {"waiting": TEXTS}
    with pytest.raises(TryLater, match="无法连接"):
        an_engine(url).find(SearchRequest(words="保本"))

    stub.start(port)
    back = index(database, url)

    assert back.indexed == TEXTS
    assert counts(database) == {"indexed": TEXTS}
    assert sorted(stub.sent) == sorted(stub.docs)


@pytest.mark.fault("D11")
def test_while_it_is_away_the_loop_rests_and_crawling_does_not_wait(database: Database) -> None:
    clock = [0.0]
    search = SearchSettings(elasticsearch="http://127.0.0.1:1")
    indexer = Indexer(House(config=Config(search=search), database=database), lambda: clock[0])
    now = datetime(2026, 5, 12, tzinfo=UTC)
    tried = []

    for _ in range(600):
        if indexer.round(now).waiting_because:
            tried.append(clock[0])
        clock[0] += 1.0

    assert 10 <= len(tried) <= 20  # ten minutes
    assert tried[:3] == [0.0, 1.0, 3.0]


@pytest.mark.fault("D12")
def test_only_refused_items_are_sent_again(database: Database, stub: ElasticStub) -> None:
    busy = refusing(429, "es_rejected_execution_exception", each=3)
    stub.bulk_faults = [busy]

    done = index(database, stub.start())

    assert done.indexed == TEXTS
    assert len(stub.sent) == TEXTS + TEXTS // 3
    assert counts(database) == {"indexed": TEXTS}


def test_a_server_that_stays_busy_leaves_them_waiting(
    database: Database, stub: ElasticStub
) -> None:
    stub.bulk_faults = [Answer(status=429, stays=True)]
    began = time.monotonic()

    done = index(database, stub.start())

    assert "429" in done.waiting_because
    assert counts(database) == {"waiting": TEXTS}
    assert time.monotonic() - began < 10


def test_half_a_bulk_refused_is_set_aside_with_its_reason(
    database: Database, stub: ElasticStub
) -> None:
    stub.bulk_faults = [refusing(400, "document_parsing_exception", each=2, reason="无法解析")]
    url = stub.start()

    done = index(database, url)

    assert (done.indexed, done.refused, done.waiting_because) == (TEXTS // 2, TEXTS // 2, "")
    assert counts(database) == {"indexed": TEXTS // 2, "refused": TEXTS // 2}
    with database.reading() as db:
        assert all("无法解析" in reason for _, reason in refused_texts(db))
    assert index(database, url).count == 0  # not asked again and again


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (503, "unavailable_shards_exception", "503"),
        (403, "cluster_block_exception", "只读"),
        (429, "cluster_block_exception", "只读"),
        (400, "strict_dynamic_mapping_exception", "rebuild"),
        (404, "index_not_found_exception", "rebuild"),
        (500, "something_new_exception", "500"),
    ],
)
@pytest.mark.fault("D16")
def test_what_is_no_fault_of_the_text_leaves_it_waiting(
    database: Database, stub: ElasticStub, status: int, kind: str, told: str
) -> None:
    stub.bulk_faults = [refusing(status, kind)] * 3
    url = stub.start()

    done = index(database, url)
    assert told in done.waiting_because
    assert counts(database) == {"waiting": TEXTS}

    stub.bulk_faults = []
    assert index(database, url).indexed == TEXTS
    assert len(stub.docs) == TEXTS


@pytest.mark.fault("D13")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(reset=True, accept_first=True),
        Answer(status=504, accept_first=True),
        Answer(after_s=1.5, accept_first=True),
        Answer(body=b"<html>oops", kind="text/html", accept_first=True),
        Answer(body=b"{", accept_first=True),
        Answer(body=b'{"errors":false,"items":[]}', accept_first=True),
        Answer(body=b'{"errors":false}', accept_first=True),
    ],
    ids=["reset", "504", "slow", "html", "broken", "fewer", "none"],
)
def test_an_answer_lost_after_the_work_was_done_makes_no_double(
    database: Database, stub: ElasticStub, answer: Answer
) -> None:
    stub.bulk_faults = [answer]
    url = stub.start()

    first = index(database, url, timeout_s=0.5)
    assert first.waiting_because or first.indexed == TEXTS
    done = index(database, url)

    assert first.indexed + done.indexed == TEXTS
    assert counts(database) == {"indexed": TEXTS}
    assert len(stub.docs) == TEXTS


@pytest.mark.fault("D13")
def test_a_bulk_that_is_too_large_goes_in_parts(database: Database, stub: ElasticStub) -> None:
    stub.longest = 4_000

    done = index(database, stub.start())

    assert done.indexed == TEXTS
    assert len(stub.docs) == TEXTS


def test_a_single_text_that_is_too_large_is_set_aside(
    database: Database, stub: ElasticStub
) -> None:
    SearchHouse(database, an_engine("http://127.0.0.1:1")).shows(
        "长" * 5_000, at=NOON + timedelta(days=1)
    )
    stub.longest = 4_000

    done = index(database, stub.start())

    assert (done.indexed, done.refused) == (TEXTS, 1)
    with database.reading() as db:
        assert "413" in refused_texts(db)[0][1]


OPEN = b'{"version":{"number":"2.11","distribution":"opensearch"}}'
LOGIN = b"<html>please log in"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(body=OPEN, product=False), "不是 Elasticsearch"),
        (Answer(body=LOGIN, kind="text/html", product=False), "不是 Elasticsearch"),
        (Answer(status=302, product=False, headers={"Location": "http://127.0.0.1:1/"}), "302"),
        (Answer(status=404, body=b"nginx", kind="text/plain", product=False), "404"),
        (Answer(status=401, body=b'{"error":{"type":"security_exception"}}'), "401"),
        (Answer(status=403, body=b'{"error":{"type":"security_exception"}}'), "403"),
        (Answer(status=406, body=b'{"error":{"type":"media_type_header_exception"}}'), "版本过旧"),
        (Answer(status=400, body=b'{"error":{"type":"media_type_header_exception"}}'), "版本过旧"),
        (Answer(status=502, body=b"bad gateway", kind="text/plain", product=False), "502"),
        (Answer(body=b"", product=False), ""),
    ],
)  # fmt: skip
def test_another_product_or_a_closed_door_is_one_plain_line(
    database: Database, stub: ElasticStub, answer: Answer, told: str
) -> None:
    stub.every = answer
    url = stub.start()

    done = index(database, url)
    state = an_engine(url).state()

    assert told in done.waiting_because
    assert done.waiting_because
    assert "\n" not in done.waiting_because
    assert state.trouble
    assert counts(database) == {"waiting": TEXTS}


@pytest.mark.parametrize(("days", "known"), [(30, False), (-2, True)], ids=["unknown", "expired"])
def test_a_certificate_that_cannot_be_trusted_is_told(
    database: Database, stub: ElasticStub, days: int, known: bool, tmp_path: Path
) -> None:
    tls, pem = with_its_pem("127.0.0.1", days=days)
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(pem)

    done = index(database, stub.start(tls=tls), **({"ca_file": trusted} if known else {}))

    assert "证书" in done.waiting_because
    assert counts(database) == {"waiting": TEXTS}
