"""How the captures of a pack were taken: 笔录 and 移交清单 of a case and of a family say it in the
same words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crawler.domain.capture import Capture, Fetcher
from crawler.service.catalogue import Catalogue
from crawler.service.console.shown import clipped, exact
from crawler.service.packing import reaching, wording
from crawler.service.packing.archive import Member
from crawler.service.packing.gathering import Shot
from crawler.service.packing.keepsakes import Broken
from crawler.service.packing.veil import Veil
from crawler.store.anchors import Anchor

Values = Mapping[str, str | Sequence[Mapping[str, str]]]
_MOST_ADDRESSES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What lies in a pack, and how it came there."""

    shots: Sequence[Shot]
    anchors: Sequence[Anchor]
    members: Sequence[Member]
    broken: Sequence[Broken]
    root: str
    veil: Veil
    words: Catalogue
    proxied: bool  # whether the settings of today name an upstream proxy
    sandboxed: bool  # whether they put the browser into its sandbox

    @property
    def captures(self) -> list[Capture]:
        """In the order of the pack."""
        return [one.capture for one in self.shots]


def extraction_values(of: Taken) -> Values:
    """Time, method, tool, network, checks, addresses, files: what placeholders stand for."""
    captures = of.captures
    peers = dict.fromkeys(peer for one in captures for peer in wording.peers_of(one))
    return {
        "提取时间": wording.when(captures),
        "提取方法": _each(wording.how_seen(one) for one in captures),
        "使用工具": _each(one.tool for one in captures),
        "网络环境": reaching.network_of(captures, proxied=of.proxied),
        "域名解析": reaching.names_of(captures, of.veil),
        "环境检查": _environment(of),
        "时间校对": _clocks(captures),
        "目标网址": _addresses(of),
        "目标地址": "、".join(peers) or "—",
        "提取内容": "网站首页的网页源文件、呈现后的网页、截图、证书和全部请求与应答的原始记录",
        "采集": [_capture_row(number, one, of) for number, one in enumerate(captures, 1)],
        "文件": file_rows(of.members),
        "证据总校验值": of.root,
        "证据链": _links(of),
        "缺损": "；".join(f"{one.capture_id} {of.veil.text(one.reason)}" for one in of.broken)
        or "无",
    }


def _each(told: Iterable[str]) -> str:
    return "；".join(dict.fromkeys(one for one in told if one)) or "—"


def _capture_row(number: int, one: Capture, of: Taken) -> dict[str, str]:
    return {
        "序号": str(number),
        "时间": exact(one.ended_at),
        "方式": wording.how_seen(one),
        "网址": clipped(of.veil.text(one.final_url), 120),
        "实际连接": "、".join(wording.peers_of(one)) or "—",
        "结果": wording.outcome_name(of.words, one.outcome)
        + (f" {one.status}" if one.status else ""),
    }


def file_rows(members: Sequence[Member]) -> list[dict[str, str]]:
    """Every piece of evidence with its size and digest."""
    kept = [one for one in members if one.role == "evidence"]
    return [
        {
            "序号": str(number),
            "文件": one.path,
            "类别": wording.PIECES.get(one.piece, one.piece),
            "字节": f"{one.size:,}",
            "SHA-256": one.sha256,
        }
        for number, one in enumerate(kept, 1)
    ]


def _addresses(of: Taken) -> str:
    urls = list(dict.fromkeys(hop.url for one in of.captures for hop in one.hops if hop.url))
    shown = [clipped(of.veil.text(one), 200) for one in urls[:_MOST_ADDRESSES]]
    more = len(urls) - len(shown)
    return "\n".join([*shown, *([f"另有 {more} 个，见采集清单"] if more else [])]) or "—"


def _environment(of: Taken) -> str:
    parts = ["采集进程不使用本机缓存和账号，每次请求不带前次的会话"]
    if any(one.fetcher is Fetcher.BROWSER for one in of.captures):
        parts.append("浏览器每页使用全新环境，无扩展、无缓存、无登录状态，以无特权用户运行")
        parts.append(f"按现行设置，浏览器沙箱{'' if of.sandboxed else '未'}开启")
    return "；".join(parts)


def _clocks(captures: Sequence[Capture]) -> str:
    told = list(dict.fromkeys(one.clock for one in captures if one.clock))
    return "；".join(told[:3]) or "未记录；请办案人员校对：" + reaching.UNKNOWN


def _links(of: Taken) -> str:
    """Each chain's stretch, for a family's captures may hang on several."""
    linked = [one.linked for one in of.shots if one.linked.chain]
    if not linked:
        return "无"
    told = []
    for chain in dict.fromkeys(one.chain for one in linked):
        mine = sorted((one for one in linked if one.chain == chain), key=lambda one: one.seq)
        links = f"第 {mine[0].seq} 至 {mine[-1].seq} 环，末环 {mine[-1].link}"
        told.append(f"{links}，{_fixed(of.anchors, chain, mine[-1].seq)}")
    return "；".join(told)


def _fixed(anchors: Sequence[Anchor], chain: str, seq: int) -> str:
    """When somebody outside first held a head of this chain that covers the number, if ever."""
    covering = [one for one in anchors if one.chains.get(chain, (0, ""))[0] >= seq]
    outside = [one for one in covering if one.outside]
    if outside:
        return f"链首于 {exact(outside[0].at)} 对外固定"
    return "链首仅本机记录，未对外固定" if covering else "尚无外部锚点"
