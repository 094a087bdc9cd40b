"""`make bench`: the same pages by the naive pipeline, by crawlee and by us, interleaved in one run.

CPU is the figure to trust; pages a second are wall and suffer from whatever else runs here.
Nothing is asserted: the goals stand beside what was measured.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from crawler.service.wiring import LEXICONS
from lexicons.loading import load_lexicon
from tests.bench.web import Web, served

PEERS = Path("var/bench/peers/bin/python")
MODES = ("naive", "crawlee", "same", "judged")
SHORT, LONG = 400, 1_600


def words_of(folder: Path) -> list[str]:
    """Every watched word of our lexicon, so that all look for the same."""
    return sorted({term.word for term in load_lexicon(folder).terms})


def run(command: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    line: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return line


class Bench:
    """One folder, one web, one word list."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count, self.turn = folder, count, 0
        self.urls, self.words = folder / "urls.txt", folder / "words.txt"
        self.urls.write_text("\n".join(Web(count=count).addresses()), "utf-8")
        self.words.write_text("\n".join(words_of(LEXICONS)), "utf-8")

    def once(self, mode: str, count: int = 0) -> dict[str, Any]:
        """One run in a process of its own."""
        self.turn += 1
        database = str(self.folder / f"{self.turn}.db")
        peers = [str(self.urls), str(self.words), database]
        if mode == "naive":
            return run([sys.executable, "-m", "tests.bench.naive", *peers])
        if mode == "crawlee":
            return run([str(PEERS), "tests/bench/crawlee_peer.py", *peers])
        home = str(self.folder / f"home{self.turn}")
        ours = [mode, home, str(count or self.count), database]
        return run([sys.executable, "-m", "tests.bench.ours", *ours])


def compared(bench: Bench, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """A B C A B C …"""
    found: dict[str, list[dict[str, Any]]] = {mode: [] for mode in MODES}
    for _ in range(rounds):
        for mode in MODES:
            found[mode].append(bench.once(mode))
    return found


def whole_page_ms(bench: Bench) -> tuple[float, dict[str, Any]]:
    """Of a long sweep what a short one does not cost: start-up falls out."""
    short, long = bench.once("whole", SHORT), bench.once("whole", LONG)
    return 1000 * (long["cpu_s"] - short["cpu_s"]) / (LONG - SHORT), long


def show(
    found: dict[str, list[dict[str, Any]]],
    steps: dict[str, Any],
    whole_ms: float,
    long: dict[str, Any],
) -> None:
    cost = {mode: statistics.median(one["cpu_ms"] for one in ran) for mode, ran in found.items()}
    cost["whole"] = whole_ms
    table = Table(title="CPU ms a page (median), and times of ours", title_justify="left")
    for head in ("", "CPU ms", "min–max", "naive ÷", "crawlee ÷", "goal"):
        table.add_column(head)
    goals = {"same": "≥ 12 naive, ≥ 2 crawlee", "whole": "≥ 8 naive, ≥ 1.5 crawlee"}
    for mode, ms in cost.items():
        each = [one["cpu_ms"] for one in found.get(mode, ())]
        spread = f"{min(each):.2f}–{max(each):.2f}" if each else ""
        ratios = (f"{cost['naive'] / ms:.1f}", f"{cost['crawlee'] / ms:.1f}")
        table.add_row(mode, f"{ms:.2f}", spread, *ratios, goals.get(mode, ""))
    console = Console()
    console.print(table)
    console.print("steps, CPU ms a page:", {k: round(v, 2) for k, v in steps["steps"].items()})
    console.print(f"past the sieve: {steps['passed_sieve']} of {steps['pages']}")
    console.print("whole sweep:", long)


def main() -> None:
    asked = argparse.ArgumentParser(prog="make bench", description=__doc__)
    asked.add_argument("--pages", type=Path, help="saved real pages that make half of the web")
    asked.add_argument("--texts", type=Path, help="what ordinary pages say: JSON lines, gzipped")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--count", type=int, default=800)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="xunwang-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with served(folder, given.pages, given.texts):
            bench = Bench(folder, given.count)
            show(compared(bench, given.rounds), bench.once("steps"), *whole_page_ms(bench))


if __name__ == "__main__":
    main()
