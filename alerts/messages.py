"""One event becomes one message for each endpoint that wants it: body fixed, key and id given.

The body is signed and sent as these bytes, however often; the receiver tells repeats by the id.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from alerts.findings import Finding
from alerts.introducing import moment
from alerts.payloads import alert_payload, more_sites, site_payload, task_payload
from alerts.translating import translate
from crawler.domain.alert import Alert
from crawler.domain.assessment import Level, at_least
from crawler.domain.case import Case
from crawler.domain.delivery import Delivery, Endpoint, EventType
from crawler.domain.dialect import Dialect
from crawler.domain.ids import ulid
from crawler.domain.lexicon import Category
from crawler.domain.site import Sweep
from crawler.domain.task import SupervisionTask

SPEC_VERSION = "1.0"
UNASKED_FROM = Level.ORANGE  # a warning from here on goes out before any person has looked

Chance = Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """Something that happened and is told outside. `identity` names it among all that ever
    happens, so that telling it twice is recognised.
    """

    event: EventType
    subject: str  # alert:7, task:3
    seq: int
    identity: tuple[str, ...]
    region: str
    level: Level | None = None  # None: of no level, so no endpoint filters it out
    content: Mapping[str, Any] = field(default_factory=dict)


def alert_told(
    event: EventType,
    finding: Finding,
    case: Case,
    categories: Mapping[str, Category],
    *,
    seq: int,
    why: str = "",
) -> Occasion:
    """A warning, raised or closed."""
    alert = finding.alert
    return Occasion(
        event=event,
        subject=f"alert:{alert.id}",
        seq=seq,
        identity=(str(alert.id), str(alert.reopened), str(alert.state), str(alert.level)),
        region=alert.region,
        level=alert.level,
        content={"alert": alert_payload(finding, case, categories, why)} | site_payload(finding),
    )


def task_told(
    event: EventType,
    task: SupervisionTask,
    case: Case,
    findings: tuple[Finding, ...],
    categories: Mapping[str, Category],
    note: str = "",
    total: int = 0,
) -> Occasion:
    """A task, created, changed or cancelled; `findings` are its sites, the one it was made from
    first, as many of the `total` as a message holds (0: these are all).
    """
    told = {"task": task_payload(task, case, findings[0], categories) | {"note": note[:300]}}
    return Occasion(
        event=event,
        subject=f"task:{task.number}",
        seq=task.seq,
        identity=(task.number, str(task.seq)),
        region=task.region,
        level=task.level,
        content=told | site_payload(findings[0]) | more_sites(findings, total or len(findings)),
    )


def sweep_told(sweep: Sweep, counts: Mapping[str, int]) -> Occasion:
    """A sweep that came to its end, with its outcomes; they add up to its sites."""
    content = {
        "id": sweep.id,
        "selection": sweep.selection[:300],
        "sites": sweep.sites,
        "started_at": moment(sweep.started_at),
        "finished_at": moment(sweep.finished_at),
        "outcomes": dict(sorted(counts.items())),
    }
    return Occasion(
        event=EventType.SWEEP_FINISHED,
        subject=f"sweep:{sweep.id}",
        seq=1,
        identity=(str(sweep.id),),
        region=sweep.region,
        content={"sweep": content},
    )


def coverage_told(day: date, region: str, counts: Mapping[str, int]) -> Occasion:
    """What was looked at on one day and what was not, so that silence is not taken for clean."""
    return Occasion(
        event=EventType.COVERAGE_DAILY,
        subject=f"coverage:{region or 'all'}",
        seq=day.toordinal(),
        identity=(day.isoformat(),),
        region=region,
        content={"coverage": {"day": day.isoformat(), "counts": dict(sorted(counts.items()))}},
    )


def messages_of(
    occasion: Occasion, endpoints: tuple[Endpoint, ...], now: datetime, chance: Chance
) -> tuple[Delivery, ...]:
    """One delivery for each endpoint that subscribed to this event, level and region."""
    key = event_key(occasion)
    return tuple(
        _delivery(occasion, endpoint, key, now, chance)
        for endpoint in endpoints
        if wants(endpoint, occasion)
    )


def as_told(
    occasion: Occasion, endpoint: Endpoint, last: EventType | None, *, ended: bool = False
) -> Occasion | None:
    """What happened to a task, as one endpoint is to hear it by what it was told of the task last;
    None: nothing. Who was told is told on, whatever the level has become; the first message of who
    was not is that there is a task, and an end of what they never heard of is no news.
    """
    if last is not None and last is not EventType.TASK_CANCELLED:
        known = occasion.event is not EventType.TASK_CREATED
        return replace(
            occasion, event=occasion.event if known else EventType.TASK_CHANGED, level=None
        )
    if ended or occasion.event is EventType.TASK_CANCELLED:
        return None
    if endpoint.events and EventType.TASK_CREATED not in endpoint.events:
        return occasion
    return replace(occasion, event=EventType.TASK_CREATED)


def goes_unasked(alert: Alert) -> bool:
    """Whether a warning leaves before a person has looked."""
    return at_least(alert.level, UNASKED_FROM)


def wants(endpoint: Endpoint, occasion: Occasion) -> bool:
    """Whether an endpoint subscribed; an empty list means everything."""
    level = occasion.level
    return (
        (not endpoint.events or occasion.event in endpoint.events)
        and (level is None or not endpoint.levels or level in endpoint.levels)
        and covers(endpoint, occasion.region)
    )


def hears_of_tasks(endpoint: Endpoint) -> bool:
    """Whether an endpoint is sent tasks at all, and so may answer them."""
    return not endpoint.events or any(one.startswith("task.") for one in endpoint.events)


def covers(endpoint: Endpoint, region: str) -> bool:
    """Whether an endpoint is told of a region; none named: of all."""
    return not endpoint.regions or region.startswith(endpoint.regions)


def event_key(occasion: Occasion) -> str:
    """The digest of what happened: the same happening has the same key, whenever it is told."""
    parts = (str(occasion.event), occasion.subject, *occasion.identity)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _delivery(
    occasion: Occasion, endpoint: Endpoint, key: str, now: datetime, chance: Chance
) -> Delivery:
    message_id = ulid(int(now.timestamp() * 1_000), chance(10))
    return Delivery(
        id=message_id,
        event_key=key,
        event=occasion.event,
        endpoint=endpoint.name,
        subject=occasion.subject,
        seq=occasion.seq,
        body=_body(occasion, endpoint.dialect, message_id, key, now),
        region=occasion.region,
        created_at=now,
        due_at=now,
    )


def _body(
    occasion: Occasion, dialect: Dialect | None, message_id: str, key: str, now: datetime
) -> bytes:
    envelope = {
        "spec_version": SPEC_VERSION,
        "type": str(occasion.event),  # the standard's name for the field
        "event": str(occasion.event),
        "event_id": message_id,
        "event_key": key,
        "subject_key": occasion.subject,
        "seq": occasion.seq,
        "timestamp": moment(now),  # the standard's name again
        "sent_at": moment(now),
    }
    message = envelope | dict(occasion.content)
    if dialect is not None:
        return translate(dialect, message)
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate from a hostile page is no UTF-8; it is told as a question mark.
    return text.encode("utf-8", "replace")
