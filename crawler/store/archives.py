"""Which sealed segments lie in the object store too."""

from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, select

from crawler.store.archive_tables import archived_segments
from crawler.store.database import upsert
from crawler.store.rewrites import GONE
from crawler.store.tables import segments

_HERE_ALONE = and_(
    segments.c.sealed_at.is_not(None),
    ~exists().where(archived_segments.c.name == segments.c.name),
    ~GONE,
)


def unarchived(db: Connection) -> list[tuple[str, str, str]]:
    """Name, digest and region of sealed segments that do not lie there yet, oldest first."""
    rows = select(segments.c.name, segments.c.sha256, segments.c.region).where(_HERE_ALONE)
    ordered = rows.order_by(segments.c.sealed_at, segments.c.name)
    return [(row.name, row.sha256, row.region) for row in db.execute(ordered)]


def oldest_unarchived(db: Connection) -> datetime | None:
    """Since when a sealed segment lies here alone."""
    found: datetime | None = db.scalar(select(func.min(segments.c.sealed_at)).where(_HERE_ALONE))
    return found


def mark_archived(
    db: Connection, segment: tuple[str, str, str], bucket: str, now: datetime
) -> None:
    """It lies there, as it was sealed."""
    name, sha256, region = segment
    row = {"name": name, "sha256": sha256, "region": region, "bucket": bucket, "archived_at": now}
    db.execute(upsert(db, archived_segments).values(row).on_conflict_do_nothing())


def archived(db: Connection) -> dict[str, str]:
    """Name and digest of all that lie there and are still to lie here."""
    joined = archived_segments.join(segments, segments.c.name == archived_segments.c.name)
    columns = (archived_segments.c.name, archived_segments.c.sha256)
    rows = db.execute(select(*columns).select_from(joined).where(~GONE))
    return {row.name: row.sha256 for row in rows}
