"""The download handler: one Scrapy request becomes one exchange over the wire, kept byte for
byte.
"""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.domain.capture import Flag, Outcome
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.connection import converse
from crawler.fetching.errand import Brought, Errand
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import PORTS, Target, target_of
from crawler.fetching.way_out import WayOut


class WireResponse(Response):
    """A response that carries what really came. `body` is what the middlewares made of it; the
    headers stay in `brought.answer`: Scrapy's own mapping costs a tenth of a page's fetching.
    """

    attributes = (*Response.attributes, "brought", "decode_flags")

    def __init__(
        self, *args: Any, brought: Brought, decode_flags: tuple[Flag, ...] = (), **kwargs: Any
    ) -> None:
        self.brought = brought
        self.decode_flags = decode_flags
        super().__init__(*args, **kwargs)


class Wire(BaseDownloadHandler):
    """Asks the way out of the spider at its own connect, so nothing can go around the guard."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        out = getattr(crawler.spider, "out", None)
        if not isinstance(out, WayOut):
            raise NotConfigured("this handler serves spiders that have a way out")
        self._out = out

    async def download_request(self, request: Request) -> Response:
        """One exchange; Trouble if there was no answer to read."""
        target = target_of(request.url)
        if target is None:
            raise Trouble(Outcome.BAD_RESPONSE, f"不是网页地址：{request.url[:200]}")
        reader = AnswerReader(
            head_cap=self._out.limits.head_cap,
            body_cap=request.meta.get("body_cap", self._out.limits.body_cap),
            bare=target.scheme == "http" and target.port == PORTS["http"],
        )
        errand = Errand(
            target=target,
            request=request_head(target, request),
            reader=reader,
            total_s=request.meta.get("total_s", self._out.limits.total_s),
        )
        brought = await converse(errand, self._out)
        return WireResponse(
            url=request.url,
            status=brought.answer.status or 0,
            body=brought.answer.payload,
            brought=brought,
        )


def request_head(target: Target, request: Request) -> bytes:
    """The bytes that go out. One exchange a connection: what follows an answer is never read."""
    lines = [
        f"{request.method} {target.path} HTTP/1.1".encode("ascii"),
        f"Host: {target.authority}".encode("ascii"),
    ]
    for name, values in dict.items(request.headers):  # as kept: Scrapy's own looks each one up anew
        lines += [b"%s: %s" % (name, value) for value in values]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])
