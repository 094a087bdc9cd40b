"""The way a page took, told by the browser's own events: hops with their kinds, statuses, what is
still under way. Pure: events in, facts out.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from crawler.domain.capture import Hop, HopKind, TlsFacts

EVENTS = (
    "Network.requestWillBeSent", "Network.responseReceived", "Network.loadingFinished",
    "Network.loadingFailed", "Page.frameNavigated", "Page.navigatedWithinDocument",
    "Page.frameRequestedNavigation", "Page.frameScheduledNavigation",
    "Page.frameClearedScheduledNavigation", "Page.domContentEventFired", "Page.loadEventFired",
    "Page.javascriptDialogOpening",
)  # fmt: skip

MOST_HOPS = 50
_MOST_PENDING = 5_000
_LONGEST_URL = 8_192
_KINDS = {
    "metaTagRefresh": HopKind.META,
    "httpHeaderRefresh": HopKind.META,
    "formSubmissionGet": HopKind.FORM,
    "formSubmissionPost": HopKind.FORM,
}


_Said = tuple[int | None, str, TlsFacts | None]  # status, type, certificate


class Trail:
    """Fed with the events of one page; asked for the way it took."""

    def __init__(self, main_frame: str) -> None:
        self.hops: list[Hop] = []
        self.final_url = ""
        self.status: int | None = None
        self.content_type = ""
        self.tls: TlsFacts | None = None
        self.failure = ""  # net::ERR_… of the page itself
        self.unreachable = False  # the browser shows its own error page
        self.left_a_page = False  # for what is shown now
        self.broke_off = False  # the document began to come, and its end never will
        self.is_parsed = False
        self.is_loaded = False
        self.dialogs = 0
        self.navigations = 0
        self.moves_within = 0  # pushState and the like
        self.scheduled_s: float | None = None  # a refresh that the page has announced
        self._main_frame = main_frame
        self._request = ""
        self._answered = False
        self._page = ""  # the request whose answer is shown
        self._shown: _Said = (None, "", None)
        self._next_kind = HopKind.START
        self._pending: set[str] = set()

    @property
    def pending(self) -> int:
        """How many requests are under way."""
        return len(self._pending)

    @property
    def stands(self) -> bool:
        """Whether a page of the site is shown, not an error page of the browser's."""
        return bool(self.final_url) and not self.unreachable

    @property
    def _said(self) -> "_Said":
        return self.status, self.content_type, self.tls

    def take(self, event: str, params: Mapping[str, Any]) -> None:
        """Note one event of the browser."""
        handler = _HANDLERS.get(event)
        if handler:
            handler(self, params)

    def _sent(self, params: Mapping[str, Any]) -> None:
        request_id = str(params.get("requestId", ""))
        if len(self._pending) < _MOST_PENDING:
            self._pending.add(request_id)
        if params.get("type") != "Document" or params.get("frameId") != self._main_frame:
            return
        redirect = params.get("redirectResponse")
        if redirect:
            self._redirected(redirect)
        self._request = request_id
        self.failure = ""
        self._answered = self.broke_off = False
        self._hop(params, HopKind.REDIRECT if redirect else self._next_kind)
        self._next_kind = HopKind.SCRIPT

    def _hop(self, params: Mapping[str, Any], kind: HopKind) -> None:
        self.navigations += kind is not HopKind.REDIRECT
        url = str(params["request"]["url"])[:_LONGEST_URL]
        at = datetime.fromtimestamp(float(params.get("wallTime", 0)), UTC)
        if len(self.hops) >= MOST_HOPS:
            self.hops.pop()  # the first and the last are what matters
        self.hops.append(Hop(url=url, kind=kind, at=at))

    def _redirected(self, response: Mapping[str, Any]) -> None:
        headers = {k.lower(): v for k, v in (response.get("headers") or {}).items()}
        location = str(headers.get("location", ""))[:_LONGEST_URL]
        self._answer_hop(int(response.get("status", 0)), location)

    def _answer_hop(self, status: int, location: str = "") -> None:
        if self.hops:
            self.hops[-1] = replace(self.hops[-1], status=status, location=location)

    def _received(self, params: Mapping[str, Any]) -> None:
        if params.get("requestId") != self._request:
            return
        response = params["response"]
        self._answered = True
        self.status = int(response.get("status", 0))
        self.content_type = str(response.get("mimeType", ""))[:200]
        self.tls = _tls_from(response)
        self._answer_hop(self.status)
        if params["requestId"] == self._page:
            self._shown = self._said

    def _finished(self, params: Mapping[str, Any]) -> None:
        self._pending.discard(str(params.get("requestId", "")))

    def _failed(self, params: Mapping[str, Any]) -> None:
        """A way on that is no page (a download, a 204) leaves the last one standing."""
        self._finished(params)
        if params.get("requestId") != self._request:
            return
        self.failure = str(params.get("errorText", ""))[:100]
        self.broke_off = self._answered and self.failure != "net::ERR_ABORTED"
        if self.stands and self._request != self._page:
            self.status, self.content_type, self.tls = self._shown

    def _navigated(self, params: Mapping[str, Any]) -> None:
        frame = params["frame"]
        if frame.get("parentId") or frame.get("id") != self._main_frame:
            return
        self.left_a_page = self.stands
        self.unreachable = bool(frame.get("unreachableUrl"))
        self.final_url = str(frame.get("unreachableUrl") or frame.get("url", ""))[:_LONGEST_URL]
        self._page, self._shown = self._request, self._said
        self.is_parsed = self.is_loaded = False
        self.scheduled_s = None

    def _moved_within(self, params: Mapping[str, Any]) -> None:
        if params.get("frameId") == self._main_frame:
            self.moves_within += 1
            self.final_url = str(params.get("url", ""))[:_LONGEST_URL]

    def _requested(self, params: Mapping[str, Any]) -> None:
        if params.get("frameId") == self._main_frame:
            self._next_kind = _KINDS.get(str(params.get("reason")), HopKind.SCRIPT)

    def _scheduled(self, params: Mapping[str, Any]) -> None:
        if params.get("frameId") == self._main_frame:
            self.scheduled_s = float(params.get("delay", 0))
            self._requested(params)

    def _unscheduled(self, params: Mapping[str, Any]) -> None:
        if params.get("frameId") == self._main_frame:
            self.scheduled_s = None

    def _parsed(self, _: Mapping[str, Any]) -> None:
        self.is_parsed = True

    def _loaded(self, _: Mapping[str, Any]) -> None:
        self.is_loaded = True

    def _asked(self, _: Mapping[str, Any]) -> None:
        self.dialogs += 1


_HANDLERS = {
    "Network.requestWillBeSent": Trail._sent,
    "Network.responseReceived": Trail._received,
    "Network.loadingFinished": Trail._finished,
    "Network.loadingFailed": Trail._failed,
    "Page.frameNavigated": Trail._navigated,
    "Page.navigatedWithinDocument": Trail._moved_within,
    "Page.frameRequestedNavigation": Trail._requested,
    "Page.frameScheduledNavigation": Trail._scheduled,
    "Page.frameClearedScheduledNavigation": Trail._unscheduled,
    "Page.domContentEventFired": Trail._parsed,
    "Page.loadEventFired": Trail._loaded,
    "Page.javascriptDialogOpening": Trail._asked,
}


def _tls_from(response: Mapping[str, Any]) -> TlsFacts | None:
    """An https answer that the browser calls insecure came with a certificate it rejects."""
    details = response.get("securityDetails")
    if not details:
        return None
    rejected = response.get("securityState") == "insecure"
    return TlsFacts(
        version=str(details.get("protocol", "")),
        cipher=str(details.get("cipher", "")),
        problem="证书不被浏览器信任" if rejected else "",
    )
