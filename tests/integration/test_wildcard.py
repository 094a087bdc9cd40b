"""A host that gives any name one page is found out by one made-up name, kept as evidence, and
judged like any other.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.assessment import Level, at_least
from crawler.domain.capture import (
    Capture,
    EvidenceKind,
    Fetcher,
    HopKind,
    Outcome,
    PageKind,
    Profile,
)
from crawler.domain.site import Visit, VisitState
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.hosts import read_hosts
from crawler.fetching.limits import QUICK
from crawler.fetching.resolving import Resolver
from crawler.reading.quick_text import read_quickly
from crawler.service.fetcher import Fetching
from crawler.service.pipeline import Page, examine
from crawler.service.pipes import Outlet, Report
from crawler.service.sluice import Sluice
from crawler.service.watching import Watch
from crawler.service.wiring import LEXICONS
from crawler.store.captures import Kept, save_captures
from crawler.store.coverage import site_lines
from crawler.store.evidence import SegmentWriter, open_record
from crawler.store.visits import advance_each, turn
from lexicons.judging import Judge
from spiders.homepage import run_homepage_spider, way_out
from tests.builders import NOON, a_capture, a_site, a_visit
from tests.hostile.walk import never
from tests.integration.test_families import visits as filed_visits
from tests.journey.conftest import Installation
from tests.stores import a_database

ADDRESS = "127.0.0.2"
ANYBODYS = "<title>{host}</title><p>您好，{host} 的精彩内容即将呈现，请稍后再来"
OWN = "<title>某某商贸</title><p>上海某某商贸有限公司欢迎您"
PLENTY = "<p>" + "本店主营减速机、电机与变频器，产品质保三年。" * 20


@dataclass(kw_only=True)
class Web:
    """Every name is answered; which page, the test says."""

    page: str = ANYBODYS
    for_others: str = ""  # empty: the same for any name
    robots: str = ""
    asked: list[tuple[str, str]]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1]
        host = head.partition("Host: ")[2].split()[0]
        self.asked.append((host, path))
        made_up = host not in ("zhan-demo.cn", "www.zhan-demo.cn")
        page = self.for_others if made_up and self.for_others else self.page
        body, status = page.replace("{host}", host), "200 OK"
        if path == "/robots.txt":
            body, status = (self.robots, "200 OK") if made_up and self.robots else ("", "404 No")
        if path == "/favicon.ico":
            body, status = "", "404 No"
        content = body.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        writer.close()


class _Told(Outlet):
    def __init__(self) -> None:
        self.reports: list[Report] = []

    def put(self, record: Any) -> None:
        self.reports.append(record)

    async def room(self) -> None:
        return


async def _looked(web: Web, folder: Path, visit: Visit, names: str) -> tuple[Report, Path]:
    """The turn in which others look, at a web on a loopback address."""
    server = await asyncio.start_server(web.answer, ADDRESS, 0)
    port = server.sockets[0].getsockname()[1]
    told = _Told()
    writer = SegmentWriter(folder, "f1", datetime.now(UTC))
    fetching = Fetching(
        writer=writer, judge=None, watch=Watch(folder / "watch"), outlet=told, tool="",
        egress="", sluice=Sluice(1),
    )  # fmt: skip
    hosts = read_hosts([f"{ADDRESS}:{port} {names}"])
    policy = Policy(ports=frozenset({80, port}), allowed=networks_of([ADDRESS]))
    out = way_out(policy, Resolver(hosts, never, lambda: 0.0), replace(QUICK, slots=1))

    async def source() -> AsyncIterator[Visit]:
        yield visit

    async with server:
        await run_homepage_spider(source(), fetching.take_looks, out, (Profile.PHONE,))
    fetching.flush()
    writer.close()
    return told.reports[0], folder


def a_seen_visit(page: str, **given: Any) -> Visit:
    """As it stands once a desktop saw the page."""
    site = a_site(domain="zhan-demo.cn", unit_name="上海某某商贸有限公司", site_name="")
    text = read_quickly(page.replace("{host}", "zhan-demo.cn"))
    before = {"text_digest": text.digest, "page_kind": PageKind.ORDINARY} | given
    return a_visit(site=site, captures=(a_capture(**before),))


def looked(
    folder: Path, *, names: str = "zhan-demo.cn *.zhan-demo.cn", visit: Visit | None = None,
    **given: Any,
) -> tuple[Capture, Web, Report]:  # fmt: skip
    web = Web(asked=[], **given)
    visit = visit or a_seen_visit(web.page)
    report, _ = asyncio.run(_looked(web, folder, visit, names))
    return report.captures[0], web, report


def test_a_host_that_gives_any_name_one_page_is_said_to(tmp_path: Path) -> None:
    capture, web, report = looked(tmp_path)

    (made_up,) = {host for host, _ in web.asked} - {"zhan-demo.cn"}
    assert made_up.endswith(".zhan-demo.cn")
    assert capture.outcome is Outcome.SEEN
    assert capture.page_kind is PageKind.WILDCARD
    assert made_up in capture.reason
    assert capture.final_url == "http://zhan-demo.cn/"
    assert capture.hops[-1].kind is HopKind.SIBLING
    assert {word.origin for word in report.robots} == {"http://zhan-demo.cn"}


def test_what_the_made_up_name_was_given_is_kept(tmp_path: Path) -> None:
    capture, web, _ = looked(tmp_path)
    made_up = web.asked[-1][0]

    of_it = [one for one in capture.evidence if one.hop == len(capture.hops) - 1]
    kept = {one.kind: open_record(tmp_path, one).decode() for one in of_it}
    assert f"Host: {made_up}" in kept[EvidenceKind.REQUEST]
    assert "即将呈现" in kept[EvidenceKind.RESPONSE]


def test_asking_costs_two_requests_and_only_where_the_name_exists(tmp_path: Path) -> None:
    _, there, _ = looked(tmp_path / "a")
    capture, not_there, _ = looked(tmp_path / "b", names="zhan-demo.cn")

    assert [path for host, path in there.asked if host != "zhan-demo.cn"] == ["/robots.txt", "/"]
    assert {host for host, _ in not_there.asked} == {"zhan-demo.cn"}
    assert capture.outcome is Outcome.SEEN  # nor was a name server asked


@pytest.mark.parametrize(
    ("given", "requests"),
    [
        ({"page": OWN}, 0),  # names its owner
        ({"page": PLENTY}, 0),  # has something to say
        ({"for_others": "<p>没有找到站点"}, 2),
        ({"robots": "User-agent: *\nDisallow: /\n"}, 1),
    ],
)
def test_what_is_the_sites_own_stays_an_ordinary_page(
    tmp_path: Path, given: dict[str, str], requests: int
) -> None:
    capture, web, _ = looked(tmp_path, **given)

    assert capture.page_kind is PageKind.ORDINARY
    assert sum(host != "zhan-demo.cn" for host, _ in web.asked) == requests


@pytest.mark.parametrize(
    "before", [{"text_digest": "0" * 64}, {"page_kind": PageKind.SHELL}], ids=["other", "shell"]
)
def test_only_what_a_desktop_saw_and_could_read_is_asked_about(
    tmp_path: Path, before: dict[str, Any]
) -> None:
    _, web, _ = looked(tmp_path, visit=a_seen_visit(ANYBODYS, **before))

    assert {host for host, _ in web.asked} == {"zhan-demo.cn"}


def test_a_page_that_any_name_gets_is_judged_like_any_other(tmp_path: Path) -> None:
    judge = Judge(LEXICONS, tmp_path)
    html = "<title>稳赢</title><p>保本保息，预期年化收益 18%，立即投资，联系客服开户"
    levels = {}
    for kind in (PageKind.ORDINARY, PageKind.WILDCARD):
        captures = (a_capture(), a_capture(id="P", profile=Profile.PHONE, page_kind=kind))
        visit = a_visit(site=a_site(domain="zhan-demo.cn"), captures=captures)
        pages = [Page.read(one, html) for one in captures]
        levels[kind] = examine(visit, pages, judge, NOON).assessment

    assert levels[PageKind.WILDCARD] is not None
    assert levels[PageKind.WILDCARD] == levels[PageKind.ORDINARY]
    assert at_least(levels[PageKind.WILDCARD].level, Level.YELLOW)


def test_the_ledger_names_it_and_what_a_browser_saw_instead(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    phone = a_capture(id="P", profile=Profile.PHONE, page_kind=PageKind.WILDCARD)
    drawn = a_capture(id="Z", fetcher=Fetcher.BROWSER)
    kinds = []
    with database.transaction() as db:
        filed_visits(db, 1)
        for one in (a_capture(id="A"), phone, drawn):
            save_captures(db, [Kept(capture=one, region="310118")])
            advance_each(db, [turn(1, VisitState.CLOSED, now=NOON, outcome="seen")])
            kinds += [line.page_kind for line in site_lines(db)]
    database.close()

    assert kinds == ["ordinary", "wildcard", "ordinary"]


@pytest.mark.slow
def test_a_sweep_names_it_and_an_officer_reads_why(tmp_path: Path) -> None:
    web = Web(asked=[])
    with served(web) as port:
        hosts = f"{ADDRESS}:{port}:{port} zhan-demo.cn *.zhan-demo.cn"
        (tmp_path / "xunwang.toml").write_text(
            f'region = "310118"\n[crawl]\nallow = ["{ADDRESS}/32"]\nhosts = ["{hosts}"]\n'
            f"ports = [{port}]\n",
            "utf-8",
        )
        (tmp_path / "名单.csv").write_text("主办单位名称,域名\n某公司,zhan-demo.cn\n", "utf-8")
        house = Installation(home=tmp_path)
        swept = house.run("sweep", str(tmp_path / "名单.csv"), "--no-render")
        (line,) = house.lines("sites", "--jsonl")
        shown = house.run("sites", "show", "zhan-demo.cn").stdout
        verified = house.run("verify")

    assert swept.returncode == verified.returncode == 0, swept.stderr + verified.stderr
    assert (line["outcome"], line["page_kind"], line["level"]) == ("seen", "wildcard", "none")
    assert "泛解析" in shown
    assert "编造的同级域名" in shown
    assert len({host for host, _ in web.asked} - {"zhan-demo.cn", "www.zhan-demo.cn"}) == 1


@contextmanager
def served(web: Web) -> Iterator[int]:
    """The web on a loop and a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(web.answer, ADDRESS, 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
