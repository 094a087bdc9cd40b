"""Messages for a platform that cannot be called, and the ledger that proves nothing was lost."""

import hashlib
import json
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from crawler.domain.calendar import start_of_day
from crawler.domain.case import CHINA
from crawler.domain.client import Client
from crawler.domain.delivery import Delivery
from crawler.service.api.access import After, Api, EventReader, Limit, Shared
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import Counted, EventPage, EventShown, Ledger
from crawler.store.outbox import event_keys_between
from crawler.store.pulls import last_place, pull

routes = APIRouter(tags=["events"])

Day = Annotated[date, Query(description="北京时间的一天")]
Keys = Annotated[bool, Query(description="列出每条消息的 event_key，找出缺了哪条")]


@routes.get("/events", responses=responses(401, 403, 409, 422))
def fetch_events(
    client: EventReader, api: Shared, after: After = 0, limit: Limit = 100
) -> EventPage:
    """取 after 之后的消息。以 next 再来取，即确认此前的都已收到；可退回较早的位置重取。"""
    endpoint = _fetched(api, client)
    with api.house.database.transaction() as db:
        if after > last_place(db, endpoint):
            raise Problem(409, "no_such_place", f"还没有给出过位置 {after}，请用上一页的 next")
        found = pull(db, endpoint, after, limit, api.clock())
    shown = [_event(position, one) for position, one in found]
    return EventPage(events=shown, next=found[-1][0] if found else after)


@routes.get("/ledger", responses=responses(401, 403, 422))
def ledger(client: EventReader, api: Shared, day: Day, keys: Keys = False) -> Ledger:
    """对账：一天里外发的消息，按事件计数并给出摘要，双方各算各的，应当相等。"""
    if not 2000 <= day.year < 2200:
        return Ledger(day=day, endpoint=client.endpoint, count=0, events={})
    start = start_of_day(datetime.combine(day, time(12), CHINA))
    with api.house.database.reading() as db:
        told = event_keys_between(
            db, start, start + timedelta(days=1), region=client.reach, endpoint=client.endpoint
        )
    events = {str(event): _counted(found, keys=keys) for event, found in told.items()}
    count = sum(one.count for one in events.values())
    return Ledger(day=day, endpoint=client.endpoint, count=count, events=events)


def _fetched(api: Api, client: Client) -> str:
    """The endpoint whose messages this client fetches."""
    endpoints = {one.name: one for one in api.desk().endpoints}
    endpoint = endpoints.get(client.endpoint)
    if endpoint is None:
        raise Problem(409, "no_endpoint", "这个令牌没有绑定取消息的接收端，请联系运维。")
    if endpoint.url:
        raise Problem(409, "is_sent", "这个接收端的消息是投递过去的，不能来取。")
    return endpoint.name


def _event(position: int, delivery: Delivery) -> EventShown:
    return EventShown(
        position=position,
        id=delivery.id,
        event=str(delivery.event),
        subject=delivery.subject,
        seq=delivery.seq,
        created_at=delivery.created_at,
        payload=_payload(delivery.body),
    )


def _payload(body: bytes) -> dict[str, Any] | str:
    text = body.decode("utf-8", "replace")
    if not text.startswith("{"):
        return text
    payload: dict[str, Any] = json.loads(text)
    return payload


def _counted(keys_told: list[str], *, keys: bool) -> Counted:
    ordered = sorted(keys_told)
    digest = hashlib.sha256("\n".join(ordered).encode()).hexdigest()
    return Counted(count=len(ordered), digest=digest, keys=ordered if keys else None)
