"""Server time of each page over a large store: `python -m tests.bench.console [SHARE] [TIMES]`.

SHARE 1 is the issue's measure: 400,000 sites, 1,000,000 captures, 20,000 alerts of which half are
open, 2,000 tasks; 0.1 is a tenth of each. `alerts=N` and `captures=N` say another number,
`home=DIR` keeps the store there and takes it again, `only=WORD` measures the addresses with that in
them.
Rows are written straight into the tables; texts have 200 characters. Prints the time of an answer,
the processor time behind it (asking included), which other work on the machine does not lengthen,
how often the store was asked, and the size over the wire.
"""

import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, Table, event, insert

from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher
from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from crawler.service.wiring import House
from crawler.store import tables as t
from crawler.store.sweep_tables import sweep_counts
from crawler.store.texts import pack_text
from tests.builders import NOON, a_capture, a_text, an_assessment
from tests.integration.console_house import Served, Visitor, console
from tests.integration.console_seeds import seed_alert, seed_task

SITES, CAPTURES, ALERTS, TASKS, TEXTS = 400_000, 1_000_000, 20_000, 2_000, 50_000
REGIONS = ("310118", "310116", "310104", "310115")
LEVELS = (Level.YELLOW, Level.YELLOW, Level.ORANGE, Level.ORANGE, Level.RED)


def main() -> None:
    given = [one for one in sys.argv[1:] if "=" not in one]
    own = dict(one.split("=", 1) for one in sys.argv[1:] if "=" in one)
    share, times = float(given[0]) if given else 1.0, int(given[1]) if len(given) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        home = Path(own.get("home", f"{folder}/home"))
        filled = (home / "xunwang.db").exists()
        with console(home) as served:
            if not filled:
                began = time.perf_counter()
                alerts = int(own.get("alerts", ALERTS * share))
                fill(served.house, share, alerts, int(own.get("captures", CAPTURES * share)))
                print(f"filled in {time.perf_counter() - began:.0f} s")
            measure(served, times, own.get("only", ""))


def measure(served: Served, times: int, only: str) -> None:
    """One line a page and person."""
    blanks = {"/alerts/{id}": "/alerts/1", "/tasks/{id}": "/tasks/1"}
    roles = (Role.OFFICER, Role.SUPERVISOR, Role.OPS)
    own = [one for one in pages(blanks) if one not in ("/audit", "/people")]
    people = {
        "city": (roles, "310000", own),
        "district": (roles, "310118", own),
        "auditor": ((Role.AUDITOR,), "310000", ["/audit", "/deliveries"]),
        "admin": ((Role.ADMIN,), "310000", ["/people"]),
    }
    for name, (may, region, paths) in people.items():
        print(f"-- {name}")
        visitor = served.person(f"{name}{time.time():.0f}", *may, region=region)
        for path in paths:
            if only in path:
                try:
                    print(measured(served, visitor, path, times), flush=True)
                except TimeoutError:
                    print(f"{path:44} took longer than 60 s", flush=True)


def pages(blanks: dict[str, str]) -> Iterator[str]:
    for route in all_routes():
        path = route.path
        for blank, value in blanks.items():
            path = path.replace(blank, value)
        file = path.endswith("/file")  # a download, not a page
        if route.method == "GET" and "{" not in path and path not in ("/", "/sign-in") and not file:
            yield path
    yield from (
        "/alerts?sort=new",
        "/alerts?sort=domain&page=40",
        "/alerts?state=all&q=%E4%BF%9D%E6%9C%AC",
    )
    yield from ("/alerts?category=yield_promise&level=orange", "/tasks/list?due=overdue")
    yield from ("/sites?outcome=timed_out", "/sites?level=red", "/sites?q=0123", "/sites?page=900")
    yield from ("/sites?q=%E7%AC%AC12", "/sites?unpictured=1", "/sites/d0001003.example.cn")
    yield from ("/sites?q=nowhere", "/sites?level=none", "/sites?finding=number_other")
    yield from ("/album?sweep=1007", "/album?level=red", "/album?q=0123", "/album?page=150")
    yield from ("/statistics?period=2026&by=month", "/statistics?period=2026-04")


def measured(served: Served, visitor: Visitor, path: str, times: int) -> str:
    taken: list[float] = []
    with counted(served.house.database.engine) as said:
        began = time.perf_counter()
        visitor.get(path)
        first = (time.perf_counter() - began) * 1000
    spent = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        answer = visitor.get(path, Accept_Encoding="gzip")
        taken.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - spent) * 1000 / times
    taken.sort()
    p95 = taken[min(int(len(taken) * 0.95), len(taken) - 1)]
    size = len(answer.body) / 1024
    return (
        f"{path:44} {answer.status} first {first:7.1f}  median {statistics.median(taken):7.1f}"
        f"  p95 {p95:7.1f} ms  processor {spent:7.1f} ms  {len(said):2} queries {size:5.1f} KB"
    )


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the store meanwhile."""
    said: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT")):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def fill(house: House, share: float, count: int, captures: int) -> None:
    """One whole alert and task, number 1 each, and many rows."""
    seed_alert(house, "first.example.cn", level=Level.RED)
    seed_task(house, "second.example.cn")
    sites = int(SITES * share)
    seen = captures
    _write(house, t.sites, (_site(n, n < 1_000 + count) for n in range(1_000, 1_000 + sites)))
    ages = range(-(-seen // sites) - 1, -1, -1)
    _write(house, t.sweeps, (_sweep(age, sites) for age in ages))
    places = [(n, age) for age in ages for n in range(min(sites, seen - age * sites))]
    _write(house, t.visits, (_visit(n, age, sites) for n, age in places))
    _write(house, sweep_counts, _counted(places))
    texts = [a_text(f"第 {n} 篇 " + "保本保息，按季返息，欢迎到店咨询。" * 12) for n in range(200)]
    many = int(TEXTS * share) or 1
    _write(house, t.texts, (
        {"digest": f"{n:064x}", "fields": pack_text(texts[n % 200]), "first_seen_at": NOON}
        for n in range(many)
    ))  # fmt: skip
    manifest = msgspec.json.encode(a_capture(fetcher=Fetcher.HTTP)).decode()
    _write(house, t.captures, (_capture(n, age, sites, manifest, many) for n, age in places))
    body = msgspec.to_builtins(an_assessment(categories=("yield_promise",)), builtin_types=())
    _write(house, t.cases, (_case(n) for n in range(1_000, 1_000 + count)))
    _write(house, t.assessments, (
        _assessment(n, sites, body) for n in range(1_000, 1_000 + count)
    ))  # fmt: skip
    quiet = msgspec.to_builtins(an_assessment(level=Level.NONE, sentence=""), builtin_types=())
    _write(house, t.assessments, (
        {**_assessment(n, sites, quiet), "level": "none", "score": 0.0, "categories": []}
        for n in range(1_000 + count, 1_000 + sites)
    ))  # fmt: skip
    _write(house, t.alerts, (_alert(n, sites) for n in range(1_000, 1_000 + count)))
    _write(house, t.reviews, (_review(n) for n in range(1_000, 1_000 + count, 2)))
    _write(house, t.tasks, (_task(n) for n in range(1_000, 1_000 + int(TASKS * share))))
    with house.database.transaction() as db:
        db.exec_driver_sql("ANALYZE")


def _write(house: House, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while many := list(islice(rows, 20_000)):
        with house.database.transaction() as db:
            db.execute(insert(table), many)


def _region(n: int) -> str:
    return REGIONS[n % len(REGIONS)]


def _site(n: int, alerted: bool) -> dict[str, Any]:
    domain = f"d{n:07}.example.cn"
    return {
        "id": n, "domain": domain, "domain_shown": domain, "region": _region(n),
        "unit_name": f"第{n}号商务服务有限公司", "subject_kind": "enterprise", "site_name": "网站",
        "main_licence": f"沪ICP备{n:08}号", "service_licence": f"沪ICP备{n:08}号-1",
        "state": "watched", "created_at": NOON, "actor": "bench", "last_seen_at": NOON,
        "last_picture_at": NOON if n % 3 else None, "due_why": "ordinary",
        "due_at": NOON + timedelta(hours=n % 336 - 24), "last_outcome": _outcome(n - 1_000),
        "last_level": str(LEVELS[n % 5]) if alerted else "none",
    }  # fmt: skip


def _sweep(age: int, sites: int) -> dict[str, Any]:
    at = NOON - timedelta(days=7 * age)
    return {
        "id": 1_009 - age, "selection": "all", "state": "finished", "render": True, "actor": "b",
        "region": "310000", "started_at": at, "finished_at": at, "sites": sites,
    }  # fmt: skip


def _outcome(n: int) -> str:
    return "timed_out" if n % 17 == 0 else "seen"


def _counted(places: list[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    """What a sweep's end leaves of its visits."""
    ended = Counter((1_009 - age, _region(1_000 + n), _outcome(n)) for n, age in places)
    for (sweep, region, outcome), visits in ended.items():
        yield {"sweep_id": sweep, "region": region, "outcome": outcome, "visits": visits}


def _visit_id(n: int, age: int, sites: int) -> int:
    return 1_000 + (9 - age) * sites + n


def _visit(n: int, age: int, sites: int) -> dict[str, Any]:
    return {
        "id": _visit_id(n, age, sites), "sweep_id": 1_009 - age, "site_id": 1_000 + n,
        "region": _region(1_000 + n), "state": "closed", "outcome": _outcome(n),
        "closed_at": NOON - timedelta(days=7 * age),
    }  # fmt: skip


def _capture(n: int, age: int, sites: int, manifest: str, texts: int) -> dict[str, Any]:
    site, order = 1_000 + n, (9 - age) * sites + n
    at = NOON - timedelta(days=7 * age)
    return {
        "id": f"01BENCH{order:019}", "visit_id": _visit_id(n, age, sites), "site_id": site,
        "region": _region(site), "fetcher": "browser" if site % 3 else "http",
        "profile": "desktop", "outcome": _outcome(n),
        "reason": "", "flags": [], "status": 200, "final_url": "http://a.example.cn/",
        "title": "网站首页", "page_kind": "ordinary", "text_digest": f"{order % texts:064x}",
        "body_sha256": "", "started_at": at, "ended_at": at, "manifest": manifest,
        "manifest_sha256": "",
    }  # fmt: skip


def _case(n: int) -> dict[str, Any]:
    return {
        "id": n, "number": f"B-{n}", "key": f"bench:{n}", "title": "疑似",
        "category": "yield_promise", "level": str(LEVELS[n % 5]), "region": _region(n),
        "opened_at": NOON,
    }  # fmt: skip


def _assessment(n: int, sites: int, body: Any) -> dict[str, Any]:
    return {
        "visit_id": _visit_id(n - 1_000, 0, sites), "site_id": n, "region": _region(n),
        "level": str(LEVELS[n % 5]), "score": 9.0, "categories": ["yield_promise"], "rates": [],
        "current": True, "sentence": "疑似承诺保本高收益", "text_digest": f"{n % 1000:064x}",
        "lexicon_version": "b", "judged_at": NOON, "body": body,
    }  # fmt: skip


def _alert(n: int, sites: int) -> dict[str, Any]:
    return {
        "id": n, "site_id": n, "visit_id": _visit_id(n - 1_000, 0, sites),
        "case_id": n - n % 3 if n > 1_002 else n,
        "state": "open" if n % 2 else ("dismissed", "confirmed")[n % 4 // 2],
        "level": str(LEVELS[n % 5]), "score": 9.0 + n % 20, "region": _region(n),
        "sentence": "疑似承诺保本高收益：网站公开承诺按季返息，折合年化15.8%，请核查。",
        "opened_at": NOON - timedelta(minutes=n), "last_seen_at": NOON, "found": ["yield_promise:"],
    }  # fmt: skip


def _review(n: int) -> dict[str, Any]:
    return {
        "alert_id": n, "decision": ("dismiss", "confirm")[n % 4 // 2], "actor": f"o{n % 7}",
        "at": NOON - timedelta(minutes=n // 2), "reason": "", "misled_by": [],
        "region": _region(n),
    }  # fmt: skip


def _task(n: int) -> dict[str, Any]:
    states = ("drafted", "sent", "working", "answered", "closed")
    return {
        "number": f"BT-{n}", "case_id": n, "state": states[n % 5], "level": "red", "title": "疑似",
        "summary": "疑似", "region": _region(n), "lead_code": "310118-JR",
        "lead_name": "金融监管局", "cooperating": [], "rule": "", "drafted_by": "b",
        "approved_by": "", "needs_approval": True,
        "created_at": NOON, "due_at": NOON + timedelta(days=n % 30 - 5), "seq": 1,
    }  # fmt: skip


if __name__ == "__main__":
    main()
