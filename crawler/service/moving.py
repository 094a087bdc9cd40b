"""What moves beside everything else: messages that are due, texts that are not indexed yet."""

from datetime import UTC, datetime

from alerts.delivering import DeliverySummary, deliver_due
from crawler.service.desks import courier_of, poster_of
from crawler.service.searching import engine_of
from crawler.service.wiring import House, endpoints_of
from indexer.indexing import index_pending


class Mover:
    """Takes what waits in the store, a little at a time; crawling never waits for it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._endpoints = endpoints_of(house.config)
        self._poster = poster_of(house)
        self._courier = courier_of(house, self._poster)
        self._engine = engine_of(house)

    def move(self) -> None:
        """One round of both."""
        self.deliver()
        index_pending(self._house.database, self._engine, datetime.now(UTC))

    def deliver(self) -> DeliverySummary:
        """Send what is due."""
        return deliver_due(self._courier, self._endpoints)
