"""Learn the groups of lexicons/resemblance.yaml: `python -m tests.quality.learning DIR`.

DIR holds dev.jsonl and ordinary.jsonl.gz. Learned from: the half of dev that is developed on, the
ordinary texts (taken for harmless, though a few are not), our own pages and texts, those of the
adversary too. Never from the other half of dev, the paraphrased texts nor the fresh pages: those
measure it. Before it writes, it prints what held-out fifths of the same show, groups kept whole;
that is what tells of ordinary texts. The same input gives the same file.
"""

import argparse
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crawler.service.commands.judging import page_of
from crawler.service.wiring import LEXICONS
from lexicons.normalising import normalise
from lexicons.resembling import FILE, GROUP, LONGEST
from tests.quality.__main__ import AT
from tests.quality.corpora import Case, adversary, dev, half_of, ordinary, own_pages, own_texts

GROUPS = 8_000
LEAST_LABELLED = 4  # labelled texts that have a group: fewer and it names a site
STRENGTH = 10.0  # the inverse of the penalty on weights
RISK, HARMLESS, ORDINARY = 5.0, 5.0, 0.3  # what a text of each kind counts
FOLDS = 5
ENOUGH = (0.2, 0.7, 1.2, 1.5)

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    given = asked.parse_args()
    lessons = Lessons(given.folder)
    validate(lessons)
    groups, weights = lessons.learned(np.arange(len(lessons.risky)))
    (LEXICONS / FILE).write_text(written(groups, weights), "utf-8")


class Lessons:
    """What is learned from: the groups of each text, its label, what it counts."""

    def __init__(self, folder: Path) -> None:
        labelled = [case for case in dev(folder) if half_of(case.group) == 0]
        labelled += [*own_texts(), *own_pages(), *adversary()]
        others = list(ordinary(folder))
        cases = [*labelled, *others]
        self.said = [Counter(groups_of(words_of(case))) for case in cases]
        self.risky = np.array([case.risky for case in cases])
        self.labelled = np.arange(len(cases)) < len(labelled)
        self.counts = np.where(self.risky, RISK, np.where(self.labelled, HARMLESS, ORDINARY))
        self.fold = np.array([hash_of(case.group or case.id) % FOLDS for case in cases])

    def learned(self, some: Numbers) -> tuple[list[str], Floats]:
        """Groups and their weights from some of the texts; the last weight is the bias."""
        groups = self._telling(some)
        return groups, fitted(self.rows(some, groups), self.risky[some], self.counts[some])

    def rows(self, some: Iterable[int], groups: Sequence[str]) -> "Rows":
        """A row a text, as `Resemblance.likeness` counts; the last column is the bias."""
        number = {group: at for at, group in enumerate(groups)}
        owners, columns, shares = [], [], []
        for owner, text in enumerate(some):
            there = [(number[g], n) for g, n in self.said[text].items() if g in number]
            said = 1 + np.log([count for _, count in there])
            owners += [owner] * (len(there) + 1)
            columns += [*(column for column, _ in there), len(groups)]
            shares += [*(said / max(float(np.linalg.norm(said)), 1e-9)), 1.0]
        return Rows(np.array(owners), np.array(columns), np.array(shares))

    def _telling(self, some: Numbers) -> list[str]:
        """The groups whose share of risky texts differs most from that of harmless ones."""
        kinds = (self.risky[some], ~self.risky[some] & self.labelled[some], ~self.labelled[some])
        shares = []
        labelled: Counter[str] = Counter()
        for at, kind in enumerate(kinds):
            texts = Counter(group for text in some[kind] for group in self.said[text])
            shares.append((texts, kind.sum() + 1))
            labelled.update(texts if at < 2 else {})
        risky, harmless, ordinarily = (
            lambda group, t=texts, n=of: ((t[group] + 0.5) / n) ** 0.5 for texts, of in shares
        )
        telling = {
            group: abs(risky(group) - (harmless(group) + ordinarily(group)) / 2)
            + abs(risky(group) - harmless(group)) / 2
            for group, texts in labelled.items()
            if texts >= LEAST_LABELLED
        }
        return sorted(sorted(telling, key=lambda group: (-telling[group], group))[:GROUPS])


def words_of(case: Case) -> str:
    """What is looked at, as `lexicons.resembling` takes it."""
    fields = page_of(case.question, AT).text.fields
    return "\n".join(normalise(field.text).text for field in fields)[:LONGEST]


def groups_of(words: str) -> Iterator[str]:
    """Every group of two and three, overlapping."""
    words = re.sub("[0-9]", "0", words)
    for size in (2, 3):
        for at in range(len(words) - size + 1):
            if GROUP.fullmatch(group := words[at : at + size]):
                yield group


class Rows:
    """A matrix of which most is nought."""

    def __init__(self, owners: Numbers, columns: Numbers, shares: Floats) -> None:
        self._owners, self._columns, self._shares = owners, columns, shares
        self.width = int(columns.max()) + 1

    def times(self, column: Floats) -> Floats:
        return np.bincount(self._owners, self._shares * column[self._columns])

    def turned_times(self, column: Floats) -> Floats:
        return np.bincount(self._columns, self._shares * column[self._owners])


def fitted(rows: Rows, risky: NDArray[np.bool_], counts: Floats) -> Floats:
    """Logistic regression with a penalty on all but the bias, by Newton's steps."""
    penalty = np.append(np.ones(rows.width - 1), 1e-4) / STRENGTH
    weights = np.zeros(rows.width)
    for _ in range(25):
        chance = 1 / (1 + np.exp(-rows.times(weights)))
        slope = rows.turned_times(counts * (chance - risky)) + penalty * weights
        bent = counts * chance * (1 - chance)
        step = solved(
            lambda x, bent=bent: rows.turned_times(bent * rows.times(x)) + penalty * x, slope
        )
        weights -= step
        if np.abs(step).max() < 0.01:
            break
    return weights


def solved(times: Callable[[Floats], Floats], wanted: Floats) -> Floats:
    """What a symmetric matrix makes `wanted` of, by conjugate gradients; near enough for a step."""
    found, left = np.zeros_like(wanted), wanted.copy()
    way, size = left.copy(), left @ left
    least = 1e-4 * size
    for _ in range(200):
        turned = times(way)
        length = size / (way @ turned)
        found += length * way
        left -= length * turned
        before, size = size, left @ left
        if size <= least:
            break
        way = left + (size / before) * way
    return found


def validate(lessons: Lessons) -> None:
    """What each fifth shows when learned from the others."""
    likeness = np.zeros(len(lessons.risky))
    for fold in range(FOLDS):
        held = np.flatnonzero(lessons.fold == fold)
        groups, weights = lessons.learned(np.flatnonzero(lessons.fold != fold))
        likeness[held] = lessons.rows(held, groups).times(weights)
    for enough in ENOUGH:
        found = likeness >= enough
        told = defaultdict(str)
        for name, kind in (
            ("risky", lessons.risky),
            ("harmless", ~lessons.risky & lessons.labelled),
            ("ordinary", ~lessons.labelled),
        ):
            told[name] = f"{name} {int((found & kind).sum())}/{int(kind.sum())}"
        print(f"held out, {enough:+.1f} and above: {', '.join(told.values())}", flush=True)


def written(groups: Sequence[str], weights: Floats) -> str:
    """The file: groups by weight, heaviest first."""
    by_weight = defaultdict(list)
    for group, weight in zip(groups, weights[:-1], strict=True):
        if abs(weight) >= 0.05:
            by_weight[round(float(weight), 1)].append(group)
    lines = [
        "# 措辞：两三个字的字组，权重由已标注的文本学得，正数近于招揽，负数远于招揽。不要手改；",
        "# 整条规则可用 weights.yaml 的 resemblance 调整或停用。见 docs/decisions/0013。",
        f"bias: {weights[-1]:.2f}",
        "groups:",
    ]
    for weight in sorted(by_weight, reverse=True):
        lines.append(f"  {weight}: [{', '.join(map(quoted, by_weight[weight]))}]")
    return "\n".join(lines) + "\n"


def quoted(group: str) -> str:
    """YAML reads a line's first % otherwise."""
    return f'"{group}"' if group.startswith("%") else group


def hash_of(group: str) -> int:
    """A number that stays the same from run to run."""
    return hashlib.sha256(f"fold:{group}".encode()).digest()[0]


if __name__ == "__main__":
    main()
