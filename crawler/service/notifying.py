"""Tells people of new 红 and 橙 by mail or group robot, in office hours: what the trail has beyond
where each was told to. What does not arrive is told later, with what came meanwhile.
"""

import json
from datetime import datetime

import structlog

from alerts.masking import without_name
from crawler.domain.assessment import at_least
from crawler.domain.calendar import Calendar
from crawler.domain.delivery import Endpoint
from crawler.domain.personal import hidden_persons
from crawler.domain.telling import (
    News,
    Telling,
    Way,
    body_of,
    headline,
    in_office_hours,
    to_robot,
)
from crawler.domain.user import User
from crawler.service.console.access import READERS
from crawler.service.desks import poster_of
from crawler.service.mailing import send_mail
from crawler.service.wiring import House
from crawler.store.arrivals import Arrival, arrivals_after, last_seq
from crawler.store.tellings import due_tellings, mark_said, mark_unsaid

LONGEST_SENTENCE = 100

log = structlog.get_logger()


def notify(house: House, calendar: Calendar, now: datetime) -> None:
    """One round: each way that is behind gets one message, or its next try."""
    if not in_office_hours(now, calendar):
        return
    with house.database.reading() as db:
        waiting = due_tellings(db, now, last_seq(db))
    for user, one in waiting:
        _told(house, user, one, now)


def say_to(house: House, one: Telling, subject: str, text: str, now: datetime) -> str:
    """Send by one way; why it did not arrive, or nothing."""
    if one.way is Way.MAIL:
        return send_mail(house.config.ops, [one.address], subject, text)
    address, message = to_robot(one, f"{subject}\n{text}", now)
    endpoint = Endpoint(name=f"robot-{one.user_id}", url=address, secret="")
    body = json.dumps(message, ensure_ascii=False).encode()
    with poster_of(house) as poster:
        receipt = poster.post(endpoint, {}, body, now).receipt
    if receipt.status is None or not 200 <= receipt.status < 300:
        return receipt.reason or f"HTTP {receipt.status}"
    return _refusal_in(receipt.body)


def _told(house: House, user: User, one: Telling, now: datetime) -> None:
    with house.database.reading() as db:
        seq, found = arrivals_after(db, one.told_seq)
        newest = last_seq(db)
    may = bool(user.roles & READERS)
    news = [_news_of(arrival) for arrival in found if may and _concerns(arrival, user, one)]
    why = say_to(house, one, headline(news), body_of(news), now) if news else ""
    with house.database.transaction() as db:
        if why:
            mark_unsaid(db, one, why, now)
        else:
            mark_said(db, one, seq if seq > one.told_seq else newest)
    if why:
        log.warning("not told", action="telling", kind=str(one.way), error=why[:80])


def _concerns(arrival: Arrival, user: User, one: Telling) -> bool:
    return arrival.region.startswith(user.reach) and at_least(arrival.level, one.level)


def _news_of(arrival: Arrival) -> News:
    said = hidden_persons(without_name(arrival.sentence, arrival.site))
    plain = " ".join("".join(c for c in said if c.isprintable()).split())
    return News(
        level=arrival.level,
        domain=arrival.site.domain_shown,
        sentence=plain[:LONGEST_SENTENCE],
    )


def _refusal_in(body: bytes) -> str:
    """Robots answer 200 to a wrong key too, and say so inside."""
    try:
        said = json.loads(body)
        code = said.get("errcode", said.get("code", said.get("StatusCode", 0)))
    except (ValueError, AttributeError):
        return ""
    return f"机器人不收：{str(code)[:20]}" if code else ""
