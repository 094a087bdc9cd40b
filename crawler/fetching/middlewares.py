"""Scrapy's doors: every hop is kept raw next to the wire, and decoded without ever failing."""

from scrapy import Request
from scrapy.http import Response

from crawler.fetching.answer_reader import BODY_CAP
from crawler.fetching.inflating import inflate
from crawler.fetching.trouble import Trouble
from crawler.fetching.wire import WireResponse


class KeepRaw:
    """At 899: what came, and what did not come, is in the visit's trail before anything else
    looks at it.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Notes the exchange as it was."""
        if isinstance(response, WireResponse):
            request.meta.setdefault("trail", []).append(response.brought)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Notes what was said before it failed."""
        if isinstance(exception, Trouble):
            request.meta.setdefault("trail", []).append(exception)


class Inflate:
    """At 590, in place of Scrapy's own: bounded, and it keeps what it cannot read."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Undoes Content-Encoding."""
        if not isinstance(response, WireResponse):
            return response
        answer = response.brought.answer
        cap = request.meta.get("body_cap", BODY_CAP)
        done = inflate(answer.payload, answer.values("content-encoding"), cap)
        if done.body is answer.payload and not done.flags:
            return response
        return response.replace(body=done.body, decode_flags=done.flags)
