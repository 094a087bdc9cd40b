"""A person must look at this site: the alert, the person's review, and which moves are allowed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.assessment import Level
from crawler.domain.errors import NotAllowed


class AlertState(StrEnum):
    """open → confirmed · dismissed · watched · merged; a relapse reopens."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    WATCHED = "watched"
    MERGED = "merged"


ALERT_STATE_NAMES = {
    AlertState.OPEN: "待核实",
    AlertState.CONFIRMED: "已核实",
    AlertState.DISMISSED: "误报",
    AlertState.WATCHED: "观察",
    AlertState.MERGED: "已合并",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One site that a person must look at; at most one open per site. `id` is 0 until the store
    gave one.
    """

    id: int = 0
    site_id: int
    visit_id: int  # whose assessment it now shows
    case_id: int = 0
    state: AlertState = AlertState.OPEN
    level: Level
    score: float
    sentence: str
    region: str
    opened_at: datetime
    last_seen_at: datetime
    repeats: int = 0  # later visits that found the same or more
    reopened: int = 0  # relapses
    found: tuple[str, ...] = ()  # category:word, sorted; what a decision was about
    text_digest: str = ""  # the text they were found in
    decided_digest: str = ""  # the text that a person dismissed
    settled_at: datetime | None = None  # since when it is gone: not found any more, or dealt with


class Decision(StrEnum):
    """What a person decides about an alert."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    WATCH = "watch"
    MERGE = "merge"
    REOPEN = "reopen"


ALERT_MOVES: dict[tuple[AlertState, Decision], AlertState] = {
    (AlertState.OPEN, Decision.CONFIRM): AlertState.CONFIRMED,
    (AlertState.OPEN, Decision.DISMISS): AlertState.DISMISSED,
    (AlertState.OPEN, Decision.WATCH): AlertState.WATCHED,
    (AlertState.OPEN, Decision.MERGE): AlertState.MERGED,
    (AlertState.WATCHED, Decision.CONFIRM): AlertState.CONFIRMED,
    (AlertState.WATCHED, Decision.DISMISS): AlertState.DISMISSED,
    (AlertState.CONFIRMED, Decision.REOPEN): AlertState.OPEN,
    (AlertState.DISMISSED, Decision.REOPEN): AlertState.OPEN,
    (AlertState.WATCHED, Decision.REOPEN): AlertState.OPEN,
}
UNDO_FOR = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """The person's judgement of one alert: by whom, why, which term misled."""

    id: int = 0
    alert_id: int
    decision: Decision
    actor: str
    at: datetime
    reason: str = ""
    misled_by: tuple[str, ...] = ()  # terms or rules, for the lexicon's figures


def decided(alert: Alert, review: Review) -> Alert:
    """The alert after the review; NotAllowed if the table of moves has no such move or a reason
    is missing.
    """
    after = ALERT_MOVES.get((alert.state, review.decision))
    if after is None:
        state = ALERT_STATE_NAMES[alert.state]
        raise NotAllowed(f"预警 {alert.id} 已是“{state}”，不能再次处理，可重新打开")
    if review.decision is Decision.DISMISS and not review.reason.strip():
        raise NotAllowed("误报须写明理由")
    return replace(
        alert,
        state=after,
        reopened=alert.reopened + (review.decision is Decision.REOPEN),
        settled_at=None if review.decision is Decision.REOPEN else alert.settled_at,
        decided_digest=alert.text_digest if review.decision is Decision.DISMISS else "",
    )


def may_take_back(decision: Decision, *, own: bool, age: timedelta) -> bool:
    """Whether who decided may undo it without a supervisor."""
    return own and age < UNDO_FOR and decision not in (Decision.REOPEN, Decision.MERGE)
