"""How a rendering ended: from the page's way, the record of the way out and what could be read, one
outcome of the closed list with its reason.
"""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler.domain.capture import Outcome
from crawler.fetching.egress import Connection
from crawler.fetching.trail import Trail


class Ending(NamedTuple):
    """Outcome, and why, in words."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What was there to read when the time was up."""

    read: bool  # text or picture could be had
    blank: bool  # neither words nor pictures on it
    stopped_for: str = ""  # why the page was halted; what that gave is for the ending to say
    spent: bool = False  # it used up the traffic it may


_ERRORS = {
    "net::ERR_TOO_MANY_REDIRECTS": Ending(Outcome.REDIRECT_LIMIT, "重定向次数过多"),
    "net::ERR_UNSAFE_PORT": Ending(Outcome.BLOCKED_ADDRESS, "浏览器不允许的端口"),
    "net::ERR_TIMED_OUT": Ending(Outcome.TIMED_OUT, "连接超时"),
    "net::ERR_CONNECTION_TIMED_OUT": Ending(Outcome.TIMED_OUT, "连接超时"),
    "net::ERR_CONNECTION_REFUSED": Ending(Outcome.CONNECTION_REFUSED, "对方拒绝连接"),
    "net::ERR_NAME_NOT_RESOLVED": Ending(Outcome.NAME_NOT_FOUND, "域名没有解析记录"),
    "net::ERR_EMPTY_RESPONSE": Ending(Outcome.BAD_RESPONSE, "对方未作应答即断开"),
}
GATE_ANSWERS = (403, 502, 504)
_HTML = ("text/html", "application/xhtml+xml", "")
_READABLE = ("text/plain", "text/xml", "application/xml")


def ending_of(trail: Trail, gate: Connection | None, sighting: Sighting) -> Ending:
    """The first of these that holds: forbidden, not reached, downloaded, not readable, seen."""
    return (
        _barred(trail, gate, sighting)
        or _downloaded(trail)
        or _failed(trail, sighting)
        or _unread(sighting)
        or _answered(trail, sighting)
    )


def gate_of(url: str) -> tuple[str, int] | None:
    """Host and port that a page's address is asked at, as the way out's record has them."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None


def _barred(trail: Trail, gate: Connection | None, sighting: Sighting) -> Ending | None:
    """The way out knows best: to the browser all refusals look alike, or like an empty page."""
    closed = trail.status in GATE_ANSWERS and sighting.blank
    failed = trail.failure and not (sighting.read and trail.stands)
    if gate is None or gate.outcome is None or not (trail.unreachable or failed or closed):
        return None
    return Ending(gate.outcome, gate.reason)


def _downloaded(trail: Trail) -> Ending | None:
    """An answer came, yet the browser never opened it."""
    if trail.failure != "net::ERR_ABORTED" or not trail.status or trail.final_url:
        return None
    if trail.status == 204:
        return Ending(Outcome.EMPTY, "应答没有内容（204）")
    return Ending(Outcome.DOWNLOAD, "打开即下载文件，未下载")


def _failed(trail: Trail, sighting: Sighting) -> Ending | None:
    if not trail.failure or (sighting.read and trail.stands):
        return None
    if "ERR_SSL" in trail.failure or "ERR_CERT" in trail.failure:
        return Ending(Outcome.TLS_FAILED, f"加密连接失败（{trail.failure}）")
    return _ERRORS.get(trail.failure) or Ending(
        Outcome.BAD_RESPONSE, f"浏览器无法打开（{trail.failure}）"
    )


def _unread(sighting: Sighting) -> Ending | None:
    if sighting.read:
        return None
    why = sighting.stopped_for
    return Ending(Outcome.BROWSER_FAILED, f"{why}，强制停止后仍无法读取" if why else "页面无法读取")


def _answered(trail: Trail, sighting: Sighting) -> Ending:
    status = trail.status or 0
    if status == 429:
        return Ending(Outcome.RATE_LIMITED, "对方要求降低访问频率（429）")
    if status >= 400:
        return Ending(Outcome.HTTP_ERROR, f"应答状态 {status}")
    if trail.content_type not in (*_HTML, *_READABLE) and not trail.content_type.endswith("+xml"):
        return Ending(Outcome.NOT_HTML, f"不是网页（{trail.content_type}）")
    if sighting.stopped_for:
        return Ending(Outcome.PARTIAL, f"{sighting.stopped_for}，强制停止后读取了已有的部分")
    if trail.broke_off:
        return Ending(Outcome.PARTIAL, f"网页没有传完（{trail.failure}），读取了已到达的部分")
    if sighting.spent:
        return Ending(Outcome.PARTIAL, "流量已达上限，读取了已到达的部分")
    if sighting.blank:
        return Ending(Outcome.EMPTY, "页面没有内容")
    return Ending(Outcome.SEEN)
