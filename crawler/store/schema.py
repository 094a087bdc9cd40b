"""All tables together: whoever makes or compares the schema imports them here, so that none is forgotten."""

from crawler.store import tables

metadata = tables.metadata

__all__ = ["metadata"]
