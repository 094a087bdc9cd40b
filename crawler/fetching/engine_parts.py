"""What of Scrapy's engine a visit does not need, taken out: no queues, no delays, no log line a
page.
"""

from typing import Any

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.core.scheduler import BaseScheduler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred


class SlimDownloader(Downloader):  # type: ignore[misc, unused-ignore]
    """From fetch straight through the middlewares to the handler. How many at a time is decided
    by the spider's workers and by the gate at each address.
    """

    def fetch(self, request: Request, spider: Any = None) -> "Deferred[Response | Request]":
        """The same promise as Scrapy's."""
        return deferred_from_coro(self._through(request))

    def needs_backout(self) -> bool:
        """Never: nothing is queued here."""
        return False

    async def _through(self, request: Request) -> Response | Request:
        self.active.add(request)
        try:
            ask = self.handlers.download_request_async
            return await self.middleware.download_async(ask, request)
        finally:
            self.active.discard(request)


class NoScheduler(BaseScheduler):  # type: ignore[misc, unused-ignore]
    """Visits ask the engine themselves; nothing is ever scheduled."""

    def has_pending_requests(self) -> bool:
        """None."""
        return False

    def enqueue_request(self, request: Request) -> bool:
        """Refused: whoever yields a request instead of asking for it is told by Scrapy's count."""
        return False

    def next_request(self) -> Request | None:
        """None."""
        return None


class QuietLog(LogFormatter):  # type: ignore[misc, unused-ignore]
    """The ledger has an outcome for every site; a log line for each would only repeat it."""

    def crawled(self, request: Request, response: Response, spider: Any) -> Any:
        """No line."""
        return None
