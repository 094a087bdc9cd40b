"""robots.txt is asked once a week, however often and by however many processes a site is seen."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journey.conftest import Installation
from tests.site.names import NAMES
from tests.site.server import Site

RISKY, SHUT = "huitongjinfu-demo.cn", "jinzhi-demo.cn"
PLAIN = ("jinggong-demo.cn", "fanzha-demo.cn", "courtgg-demo.cn")
SITES = (RISKY, SHUT, *PLAIN)


pytestmark = pytest.mark.slow


@pytest.mark.fault("W34")
def test_two_sweeps_and_second_looks_ask_once(tmp_path: Path) -> None:
    with a_counting_web() as web:
        house = a_house(tmp_path / "house", web)
        assert house.run("sweep", *chosen()).returncode == 0
        asked = robots_asked(web)

        assert house.run("sweep", *chosen()).returncode == 0

    assert {f"http://{one}" for one in SITES} <= set(asked)
    assert set(asked.values()) == {1}
    assert robots_asked(web) == asked  # by other processes
    assert looks_of(house, RISKY) >= {("http", "phone"), ("http", "search")}
    assert [one["outcome"] for one in house.lines("sites", "--jsonl") if one["domain"] == SHUT] == [
        "robots_refused"
    ]
    assert pages_asked(web, SHUT) == 0


def a_house(home: Path, web: Site) -> Installation:
    home.mkdir()
    settings = (
        f'region = "310118"\n[crawl]\nports = {list(web.ports)}\nallow = {list(web.allow)}\n'
        f"hosts = {list(web.hosts)}\nfetchers = 1\npatient = false\n"
    )
    (home / "xunwang.toml").write_text(settings.replace("'", '"'), "utf-8")
    house = Installation(home=home)
    assert house.run("import", "tests/site/filings.csv").returncode == 0
    return house


def chosen() -> list[str]:
    return ["--no-render", *(word for site in SITES for word in ("--site", site))]


def robots_asked(web: Site) -> Counter[str]:
    """How often, by origin."""
    return Counter(
        f"http://{one.host.removeprefix('www.')}"
        for one in web.asked
        if one.path == "/robots.txt" and one.host
    )


def pages_asked(web: Site, domain: str) -> int:
    return sum(domain in one.host and one.path != "/robots.txt" for one in web.asked)


def looks_of(house: Installation, domain: str) -> set[tuple[str, str]]:
    rows = house.ask(
        "select captures.fetcher, captures.profile from captures "
        f"join sites on sites.id = captures.site_id where sites.domain = '{domain}'"
    )
    return {(fetcher, profile) for fetcher, profile in rows}


@contextmanager
def a_counting_web() -> Iterator[Site]:
    """The made-up web in a thread, where what it was asked can be read."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    web = Site(NAMES)

    def done(step: object) -> None:
        asyncio.run_coroutine_threadsafe(step, loop).result(30)  # type: ignore[arg-type]

    try:
        done(web.__aenter__())
        yield web
        done(web.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
