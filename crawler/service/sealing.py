"""Segments whose writer is gone: cut at the last committed offset, sealed, or removed if empty."""

from datetime import datetime
from pathlib import Path

from crawler.store.captures import mark_sealed, open_segments, sealed_segments
from crawler.store.database import Database
from crawler.store.evidence import cut, seal, segments_in


def settle_segments(database: Database, folder: Path, now: datetime) -> None:
    """Call it when no worker of this home runs: before a sweep and after it."""
    with database.reading() as db:
        opened, sealed = open_segments(db), sealed_segments(db)
    for name in segments_in(folder):
        if name in opened:
            cut(folder, name, opened[name])
            digest = seal(folder, name)
            with database.transaction() as db:
                mark_sealed(db, name, digest, now)
        elif name not in sealed:
            (folder / name).unlink()  # nothing in it was ever committed
