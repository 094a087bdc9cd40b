"""`python -m tests.soak --minutes 60`: a served house under sweeps, deliveries, console traffic and
kills; ends with an account that must balance. Exit 0 only if it does.

Injected: kill -9 of a child, of the browser, of the parent; the receiver goes away and comes back;
the disk is full (where an administrator may mount one); the parent's clock is a day ahead, an hour
behind (where libfaketime is installed); another process holds the embedded database. With
`--postgres` the store, with `--elasticsearch` the search is a real server, which is stopped hard
and started again. What cannot be injected on a machine is said at the start.
"""

import argparse
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, make_url, select

from crawler.domain.delivery import DeliveryState
from crawler.domain.errors import WatchError
from crawler.domain.schedule import GOING, FiringState, Schedule
from crawler.service.wiring import House, open_house
from crawler.store.audit import broken_entries
from crawler.store.schedules import add_schedule, ask_run, firings_in, schedule_named
from crawler.store.tables import (
    alerts,
    captures,
    links,
    outbox,
    sites,
    sweeps,
    tasks,
    texts,
    visits,
)
from crawler.store.verifying import verify
from tests import servers
from tests.serving_house import XUNWANG
from tests.soak_faults import (
    CLOCKS,
    FAKETIME,
    clock_environment,
    eat,
    hold_store,
    move_clock,
    small_disk,
)

SECRET = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="
PAGES = ("/healthz", "/readyz", "/metrics", "/sign-in")
OVER = {FiringState.DONE, FiringState.FAILED, FiringState.STOPPED, FiringState.MISSED}
DRAIN_S = 900


@dataclass
class Tally:
    """What happened on the way."""

    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    # parent, MB, handles, children, files: each time a sweep of this parent had come to its end
    rests: list[tuple[int, float, int, int, int]] = field(default_factory=list)
    swept_by: int = 0  # the parent that was last seen sweeping
    deaths: int = 0  # of serve, by itself


@dataclass
class Run:
    home: Path
    house: House
    tally: Tally
    chance: random.Random
    received: Path
    process: "subprocess.Popen[bytes] | None" = None
    receiver: "subprocess.Popen[bytes] | None" = None
    port: int = 0
    clock: Path | None = None
    own_disk: bool = False
    postgres: Path | None = None
    elastic: str = ""

    def serve(self) -> None:
        """Start, or start again."""
        address = self.home / "run" / "address"
        address.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [XUNWANG, "--home", str(self.home), "serve", "--port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=(self.home.parent / "serve.err").open("ab"),
            env=clock_environment(self.clock) if self.clock else None,
        )
        _until(lambda: address.exists() and bool(address.read_text("utf-8")), 120, "serve starts")

    def listen(self) -> None:
        """The receiver, on one port for the whole run."""
        ready = self.home / "receiver"
        ready.unlink(missing_ok=True)
        self.receiver = subprocess.Popen(
            [sys.executable, "-m", "tests.receiver", "--secret", SECRET, "--port", str(self.port),
             "--ready-file", str(ready), "--keep", str(self.received)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _until(lambda: ready.exists() and bool(ready.read_text("utf-8")), 60, "receiver starts")

    def children(self) -> dict[int, str]:
        """Processes below serve, with their command lines."""
        assert self.process is not None
        return dict(_below(self.process.pid))


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=0, help="0: a fresh one, printed")
    options.add_argument("--postgres", action="store_true", help="keep the store in a real one")
    options.add_argument("--elasticsearch", action="store_true", help="search in a real one")
    options.add_argument("--keep", action="store_true", help="leave the home for a look")
    given = options.parse_args()
    if given.postgres and not given.elasticsearch:
        options.error("--postgres needs --elasticsearch: embedded search is SQLite's")
    seed = given.seed or int.from_bytes(os.urandom(3), "big")
    folder = Path(tempfile.mkdtemp(prefix="xunwang-soak-"))
    print(f"soak: {given.minutes:g} 分钟，种子 {seed}，目录 {folder}", flush=True)
    with ExitStack() as stack:
        places = {"postgres": "", "elastic": ""}
        if given.postgres:
            places["postgres"] = stack.enter_context(servers.postgres())
        if given.elasticsearch:
            places["elastic"] = stack.enter_context(servers.elasticsearch())
        run = stack.enter_context(_started(folder, seed, **places))
        _shaken(run, time.monotonic() + given.minutes * 60)
        _drained(run)
        faults = _account(run)
    if not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if faults else 0)


@contextmanager
def _started(folder: Path, seed: int, postgres: str, elastic: str) -> Iterator[Run]:
    home = folder / "home"
    home.mkdir()
    with small_disk(home) as own_disk:
        yield from _served(folder, seed, postgres, elastic, own_disk=own_disk)


def _served(
    folder: Path, seed: int, postgres: str, elastic: str, *, own_disk: bool
) -> Iterator[Run]:
    settings, home = folder / "crawl.toml", folder / "home"
    web = subprocess.Popen(
        [sys.executable, "-m", "tests.site", "--settings", str(settings)],
        stdout=subprocess.DEVNULL,
    )
    _until(settings.exists, 60, "the made-up web starts")
    run = Run(
        home=home, house=None, tally=Tally(), chance=random.Random(seed),  # type: ignore[arg-type]
        received=folder / "received.jsonl", port=_free_port(), own_disk=own_disk,
        clock=folder / "clock" if FAKETIME.exists() else None,
        postgres=servers.postgres_folder(make_url(postgres).port or 0) if postgres else None,
        elastic=elastic,
    )  # fmt: skip
    for missing in _missing(run):
        print(f"  （不注入：{missing}）", flush=True)
    endpoint = f'name = "platform"\nurl = "http://127.0.0.1:{run.port}/"\nsecret = "{SECRET}"\n'
    (home / "xunwang.toml").write_text(
        f'region = "310118"\n{settings.read_text("utf-8")}\n[delivery]\nallow = ["127.0.0.0/8"]\n'
        f"timeout_s = 5.0\n[[delivery.endpoints]]\n{endpoint}"
        f'[ops]\nleast_free_mb = 8\n[store]\ndatabase = "{postgres}"\n'
        f'[search]\nelasticsearch = "{elastic}"\n',
        "utf-8",
    )
    listing = ["--home", str(home), "import", "tests/site/filings.csv"]
    subprocess.run([XUNWANG, *listing], check=True, stdout=subprocess.DEVNULL, timeout=300)
    run.house = open_house(home)
    with run.house.database.transaction() as db:
        add_schedule(
            db, Schedule(name="soak", cron="0 0 1 1 *", selection="all", region="310118"), _now()
        )
    try:
        run.listen()
        run.serve()
        yield run
    finally:
        run.house.database.close()
        for process in (run.process, run.receiver, web):
            if process is not None and process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(15)


def _shaken(run: Run, ends: float) -> None:
    """Sweeps one after the other, pages asked, and something broken every now and then."""
    began = next_fault = time.monotonic() + 20
    kinds = [_kill_child, _kill_browser, _kill_parent, _lose_receiver, *_more_kinds(run)]
    run.chance.shuffle(kinds)
    coming = itertools.cycle(kinds)
    while time.monotonic() < ends:
        _is_up(run)
        _ask_for_a_sweep(run)
        _confirm_one(run)
        for page in PAGES:
            run.tally.answers[_asked(run, page)] += 1
        if time.monotonic() > next_fault:
            late = time.monotonic() > (began + ends) / 2  # growth shows in a parent that lives long
            fault = next(coming)
            (next(coming) if late and fault is _kill_parent else fault)(run)
            next_fault = time.monotonic() + run.chance.uniform(15, 45)
        time.sleep(1)


def _ask_for_a_sweep(run: Run) -> None:
    try:
        with run.house.database.reading() as db:
            newest = firings_in(db, limit=1)
    except WatchError:  # the store is what was broken
        return
    assert run.process is not None
    if newest and newest[0].state not in OVER:
        run.tally.swept_by = run.process.pid
        return
    if newest:
        run.tally.states[str(newest[0].state)] += 1
    if run.tally.swept_by == run.process.pid:
        run.tally.rests.append(_size(run))
    with suppress(WatchError), run.house.database.transaction() as db:
        ask_run(db, newest[0].schedule if newest else _schedule(run), "soak", _now())


def _schedule(run: Run) -> Schedule:
    with run.house.database.reading() as db:
        return schedule_named(db, "soak")


def _confirm_one(run: Run) -> None:
    """An officer confirms something now and then: a task, and messages, come of it."""
    if run.chance.random() > 0.05:
        return
    with suppress(WatchError):
        with run.house.database.reading() as db:
            number = db.scalar(select(func.min(alerts.c.id)).where(alerts.c.state == "open"))
        if number:
            words = ["--home", str(run.home), "confirm", str(number), "--reason", "属实"]
            done = subprocess.run(
                [XUNWANG, *words], check=False, timeout=120, capture_output=True,
                env=os.environ | {"XUNWANG_ACTOR": "officer"},
            )  # fmt: skip
            run.tally.answers[f"confirm {done.returncode}"] += 1


def _is_up(run: Run) -> None:
    """A serve that ends by itself has failed, whatever was broken."""
    if run.process is not None and run.process.poll() is not None:
        run.tally.deaths += 1
        run.serve()


def _missing(run: Run) -> Iterator[str]:
    if not run.own_disk:
        yield "磁盘写满，须以管理员身份运行（挂载一个小磁盘）"
    if run.clock is None:
        yield "拨动时钟，须安装 Debian 的 faketime"
    if run.postgres is None:
        yield "PostgreSQL 重启，用 --postgres"
    if not run.elastic:
        yield "Elasticsearch 停机，用 --elasticsearch"


def _more_kinds(run: Run) -> Iterator[Callable[[Run], None]]:
    if run.own_disk:
        yield _fill
    if run.clock is not None:
        yield _clock
    yield _store_away
    if run.elastic:
        yield _search_away


def _fill(run: Run) -> None:
    run.tally.faults["disk"] += 1
    with eat(run.home):
        time.sleep(run.chance.uniform(5, 20))


def _clock(run: Run) -> None:
    assert run.clock is not None
    by = run.chance.choice(CLOCKS)
    run.tally.faults[f"clock {by}"] += 1
    move_clock(run.clock, by, run.chance.uniform(10, 25))


def _store_away(run: Run) -> None:
    run.tally.faults["store"] += 1
    if run.postgres is not None:
        servers.told("postgres-server", "restart", str(run.postgres), seconds=120)
    else:
        hold_store(run.home / "xunwang.db", run.chance.uniform(5, 45))


def _search_away(run: Run) -> None:
    run.tally.faults["search"] += 1
    folder = servers.elasticsearch_folder(run.elastic)
    servers.told("elasticsearch-server", "stop", str(folder), seconds=60)
    time.sleep(run.chance.uniform(5, 20))
    servers.restart_elasticsearch(run.elastic)


def _kill_child(run: Run) -> None:
    _kill_one(run, "crawler.service.", "child")


def _kill_browser(run: Run) -> None:
    _kill_one(run, "headless", "browser")


def _kill_one(run: Run, mark: str, name: str) -> None:
    found = [pid for pid, command in run.children().items() if mark in command]
    if found:
        with suppress(ProcessLookupError):
            os.kill(run.chance.choice(found), signal.SIGKILL)
        run.tally.faults[name] += 1


def _kill_parent(run: Run) -> None:
    assert run.process is not None
    run.process.kill()
    run.process.wait(10)
    run.tally.faults["parent"] += 1
    run.serve()


def _lose_receiver(run: Run) -> None:
    if run.receiver is not None:
        run.receiver.kill()
        run.receiver.wait(10)
        run.tally.faults["receiver"] += 1
        time.sleep(run.chance.uniform(2, 8))
    run.listen()


def _drained(run: Run) -> None:
    """The sweep under way ends, and everything that waits goes out."""

    def quiet() -> bool:
        _is_up(run)
        with suppress(WatchError), run.house.database.reading() as db:
            going = firings_in(db, GOING, limit=1)
            waiting = db.scalar(select(func.count()).where(outbox.c.state == "waiting"))
            behind = db.scalar(select(func.count()).where(texts.c.index_state == "waiting"))
            return not going and not waiting and not behind
        return False

    _until(quiet, DRAIN_S, "what is under way ends", fatal=False)
    run.tally.rests.append(_size(run))


def _account(run: Run) -> list[str]:
    """Every line as it stands; the complaints at the end."""
    wrong: list[str] = []

    def line(name: str, left: object, right: object) -> None:
        print(f"  {'✓' if left == right else '✗'} {name}：{left} = {right}", flush=True)
        if left != right:
            wrong.append(name)

    tally = run.tally
    print(f"故障：{dict(tally.faults)}；巡查：{dict(tally.states)}；页面：{dict(tally.answers)}")
    count = func.count()
    with run.house.database.reading() as db:
        done = select(sweeps.c.id).where(sweeps.c.state == "finished")
        of_done = select(count).select_from(visits).where(visits.c.sweep_id.in_(done))
        expected = db.scalar(select(func.sum(sweeps.c.sites)).where(sweeps.c.state == "finished"))
        line("完成批次的网站 = 巡查", expected or 0, db.scalar(of_done))
        line("没有结果的巡查", db.scalar(of_done.where(visits.c.outcome == "")), 0)
        line("采集 = 证据链环", db.scalar(select(count).select_from(captures)),
             db.scalar(select(count).select_from(links)))  # fmt: skip
        found = verify(db, run.house.evidence)
        line("存证核验的问题", [one.reason for one in found.faults], [])
        line("审计链的断点", list(broken_entries(db)), [])
        opened = select(count).select_from(alerts).where(alerts.c.state == "open")
        by_site = select(func.count(alerts.c.site_id.distinct())).where(alerts.c.state == "open")
        line("待核实预警 = 有预警的网站", db.scalar(opened), db.scalar(by_site))
        confirmed = select(count).select_from(alerts).where(alerts.c.state == "confirmed")
        without = confirmed.where(alerts.c.case_id.not_in(select(tasks.c.case_id)))
        made = db.scalar(select(count).select_from(tasks))
        print(f"    确认 {db.scalar(confirmed)} 条预警，任务 {made} 件")
        line("确认了而没有任务的预警", db.scalar(without), 0)
        unfound = select(count).select_from(texts).where(texts.c.index_state != "indexed")
        line("没有进入检索的文字", db.scalar(unfound), 0)
        sent = set(db.scalars(select(outbox.c.event_key)))
        late = select(count).where(outbox.c.state != str(DeliveryState.DELIVERED))
        line("没有送达的消息", db.scalar(late), 0)
        keys = _event_keys(run.received)
        line("发出的消息 = 收到的（去重）", len(sent), len(set(keys)))
        print(f"    重复收到 {len(keys) - len(set(keys))} 次（同一 event_key，接收方可辨认）")
        states = {one.state for one in firings_in(db, limit=10_000)}
        line("还在进行的执行", len(states.intersection(GOING)), 0)
        print(f"    网站 {db.scalar(select(count).select_from(sites))}，记录 {found.records}")
    line("页面的服务器错误", sum(n for k, n in tally.answers.items() if k == "500"), 0)
    left = [one.name for mark in ("snapshot-*", "*.watch") for one in (run.home / "run").glob(mark)]
    line("遗留的临时文件", left, [])
    line("做完之后还在的子进程", tally.rests[-1][3], 0)
    line("serve 自己退出", tally.deaths, 0)
    sweeps_seen = 0
    for name, seen, most in _growth(tally.rests):
        sweeps_seen = len(seen)
        print(
            f"    同一进程里，每次巡查做完之后的{name}：{'、'.join(f'{one:.0f}' for one in seen)}"
        )
        line(f"{name}增长超过 {most:g}", max(0.0, seen[-1] - seen[0] - most), 0.0)
    if sweeps_seen < 2:
        print("    （没有一个进程做完过两次巡查：增长没有量出来）")
    print("账目不平：" + "、".join(wrong) if wrong else "账目相符")
    return wrong


def _event_keys(file: Path) -> list[str]:
    """Of every message that the receiver could believe, as often as it came."""
    if not file.exists():
        return []
    found = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    return [json.loads(one["body"])["event_key"] for one in found if one["valid"]]


def _asked(run: Run, page: str) -> str:
    address = run.home / "run" / "address"
    try:
        host = address.read_text("utf-8").removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request("GET", page)
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException):
        return "closed"
    return "503 ready" if page == "/readyz" and status == 503 else str(status)


def _growth(
    rests: list[tuple[int, float, int, int, int]],
) -> Iterator[tuple[str, list[float], float]]:
    """Of the parent that finished most sweeps, at rest after each: what it held, and how much more
    is no leak. During a sweep it holds pipes and children, as many as the sweep needs just then.
    """
    lives = Counter(one[0] for one in rests)
    longest = max(lives, key=lambda pid: lives[pid])
    names = (("内存 MB", 60.0), ("句柄", 8.0), ("子进程", 0.0), ("run 下文件", 8.0))
    for place, (name, most) in enumerate(names, 1):
        yield name, [float(one[place]) for one in rests if one[0] == longest], most


def _size(run: Run) -> tuple[int, float, int, int, int]:
    assert run.process is not None
    place = Path(f"/proc/{run.process.pid}")
    try:
        pages = int((place / "statm").read_text("ascii").split()[1])
        handles = len(list((place / "fd").iterdir()))
    except (OSError, IndexError):
        return run.process.pid, 0.0, 0, 0, 0
    files = sum(1 for _ in (run.home / "run").iterdir())
    return (
        run.process.pid,
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        handles,
        len(run.children()),
        files,
    )


def _below(root: int) -> Iterator[tuple[int, str]]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            stat = (path / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            parents.setdefault(int(stat[1]), []).append(int(path.name))
    todo = list(parents.get(root, []))
    while todo:
        pid = todo.pop()
        todo += parents.get(pid, [])
        with suppress(OSError):
            yield pid, Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _until(what: Callable[[], bool], seconds: float, name: str, *, fatal: bool = True) -> None:
    ends = time.monotonic() + seconds
    while not what():
        if time.monotonic() > ends:
            if fatal:
                raise SystemExit(f"soak: {name} —— 没有等到")
            return
        time.sleep(0.3)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
