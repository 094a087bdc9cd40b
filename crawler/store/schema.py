"""All tables together: whoever makes or compares the schema imports them here, so that none is forgotten."""

from crawler.store import schedule_tables, tables

metadata = tables.metadata

__all__ = ["metadata", "schedule_tables"]
