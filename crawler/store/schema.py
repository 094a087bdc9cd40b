"""All tables together: whoever makes or compares the schema imports them here."""

from crawler.store import (
    agreement_tables,
    album_tables,
    archive_tables,
    attachment_tables,
    case_tables,
    finding_tables,
    keeping_tables,
    lead_tables,
    ops_tables,
    people_tables,
    platform_tables,
    recapture_tables,
    robots_tables,
    schedule_tables,
    search_tables,
    subject_tables,
    sweep_tables,
    tables,
    task_tables,
    telling_tables,
)

metadata = tables.metadata

__all__ = [
    "agreement_tables",
    "album_tables",
    "archive_tables",
    "attachment_tables",
    "case_tables",
    "finding_tables",
    "keeping_tables",
    "lead_tables",
    "metadata",
    "ops_tables",
    "people_tables",
    "platform_tables",
    "recapture_tables",
    "robots_tables",
    "schedule_tables",
    "search_tables",
    "subject_tables",
    "sweep_tables",
    "task_tables",
    "telling_tables",
]
