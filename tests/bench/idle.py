"""What an idle `serve` costs over a home with many captures: memory and CPU, of the whole process.

`python -m tests.bench.idle [--captures N] [--seconds S] [--home DIR]`: a home is seeded (and kept,
if named), served as its operator has it, left alone until it has settled, then watched. What
removing the old would find is asked too.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from crawler.domain.capture import Evidence, EvidenceKind, manifest_digest, manifest_of
from crawler.domain.ids import ulid
from crawler.service.retaining import foresee
from crawler.service.wiring import House, open_house
from crawler.store.chain import START, next_link
from crawler.store.search_tables import text_places
from crawler.store.tables import (
    alerts,
    assessments,
    captures,
    cases,
    links,
    segments,
    sites,
    sweeps,
    texts,
    visits,
)
from crawler.store.texts import pack_text
from tests.bench.processes import cpu_of
from tests.builders import a_capture, a_text

BLOCK = 5_000
ROUNDS = 5  # sweeps over the same sites
SETTLES_S = 45.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--captures", type=int, default=200_000)
    asked.add_argument("--seconds", type=float, default=120.0)
    asked.add_argument("--home", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="xunwang-idle-") as folder:
        home = given.home or Path(folder)
        home.mkdir(exist_ok=True)
        _seeded(home, given.captures)
        _watched(home, given.seconds)


def _seeded(home: Path, count: int) -> None:
    (home / "xunwang.toml").write_text('region = "310118"\n', "utf-8")
    house = open_house(home)
    now = datetime.now(UTC)
    with house.database.reading() as db:
        there = db.scalar(select(func.count()).select_from(captures)) or 0
    if not there:
        began = time.process_time()
        _fill(house, count, now)
        print(f"种下 {count:,} 次采集：处理器 {time.process_time() - began:.1f} s", flush=True)
    for name, at in (("今天", now), ("三年后", now + timedelta(days=1_095))):
        began = time.process_time()
        going = foresee(house, at)
        cpu = time.process_time() - began
        print(f"keep 试算（{name}）：{going.captures:,} 次，处理器 {cpu:.1f} s", flush=True)
    house.database.close()


def _fill(house: House, count: int, now: datetime) -> None:
    site_count = count // ROUNDS
    with house.database.transaction() as db:
        for block in _blocks(range(1, site_count + 1)):
            db.execute(insert(sites), [_site(n, now) for n in block])
        db.execute(insert(cases).values(
            id=1, number="C1", key="k", title="t", category="c", level="red", region="310118",
            opened_at=now,
        ))  # fmt: skip
    link = START
    for turn in range(ROUNDS):
        at = now - timedelta(days=40 * (ROUNDS - turn))
        with house.database.transaction() as db:
            db.execute(insert(sweeps).values(
                id=turn + 1, selection="all", state="finished", render=True, actor="bench",
                region="310118", started_at=at, finished_at=at, sites=site_count,
            ))  # fmt: skip
            db.execute(insert(segments).values(
                name=f"w{turn}.warc.gz", region="310118", committed=site_count * 20_000,
                created_at=at, sealed_at=at, sha256="0" * 64,
            ))  # fmt: skip
        for block in _blocks(range(1, site_count + 1)):
            rows = [_look(turn, n, site_count, at) for n in block]
            with house.database.transaction() as db:
                for table in (visits, captures, assessments):
                    db.execute(insert(table), [row[table.name] for row in rows])
                chained = []
                for row in rows:
                    seq, digest = row["seq"], row["captures"]["manifest_sha256"]
                    link = next_link(link, seq, digest)
                    one = {"chain": "b", "seq": seq, "digest": digest, "link": link}
                    one |= {"capture_id": row["captures"]["id"], "region": "310118"}
                    chained.append(one)
                db.execute(insert(links), chained)
                if not turn:
                    db.execute(insert(texts), [row["texts"] for row in rows])
                    db.execute(insert(text_places), [row["text_places"] for row in rows])
    with house.database.transaction() as db:
        db.execute(insert(alerts), [_alert(n, now) for n in range(1, 501)])


def _blocks(numbers: range) -> Iterator[range]:
    return (numbers[start : start + BLOCK] for start in range(0, len(numbers), BLOCK))


def _site(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number, "domain": f"s{number}.example.cn", "domain_shown": "s", "region": "310118",
        "unit_name": f"单位{number}", "subject_kind": "enterprise", "site_name": "",
        "main_licence": "", "service_licence": "", "state": "watched", "created_at": now,
        "due_at": now + timedelta(days=1 + number % 7), "actor": "bench",
        "last_picture_at": now,
    }  # fmt: skip


def _look(turn: int, number: int, site_count: int, at: datetime) -> dict[str, Any]:
    seq = turn * site_count + number
    text = a_text(f"某某公司主营建材销售，第{number}号，" + "欢迎来电咨询。" * 60)
    raw = number * 20_000
    record = Evidence(
        kind=EvidenceKind.RESPONSE, segment=f"w{turn}.warc.gz", offset=raw - 20_000, length=20_000,
        sha256=sha256(str(seq).encode()).hexdigest(), stored_sha256="0" * 64,
    )  # fmt: skip
    capture = a_capture(
        id=ulid(int(at.timestamp() * 1000) + number, seq.to_bytes(10, "big")), visit_id=seq,
        site_id=number, started_at=at, ended_at=at, text_digest=text.digest, evidence=(record,),
    )  # fmt: skip
    manifest = manifest_of(capture)
    return {
        "seq": seq,
        "visits": {"id": seq, "sweep_id": turn + 1, "site_id": number, "region": "310118",
                   "state": "closed", "outcome": "seen", "closed_at": at},
        "captures": {
            "id": capture.id, "visit_id": seq, "site_id": number, "region": "310118",
            "fetcher": "http", "profile": "desktop", "outcome": "seen", "reason": "", "flags": [],
            "status": 200, "final_url": capture.final_url, "title": "某某公司",
            "page_kind": "ordinary", "text_digest": text.digest, "body_sha256": "",
            "started_at": at, "ended_at": at, "manifest": manifest,
            "manifest_sha256": manifest_digest(manifest),
        },
        "assessments": {
            "visit_id": seq, "site_id": number, "region": "310118", "level": "none", "score": 0.0,
            "categories": [], "rates": [], "sentence": "", "text_digest": text.digest,
            "lexicon_version": "", "judged_at": at, "current": True, "body": {},
        },
        "texts": {"digest": text.digest, "fields": pack_text(text), "first_seen_at": at,
                  "index_state": "indexed"},
        "text_places": {
            "text_digest": text.digest, "site_id": number, "region": "310118", "categories": [],
            "rates": [], "terms": [], "capture_id": capture.id, "first_seen_at": at,
            "last_seen_at": at, "unwatched": False,
        },
    }  # fmt: skip


def _alert(number: int, now: datetime) -> dict[str, Any]:
    return {
        "site_id": number, "visit_id": number, "case_id": 1, "state": "open", "level": "red",
        "score": 12.0, "sentence": "", "region": "310118", "opened_at": now, "last_seen_at": now,
        "found": [],
    }  # fmt: skip


def _watched(home: Path, seconds: float) -> None:
    xunwang = Path(sys.executable).with_name("xunwang")
    command = [str(xunwang), "--home", str(home), "serve", "--port", "0"]
    serving = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _settle(home, serving)
        before, began = cpu_of(serving.pid), time.monotonic()
        time.sleep(seconds)
        share = 100 * (cpu_of(serving.pid) - before) / (time.monotonic() - began)
        facts = _memory(serving.pid)
        print(f"空闲的 serve：{facts['VmRSS'] / 1024:.0f} MB（最高 {facts['VmHWM'] / 1024:.0f}），"
              f"处理器 {share:.2f} %，{seconds:.0f} s 内", flush=True)  # fmt: skip
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)


def _settle(home: Path, serving: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while not (home / "run" / "address").exists():
        if serving.poll() is not None or time.monotonic() > until:
            raise SystemExit("serve 没有起来")
        time.sleep(0.2)
    began = cpu_of(serving.pid)
    time.sleep(SETTLES_S)
    print(f"起来后 {SETTLES_S:.0f} s 用处理器 {cpu_of(serving.pid) - began:.1f} s", flush=True)


def _memory(pid: int) -> dict[str, int]:
    """In KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    wanted = (line.split(":") for line in lines if line.startswith(("VmRSS", "VmHWM")))
    return {name: int(rest.split()[0]) for name, rest in wanted}


if __name__ == "__main__":
    main()
