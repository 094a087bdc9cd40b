"""`make quality`: judge labelled pages, print what was right and wrong, refuse to get worse.

Our own pages and texts are always judged; `--eval DIR` adds the evaluation set (dev.jsonl,
ordinary.jsonl.gz). Exits 1 when a figure falls under baseline.json or a corpus changed without it.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import yaml

from crawler.domain.assessment import Level
from crawler.service.commands.judging import answer_to, page_of
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge
from tests.quality.corpora import (
    HERE,
    Case,
    adversary,
    dev,
    digest_of,
    fresh,
    half_of,
    made_up_web,
    ordinary,
    own_pages,
    own_texts,
    paraphrased,
    under_slogans,
)
from tests.quality.figures import Judged, Tally, shown
from tests.quality.leaving_out import NEEDED_BY_JIEBA, NEEDED_BY_SOUP, without_jieba, without_soup

VERDICTS = HERE / "verdicts.yaml"  # ours, of ordinary texts that rang
BASELINE = HERE / "baseline.json"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    options.add_argument("--eval", type=Path, metavar="DIR", help="folder with dev.jsonl")
    options.add_argument("--misses", action="store_true", help="list all that went wrong")
    options.add_argument("--pin", action="store_true", help="write the figures as new baseline")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        judge = Judge(LEXICONS, Path(cache))
        figures = own(judge, most=1000 if given.misses else 10)
        figures |= worth(judge)
        if given.eval:
            others(given.eval, judge)
    if given.pin:
        BASELINE.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", "utf-8")
    sys.exit(worse(figures))


def own(judge: Judge, most: int) -> dict[str, float | str]:
    """What is always judged: our pages, our texts, the made-up web."""
    figures: dict[str, float | str] = {}
    corpora = {"pages": own_pages, "adversary": adversary, "fresh": fresh, "texts": own_texts,
               "paraphrased": paraphrased, "web": made_up_web,
               "under_slogans": under_slogans}  # fmt: skip
    for name, corpus in corpora.items():
        cases = list(corpus())
        tally = judged(cases, judge)
        report(f"our {name}", tally, most)
        found, total, _ = tally.yields()
        figures |= {
            f"{name}.corpus": digest_of(cases),
            f"{name}.precision": round(tally.precision()[0], 4),
            f"{name}.recall": round(tally.recall()[0], 4),
            f"{name}.yields": round(found / total, 4) if total else 1.0,
        }
    return figures


def others(folder: Path, judge: Judge) -> None:
    """The evaluation set: both halves of dev, its site pages apart, and the ordinary web."""
    cases = list(dev(folder))
    for half, name in ((0, "dev, half developed on"), (1, "dev, untouched half")):
        part = [case for case in cases if half_of(case.group) == half]
        tally = judged(part, judge)
        report(name, tally, most=10 if half == 0 else 0)
        pages = Tally(judged=[one for one in tally.judged if one.case.kind == "site_page"])
        print(f"    site pages alone: precision {shown(pages.precision())}, "
              f"recall {shown(pages.recall())}")  # fmt: skip
    ordinary_rate(ordinary(folder), judge)


def judged(cases: Iterable[Case], judge: Judge) -> Tally:
    """Every case through the path that `xunwang judge` takes."""
    return Tally(judged=[_judged(case, judge) for case in cases])


def _judged(case: Case, judge: Judge) -> Judged:
    answer = answer_to(case.question, judge, AT)
    figures = {one[end] for one in answer["yields"] for end in ("annual_low", "annual_high")}
    return Judged(
        case=case,
        level=Level(answer["level"]),
        score=answer["score"],
        rates=tuple(sorted(figure for figure in figures if figure is not None)),
        sentence=answer["sentence"],
        by_wording=any(one["rule"] == "wording_resembles" for one in answer["reasons"]),
    )


def report(name: str, tally: Tally, most: int) -> None:
    """One corpus in a few lines, and its worst by name; none by name where `most` is 0."""
    flagged, hard = tally.hard_negatives()
    found, total, disagreements = tally.yields()
    print(f"{name}: {len(tally.judged)} cases, precision {shown(tally.precision())}, "
          f"recall {shown(tally.recall())}, hard negatives flagged {flagged}/{hard}, "
          f"yields found {found}/{total}")  # fmt: skip
    before = tally.without_wording()
    lost, spared = before.hard_negatives()[0], sum(one.by_wording for one in tally.judged)
    print(f"    without the wording taken whole ({spared} alerts): precision "
          f"{shown(before.precision())}, recall {shown(before.recall())}, "
          f"hard negatives flagged {lost}/{hard}")  # fmt: skip
    for part in ("category", "evasion"):
        parts = tally.recall_by(part).items()
        if parts:
            print(f"    by {part}: " + ", ".join(f"{k} {n}/{of}" for k, (n, of) in parts))
    for one in (*tally.worst(misses=True, most=most), *tally.worst(misses=False, most=most)):
        kind = "missed" if one.case.risky else "false alarm"
        print(f"    {kind} {one.case.id} ({one.score}): {one.sentence[:70]} {one.case.notes}")
    for line in disagreements if most else ():
        print(f"    rates of {line}")


def ordinary_rate(cases: Iterable[Case], judge: Judge) -> None:
    """How often the ordinary web rings, by kind; each alarm by name."""
    of, alarms, passed = Counter[str](), Counter[str](), Counter[str]()
    by_wording = 0
    verdicts = yaml.safe_load(VERDICTS.read_text("utf-8"))
    for case in cases:
        of[case.kind] += 1
        if not judge.passes(page_of(case.question, AT).text):
            continue
        passed[case.kind] += 1
        one = _judged(case, judge)
        alarms[case.kind] += one.flagged
        by_wording += one.by_wording
        if one.flagged:
            verdict = verdicts.get(case.id, "未看")
            print(f"    ordinary {case.kind} {case.id} ({one.score}): {one.sentence[:70]} "
                  f"[{verdict}]")  # fmt: skip
    if total := sum(of.values()):
        print(f"ordinary: {sum(alarms.values())}/{total} = {sum(alarms.values()) / total:.3%}")
        print(f"    by the wording taken whole: {by_wording}, which learned from them: "
              f"see tests.quality.learning for what it says of those held out")  # fmt: skip
        for kind in sorted(of):
            share = passed[kind] / of[kind]
            print(f"    {kind}: flagged {alarms[kind]}/{of[kind]}, past the sieve {share:.1%}")


def worth(judge: Judge) -> dict[str, float]:
    """jieba and BeautifulSoup, each left out in turn."""
    figures: dict[str, float] = {}
    parts = (("jieba", without_jieba(judge), NEEDED_BY_JIEBA),
             ("BeautifulSoup", without_soup(), NEEDED_BY_SOUP))  # fmt: skip
    for name, (cases, wrong, wrong_without), (least, least_wrong) in parts:
        print(f"{name}: {cases} cases (at least {least}), wrong with it {wrong}, "
              f"without it {wrong_without} (at least {least_wrong})")  # fmt: skip
        figures |= {f"{name}.right": cases - wrong, f"{name}.wrong_without": wrong_without}
    return figures


def worse(figures: dict[str, float | str]) -> int:
    """1 if a figure fell, or a corpus changed and nobody pinned it anew; says which."""
    pinned = json.loads(BASELINE.read_text("utf-8"))
    fell = [
        f"{name}: {figures.get(name)}, pinned {floor}"
        for name, floor in pinned.items()
        if (figures.get(name) != floor if isinstance(floor, str) else _under(figures, name, floor))
    ]
    for line in fell:
        print(f"quality: {line}", file=sys.stderr)
    return int(bool(fell))


def _under(figures: dict[str, float | str], name: str, floor: float) -> bool:
    figure = figures.get(name)
    return not isinstance(figure, int | float) or figure < floor


if __name__ == "__main__":
    main()
