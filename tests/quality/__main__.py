"""`make quality`: judge labelled texts, print precision and recall with their intervals.

`python -m tests.quality [--eval DIR]`: DIR holds dev.jsonl and, if it likes, ordinary.jsonl.gz.
The demo's own web (tests/site) is always judged. Fails when worse than baseline.json.
"""

import argparse
import gzip
import hashlib
import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.domain.assessment import Level, at_least
from crawler.service.commands.judging import Question, answer_to
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One labelled text."""

    id: str
    risky: bool
    group: str
    category: str
    hard: bool
    question: Question


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    options.add_argument("--eval", type=Path, help="folder with dev.jsonl")
    options.add_argument("--misses", action="store_true", help="list what went wrong")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        judge = Judge(LEXICONS, Path(cache))
        figures = report("own pages", own_pages(), judge, misses=True)
        if given.eval:
            cases = list(dev(given.eval / "dev.jsonl"))
            for half, name in ((0, "dev, seen half"), (1, "dev, untouched half")):
                part = [one for one in cases if half_of(one.group) == half]
                report(name, part, judge, misses=given.misses and half == 0)
            ordinary(given.eval / "ordinary.jsonl.gz", judge)
    hold(figures)


def half_of(group: str) -> int:
    """Which half a group belongs to; groups are kept whole."""
    return hashlib.sha256(group.encode()).digest()[0] % 2


def own_pages() -> Iterator[Case]:
    site = HERE.parent / "site"
    for line in (site / "truth.jsonl").read_text("utf-8").splitlines():
        truth = json.loads(line)
        folder = truth["domain"].split(".")[0].removesuffix("-demo")
        page = site / "pages" / truth.get("page", f"{folder}/index.html")
        if truth["label"] == "dead" or truth.get("browser") or not page.exists():
            continue
        html = page.read_text("utf-8", "replace")
        yield Case(
            id=truth["domain"],
            risky=truth["label"] == "risk",
            group=truth["domain"],
            category=truth["category"],
            hard=True,
            question=Question(id=truth["domain"], html=html, unit_name=truth["unit"]),
        )


def dev(path: Path) -> Iterator[Case]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Case(
            id=row["id"],
            risky=row["label"] == "risk",
            group=row["group"],
            category=row["category"],
            hard=row["hardness"] == "hard",
            question=Question(id=row["id"], text=row["text"]),
        )


def flagged(question: Question, judge: Judge) -> tuple[bool, dict[str, Any]]:
    answer = answer_to(question, judge, AT)
    return at_least(Level(answer["level"]), Level.YELLOW), answer


def report(name: str, cases: Iterable[Case], judge: Judge, *, misses: bool) -> dict[str, float]:
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wrong = []
    for case in cases:
        alert, answer = flagged(case.question, judge)
        counts[("t" if alert == case.risky else "f") + ("p" if alert else "n")] += 1
        counts["hard"] += case.hard and not case.risky
        counts["hard_flagged"] += case.hard and not case.risky and alert
        found[f"{case.category} {'found' if alert else 'missed'}"] += case.risky
        if alert != case.risky:
            wrong.append(
                f"  {'missed' if case.risky else 'false alarm'} {case.id}: "
                f"{answer['level']} {answer['sentence'][:60]}"
            )
    precision = interval(counts["tp"], counts["tp"] + counts["fp"])
    recall = interval(counts["tp"], counts["tp"] + counts["fn"])
    print(
        f"{name}: precision {shown(precision)}, recall {shown(recall)}, "
        f"hard negatives flagged {counts['hard_flagged']}/{counts['hard']}"
    )
    print("   ", ", ".join(f"{key} {n}" for key, n in sorted(found.items()) if n))
    print("\n".join(wrong) if misses else f"    {len(wrong)} wrong")
    return {"precision": precision[0], "recall": recall[0]}


def ordinary(path: Path, judge: Judge) -> None:
    if not path.exists():
        return
    kinds: Counter[str] = Counter()
    alerts: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            if number % 4 and row["kind"] != "site_page":
                continue
            kinds[row["kind"]] += 1
            alert, answer = flagged(Question(id=row["id"], text=row["text"]), judge)
            alerts[row["kind"]] += alert
            passed[row["kind"]] += bool(answer["hits"])
            if alert:
                print(f"  ordinary {row['kind']} {row['id']}: {answer['sentence'][:70]}")
    print("ordinary (every fourth, all site pages):", dict(kinds), "flagged", dict(alerts))


def interval(good: int, of: int) -> tuple[float, float, float]:
    """The share and Wilson's 95 % interval."""
    if not of:
        return 0.0, 0.0, 1.0
    share, z = good / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return share, middle - half, middle + half


def shown(one: tuple[float, float, float]) -> str:
    return f"{one[0]:.3f} ({one[1]:.3f}–{one[2]:.3f})"


def hold(figures: dict[str, float]) -> None:
    """Never worse in silence."""
    floors = json.loads(BASELINE.read_text("utf-8"))
    for name, floor in floors.items():
        if figures[name] < floor:
            sys.exit(f"quality fell: {name} {figures[name]:.3f} is under {floor:.3f}")


if __name__ == "__main__":
    main()
