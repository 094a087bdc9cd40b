"""All tables together: whoever makes or compares the schema imports them here."""

from crawler.store import schedule_tables, subject_tables, tables

metadata = tables.metadata

__all__ = ["metadata", "schedule_tables", "subject_tables"]
