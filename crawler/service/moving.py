"""What moves beside everything else: messages that are due, texts that are not indexed yet."""

import time
from datetime import UTC, datetime

import structlog

from alerts.delivering import DeliverySummary, deliver_due
from crawler.service.archiving import Archiver
from crawler.service.desks import courier_of, poster_of
from crawler.service.searching import Indexer
from crawler.service.wiring import House, endpoints_of

log = structlog.get_logger()


class Mover:
    """Takes what waits in the store, a little at a time; crawling never waits for it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._endpoints = endpoints_of(house.config)
        self._poster = poster_of(house)
        self._courier = courier_of(house, self._poster)
        self._indexer = Indexer(house, time.monotonic)
        self._archiver = Archiver(house, time.monotonic)

    def move(self) -> None:
        """One round of both."""
        self.deliver()
        self.index()

    def index(self) -> None:
        """Make searchable what is not yet; copy what is sealed."""
        self._indexer.round(datetime.now(UTC))
        if trouble := self._archiver.round(datetime.now(UTC)):
            log.warning("not archived", action="archive", error=trouble)

    def deliver(self) -> DeliverySummary:
        """Send what is due."""
        return deliver_due(self._courier, self._endpoints)
