"""Where a site sends its visitor on: loops, inner addresses, other programs' addresses, names that
change their answer. What must not be reached is watched, and sees nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from ipaddress import ip_address
from itertools import count

import pytest

from crawler.domain.address import Address
from crawler.domain.capture import Outcome
from crawler.domain.site import Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.hosts import read_hosts
from crawler.fetching.limits import QUICK
from crawler.fetching.resolving import Lookup, Resolver
from spiders.walking import MOST_EXCHANGES
from tests.builders import a_site, a_visit
from tests.hostile.said import HTML, MARK, OK, Said, said, with_length
from tests.hostile.server import ADDRESS, DOMAIN, HostileServer
from tests.hostile.walk import HASTE, never, walked
from tests.site.sentinel import Sentinel

CHAIN = 25


def onward(name: str, location: str) -> Said:
    return said(name, with_length(b"HTTP/1.1 302 Found\r\nLocation: %b\r\n" % location.encode()))


def refreshing(name: str, url: str) -> Said:
    page = f'<meta http-equiv=refresh content="0;url={url}"><p>{MARK}</p>'
    return said(name, with_length(OK + HTML, page.encode()))


LOOPS = (
    onward("itself", "/"),
    onward("a", f"http://b.{DOMAIN}/"),
    onward("b", f"http://a.{DOMAIN}/"),
    *(onward(f"c{n}", f"http://c{n + 1}.{DOMAIN}/") for n in range(CHAIN)),
    said(f"c{CHAIN}", with_length(OK + HTML)),
)
INNER = {
    "loopback": "http://127.0.0.1:{port}/",
    "six": "http://[::1]:{port}/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "schemeless": "//10.0.0.1/",
    "odd": "http://0x7f000001:{port}/",
}
ELSEWHERE = (
    onward("file", "file:///etc/passwd"),
    onward("data", "data:text/html,x"),
    onward("javascript", "javascript:alert(1)"),
    onward("ftp", "ftp://f.test/x"),
    onward("gopher", "gopher://g.test/1"),
)


def at_home(rows: Iterable[Said], port: int) -> list[Visit]:
    return [
        a_visit(
            id=number,
            site=a_site(
                id=number,
                domain=f"{one.name}.{DOMAIN}",
                home_url=f"http://{one.name}.{DOMAIN}:{port}/",
            ),
        )
        for number, one in enumerate(rows, 1)
    ]


Walk = tuple[dict[str, Fetched], list[str]]


Rows = Callable[[int], Sequence[Said]]  # by the port of the watched inner addresses


def went(rows: Rows, resolver: Callable[[int], Resolver], begun: Collection[str] = ()) -> Walk:
    """What each brought (none named: all), by name, and what was seen at the inner addresses, on
    the same port.
    """

    async def walk() -> Walk:
        async with Sentinel() as inner:
            said_there = rows(inner.port)
            async with HostileServer(said_there, inner.port) as server:
                started = [one for one in said_there if one.name in begun or not begun]
                given = at_home(started, server.port)
                ports = {server.port, 1, 80, 443}
                brought = await walked(given, resolver(server.port), ports)
        names = {visit.id: visit.site.domain.partition(".")[0] for visit in given}
        return {names[number]: one for number, one in brought.items()}, inner.seen

    return asyncio.run(walk())


def all_ways(port: int) -> tuple[Said, ...]:
    inner = (onward(name, url.format(port=port)) for name, url in INNER.items())
    return (*LOOPS, *inner, *ELSEWHERE, refreshing("refresh", f"http://127.0.0.1:{port}/"))


def by_hosts(port: int) -> Resolver:
    return Resolver(read_hosts([f"{ADDRESS}:{port}:1 *.{DOMAIN}"]), never, lambda: 0.0)


def by_lookup(lookup: Lookup, clock: Callable[[], float]) -> Callable[[int], Resolver]:
    return lambda _port: Resolver(read_hosts([]), lookup, clock)


@pytest.fixture(scope="module")
def gone() -> Walk:
    begun = {one.name for one in all_ways(0)} - {one.name for one in LOOPS}
    return went(all_ways, by_hosts, begun | {"itself", "a", "c0"})


@pytest.mark.fault("W02")
@pytest.mark.parametrize("name", ["itself", "a", "c0"])
def test_a_loop_ends_at_the_limit_with_every_hop_kept(gone: Walk, name: str) -> None:
    one = gone[0][name]

    assert one.capture.outcome is Outcome.REDIRECT_LIMIT
    assert str(QUICK.hops) in one.capture.reason
    assert len(one.exchanges) >= QUICK.hops + 1
    assert all(b"Location: " in exchange.response_head for exchange in one.exchanges)


@pytest.mark.fault("W03")
@pytest.mark.parametrize(
    ("name", "address"),
    [("loopback", "127.0.0.1"), ("six", "::1"), ("metadata", "169.254.169.254"),
     ("schemeless", "10.0.0.1"), ("odd", "127.0.0.1")],
)  # fmt: skip
def test_a_redirect_inward_is_refused_by_address_and_kept(
    gone: Walk, name: str, address: str
) -> None:
    brought, seen = gone
    one = brought[name]

    assert one.capture.outcome is Outcome.BLOCKED_ADDRESS
    assert address in one.capture.reason
    assert any(b"302 Found" in exchange.response_head for exchange in one.exchanges)
    assert seen == []


@pytest.mark.fault("W04")
@pytest.mark.parametrize("row", ELSEWHERE, ids=lambda one: one.name)
def test_a_redirect_to_another_program_is_not_followed_and_its_body_kept(
    gone: Walk, row: Said
) -> None:
    one = gone[0][row.name]

    assert one.capture.outcome is Outcome.BAD_RESPONSE
    assert f"（{row.name}:）" in one.capture.reason
    assert MARK.encode() in one.exchanges[0].response_body
    assert not any(b"root:" in exchange.response_body for exchange in one.exchanges)


@pytest.mark.fault("W07")
def test_a_page_that_refreshes_inward_is_refused_and_still_read(gone: Walk) -> None:
    brought, seen = gone
    one = brought["refresh"]

    assert one.capture.outcome is Outcome.BLOCKED_ADDRESS
    assert "127.0.0.1" in one.capture.reason
    assert MARK.encode() in one.body
    assert seen == []


@pytest.mark.fault("W05")
def test_a_name_that_changes_its_answer_is_checked_where_it_is_dialled() -> None:
    asked: list[str] = []

    async def lookup(name: str) -> tuple[Address, ...]:
        asked.append(name)
        return (ip_address(ADDRESS if len(asked) == 1 else "127.0.0.1"),)

    hours = count(step=3_600)  # one at every look, so that no answer is remembered

    brought, seen = went(
        lambda _: [onward("again", "/again")], by_lookup(lookup, lambda: float(next(hours)))
    )

    assert len(asked) > 1
    assert brought["again"].capture.outcome is Outcome.BLOCKED_ADDRESS
    assert len(brought["again"].exchanges) == 1
    assert seen == []


@pytest.mark.fault("W06")
@pytest.mark.parametrize("order", [("127.0.0.1", ADDRESS), (ADDRESS, "127.0.0.1")], ids=str)
def test_of_a_name_with_an_inner_and_an_outer_address_the_inner_is_not_dialled(
    order: tuple[str, str],
) -> None:
    async def lookup(_name: str) -> tuple[Address, ...]:
        return tuple(map(ip_address, order))

    page = said("two", with_length(OK + HTML))

    brought, seen = went(lambda _: [page], by_lookup(lookup, lambda: 0.0))

    assert seen == []
    one = brought["two"]
    assert (one.capture.outcome, one.capture.reason) == (Outcome.SEEN, "127.0.0.1 不是公网地址")
    assert {exchange.peer.partition(":")[0] for exchange in one.exchanges} == {ADDRESS}


@pytest.mark.fault("W42")
def test_names_that_nobody_answers_for_keep_no_other_site_waiting() -> None:
    async def lookup(name: str) -> tuple[Address, ...]:
        if name.startswith("alive"):
            return (ip_address(ADDRESS),)
        await asyncio.sleep(60)
        raise AssertionError(name)

    silent = [said(f"silent{n}", with_length(OK + HTML)) for n in range(HASTE.slots - 1)]
    alive = said("alive", with_length(OK + HTML))

    brought, _ = went(lambda _: [*silent, alive], by_lookup(lookup, lambda: 0.0))

    assert brought["alive"].capture.outcome is Outcome.SEEN
    ended = {brought[one.name].capture.outcome for one in silent}
    assert ended == {Outcome.TIMED_OUT}


@pytest.mark.fault("W35")
def test_a_trap_costs_no_more_than_a_homepage_and_keeps_no_other_waiting() -> None:
    """No link is followed but the one door of an empty hall, once; what leads on by itself ends at
    the limit of the visit.
    """
    days = "".join(f'<a href="/{n}?s={n:x}">{n}</a>' for n in range(10_000))
    traps = {
        "calendar": f"<p>{MARK}</p>{days}",
        "halls": '<a href="inner/?sid=1">进入首页</a>',  # behind each door another hall
        "sessions": '<meta http-equiv=refresh content="0;url=s/?sid=1">',
    }
    pages = [said(name, with_length(OK + HTML, page.encode())) for name, page in traps.items()]
    alive = [said(f"alive{n}", with_length(OK + HTML)) for n in range(20)]

    brought, _ = went(lambda _: [*pages, *alive], by_hosts)

    asked = {name: len(brought[name].capture.hops) for name in traps}
    assert asked == {"calendar": 1, "halls": 2, "sessions": MOST_EXCHANGES}
    assert [brought[name].capture.outcome for name in traps] == [
        Outcome.SEEN, Outcome.SEEN, Outcome.REDIRECT_LIMIT
    ]  # fmt: skip
    assert {brought[one.name].capture.outcome for one in alive} == {Outcome.SEEN}


@pytest.mark.fault("W38")
def test_a_cookie_goes_back_to_its_own_host_and_to_no_later_visit() -> None:
    cookies = "".join(
        f"Set-Cookie: {name}=1{where}\r\n"
        for name, where in (
            ("own", ""),
            ("wide", f"; Domain={DOMAIN}"),
            ("suffix", "; Domain=test"),
        )
    )
    setter = with_length(f"HTTP/1.1 302 Found\r\n{cookies}Location: /again\r\n".encode())
    leaver = with_length(
        f"HTTP/1.1 302 Found\r\n{cookies}Location: http://other.{DOMAIN}/\r\n".encode()
    )
    rows = [said("setter", setter), said("leaver", leaver), said("other", with_length(OK + HTML))]

    again = [rows[0]] * HASTE.slots  # the last of them is brought when others are long done
    brought, _ = went(lambda _: [*rows, *again], by_hosts)

    sent = [one.request for name in ("setter", "leaver") for one in brought[name].exchanges]
    first, *later = (one.request for one in brought["setter"].exchanges[:3])
    assert b"Cookie:" not in first
    assert all(b"own=1" in one for one in later)
    to_other = [one for one in sent if f"Host: other.{DOMAIN}".encode() in one]
    assert to_other
    assert not any(b"Cookie:" in one for one in to_other)


@pytest.mark.fault("W39")
@pytest.mark.parametrize(
    "odd", [b"/a\x1b[2Jb", b"/a\x00b", b"/a\rX-Ours: b", b"/\xb1\xa3 c\t", "/保本\u202e".encode()]
)
def test_odd_characters_of_a_location_reach_neither_request_nor_record(odd: bytes) -> None:
    there = said("odd", with_length(b"HTTP/1.1 302 Found\r\nLocation: %b\r\n" % odd))

    brought, _ = went(lambda _: [there], by_hosts)

    followed = brought["odd"].exchanges[1:]
    assert followed
    for one in followed:
        lines = one.request.split(b"\r\n")
        assert not any(line.startswith(b"X-Ours") for line in lines)
        assert b"\r" not in b"".join(lines)
        assert all(32 < byte < 127 for byte in one.url.encode())
