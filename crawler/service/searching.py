"""The search engine of an installation."""

from crawler.service.wiring import House
from indexer.embedded import EmbeddedEngine
from indexer.engines import Engine


def engine_of(house: House) -> Engine:
    """The embedded one; Elasticsearch where the settings name it comes with its own engine."""
    return EmbeddedEngine(house.database)
