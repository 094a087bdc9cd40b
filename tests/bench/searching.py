"""Search at size: from store to marked beside a plain bulk loop, a server killed thrice, and how
long a two-character word takes over everything, on both engines.

`python -m tests.bench.searching [--texts 100000] [--compared 20000] [--folder DIR]`: starts a real
Elasticsearch of its own (tests/servers). Figures of a busy machine are noise: look at the ratios.
"""

import argparse
import os
import random
import resource
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from sqlalchemy import insert, update

from crawler.domain.ids import ulid
from crawler.store.database import Database, migrate, open_database
from crawler.store.search_tables import text_places
from crawler.store.tables import captures, sites, sweeps, texts, visits
from crawler.store.texts import index_counts, pack_text, waiting_texts
from indexer.elastic import ElasticEngine, ElasticServer
from indexer.embedded import EmbeddedEngine
from indexer.engines import Engine, Order, SearchRequest
from indexer.indexing import BULK, BULK_BYTES, index_pending
from indexer.searching import search
from tests import servers
from tests.builders import NOON, a_text

SITES = 2_000
QUESTIONS = 200
PLAIN = {"settings": {"number_of_replicas": 0, "refresh_interval": "5s"}, "mappings": {
    "properties": {name: {"type": "text", "analyzer": "cjk"} for name in ("title", "body")},
}}  # fmt: skip
PHRASES = (
    "保本保息", "年化收益", "投资理财", "养老公寓", "招募会员", "季季返息", "名额有限",
    "欢迎咨询", "公司简介", "联系我们", "新闻中心", "产品展示", "人才招聘", "售后服务",
    "荣誉资质", "合作伙伴", "工程案例", "技术支持", "备案信息", "版权所有", "机械设备",
    "餐饮管理", "教育培训", "建筑装饰", "物流运输", "医疗器械", "电子商务", "软件开发",
    "园林绿化", "汽车配件", "服装服饰", "文化传媒", "私募基金", "数字货币", "矿机托管",
    "消费返利", "合伙加盟", "股权众筹", "原始股权", "境外上市", "银行存款", "利率公告",
    "风险提示", "投资风险",
)  # fmt: skip


@dataclass
class Bench:
    """What all stages share."""

    database: Database
    url: str

    def engine(self, alias: str) -> ElasticEngine:
        return ElasticEngine(ElasticServer(url=self.url, alias=alias, timeout_s=60))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--compared", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    os.environ.setdefault("ES_JAVA_OPTS", "-Xms1g -Xmx1g")
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="bench-search-"))
    database = open_database(f"sqlite:///{folder / 'bench.db'}")
    migrate(database)
    fill(database, asked.texts)
    with servers.elasticsearch() as url:
        bench = Bench(database, url)
        compare_with_plain_bulk(bench, asked.compared)
        survive_kills(bench, asked.texts)
        embedded = EmbeddedEngine(database)
        index_all(database, embedded)
        for name, engine in (("Elasticsearch", bench.engine("bench")), ("FTS5", embedded)):
            ask(database, engine, name)
    database.close()
    if not asked.folder:
        shutil.rmtree(folder)


def fill(database: Database, count: int) -> None:
    """Texts of about 600 characters at sites, as a sweep would leave them."""
    began = time.monotonic()
    with database.transaction() as db:
        sweep = db.execute(insert(sweeps).values(
            selection="all", state="finished", render=False, actor="bench", region="310000",
            started_at=NOON, sites=SITES,
        ).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        site_ids = list(
            db.scalars(insert(sites).returning(sites.c.id), [_site(n) for n in range(SITES)])
        )
        visit_ids = list(db.scalars(insert(visits).returning(visits.c.id), [
            {"sweep_id": sweep, "site_id": one, "region": "310118", "state": "closed"}
            for one in site_ids
        ]))  # fmt: skip
        chance = random.Random(7)
        for start in range(0, count, 2_000):
            numbers = range(start, min(start + 2_000, count))
            made = list(_rows(chance, numbers, site_ids, visit_ids))
            for column, table in enumerate((texts, captures, text_places)):
                db.execute(insert(table), [row[column] for row in made])
    print(f"filled with {count:,} texts in {time.monotonic() - began:.0f} s", flush=True)


def compare_with_plain_bulk(bench: Bench, count: int) -> None:
    """The same texts, in turns: ours from waiting to marked; theirs read, put by helpers.bulk."""
    client = Elasticsearch(bench.url, request_timeout=60)
    ratios = []
    for turn in range(3):
        client.options(ignore_status=404).indices.delete(index="plain")
        client.indices.create(index="plain", **PLAIN)
        plain = plainly(bench, client, count)
        engine = bench.engine("compared")
        engine.drop()
        wait_again(bench.database)
        first = index_pending(bench.database, engine, 1).indexed  # its month is there, as theirs is
        began, used = time.monotonic(), time.process_time()
        done = index_pending(bench.database, engine, count - first).indexed
        ours = done / (time.monotonic() - began)
        ratios.append(ours / plain)
        print(
            f"turn {turn + 1}: plain bulk {plain:,.0f} texts/s, store to marked {ours:,.0f}, "
            f"{ours / plain:.2f} ×, {(time.process_time() - used) / done * 1e3:.2f} ms CPU a text",
            flush=True,
        )
        engine.drop()
    client.indices.delete(index="plain")
    print(
        f"store to marked ÷ plain bulk: {statistics.median(ratios):.2f} × (goal ≥ 0.7)", flush=True
    )


def plainly(bench: Bench, client: Elasticsearch, count: int) -> float:
    """Texts a second of a loop that anybody would write."""
    wait_again(bench.database)
    began, done = time.monotonic(), 0
    while done < count:
        with bench.database.reading() as db:
            some = waiting_texts(db, None, BULK, BULK_BYTES)
        bulk(client, (
            {"_index": "plain", "_id": one.digest} | {f.name: f.text for f in one.text.fields}
            for one in some
        ))  # fmt: skip
        with bench.database.transaction() as db:  # it needs to know where it is, too
            here = texts.c.digest.in_([one.digest for one in some])
            db.execute(update(texts).where(here).values(index_state="indexed"))
        done += len(some)
    return done / (time.monotonic() - began)


def survive_kills(bench: Bench, count: int) -> None:
    """kill -9 of the server in the middle of a bulk, three times."""
    wait_again(bench.database)
    engine = bench.engine("bench")
    engine.drop()
    began, kills, done = time.monotonic(), 0, 0
    memory = [(0, _rss())]
    while done < count:
        if kills < 3 and done >= count * (kills + 1) // 4:
            threading.Timer(0.05, servers.kill_elasticsearch, (bench.url,)).start()
            kills += 1
        part = index_pending(bench.database, engine, 2_000)
        done += part.indexed
        memory.append((done, _rss()))
        if part.waiting_because:
            time.sleep(0.5)
            servers.restart_elasticsearch(bench.url)
    engine.refresh()
    with bench.database.reading() as db:
        counts = index_counts(db)
    first = next(rss for at, rss in memory if at >= count // 10)
    print(
        f"{count:,} texts with {kills} kills in {time.monotonic() - began:.0f} s: marked {counts}, "
        f"in the index {engine.count():,}; {first} MB at a tenth, {memory[-1][1]} MB at last",
        flush=True,
    )
    assert counts == {"indexed": count}
    assert engine.count() == count


def index_all(database: Database, engine: Engine) -> None:
    wait_again(database)
    began, done = time.monotonic(), 0
    while part := index_pending(database, engine).indexed:
        done += part
    print(
        f"embedded: {done / (time.monotonic() - began):,.0f} texts/s from store to marked",
        flush=True,
    )


def ask(database: Database, engine: Engine, name: str) -> None:
    """Two-character words, newest first, with the answers' snippets; then with facets; by rank."""
    chance = random.Random(11)
    words = [
        chance.choice(PHRASES)[at : at + 2]
        for at in (chance.randrange(3) for _ in range(QUESTIONS))
    ]
    for told, asked in (
        ("newest first", {}),
        ("with facets", {"facets": True}),
        ("in one region at red", {"region": "310118", "levels": ("red",)}),
        ("by relevance", {"order": Order.RELEVANCE}),
    ):
        times = []
        for one in [*words[:20], *words]:
            began = time.monotonic()
            search(database, engine, SearchRequest(words=one, limit=20, **asked))  # type: ignore[arg-type]
            times.append((time.monotonic() - began) * 1e3)
        kept = sorted(times[20:])
        print(
            f"{name}, {told}: median {statistics.median(kept):.0f} ms, "
            f"p95 {kept[-len(kept) // 20]:.0f} ms",
            flush=True,
        )


def wait_again(database: Database) -> None:
    with database.transaction() as db:
        db.execute(update(texts).values(index_state="waiting"))


def _site(number: int) -> dict[str, object]:
    return {
        "domain": f"s{number}.example.cn", "domain_shown": "", "region": "310118",
        "unit_name": "某某有限公司", "subject_kind": "enterprise", "site_name": "",
        "main_licence": "", "service_licence": "", "state": "watched", "created_at": NOON,
        "actor": "bench",
    }  # fmt: skip


def _rows(
    chance: random.Random, numbers: range, site_ids: list[int], visit_ids: list[int]
) -> Iterator[tuple[dict[str, object], dict[str, object], dict[str, object]]]:
    for number in numbers:
        at = NOON + timedelta(seconds=number * 20)
        words = "，".join(chance.choices(PHRASES, k=110))
        text = a_text(f"{words} 第{number}页 {chance.random() * 30:.1f}%", title=words[:20])
        place = number % SITES
        capture = ulid(int(at.timestamp() * 1000), number.to_bytes(10, "big"))
        level = ("red", "none", "none", "none", "yellow")[number % 5]
        yield (
            {"digest": text.digest, "fields": pack_text(text), "first_seen_at": at},
            {
                "id": capture, "visit_id": visit_ids[place], "site_id": site_ids[place],
                "region": "310118", "fetcher": "http", "profile": "desktop", "outcome": "seen",
                "reason": "", "flags": [], "status": 200, "final_url": "http://x/", "title": "",
                "page_kind": "ordinary", "text_digest": text.digest, "body_sha256": "",
                "started_at": at, "ended_at": at, "manifest": "{}", "manifest_sha256": "",
            },
            {
                "text_digest": text.digest, "site_id": site_ids[place], "region": "310118",
                "level": level, "categories": ["yield_promise"] if level != "none" else [],
                "rates": [12.0] if level != "none" else [], "terms": [], "capture_id": capture,
                "first_seen_at": at, "last_seen_at": at, "unwatched": False,
            },
        )  # fmt: skip


def _rss() -> int:
    """Megabytes now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() >> 20


if __name__ == "__main__":
    main()
