"""The pipeline a tutorial would write: Scrapy's defaults, BeautifulSoup, jieba on everything, one
row a page and the full text of hits. Reads URLs, then words, from two files.
"""

import sqlite3
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jieba
import scrapy
from bs4 import BeautifulSoup
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from tests.bench.costing import Tally

TALLY = Tally()


class Naive(scrapy.Spider):
    """One request a homepage."""

    name = "naive"

    def __init__(self, urls: list[str], words: set[str], database: sqlite3.Connection) -> None:
        super().__init__()
        self.urls, self.words, self.database = urls, words, database

    async def start(self) -> AsyncIterator[Any]:
        for url in self.urls:
            yield scrapy.Request(url)

    def parse(self, response: Response, **_: Any) -> None:
        soup = BeautifulSoup(response.text, "lxml")
        for tag in soup(["script", "style", "noscript", "template"]):
            tag.decompose()
        text = soup.get_text("\n", strip=True)
        hits = {word for word in jieba.cut(text) if word in self.words}
        keep(self.database, response.url, response.body, text, hits)
        TALLY.page()


def keep(database: sqlite3.Connection, url: str, body: bytes, text: str, hits: set[str]) -> None:
    row = (url, len(body), ",".join(sorted(hits)), zlib.compress(body, 1))
    database.execute("insert into pages values (?, ?, ?, ?)", row)
    if hits:
        database.execute("insert into found values (?, ?)", (text, url))
    if TALLY.pages % 200 == 199:
        database.commit()


def a_database(file: str) -> sqlite3.Connection:
    database = sqlite3.connect(file)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.execute("create table pages (url text, size int, hits text, body blob)")
    database.execute("create virtual table found using fts5(body, url unindexed)")
    return database


def main(urls_file: str, words_file: str, database_file: str) -> None:
    words = set(Path(words_file).read_text("utf-8").split("\n")) - {""}
    jieba.setLogLevel(60)
    jieba.initialize()
    for word in words:
        jieba.add_word(word)
    process = AsyncCrawlerProcess(
        {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False}
    )
    urls = Path(urls_file).read_text("utf-8").split()
    database = a_database(database_file)
    process.crawl(Naive, urls=urls, words=words, database=database)
    process.start()
    database.commit()
    print(TALLY.line())


if __name__ == "__main__":
    main(*sys.argv[1:])
