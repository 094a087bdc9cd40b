"""How the machine reached the pages, as the captures tell it: what a 笔录 calls 网络环境."""

from collections.abc import Iterator, Sequence

from crawler.domain.capture import HOSTS_FILE, UPSTREAM, Capture, Hop, Route
from crawler.fetching.urls import target_of
from crawler.service.packing.veil import Veil

UNKNOWN = "________"
NOT_WRITTEN = "采集时未记录"
_MOST_NAMES = 12


def network_of(captures: Sequence[Capture], *, proxied: bool) -> str:
    """Straight or by a proxy, from which addresses. Captures that do not say go by the settings of
    today: `proxied`.
    """
    routes = list(_routes(captures))
    ways = _ways(routes) or [f"{_way(by_proxy=proxied)}（{NOT_WRITTEN}，按现行设置）"]
    own = "、".join(dict.fromkeys(address_in(one.own) for one in routes if one.own))
    return "；".join([*ways, f"本机地址 {own or NOT_WRITTEN}", _egress(captures)])


def names_of(captures: Sequence[Capture], veil: Veil) -> str:
    """Each name once: which addresses were answered, and who was asked."""
    lines = list(dict.fromkeys(line for one in captures for line in answers_of(one, veil)))
    more = len(lines) - _MOST_NAMES
    told = "\n".join(lines[:_MOST_NAMES]) + (f"\n另有 {more} 个域名" if more > 0 else "")
    return told or NOT_WRITTEN


def answers_of(capture: Capture, veil: Veil) -> list[str]:
    """The same of one capture; empty where it does not say."""
    lines = [_answered(hop, hop.route, veil) for hop in capture.hops if hop.route]
    return list(dict.fromkeys(line for line in lines if line))


def own_of(capture: Capture) -> str:
    """Our own end of its connections, and the address by which the world sees us."""
    own = dict.fromkeys(one.own for one in _routes([capture]) if one.own)
    return "；".join([f"本机 {'、'.join(own) or NOT_WRITTEN}", _egress([capture])])


def address_in(place: str) -> str:
    """The address of address:port."""
    return place.rpartition(":")[0].strip("[]")


def _routes(captures: Sequence[Capture]) -> Iterator[Route]:
    return (hop.route for one in captures for hop in one.hops if hop.route)


def _ways(routes: Sequence[Route]) -> list[str]:
    ways = dict.fromkeys(_way(by_proxy=one.told_by == UPSTREAM) for one in routes)
    given = any(one.told_by == HOSTS_FILE for one in routes)
    return [*ways, *(["部分域名的地址由本机指定（crawl.hosts）"] if given else [])]


def _way(*, by_proxy: bool) -> str:
    return "经上级代理访问互联网" if by_proxy else "直接访问互联网"


def _egress(captures: Sequence[Capture]) -> str:
    stated = "、".join(dict.fromkeys(one.egress for one in captures if one.egress))
    return f"出口地址 {stated}（运维登记）" if stated else f"出口地址未登记，请填写：{UNKNOWN}"


def _answered(hop: Hop, route: Route, veil: Veil) -> str:
    target = target_of(hop.url)
    if target is None or not route.told_by:
        return ""
    name = veil.text(target.host)
    if route.told_by == UPSTREAM:
        return f"{name} 由上级代理解析，本机不知其应答"
    by = "本机指定" if route.told_by == HOSTS_FILE else f"域名服务器 {route.told_by}"
    return f"{name} → {'、'.join(route.answers) or '应答未留'}（{by}）"
