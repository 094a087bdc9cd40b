"""PostgreSQL: many machines claim without a double, one dies, the server restarts."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, make_url, select, text

from crawler.domain.delivery import Delivery, EventType
from crawler.domain.errors import TryLater
from crawler.store.database import Database, migrate, open_database
from crawler.store.outbox import put
from crawler.store.tables import sites, sweeps, texts, visits
from crawler.store.texts import ReadText, save_texts
from tests import servers
from tests.builders import NOON, a_text

pytestmark = pytest.mark.postgres
VISITS = 300


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    """A database of these tests' own."""
    database = open_database(postgres_url)
    with database.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text("CREATE DATABASE machines"))
    database.close()
    made = make_url(postgres_url).set(database="machines").render_as_string(hide_password=False)
    opened = open_database(made)
    migrate(opened)
    opened.close()
    return made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()


def a_sweep(database: Database, prefix: str) -> int:
    with database.transaction() as db:
        sweep = int(db.execute(insert(sweeps).values(
            selection=prefix, state="running", render=False, actor="test", region="310000",
            started_at=NOON, sites=VISITS,
        ).returning(sweeps.c.id)).scalar_one())  # fmt: skip
        made = db.scalars(insert(sites).returning(sites.c.id), [
            {
                "domain": f"{prefix}{number}.example.cn", "domain_shown": "", "region": "310118",
                "unit_name": "", "subject_kind": "enterprise", "site_name": "",
                "main_licence": "", "service_licence": "", "state": "watched",
                "created_at": NOON, "actor": "test",
            }
            for number in range(VISITS)
        ]).all()  # fmt: skip
        db.execute(insert(visits), [
            {"sweep_id": sweep, "site_id": one, "region": "310118", "state": "waiting"}
            for one in made
        ])  # fmt: skip
    return sweep


def a_machine(url: str, owner: str, sweep: int, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(Path(__file__).with_name("claiming_worker.py"))]
    return subprocess.Popen(
        [*command, url, owner, str(sweep), *more], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.fault("D22")
def test_many_machines_claim_every_visit_once_and_a_dead_ones_come_back(
    url: str, database: Database
) -> None:
    sweep = a_sweep(database, "claim")
    dying = a_machine(url, "dying", sweep, "stall")
    assert dying.stdout is not None
    held = dying.stdout.readline().split()[1:]
    dying.send_signal(signal.SIGKILL)
    machines = [a_machine(url, f"machine-{number}", sweep) for number in range(3)]

    told = [machine.communicate(timeout=240)[0].split("\n") for machine in machines]
    dying.communicate(timeout=10)

    done = Counter(int(line.split()[1]) for lines in told for line in lines if line)
    with database.reading() as db:
        wanted = set(db.scalars(select(visits.c.id).where(visits.c.sweep_id == sweep)))
    assert len(held) == 7
    assert set(done) == wanted  # the dead one's too
    assert set(done.values()) == {1}
    assert sum(any(lines) for lines in told) >= 2  # really several


def test_what_was_put_before_is_not_counted_again(database: Database) -> None:
    message = Delivery(
        id="01JV0000000000000000000001", endpoint="e", event_key="k", event=EventType.ALERT_OPENED,
        subject="alert:1", seq=1, body=b"{}", created_at=NOON, due_at=NOON, region="310118",
    )  # fmt: skip

    counts = []
    for _ in range(2):
        with database.transaction() as db:
            counts.append(put(db, [message]))

    assert counts == [1, 0]


def test_parents_that_save_the_same_texts_do_not_wait_for_each_other_forever(
    database: Database,
) -> None:
    read = [ReadText(text=a_text(f"同一份文本{number}")) for number in range(200)]
    troubles: list[Exception] = []

    def save(order: list[ReadText]) -> None:
        try:
            for _ in range(5):
                with database.transaction() as db:
                    save_texts(db, order, NOON)
                with database.transaction() as db:
                    db.execute(delete(texts))
        except Exception as trouble:  # noqa: BLE001 - told below
            troubles.append(trouble)

    threads = [threading.Thread(target=save, args=(one,)) for one in (read, read[::-1], read[50:])]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)

    assert troubles == []


@pytest.mark.fault("D22")
def test_a_restart_is_one_plain_line_and_the_next_call_works(url: str, database: Database) -> None:
    folder = servers.postgres_folder(make_url(url).port or 0)
    with database.reading() as db:
        db.execute(text("SELECT 1"))

    def restarted_under_our_hands() -> None:
        with database.transaction() as db:
            servers.told("postgres-server", "restart", str(folder), seconds=120)
            db.execute(text("SELECT 1"))

    with pytest.raises(TryLater, match="数据库暂不可用"):
        restarted_under_our_hands()

    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with database.reading() as db:
                assert db.scalar(text("SELECT 1")) == 1
            break
        except TryLater:
            time.sleep(0.2)
    else:
        pytest.fail("it did not come back")
