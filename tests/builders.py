"""One builder a noun, all fields defaulted: a test names only the field that matters to it."""

from datetime import UTC, datetime
from typing import Any

from crawler.domain.alert import Alert
from crawler.domain.assessment import Assessment, Level
from crawler.domain.capture import Capture, Exchange, Fetcher, Field, Hop, Outcome, PageText
from crawler.domain.filing import Filing
from crawler.domain.site import Site, Visit

NOON = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)  # 12:00 in China, a Tuesday
NO_TRIGGER = {  # lets a test change what nobody may change
    "sqlite": "DROP TRIGGER audit_no_update",
    "postgresql": "DROP TRIGGER audit_unchanged ON audit",
}


def a_filing(**given: Any) -> Filing:
    return Filing(**({"row": 2, "unit_name": "某某有限公司", "domains": ("a.example.cn",)} | given))


def a_site(**given: Any) -> Site:
    domain = given.get("domain", "a.example.cn")
    return Site(**({"domain": domain, "domain_shown": domain, "region": "310118"} | given))


def a_visit(**given: Any) -> Visit:
    return Visit(**({"id": 1, "sweep_id": 1, "site": a_site(id=1)} | given))


def a_hop(url: str = "http://a.example.cn/", **given: Any) -> Hop:
    return Hop(**({"url": url, "at": NOON} | given))


def a_capture(**given: Any) -> Capture:
    defaults: dict[str, Any] = {
        "id": "01JV0000000000000000000000",
        "visit_id": 1,
        "site_id": 1,
        "fetcher": Fetcher.HTTP,
        "outcome": Outcome.SEEN,
        "started_at": NOON,
        "ended_at": NOON,
        "status": 200,
        "final_url": "http://a.example.cn/",
    }
    return Capture(**(defaults | given))


def an_exchange(**given: Any) -> Exchange:
    defaults: dict[str, Any] = {
        "url": "http://a.example.cn/",
        "request": b"GET / HTTP/1.1\r\nHost: a.example.cn\r\n\r\n",
        "response_head": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        "response_body": "<p>保本保息</p>".encode(),
        "peer": "127.0.0.2:80",
        "at": NOON,
    }
    return Exchange(**(defaults | given))


def a_text(body: str = "", **fields: str) -> PageText:
    parts = {"title": "", **fields, "body": body}
    return PageText(fields=tuple(Field(name=n, text=t) for n, t in parts.items() if t))


def an_assessment(**given: Any) -> Assessment:
    defaults = {"visit_id": 1, "level": Level.RED, "score": 12.0, "judged_at": NOON}
    return Assessment(**(defaults | given))


def an_alert(**given: Any) -> Alert:
    defaults: dict[str, Any] = {
        "id": 1,
        "site_id": 1,
        "visit_id": 1,
        "level": Level.RED,
        "score": 12.0,
        "sentence": "疑似承诺保本高收益",
        "region": "310118",
        "opened_at": NOON,
        "last_seen_at": NOON,
    }
    return Alert(**(defaults | given))
