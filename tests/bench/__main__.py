"""`make bench`: what we must hold, measured beside others in one run; the goals stand beside it.

CPU is the figure to trust; pages a second are wall and suffer from whatever else runs here.
Nothing is asserted. What takes long is left out by naming the parts that are wanted.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import costing_pages, fetching, growing, picturing, promptness
from tests.bench.figures import Row
from tests.bench.running import Bench
from tests.bench.web import free_port, served

Part = Callable[[Bench], Iterator[Row]]
PARTS: dict[str, Part] = {
    "cost": costing_pages.figures,
    "silence": fetching.silence,
    "distance": fetching.distance,
    "pictures": picturing.figures,
    "renders": picturing.in_a_row,
    "promptness": promptness.figures,
    "memory": growing.figures,
}


def measured(bench: Bench, parts: list[str]) -> Iterator[Row]:
    """Every line of the wanted parts; each is said as soon as it is known."""
    for part in parts:
        for row in PARTS[part](bench):
            print(f"{part}: {row.what}: {row.figure} {row.ratio}  {row.more}", flush=True)
            yield row


def table_of(rows: list[Row]) -> Table:
    """All of them, with the goals beside."""
    table = Table(title="make bench", title_justify="left")
    for head in ("what", "measured", "beside", "goal"):
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(row.what, row.figure, row.ratio, row.goal)
    return table


def main() -> None:
    asked = argparse.ArgumentParser(prog="make bench", description=__doc__)
    asked.add_argument("--pages", type=Path, help="saved real pages that make half of the web")
    asked.add_argument("--texts", type=Path, help="what ordinary pages say: JSON lines, gzipped")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--count", type=int, default=800)
    asked.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="xunwang-bench-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        with served(folder, port, given.pages, given.texts):
            bench = Bench(folder, given.count, port, given.rounds)
            rows = list(measured(bench, given.only))
    Console().print(table_of(rows))


if __name__ == "__main__":
    main()
