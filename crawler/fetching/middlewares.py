"""Scrapy's door to a body: decoded without ever failing; what came stays beside it as it was."""

from scrapy import Request
from scrapy.http import Response

from crawler.fetching.answer_reader import BODY_CAP
from crawler.fetching.inflating import inflate
from crawler.fetching.wire import WireResponse


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
