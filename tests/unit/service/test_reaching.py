"""网络环境: what a capture says of its way, and what it does not say stays open for the officer."""

import msgspec

from crawler.domain.capture import HOSTS_FILE, UPSTREAM, Capture, Route, manifest_of
from crawler.service.packing.reaching import answers_of, names_of, network_of, own_of
from crawler.service.packing.veil import Veil
from tests.builders import a_capture, a_hop

PLAIN = Veil(lifted=True)
ASKED = Route(answers=("1.2.3.4", "1.2.3.5"), told_by="10.0.0.53", own="10.0.0.7:40000")


def seen(*routes: Route | None, egress: str = "") -> Capture:
    return a_capture(hops=tuple(a_hop(route=one) for one in routes), egress=egress)


def test_answers_are_told_with_who_was_asked_once_a_name() -> None:
    told = names_of([seen(ASKED, ASKED), seen(ASKED)], PLAIN)

    assert told == "a.example.cn → 1.2.3.4、1.2.3.5（域名服务器 10.0.0.53）"


def test_where_others_or_the_settings_resolve_it_is_said() -> None:
    upstream = seen(Route(told_by=UPSTREAM, own="10.0.0.7:1"))
    given = seen(Route(answers=("127.0.0.2",), told_by=HOSTS_FILE))

    assert answers_of(upstream, PLAIN) == ["a.example.cn 由上级代理解析，本机不知其应答"]
    assert answers_of(given, PLAIN) == ["a.example.cn → 127.0.0.2（本机指定）"]
    assert network_of([upstream], proxied=False).startswith(
        "经上级代理访问互联网；本机地址 10.0.0.7"
    )
    assert "crawl.hosts" in network_of([given], proxied=False)


def test_the_public_address_is_as_operations_stated_it_else_a_blank() -> None:
    stated = seen(ASKED, egress="203.0.113.8")

    assert network_of([stated], proxied=False) == (
        "直接访问互联网；本机地址 10.0.0.7；出口地址 203.0.113.8（运维登记）"
    )
    assert "出口地址未登记，请填写：____" in own_of(seen(ASKED))


def test_captures_of_before_say_that_it_was_not_recorded() -> None:
    old = seen(None)

    assert "采集时未记录，按现行设置" in network_of([old], proxied=True)
    assert names_of([old], PLAIN) == "采集时未记录"
    assert answers_of(old, PLAIN) == []


def test_a_manifest_of_before_is_still_read_and_a_route_survives_it() -> None:
    plain = msgspec.json.decode(manifest_of(seen(ASKED)))
    old = {key: value for key, value in plain.items() if key != "egress"}
    old["hops"] = [{k: v for k, v in hop.items() if k != "route"} for hop in old["hops"]]

    assert msgspec.convert(plain, Capture).hops[0].route == ASKED
    assert msgspec.json.decode(msgspec.json.encode(old), type=Capture).hops[0].route is None
