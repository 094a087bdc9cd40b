"""crawlee's ParselCrawler with the same keeping. Runs in an environment of its own
(requirements/bench.txt); stands alone, so that nothing of ours is imported there.
"""

import asyncio
import json
import logging
import sqlite3
import sys
import time
import zlib
from pathlib import Path

from crawlee import ConcurrencySettings
from crawlee.crawlers import ParselCrawler, ParselCrawlingContext
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient

VISIBLE = "//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]"


async def run(urls: list[str], words: list[str], database: sqlite3.Connection) -> str:
    done = 0
    first = (0.0, 0.0)
    crawler = ParselCrawler(
        configure_logging=False,
        max_request_retries=0,
        use_session_pool=False,
        http_client=ImpitHttpClient(verify=False),
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=32, desired_concurrency=64, max_concurrency=128
        ),
    )

    @crawler.router.default_handler
    async def take(context: ParselCrawlingContext) -> None:
        nonlocal done, first
        lines = (one.strip() for one in context.selector.xpath(VISIBLE).getall())
        text = "\n".join(one for one in lines if one)
        hits = sorted(word for word in words if word in text)
        body = zlib.compress(text.encode(), 1)
        row = (context.request.url, len(text), ",".join(hits), body)
        database.execute("insert into pages values (?, ?, ?, ?)", row)
        if hits:
            database.execute("insert into found values (?, ?)", (text, context.request.url))
        if done % 200 == 199:
            database.commit()
        if not done:
            first = (time.process_time(), time.perf_counter())
        done += 1

    await crawler.run(urls)
    database.commit()
    cpu, wall = time.process_time() - first[0], time.perf_counter() - first[1]
    after = max(1, done - 1)
    return json.dumps({"pages": done, "cpu_ms": 1000 * cpu / after, "per_s": after / wall})


def main(urls_file: str, words_file: str, database_file: str) -> None:
    logging.disable(logging.CRITICAL)
    database = sqlite3.connect(database_file)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.execute("create table pages (url text, size int, hits text, body blob)")
    database.execute("create virtual table found using fts5(body, url unindexed)")
    urls = Path(urls_file).read_text("utf-8").split()
    words = [one for one in Path(words_file).read_text("utf-8").split("\n") if one]
    print(asyncio.run(run(urls, words, database)))


if __name__ == "__main__":
    main(*sys.argv[1:])
