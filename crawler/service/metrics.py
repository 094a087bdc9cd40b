"""The figures of an installation in Prometheus' words, made when they are asked for. Only names
from closed lists become labels: never a domain, a title or a person.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crawler.config import Config
from crawler.domain.address import Network
from crawler.domain.pace import Lever
from crawler.fetching.guard import networks_of
from crawler.service.forecasting import free_bytes
from crawler.service.wiring import House, tool_name
from crawler.store.efforts import Account, accounts_of
from crawler.store.figures import Figures, figures_of
from crawler.store.outbox import delivery_counts, oldest_waiting
from crawler.store.paces import paced
from lexicons.loading import version_of

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PAGE = os.sysconf("SC_PAGE_SIZE")


class _House(Collector):
    """All families of one installation, each time anew."""

    def __init__(self, house: House, clock: Callable[[], datetime]) -> None:
        self._house, self._clock = house, clock

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        with self._house.database.reading() as db:
            found = figures_of(db, now)
            counts = delivery_counts(db)
            waiting = oldest_waiting(db)
            steps = paced(db, found.sweep.id, self._house.owner) if found.sweep else {}
            accounts = accounts_of(db, [found.sweep.id]) if found.sweep else {}
        about: dict[tuple[str, ...], float] = {
            (tool_name(), _version_in(self._house.lexicon.resolve())[:12]): 1
        }
        yield _gauge("xunwang_info", "Version and lexicon in force", about, ("tool", "lexicon"))
        yield from _of_sites(found)
        yield from _of_sweep(found, now)
        yield from _of_pace(self._house.config, steps)
        for account in accounts.values():
            yield from _of_account(account)
        yield _gauge(
            "xunwang_deliveries",
            "Messages by receiver and state",
            {(name, str(state)): n for (name, state), n in counts.items()},
            ("endpoint", "state"),
        )
        ages = _keyed({name: _age(since, now) for name, since in waiting.items()})
        yield _gauge(
            "xunwang_oldest_undelivered_seconds", "Age of the oldest waiting message", ages,
            ("endpoint",),
        )  # fmt: skip
        yield _one("xunwang_disk_free_bytes", "Room for evidence", free_bytes(self._house))
        yield from _of_processes()


@lru_cache(maxsize=4)  # a folder of published lists never changes, and reading it takes 14 ms
def _version_in(folder: Path) -> str:
    return version_of(folder)


def _of_sites(found: Figures) -> Iterator[Metric]:
    yield _gauge("xunwang_sites", "Sites by state", _keyed(found.sites), ("state",))
    yield _one("xunwang_sites_due", "Watched sites whose time has come", found.due)
    yield _gauge("xunwang_alerts_open", "Open alerts", _keyed(found.alerts), ("level",))
    yield _gauge("xunwang_texts", "Texts by index state", _keyed(found.index), ("state",))
    yield _one("xunwang_notices", "Things that need a person of operations", found.notices)
    total = CounterMetricFamily("xunwang_captures", "Captures kept")
    total.add_metric((), found.captures)
    yield total
    yield _one("xunwang_evidence_bytes", "Evidence on the disk", found.evidence_bytes)


def _of_sweep(found: Figures, now: datetime) -> Iterator[Metric]:
    lag = _age(found.unindexed_since, now) if found.unindexed_since else 0.0
    yield _one("xunwang_index_lag_seconds", "Age of the oldest text not searchable yet", lag)
    if found.last_finished_at:
        yield _one(
            "xunwang_last_sweep_finished_timestamp_seconds",
            "When a sweep last came to its end",
            found.last_finished_at.timestamp(),
        )
    if found.last_backup_at:
        yield _one(
            "xunwang_last_backup_timestamp_seconds",
            "When a whole backup was last made",
            found.last_backup_at.timestamp(),
        )
    if (sweep := found.sweep) is None:
        return
    yield _one("xunwang_sweep_running", "Whether a sweep is under way", int(sweep.running))
    ended = sweep.finished_at or now
    yield _one(
        "xunwang_sweep_seconds", "How long the newest sweep took", _age(sweep.started_at, ended)
    )
    yield _gauge("xunwang_sweep_visits", "Its visits by turn", _keyed(sweep.states), ("turn",))
    outcomes = _keyed({name or "waiting": n for name, n in sweep.outcomes.items()})
    yield _gauge("xunwang_sweep_outcomes", "Its visits by outcome", outcomes, ("outcome",))


def _of_pace(config: Config, steps: Mapping[str, tuple[int, int]]) -> Iterator[Metric]:
    """Of the newest sweep, on this machine."""
    most = {Lever.SLOTS: config.crawl.slots, Lever.PAGES: config.browser.pages}
    stands = {str(one): steps.get(one, (number, 0)) for one, number in most.items()}
    yield _gauge(
        "xunwang_sweep_pace", "Visits a fetcher, pages of the browser at once, as adjusted",
        _keyed({name: number for name, (number, _) in stands.items()}), ("lever",),
    )  # fmt: skip
    yield _gauge(
        "xunwang_sweep_pace_steps", "How often the newest sweep adjusted itself",
        _keyed({name: count for name, (_, count) in stands.items()}), ("lever",),
    )  # fmt: skip


def _of_account(account: Account) -> Iterator[Metric]:
    told, taken = account.foreseen, account.taken
    yield _gauge(
        "xunwang_sweep_traffic_bytes", "What the newest sweep took in, and what was foreseen",
        _keyed({"taken": taken.traffic, "foreseen": told.traffic}), ("which",),
    )  # fmt: skip
    yield _gauge(
        "xunwang_sweep_busy_seconds", "Time it worked, and what was foreseen",
        _keyed({"taken": taken.seconds, "foreseen": told.seconds}), ("which",),
    )  # fmt: skip


def _of_processes() -> Iterator[Metric]:
    """The parent, and its children by kind: the browser's memory is that of all its processes."""
    memory: dict[tuple[str, ...], float] = {}
    count: dict[tuple[str, ...], float] = {}
    for kind, size in _family(os.getpid()):
        memory[(kind,)] = memory.get((kind,), 0) + size
        count[(kind,)] = count.get((kind,), 0) + 1
    yield _gauge("xunwang_memory_bytes", "Resident memory by kind of process", memory, ("kind",))
    yield _gauge("xunwang_processes", "Processes by kind", count, ("kind",))
    handles = len(list(Path("/proc/self/fd").iterdir()))
    yield _one("xunwang_open_files", "Handles of the parent", handles)


def _family(root: int) -> Iterator[tuple[str, int]]:
    """Kind and resident bytes of a process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.name))
    todo = [root]
    while todo:
        pid = todo.pop()
        todo += parents.get(pid, [])
        try:
            size = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        yield ("parent" if pid == root else _kind(command)), size


def _kind(command: bytes) -> str:
    for mark, kind in (
        (b"crawler.service.fetcher", "fetcher"),
        (b"crawler.service.reader", "reader"),
        (b"crawler.service.browser_worker", "browser"),
        (b"chrom", "browser"),
        (b"headless", "browser"),
    ):
        if mark in command:
            return kind
    return "other"


def _keyed(counts: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): n for name, n in counts.items()}


def _gauge(
    name: str, about: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...]
) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())


def house_figures(house: House, clock: Callable[[], datetime]) -> Collector:
    """What is registered once a process."""
    return _House(house, clock)


def metrics_route(house: House, clock: Callable[[], datetime]) -> Route:
    """/metrics, for the addresses that the settings name."""
    registry = CollectorRegistry()
    registry.register(house_figures(house, clock))
    allowed = networks_of(house.config.ops.metrics_from)

    async def metrics(request: Request) -> Response:
        asker = request.client.host if request.client else ""
        if not _may(asker, allowed):
            return Response(status_code=403)
        return Response(await run_in_threadpool(generate_latest, registry), media_type=TYPE)

    return Route("/metrics", metrics)


def _may(asker: str, allowed: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(asker)
    except ValueError:
        return False
    return any(address in network for network in allowed)
