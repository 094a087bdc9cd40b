"""Published word lists by number, and what people decided about the alerts they raised."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from crawler.domain.alert import Decision
from crawler.domain.task import Conclusion
from crawler.store.database import upsert
from crawler.store.tables import alerts, assessments, lexicons, reviews, texts
from crawler.store.task_alerts import CONCLUDED

_DECIDED = (str(Decision.CONFIRM), str(Decision.DISMISS))


def save_version(
    db: Connection, number: int, digest: str, *, author: str, note: str, now: datetime
) -> None:
    """Write a version down; one that is known already stays as it was."""
    row = {
        "number": number, "version": digest, "author": author, "note": note, "published_at": now,
    }  # fmt: skip
    db.execute(upsert(db, lexicons).values(row).on_conflict_do_nothing(index_elements=["number"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """The last word of a person on one alert, and what it was raised by."""

    alert_id: int
    site_id: int
    confirmed: bool
    misled_by: tuple[str, ...]
    words: tuple[tuple[str, str], ...]  # category and word
    rules: tuple[str, ...]  # that spoke for it
    text_digest: str


def decided_alerts(db: Connection, region: str = "") -> Iterator[Decided]:
    """Confirmed and dismissed alerts under a region prefix, each by its newest decision; one whose
    newest task was closed as unfounded was none, whoever confirmed it.
    """
    newest = (
        select(func.max(reviews.c.id))
        .where(reviews.c.decision.in_(_DECIDED), reviews.c.region.startswith(region))
        .group_by(reviews.c.alert_id)
    )
    current = (assessments.c.visit_id == alerts.c.visit_id) & assessments.c.current
    joined = reviews.join(alerts, alerts.c.id == reviews.c.alert_id).outerjoin(assessments, current)
    columns = (
        CONCLUDED.label("concluded"),
        reviews.c.alert_id, reviews.c.decision, reviews.c.misled_by,
        alerts.c.site_id, alerts.c.found, alerts.c.text_digest, assessments.c.body,
    )  # fmt: skip
    rows = select(*columns).select_from(joined).where(reviews.c.id.in_(newest))
    for row in db.execute(rows.execution_options(yield_per=500)):
        yield Decided(
            alert_id=row.alert_id,
            site_id=row.site_id,
            confirmed=row.decision == Decision.CONFIRM and row.concluded != Conclusion.UNFOUNDED,
            misled_by=tuple(row.misled_by),
            words=tuple(_pair(one) for one in row.found if not one.endswith(":")),
            rules=_rules(row.body),
            text_digest=row.text_digest,
        )


def words_hit(db: Connection) -> set[str]:
    """Every word that counted in any judgement that stands."""
    found: set[str] = set()
    standing = assessments.c.current & (assessments.c.level != "none")
    rows = select(assessments.c.body).where(standing)
    for body in db.scalars(rows.execution_options(yield_per=500)):
        found.update(hit["word"] for hit in body.get("hits", ()))
    return found


def token_sets(db: Connection, most: int) -> Iterator[tuple[str, set[str]]]:
    """Digest and different tokens of the newest texts that were cut into tokens."""
    rows = select(texts.c.digest, texts.c.tokens).where(texts.c.tokens.is_not(None))
    newest = rows.order_by(texts.c.first_seen_at.desc()).limit(most)
    for digest, tokens in db.execute(newest.execution_options(yield_per=200)):
        if tokens:
            yield digest, set(tokens)


def _pair(found: str) -> tuple[str, str]:
    category, _, word = found.partition(":")
    return category, word


def _rules(body: Any) -> tuple[str, ...]:
    reasons: Sequence[dict[str, Any]] = (body or {}).get("reasons", ())
    return tuple({one["rule"]: None for one in reasons if one.get("points", 0) > 0})
