"""Our own pages, four ways: the naive pipeline's work and no more; that, and judged; every step of
a sweep in one process, with the CPU of each; a whole sweep by the command line, parent and children
together.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from isal import isal_zlib

import crawler.service.fetcher as fetcher
from crawler.domain.site import Visit, VisitState
from crawler.fetching.capturing import Fetched
from crawler.fetching.robots import RobotsPolicy
from crawler.reading.decoding import decode
from crawler.service.moving import Mover
from crawler.service.passages import passage_from
from crawler.service.pipeline import Page, glance
from crawler.service.pipes import Order, Outlet, Report, Upward
from crawler.service.reader import report_of
from crawler.service.recording import Recorder
from crawler.service.responding import Responder
from crawler.service.starting import settle
from crawler.service.turns import Turns
from crawler.service.wiring import House, greeting_for
from crawler.store.evidence import SegmentWriter
from crawler.store.visits import claim_visits, every_site, start_sweep
from lexicons.judging import Judge
from lexicons.loading import load_lexicon
from lexicons.normalising import normalise
from lexicons.segmenting import counts
from lexicons.weighing import load_weights
from spiders.homepage import QUICK, run_homepage_spider, way_out
from tests.bench.costing import Tally, cpu_s
from tests.bench.finding import by_candidates
from tests.bench.houses import a_listed_house
from tests.bench.naive import a_database
from tests.bench.web import XUNWANG, Web

GROUP = 100


def claimed(house: House) -> list[Visit]:
    """A sweep over every site, all of it in our hands."""
    now = datetime.now(UTC)
    with house.database.transaction() as db:
        sweep = start_sweep(
            db, "all", every_site(), now=now, actor="bench", region="", render=False
        )
        return claim_visits(
            db, sweep.id, VisitState.WAITING, owner="bench", now=now,
            lease=timedelta(hours=1), limit=100_000,
        )  # fmt: skip


Finding = Callable[[Visit, Page, Judge], Iterable[str]]


def words(_visit: Visit, page: Page, judge: Judge) -> Iterator[str]:
    """What the naive pipeline asks of a page: which words stand there, cut as jieba cuts them."""
    for field in page.text.fields:
        seen = (field, normalise(field.text))
        for word, *_, grade in by_candidates(seen, judge.tools.finder, judge.tools.segmenter):
            if counts(judge.tools.terms[word], grade):
                yield word


def judged(visit: Visit, page: Page, judge: Judge) -> Iterator[str]:
    """Sieve, disguises and, where it passes, the judgement by all that its text says."""
    at = page.capture.ended_at
    found = glance(visit, page, judge, at).assessment or judge.judge(visit, page.text, None, at)
    return (hit.word for hit in found.hits)


def walked(house: House, database: sqlite3.Connection, finding: Finding) -> str:
    """Fetch, text, find, one row."""
    tally, judge = Tally(), Judge(house.lexicon, house.cache)
    settle()

    async def take(visit: Visit, fetched: Fetched) -> None:
        decoded = decode(fetched.body, fetched.declared_encodings)
        page = Page.read(fetched.capture, decoded.text)
        hits = ",".join(sorted(set(finding(visit, page, judge))))
        row = (
            fetched.capture.final_url,
            len(fetched.body),
            hits,
            isal_zlib.compress(fetched.body, 1),
        )
        database.execute("insert into pages values (?, ?, ?, ?)", row)
        if tally.pages % 200 == 199:
            database.commit()
        tally.page()

    asyncio.run(_walk(house, take))
    database.commit()
    return tally.line()


async def _walk(house: House, take: Callable[[Visit, Fetched], Any]) -> None:
    greeting = greeting_for(house, "bench", patient=False)
    passage = passage_from(greeting)
    out = way_out(
        passage.policy, passage.resolver, QUICK, robots=RobotsPolicy.IGNORE,
        agent=greeting.agent,
    )  # fmt: skip
    await run_homepage_spider(_each(claimed(house)), take, out)


async def _each(visits: Sequence[Visit]) -> AsyncIterator[Visit]:
    for visit in visits:
        yield visit


class Steps:
    """CPU seconds by the name of a step; what is wrapped stays what it was."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        began = time.process_time()
        try:
            yield
        finally:
            self.spent[step] += time.process_time() - began  # type: ignore[assignment]

    def wrap(self, owner: Any, name: str, step: str) -> None:
        """Count what `owner.name` spends."""
        real = getattr(owner, name)

        def timed(*args: Any, **named: Any) -> Any:
            with self.at(step):
                return real(*args, **named)

        setattr(owner, name, timed)


class Collected(Outlet):
    """Where the fetching child's reports go instead of a pipe."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def put(self, record: Upward) -> None:
        if isinstance(record, Report):
            self.reports.append(record)

    async def room(self) -> None:
        return


def steps(house: House) -> str:
    """The fetching child, the reading child and the parent's writing, one after the other."""
    spent, outlet, visits = Steps(), Collected(), claimed(house)
    spent.wrap(SegmentWriter, "keep_exchange", "keep")
    spent.wrap(SegmentWriter, "sync", "keep")
    spent.wrap(fetcher, "_read", "read")
    spent.wrap(fetcher, "glance", "find")
    began = time.process_time()
    loading = Judge(house.lexicon, house.cache)
    started = time.process_time() - began
    with spent.at("all"):
        greeting = greeting_for(house, "bench", patient=False)
        asyncio.run(fetcher.fetch(_orders(visits), greeting, outlet))
    known = {visit.id: visit for visit in visits}
    pairs = [(known[report.visit_id], report) for report in outlet.reports]
    recorder = _recorder(house)
    with spent.at("commit"):
        _record(recorder, pairs)
    passed = [pair for pair in pairs if pair[1].assessment is None]
    with spent.at("close reading"):
        read = [_read_closely(house, *pair, loading) for pair in passed]
    with spent.at("commit"):
        _record(recorder, read)
    with spent.at("index"):
        Mover(house).move()
    inside = spent.spent["keep"] + spent.spent["read"] + spent.spent["find"]
    fetched = {"fetch": spent.spent.pop("all") - inside - started}
    count = len(outlet.reports)
    figures = {name: 1000 * value / count for name, value in (fetched | spent.spent).items()}
    return json.dumps({"pages": count, "passed_sieve": len(passed), "steps": figures})


async def _orders(visits: Sequence[Visit]) -> AsyncIterator[Order]:
    for visit in visits:
        yield Order(visit=visit)


def _recorder(house: House) -> Recorder:
    responder = Responder(endpoints=(), categories=load_lexicon(house.lexicon).categories)
    writer = SegmentWriter(house.evidence, "bench-parent", datetime.now(UTC))
    return Recorder(
        database=house.database,
        writer=writer,
        chain=house.owner,
        answer=responder.respond_to_each,
        level_of=load_weights(house.lexicon).level,
        turns=Turns(renders=False, patient=False),
    )


def _record(recorder: Recorder, pairs: Sequence[tuple[Visit, Report]]) -> None:
    for start in range(0, len(pairs), GROUP):
        recorder.record(pairs[start : start + GROUP], datetime.now(UTC))


def _read_closely(house: House, visit: Visit, report: Report, judge: Judge) -> tuple[Visit, Report]:
    seen = replace(visit, captures=report.captures, state=VisitState.READING)
    order = Order(visit=seen, texts=report.texts)
    return seen, report_of(order, house.evidence, judge, datetime.now(UTC))


def whole(home: Path) -> str:
    """The command line's own sweep: the CPU of parent and children, start-up included."""
    before, began = cpu_s(), time.perf_counter()
    command = [XUNWANG, "--home", str(home), "sweep", "--all", "--no-render", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    spent = {"cpu_s": cpu_s() - before, "wall_s": time.perf_counter() - began}
    return json.dumps({"pages": summary["sites"], "outcomes": summary["outcomes"], **spent})


def main(mode: str, folder: str, port: str, count: str, database: str) -> None:
    web = Web(count=int(count), port=int(port))
    house = a_listed_house(Path(folder), web.names(), web.hosts(), ports=(web.port,))
    if mode in ("same", "judged"):
        print(walked(house, a_database(database), words if mode == "same" else judged))
    elif mode == "steps":
        print(steps(house))
    else:
        house.database.close()
        print(whole(house.home))


if __name__ == "__main__":
    main(*sys.argv[1:])
