"""The made-up web keeps its own promises: names, faults, lists and truth agree."""

import asyncio
import csv
import gzip
import json
import re
import socket
import ssl
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crawler.domain.capture import Flag, Outcome
from crawler.fetching.hosts import read_hosts
from tests.site import Site, truth
from tests.site.behaviours import PAGES
from tests.site.filings import as_csv, rows
from tests.site.names import NAMES, Name
from tests.site.server import FILINGS, WORKBOOK

TRUTH = truth()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:
        yield site


@asynccontextmanager
async def asked(
    site: Site, host: str, path: str = "/", *fields: str
) -> AsyncIterator[asyncio.StreamReader]:
    """What comes back when this name is asked; the connection ends with the block."""
    (place,) = read_hosts(site.hosts).places_of(host)
    reader, writer = await asyncio.open_connection(str(place.address), place.http_port)
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *fields, "", "")
    writer.write("\r\n".join(lines).encode())
    try:
        yield reader
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def ask(site: Site, host: str, path: str = "/", *, most: int = 1 << 20) -> bytes:
    """The raw bytes that this name answers with, `most` of them."""
    async with asked(site, host, path) as reader, asyncio.timeout(10):
        received = bytearray()
        while len(received) < most and (part := await reader.read(1 << 16)):
            received += part
    return bytes(received)


def test_names_filings_and_truth_speak_of_the_same_domains() -> None:
    filed = {
        domain.lower().strip(" 。").encode("idna").decode()
        for row in csv.DictReader(FILINGS.read_text("gb18030").splitlines())
        for domain in re.split("[;；]", row["域名"])
    }

    named = {name.domain for name in NAMES}

    assert named == set(TRUTH)
    assert named <= filed


def test_the_truth_uses_the_words_of_the_house() -> None:
    for one in TRUTH.values():
        assert Outcome(one.outcome)
        assert all(Flag(flag) for flag in one.flags)
        assert (one.level in ("yellow", "orange", "red")) == one.risky


def test_what_the_truth_says_was_seen_has_a_page_of_its_own() -> None:
    missing = [
        name.domain
        for name in NAMES
        if name.does == "page" and not (PAGES / name.folder / "index.html").is_file()
    ]
    spoken = [one.page for one in TRUTH.values() if one.page and not (PAGES / one.page).is_file()]

    assert missing == spoken == []


def test_no_page_asks_for_anything_outside_its_own_site() -> None:
    load = re.compile(r"""(?:\bsrc|<link[^>]*\bhref|\burl\(|@import)\s*[=(]?\s*["']?(https?:)?//""")

    pages = [file for file in PAGES.rglob("*") if file.suffix in (".html", ".css", ".js", ".svg")]
    guilty = [str(f) for f in pages if load.search(_without_guarded_script(f.read_text("utf-8")))]

    assert len(pages) > 50
    assert guilty == []


def _without_guarded_script(text: str) -> str:
    """Statistics as real sites have them; ours are switched off where we serve them."""
    return re.sub(r'if \(location\.protocol === "https:"\).*?\}\)\(\);', "", text, flags=re.S)


def test_the_csv_is_what_the_readable_list_makes() -> None:
    assert FILINGS.read_bytes() == as_csv()


def test_the_workbook_holds_the_same_cells() -> None:
    sheet = load_workbook(WORKBOOK).active
    assert sheet is not None

    cells = [[str(v) if v is not None else "" for v in row] for row in sheet.values]

    assert cells == rows()


async def test_every_name_is_given_an_address_or_said_not_to_exist(site: Site) -> None:
    table = read_hosts(site.hosts)

    for host in (h for name in NAMES for h in (name.domain, f"www.{name.domain}")):
        assert bool(table.places_of(host)) != table.lacks(host)


async def test_a_page_comes_under_its_name_and_only_there(site: Site) -> None:
    page = await ask(site, "www.huitongjinfu-demo.cn")
    strange = await ask(site, "huitongjinfu-demo.cn", "/../../names.py")

    assert "第三方担保公司全额本息担保".encode() in page
    assert strange.startswith(b"HTTP/1.1 404 ")
    assert [(a.host, a.path) for a in site.asked] == [
        ("www.huitongjinfu-demo.cn", "/"),
        ("huitongjinfu-demo.cn", "/../../names.py"),
    ]


@pytest.mark.parametrize(
    ("host", "says", "words"),
    [
        ("minjian-demo.cn", b"Content-Type: text/html\r\n", "月息1分5"),
        ("jufucai-demo.cn", b"charset=rot13\r\n", "年化收益 13%"),
        ("miaomiaoyey-demo.cn", b"charset=gbk\r\n", "苗苗幼儿园"),
    ],
)
async def test_some_pages_are_not_utf8(site: Site, host: str, says: bytes, words: str) -> None:
    answer = await ask(site, host)

    assert says in answer
    assert words.encode("gb18030") in answer
    with pytest.raises(UnicodeDecodeError):
        answer.decode("utf-8")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("zhaobudao-demo.cn", b"404"),
        ("baocuo-demo.cn", b"500"),
        ("xianliu-demo.cn", b"429"),
        ("zhuanquan-demo.cn", b"302"),
        ("banjia-demo.cn", b"301"),
    ],
)
async def test_some_names_answer_with_a_plain_failure(site: Site, host: str, status: bytes) -> None:
    assert (await ask(site, host)).split(b" ", 2)[1] == status


async def test_one_redirect_points_at_the_sentinel(site: Site) -> None:
    answer = await ask(site, "neiwang-demo.cn")

    assert f"Location: http://127.0.0.1:{site.sentinel.port}/".encode() in answer
    assert site.sentinel.seen == []


async def test_the_sentinel_tells_who_came(site: Site) -> None:
    address = ("127.0.0.1", site.sentinel.port)
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"x", address)
    reader, writer = await asyncio.open_connection(*address)
    await reader.read()
    writer.close()

    assert sorted(seen.split()[0] for seen in site.sentinel.seen) == ["tcp", "udp"]


async def test_a_refused_port_refuses_for_as_long_as_the_web_stands(site: Site) -> None:
    (place,) = read_hosts(site.hosts).places_of("jujue-demo.cn")

    for port in (place.http_port, place.https_port):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(str(place.address), port)


async def test_the_silent_one_takes_the_request_and_says_nothing(site: Site) -> None:
    async with asked(site, "www.chenmo-demo.cn") as reader:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)

    assert [one.host for one in site.asked] == ["www.chenmo-demo.cn"]


async def test_https_has_a_certificate_that_nobody_signed(site: Site) -> None:
    (place,) = read_hosts(site.hosts).places_of("anceyiqi-demo.com")

    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        await asyncio.open_connection(
            str(place.address), place.https_port, ssl=ssl.create_default_context()
        )
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(str(place.address), place.http_port)


async def test_the_endless_one_does_not_end(site: Site) -> None:
    answer = await ask(site, "wujin-demo.cn", most=4 << 20)

    assert len(answer) >= 4 << 20
    assert answer.index("保本保息".encode()) < 1024


async def test_the_bomb_is_small_on_the_wire_and_one_correct_gzip_member(site: Site) -> None:
    body = (await ask(site, "zhadan-demo.cn")).split(b"\r\n\r\n", 1)[1]

    member = zlib.decompressobj(31)
    size, rest = 0, body
    while rest and not member.eof:
        size += len(member.decompress(rest, 1 << 20))
        rest = member.unconsumed_tail

    assert len(body) < 1 << 20
    assert size > 256 << 20
    assert member.eof
    assert member.unused_data == b""


async def test_one_body_is_shorter_than_promised_and_one_chunk_is_no_number(site: Site) -> None:
    short = await ask(site, "duanliu-demo.cn")
    chunked = await ask(site, "fenkuai-demo.cn")

    head, body = short.split(b"\r\n\r\n", 1)
    assert int(re.findall(rb"Content-Length: (\d+)", head)[0]) > len(body)
    assert b"\r\nzz\r\n" in chunked


async def test_one_head_does_not_end(site: Site) -> None:
    assert b"\r\n\r\n" not in await ask(site, "toubu-demo.cn", most=1 << 20)


async def test_who_asks_for_gzip_gets_the_same_page(site: Site) -> None:
    async with asked(site, "fanzha-demo.cn", "/", "Accept-Encoding: gzip") as reader:
        head, body = (await reader.read()).split(b"\r\n\r\n", 1)

    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == (PAGES / "fanzha" / "index.html").read_bytes()


async def test_a_web_of_ones_own_names_stands_beside_the_bundled_one() -> None:
    mine = (Name(domain="mine-demo.cn", does="missing"),)

    async with Site(mine, addresses=("127.0.0.20",)) as site:
        answer = await ask(site, "mine-demo.cn")

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert site.allow == ("127.0.0.20/32",)


@pytest.mark.slow
async def test_as_a_process_it_says_when_it_is_ready(tmp_path: Path) -> None:
    facts, settings = tmp_path / "facts.json", tmp_path / "crawl.toml"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.site", "--ready-file", str(facts),
        "--settings", str(settings), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None

    async with asyncio.timeout(20):
        line = (await process.stdout.readline()).decode()
    process.terminate()
    code = await process.wait()

    assert "已就绪" in line
    assert json.loads(facts.read_text("utf-8"))["hosts"]
    assert settings.read_text("utf-8").startswith("[crawl]\nhosts = [")
    assert code == 0
