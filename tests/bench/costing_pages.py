"""What a page costs us, step by step, beside the naive pipeline and crawlee, interleaved."""

import statistics
from collections.abc import Iterator
from typing import Any

from tests.bench.figures import Row
from tests.bench.running import Bench

MODES = ("naive", "crawlee", "same", "judged")
SHORT, LONG = 400, 1_600
GOALS = {"same": "≥ 12 × naive, ≥ 2 × crawlee", "whole": "≥ 8 × naive, ≥ 1.5 × crawlee"}
WHAT = {
    "naive": "naive pipeline",
    "crawlee": "crawlee's ParselCrawler",
    "same": "ours, the same work",
    "judged": "ours, judged by its text",
    "whole": "ours, all that a sweep does",
}


def figures(bench: Bench) -> Iterator[Row]:
    """A B C A B C …, then the steps, then a whole sweep."""
    found: dict[str, list[float]] = {mode: [] for mode in MODES}
    for _ in range(bench.rounds):
        for mode in MODES:
            found[mode].append(bench.once(mode)["cpu_ms"])
    whole, long = whole_page_ms(bench)
    found["whole"] = [whole]
    cost = {mode: statistics.median(each) for mode, each in found.items()}
    for mode, ms in cost.items():
        each = found[mode]
        spread = f" ({min(each):.2f}–{max(each):.2f})" if len(each) > 1 else ""
        naive, crawlee = cost["naive"] / ms, cost["crawlee"] / ms
        yield Row(
            what=WHAT[mode],
            figure=f"{ms:.2f} CPU ms a page{spread}",
            ratio=f"naive ÷ {naive:.1f}, crawlee ÷ {crawlee:.1f}",
            goal=GOALS.get(mode, ""),
            more=str(long) if mode == "whole" else "",
        )
    yield from _steps(bench.once("steps"))


def whole_page_ms(bench: Bench) -> tuple[float, dict[str, Any]]:
    """Of a long sweep what a short one does not cost: start-up falls out."""
    short, long = bench.once("whole", SHORT), bench.once("whole", LONG)
    return 1000 * (long["cpu_s"] - short["cpu_s"]) / (LONG - SHORT), long


def _steps(ran: dict[str, Any]) -> Iterator[Row]:
    for name, ms in ran["steps"].items():
        yield Row(what=f"  step: {name}", figure=f"{ms:.2f} CPU ms a page")
    share = f"{ran['passed_sieve']} of {ran['pages']}"
    yield Row(what="  past the sieve", figure=share)
