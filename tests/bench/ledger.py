"""`python -m tests.bench.ledger`: a list of a thousand sites of every kind is swept by the command
line, as `make demo` does it; what the ledger says of each is held against what is true.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crawler.domain.assessment import Level, at_least
from crawler.domain.capture import Outcome
from tests.bench.costing import cpu_s
from tests.bench.mixed import Member, members
from tests.demo import service, wait_for

XUNWANG = str(Path(sys.executable).parent / "xunwang")
BESIDE = ("left", "unrendered", "unpictured")
Line = Mapping[str, Any]


def told(home: Path, *words: str) -> str:
    """What a command printed."""
    command = [XUNWANG, "--home", str(home), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"xunwang {words[0]}: {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout


def swept(home: Path, count: int) -> tuple[Line, Line, dict[str, Line]]:
    """What import and sweep said, and the ledger by domain."""
    settings, filed = home / "xunwang.toml", home / "list.csv"
    words = ("--settings", str(settings), "--list", str(filed), "--sites", str(count))
    with service(sys.executable, "-m", "tests.bench.mixed", *words):
        wait_for(settings)
        taken = json.loads(told(home, "import", str(filed), "--json"))
        summary = json.loads(told(home, "sweep", "--all", "--json"))
        ledger = map(json.loads, told(home, "sites", "--jsonl").splitlines())
        return taken, summary, {line["domain"]: line for line in ledger}


def wrong(one: Member, line: Line | None) -> Iterator[str]:
    """In what the ledger's line differs from the truth, a few words each."""
    if line is None:
        yield "not on the ledger"
        return
    if line["outcome"] != one.truth.outcome and not _seen_whole(one, line):
        yield f"{one.truth.outcome} → {line['outcome']}"
    if missing := set(one.truth.flags) - set(line["flags"]):
        yield f"without {'+'.join(sorted(missing))}"
    if one.truth.kind and line["page_kind"] != one.truth.kind:
        yield f"{one.truth.kind} → {line['page_kind']}"
    if one.said is None and at_least(Level(line["level"]), Level.YELLOW) != one.truth.risky:
        yield f"{one.truth.label} → {line['level']}"


def _seen_whole(one: Member, line: Line) -> bool:
    """Of what came in part over HTTP a browser may show all."""
    shown = one.said is not None and one.said.shown and line["rendered"]
    return shown and (one.truth.outcome, line["outcome"]) == (Outcome.PARTIAL, Outcome.SEEN)


def compared(sites: Sequence[Member], lines: Mapping[str, Line]) -> Table:
    """Kind by kind: how many, how they ended, what is not as it should be."""
    table = Table("kind", "sites", "outcomes", "wrong", title="the ledger against the truth")
    kinds: dict[str, list[Member]] = defaultdict(list)
    for one in sites:
        kinds[one.kind].append(one)
    for kind, some in kinds.items():
        ended = Counter(lines[one.domain]["outcome"] for one in some if one.domain in lines)
        faults = Counter(fault for one in some for fault in wrong(one, lines.get(one.domain)))
        table.add_row(kind, str(len(some)), _counts(ended), _counts(faults))
    return table


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def show(taken: Line, summary: Line, lines: Mapping[str, Line], sites: Sequence[Member]) -> None:
    """Both tables, the sum, and each site that is not as it should be."""
    console = Console(width=150)
    console.print(compared(sites, lines))
    console.print("the sweep's own table:", summary["outcomes"])
    console.print({name: summary[name] for name in BESIDE})
    rows = {name: taken[name] for name in ("rows", "accepted", "merged", "refused")}
    sums = (len(sites), taken["rows"], summary["sites"], sum(summary["outcomes"].values()))
    console.print("list:", rows, "= sites = sum of outcomes:", len({*sums, len(lines)}) == 1)
    off = {one: faults for one in sites if (faults := list(wrong(one, lines.get(one.domain))))}
    for one, faults in off.items():
        console.print(one.kind, one.truth.note, one.domain, faults)
    console.print(f"not as it should be: {len(off)} of {len(sites)}")


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.ledger", description=__doc__)
    asked.add_argument("--sites", type=int, default=1_000)
    asked.add_argument("--home", type=Path, help="a new folder that is kept")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="xunwang-ledger-") as folder:
        home = given.home or Path(folder)
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.chmod(0o755)
        began, before = time.perf_counter(), cpu_s()
        show(*swept(home, given.sites), members(given.sites))
        print(f"{cpu_s() - before:.0f} s of CPU, the web's with it; "
              f"{time.perf_counter() - began:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
