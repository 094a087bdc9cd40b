"""Server time of each page over a large store: `python -m tests.bench.console [SHARE] [TIMES]`.

SHARE 1 is the issue's measure: 400,000 sites, 1,000,000 captures, 20,000 alerts of which half are
open, 2,000 tasks; 0.1 is a tenth of each. Only `alerts=N` says another number of alerts. Rows are
written straight into the tables; texts have 200 characters. Prints the time of an answer, and the
processor time behind it (asking included), which other work on the machine does not lengthen.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, insert

from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher
from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from crawler.service.wiring import House
from crawler.store import tables as t
from crawler.store.texts import pack_text
from tests.builders import NOON, a_capture, a_text, an_assessment
from tests.integration.console_house import Served, Visitor, console
from tests.integration.console_seeds import seed_alert, seed_task

SITES, CAPTURES, ALERTS, TASKS, TEXTS = 400_000, 1_000_000, 20_000, 2_000, 50_000
REGIONS = ("310118", "310116", "310104", "310115")
LEVELS = (Level.YELLOW, Level.YELLOW, Level.ORANGE, Level.ORANGE, Level.RED)


def main() -> None:
    given = [one for one in sys.argv[1:] if "=" not in one]
    own = dict(one.split("=") for one in sys.argv[1:] if "=" in one)
    share, times = float(given[0]) if given else 1.0, int(given[1]) if len(given) > 1 else 20
    count = int(own.get("alerts", ALERTS * share))
    with tempfile.TemporaryDirectory() as folder, console(Path(folder) / "home") as served:
        first = seed_alert(served.house, "first.example.cn", level=Level.RED)
        task = seed_task(served.house, "second.example.cn")
        began = time.perf_counter()
        fill(served.house, share, count)
        print(f"filled in {time.perf_counter() - began:.0f} s: {count} alerts")
        blanks = {"/alerts/{id}": f"/alerts/{first.alert_id}", "/tasks/{id}": f"/tasks/{task.id}"}
        for name, region in (("city", "310000"), ("district", "310118")):
            roles = (Role.OFFICER, Role.SUPERVISOR, Role.OPS)
            visitor = served.person(name, *roles, region=region)
            print(f"-- {name}")
            for path in pages(blanks):
                try:
                    print(measured(served, visitor, path, times), flush=True)
                except TimeoutError:
                    print(f"{path:52} took longer than 20 s", flush=True)


def pages(blanks: dict[str, str]) -> Iterator[str]:
    for route in all_routes():
        path = route.path
        for blank, value in blanks.items():
            path = path.replace(blank, value)
        if route.method == "GET" and "{" not in path and path not in ("/", "/sign-in"):
            yield path
    yield from (
        "/alerts?sort=new",
        "/alerts?sort=domain&page=40",
        "/alerts?state=all&q=%E4%BF%9D%E6%9C%AC",
    )
    yield from ("/alerts?category=yield_promise&level=orange", "/tasks/list?due=overdue")


def measured(served: Served, visitor: Visitor, path: str, times: int) -> str:
    taken: list[float] = []
    answer = visitor.get(path)
    spent = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        answer = visitor.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - spent) * 1000 / times
    taken.sort()
    p95 = taken[min(int(len(taken) * 0.95), len(taken) - 1)]
    size = len(answer.body) // 1024
    return (
        f"{path:52} {answer.status} median {statistics.median(taken):7.1f} ms"
        f"  p95 {p95:7.1f} ms  processor {spent:7.1f} ms {size:5} KB"
    )


def fill(house: House, share: float, count: int) -> None:
    sites = int(SITES * share)
    _write(house, t.sites, (_site(n) for n in range(1_000, 1_000 + sites)))
    sweep = {"id": 1_000, "selection": "all", "state": "finished", "render": True, "actor": "b"}
    _write(house, t.sweeps, iter([{
        **sweep, "region": "310000", "started_at": NOON, "finished_at": NOON, "sites": sites,
    }]))  # fmt: skip
    _write(house, t.visits, (_visit(n) for n in range(1_000, 1_000 + sites)))
    texts = [a_text(f"第 {n} 篇 " + "保本保息，按季返息，欢迎到店咨询。" * 12) for n in range(200)]
    _write(house, t.texts, (
        {"digest": f"{n:064x}", "fields": pack_text(texts[n % 200]), "first_seen_at": NOON}
        for n in range(int(TEXTS * share) or 1)
    ))  # fmt: skip
    manifest = msgspec.json.encode(a_capture(fetcher=Fetcher.HTTP)).decode()
    _write(house, t.captures, (
        _capture(n, sites, manifest, int(TEXTS * share) or 1) for n in range(int(CAPTURES * share))
    ))  # fmt: skip
    body = msgspec.to_builtins(an_assessment(categories=("yield_promise",)))
    _write(house, t.cases, (_case(n) for n in range(1_000, 1_000 + count)))
    _write(house, t.assessments, (_assessment(n, body) for n in range(1_000, 1_000 + count)))
    _write(house, t.alerts, (_alert(n) for n in range(1_000, 1_000 + count)))
    _write(house, t.tasks, (_task(n) for n in range(1_000, 1_000 + int(TASKS * share))))
    with house.database.transaction() as db:
        db.exec_driver_sql("ANALYZE")


def _write(house: House, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while many := list(islice(rows, 20_000)):
        with house.database.transaction() as db:
            db.execute(insert(table), many)


def _region(n: int) -> str:
    return REGIONS[n % len(REGIONS)]


def _site(n: int) -> dict[str, Any]:
    domain = f"d{n:07}.example.cn"
    return {
        "id": n, "domain": domain, "domain_shown": domain, "region": _region(n),
        "unit_name": f"第{n}号商务服务有限公司", "subject_kind": "enterprise", "site_name": "网站",
        "main_licence": f"沪ICP备{n:08}号", "service_licence": f"沪ICP备{n:08}号-1",
        "state": "watched", "created_at": NOON, "actor": "bench", "last_seen_at": NOON,
    }  # fmt: skip


def _visit(n: int) -> dict[str, Any]:
    outcome = "timed_out" if n % 17 == 0 else "seen"
    return {
        "id": n, "sweep_id": 1_000, "site_id": n, "region": _region(n), "state": "closed",
        "outcome": outcome, "closed_at": NOON,
    }  # fmt: skip


def _capture(n: int, sites: int, manifest: str, texts: int) -> dict[str, Any]:
    site = 1_000 + n % max(sites, 1)
    at = NOON - timedelta(days=n // max(sites, 1))
    return {
        "id": f"01BENCH{n:019}", "visit_id": site, "site_id": site, "region": _region(site),
        "fetcher": "browser" if n % 7 == 0 else "http", "profile": "desktop", "outcome": "seen",
        "reason": "", "flags": [], "status": 200, "final_url": "http://a.example.cn/",
        "title": "网站首页", "page_kind": "ordinary", "text_digest": f"{n % texts:064x}",
        "body_sha256": "", "started_at": at, "ended_at": at, "manifest": manifest,
        "manifest_sha256": "",
    }  # fmt: skip


def _case(n: int) -> dict[str, Any]:
    return {
        "id": n, "number": f"B-{n}", "key": f"bench:{n}", "title": "疑似",
        "category": "yield_promise", "level": str(LEVELS[n % 5]), "region": _region(n),
        "opened_at": NOON,
    }  # fmt: skip


def _assessment(n: int, body: Any) -> dict[str, Any]:
    return {
        "visit_id": n, "site_id": n, "region": _region(n), "level": str(LEVELS[n % 5]),
        "score": 9.0, "categories": ["yield_promise"], "rates": [], "current": True,
        "sentence": "疑似承诺保本高收益",
        "text_digest": f"{n % 1000:064x}", "lexicon_version": "b", "judged_at": NOON, "body": body,
    }  # fmt: skip


def _alert(n: int) -> dict[str, Any]:
    return {
        "id": n, "site_id": n, "visit_id": n, "case_id": n - n % 3 if n > 1_002 else n,
        "state": "open" if n % 2 else ("dismissed", "confirmed")[n % 4 // 2],
        "level": str(LEVELS[n % 5]), "score": 9.0 + n % 20, "region": _region(n),
        "sentence": "疑似承诺保本高收益：网站公开承诺按季返息，折合年化15.8%，请核查。",
        "opened_at": NOON - timedelta(minutes=n), "last_seen_at": NOON, "found": ["yield_promise:"],
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
