"""双随机、一公开: drawn by a seed anybody can draw by again, published without suspicion."""

import csv
import io
import json
from pathlib import Path

from sqlalchemy import update

from crawler.domain.schedule import Schedule, checked, draw
from crawler.service.choosing import sweep_for
from crawler.store.choices import quiet_sites
from crawler.store.schedules import add_schedule, draw_of, drawn_results
from crawler.store.tables import alerts, sites, visits
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import told


def test_a_sample_is_of_quiet_sites_repeatable_and_publishable(tmp_path: Path) -> None:
    house = a_house(tmp_path / "h")
    for number in range(6):
        seed_case(house, f"s{number}.example.cn", pictures=0)
    with house.database.transaction() as db:
        db.execute(update(alerts).where(alerts.c.site_id > 1).values(state="dismissed"))
        wang = update(sites).where(sites.c.domain == "s1.example.cn")
        db.execute(wang.values(unit_name="王小明", subject_kind="person"))
        formula = update(sites).where(sites.c.domain == "s2.example.cn")
        db.execute(formula.values(unit_name='=HYPERLINK("http://x")'))
        plan = add_schedule(db, checked(Schedule(
            name="抽", cron="0 9 * * mon", selection="sample:100", officers=("甲", "乙"),
            region="310118",
        )), NOON)  # fmt: skip
        population = quiet_sites(db)
        sweep = sweep_for(db, plan, "test", "the-seed", NOON)
        for outcome, domain in (("seen", "s1"), ("timed_out", "s2")):
            chosen = sites.select().where(sites.c.domain == f"{domain}.example.cn")
            mine = (visits.c.site_id == db.execute(chosen).one().id) & (
                visits.c.sweep_id == sweep.id
            )
            db.execute(update(visits).where(mine).values(outcome=outcome, closed_at=NOON))
        kept, drawn = draw_of(db, sweep.id), drawn_results(db, sweep.id)
    house.database.close()

    assert kept is not None
    assert (sweep.sites, len(population)) == (5, 5)  # s0 has an open alert
    again = draw(population, kept["officers"], kept["percent"], kept["seed"])
    assert sorted(officer for _, officer in again.assigned) == sorted(one.officer for one in drawn)

    file = tmp_path / "sheet.csv"
    done = told(house.home, "schedule", "sheet", str(sweep.id), "-o", str(file))
    assert done.code == 0, done.err
    text = file.read_bytes().decode("utf-8-sig")
    rows = {row[1]: row for row in csv.reader(io.StringIO(text)) if len(row) == 6}
    assert rows["s1.example.cn"][5] == "已检查"
    assert rows["s2.example.cn"][5].startswith("未能检查：超时")
    assert rows["s3.example.cn"][5] == "尚未检查"
    assert rows["s2.example.cn"][2].startswith("'=")
    assert "王小明" not in text
    assert "the-seed" in text
    assert "疑似" not in text
    assert told(house.home, "schedule", "sheet", "1", "-o", str(file)).code == 2
    assert told(house.home, "schedule", "sheet", "x", "-o", str(file)).code == 2

    foreseen = json.loads(told(house.home, "schedule", "forecast", "抽", "--json").out)
    assert (foreseen["sites"], foreseen["measured"]) == (5, False)
    assert "5 个网站" in told(house.home, "schedule", "forecast", "抽").out
