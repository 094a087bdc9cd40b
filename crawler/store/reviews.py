"""What people decided about alerts."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from crawler.domain.alert import Decision, Review
from crawler.store.tables import reviews


def save_review(db: Connection, review: Review, region: str) -> None:
    """Keep one decision; none is ever changed."""
    db.execute(
        insert(reviews).values(
            alert_id=review.alert_id,
            decision=str(review.decision),
            actor=review.actor,
            at=review.at,
            reason=review.reason,
            misled_by=list(review.misled_by),
            region=region,
        )
    )


def reviews_of(db: Connection, alert_id: int) -> list[Review]:
    """All decisions about one alert, oldest first."""
    rows = select(reviews).where(reviews.c.alert_id == alert_id).order_by(reviews.c.id)
    return [_review(row) for row in db.execute(rows)]


def misleading(db: Connection, region: str = "") -> list[Review]:
    """Dismissals, for the lexicon's figures, newest first."""
    wanted = (reviews.c.decision == str(Decision.DISMISS)) & reviews.c.region.startswith(region)
    rows = select(reviews).where(wanted).order_by(reviews.c.id.desc())
    return [_review(row) for row in db.execute(rows)]


def _review(row: Row[Any]) -> Review:
    return Review(
        id=row.id,
        alert_id=row.alert_id,
        decision=Decision(row.decision),
        actor=row.actor,
        at=row.at,
        reason=row.reason,
        misled_by=tuple(row.misled_by),
    )
