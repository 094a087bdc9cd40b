"""One message to one endpoint, with its attempts, and when to try again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.assessment import Level
from crawler.domain.dialect import Dialect


class EventType(StrEnum):
    """What leaves the house (design.md §3.13)."""

    ALERT_OPENED = "alert.opened"
    ALERT_RAISED = "alert.raised"
    ALERT_CLOSED = "alert.closed"
    TASK_CREATED = "task.created"
    TASK_CHANGED = "task.changed"
    TASK_CANCELLED = "task.cancelled"
    SWEEP_FINISHED = "sweep.finished"
    COVERAGE_DAILY = "coverage.daily"


class DeliveryState(StrEnum):
    """waiting → delivered · waiting (later) · given_up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


DELIVERY_STATE_NAMES = {
    DeliveryState.WAITING: "等待投递",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.GIVEN_UP: "死信",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Who receives, and of what: empty tuples mean everything."""

    name: str
    url: str  # empty: it fetches
    secret: str = field(repr=False)  # whsec_…; never logged
    former_secret: str = field(default="", repr=False)  # signs too, while the key is changed
    sm3: bool = False  # a second signature with HMAC-SM3, where 国密 is asked for
    events: tuple[EventType, ...] = ()
    levels: tuple[Level, ...] = ()
    regions: tuple[str, ...] = ()  # prefixes: 31 is all of Shanghai
    dialect: Dialect | None = None  # its names and codes; None: ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message on its way. `id` is the webhook-id (ULID), the same over all attempts."""

    id: str
    event_key: str  # made from content; unique with the endpoint, so a repeat is recognised
    event: EventType
    endpoint: str
    subject: str  # what its order is kept within: alert:7, task:3
    seq: int  # within the subject
    body: bytes
    region: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None = None
    last_reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the endpoint answered to one attempt. `status` is None where nothing came back."""

    delivery_id: str
    at: datetime
    status: int | None
    reason: str = ""
    body: bytes = b""  # cut at 4 kB
    retry_after_s: float | None = None


# Standard Webhooks' schedule: three days in all
SCHEDULE_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
LONGEST_WAIT_S = 86_400.0  # whatever a receiver asks for


def arrived(receipt: Receipt) -> bool:
    """2xx only; a redirect is a refusal."""
    return receipt.status is not None and 200 <= receipt.status < 300


def next_attempt(delivery: Delivery, receipt: Receipt, chance: float) -> datetime | None:
    """When to try again, or None to give up. `attempts` are those before this one; `chance` in
    [0, 1) spreads by ±20 %. (410 is about the endpoint, not the message: it is paused.)
    """
    if delivery.attempts >= len(SCHEDULE_S):
        return None
    wait_s = SCHEDULE_S[delivery.attempts] * (0.8 + 0.4 * chance)
    asked_s = min(max(receipt.retry_after_s or 0.0, 0.0), LONGEST_WAIT_S)
    return receipt.at + timedelta(seconds=max(wait_s, asked_s))
