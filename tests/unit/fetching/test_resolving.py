"""Names become places; answers are remembered, failures are named."""

from ipaddress import ip_address

import pytest

from crawler.domain.address import Address
from crawler.domain.capture import HOSTS_FILE, Outcome, Route
from crawler.fetching.hosts import HostTable, read_hosts
from crawler.fetching.resolving import REMEMBERED, NameServers, Resolver
from crawler.fetching.trouble import Trouble


class Names:
    """A name server of our own: one list of answers a query, the last one for good."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = [tuple(ip_address(text) for text in answer) for answer in answers]
        self.asked: list[str] = []

    async def __call__(self, name: str) -> tuple[Address, ...]:
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_the_hosts_file_comes_before_the_name_servers() -> None:
    names = Names(["9.9.9.9"])
    resolver = Resolver(read_hosts(["127.0.0.2:8080 a.cn"]), names, lambda: 0.0)

    spots = await resolver.spots("a.cn", 80)

    assert [(str(s.address), s.port) for s in spots] == [("127.0.0.2", 8080)]
    assert names.asked == []


async def test_a_name_the_hosts_file_denies_is_not_found_without_asking() -> None:
    names = Names(["9.9.9.9"])
    resolver = Resolver(read_hosts(["- a.cn"]), names, lambda: 0.0)

    with pytest.raises(Trouble) as caught:
        await resolver.spots("a.cn", 80)

    assert caught.value.outcome is Outcome.NAME_NOT_FOUND
    assert names.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"])
async def test_an_odd_literal_is_shown_to_the_guard_as_what_it_is(host: str) -> None:
    spots = await Resolver(HostTable(), Names([]), lambda: 0.0).spots(host, 80)

    assert str(spots[0].address) == "127.0.0.1"


async def test_an_answer_is_remembered_for_a_minute() -> None:
    names, clock = Names(["1.1.1.1"], ["2.2.2.2"]), [0.0]
    resolver = Resolver(HostTable(), names, lambda: clock[0])

    first = await resolver.spots("a.cn", 80)
    clock[0] = 59.0
    again = await resolver.spots("A.cn", 80)
    clock[0] = 61.0
    later = await resolver.spots("a.cn", 80)

    assert first == again != later
    assert names.asked == ["a.cn", "a.cn"]


async def test_what_is_remembered_is_bounded() -> None:
    resolver = Resolver(HostTable(), Names(["1.1.1.1"]), lambda: 0.0)

    for number in range(REMEMBERED + 50):
        await resolver.spots(f"s{number}.cn", 80)

    assert len(resolver._known) == REMEMBERED


@pytest.mark.parametrize("host", ["none.cn", "1.2.3.4.5", "999.1.1.1", ""])
async def test_a_host_without_an_address_is_a_named_outcome(host: str) -> None:
    with pytest.raises(Trouble) as trouble:
        await Resolver(HostTable(), Names([]), lambda: 0.0).spots(host, 80)

    assert trouble.value.outcome is Outcome.NAME_NOT_FOUND


async def test_a_route_tells_who_gave_which_addresses() -> None:
    names = Names(["9.9.9.9", "8.8.8.8"])
    resolver = Resolver(
        read_hosts(["127.0.0.2:8080 a.cn"]), names, lambda: 0.0, lambda: "10.0.0.53"
    )
    await resolver.spots("B.cn", 80)

    own = "10.0.0.7:40000"
    assert resolver.route("b.cn", own) == Route(
        answers=("9.9.9.9", "8.8.8.8"), told_by="10.0.0.53", own=own
    )
    assert resolver.route("a.cn", own) == Route(answers=("127.0.0.2",), told_by=HOSTS_FILE, own=own)
    assert resolver.route("127.0.0.1", own) == Route(own=own)


async def test_the_name_servers_of_the_machine_are_named() -> None:
    servers = NameServers()

    told = servers.servers()

    await servers.close()
    assert all(ip_address(one.partition("%")[0]) for one in told.split("、"))
