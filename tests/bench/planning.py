"""How long a day's sweep over many sites takes to plan, and what it costs to ask who is due.

`python -m tests.bench.planning [SITES]`: sites are rows of one list, all due; on disk, synchronous.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from crawler.domain.schedule import Schedule, checked
from crawler.service.choosing import sweep_for
from crawler.service.forecasting import forecast
from crawler.store.certificates import coverage_of_sweep
from crawler.store.database import migrate
from crawler.store.rhythms import due_by
from crawler.store.schedules import add_schedule
from crawler.store.snapshots import open_copy
from crawler.store.tables import sites

NOW = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)
BLOCK = 10_000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    with tempfile.TemporaryDirectory() as folder:
        database = open_copy(Path(folder) / "x.db")
        migrate(database)
        with database.transaction() as db:
            for start in range(0, count, BLOCK):
                db.execute(insert(sites), [_row(n) for n in range(start, start + BLOCK)])
            due = add_schedule(db, Schedule(name="夜", cron="0 2 * * *", region="310118"), NOW)
            sample = Schedule(
                name="抽",
                cron="0 2 * * *",
                region="310118",
                selection="sample:5",
                officers=("甲", "乙"),
            )
            drawn = add_schedule(db, checked(sample), NOW)
        for name, schedule in (("到期", due), ("抽查 5%", drawn)):
            began, busy = time.perf_counter(), time.process_time()
            with database.transaction() as db:
                sweep = sweep_for(db, schedule, "bench", "seed", NOW)
            _say(f"计划一批（{name}，{sweep.sites:,} 个网站）", began, busy)
        for name, ask in (
            ("推算", lambda db: forecast(db, due, NOW)),
            ("到期汇总", lambda db: due_by(db, (NOW + timedelta(days=7),))),
            ("覆盖", lambda db: coverage_of_sweep(db, 1)),
        ):
            began, busy = time.perf_counter(), time.process_time()
            with database.reading() as db:
                ask(db)  # type: ignore[no-untyped-call]
            _say(name, began, busy)
        database.close()


def _say(name: str, began: float, busy: float) -> None:
    wall, cpu = time.perf_counter() - began, time.process_time() - busy
    print(f"{name}：{wall:.2f} s（处理器 {cpu:.2f} s）", flush=True)


def _row(number: int) -> dict[str, object]:
    return {
        "domain": f"s{number}.example.cn", "domain_shown": "s", "region": "310118",
        "unit_name": f"单位{number}", "subject_kind": "enterprise", "site_name": "",
        "main_licence": "", "service_licence": "", "state": "watched", "created_at": NOW,
        "due_at": NOW - timedelta(minutes=number % 1_000), "actor": "bench",
    }  # fmt: skip


if __name__ == "__main__":
    main()
