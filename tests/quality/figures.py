"""What is counted over judged cases: precision and recall with their intervals, rates found."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from crawler.domain.assessment import Level, at_least
from tests.quality.corpora import Case

_SAME = 0.011  # two annual figures that a reader would call one


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A case with what was said of it."""

    case: Case
    level: Level
    score: float
    rates: tuple[float, ...]
    sentence: str
    by_wording: bool = False  # flagged only because its wording resembles known solicitation

    @property
    def flagged(self) -> bool:
        return at_least(self.level, Level.YELLOW)

    @property
    def right(self) -> bool:
        return self.flagged == self.case.risky


@dataclass(kw_only=True)
class Tally:
    """The counts of one corpus."""

    judged: list[Judged] = field(default_factory=list)

    def precision(self) -> tuple[float, float, float]:
        flagged = [one for one in self.judged if one.flagged]
        return interval(sum(one.case.risky for one in flagged), len(flagged))

    def recall(self) -> tuple[float, float, float]:
        risky = [one for one in self.judged if one.case.risky]
        return interval(sum(one.flagged for one in risky), len(risky))

    def without_wording(self) -> "Tally":
        """The same without the rule of the wording taken whole, which makes alerts and no more."""
        return Tally(
            judged=[replace(o, level=Level.NONE) if o.by_wording else o for o in self.judged]
        )

    def hard_negatives(self) -> tuple[int, int]:
        """Harmless ones that look bad: how many were flagged, of how many."""
        hard = [one for one in self.judged if one.case.hard and not one.case.risky]
        return sum(one.flagged for one in hard), len(hard)

    def recall_by(self, name: str) -> dict[str, tuple[int, int]]:
        """Found and all of the risky cases, by category or evasion."""
        all_of, found = Counter[str](), Counter[str]()
        for one in self.judged:
            if one.case.risky and (key := getattr(one.case, name)):
                all_of[key] += 1
                found[key] += one.flagged
        return {key: (found[key], all_of[key]) for key in sorted(all_of)}

    def yields(self) -> tuple[int, int, list[str]]:
        """Written-down rates that were found exactly, all of them, and each disagreement."""
        found = total = 0
        disagreements = []
        for one in self.judged:
            if one.case.rates is None:
                continue
            missing = [rate for rate in one.case.rates if not _among(rate, one.rates)]
            extra = [rate for rate in one.rates if not _among(rate, one.case.rates)]
            total += len(one.case.rates)
            found += len(one.case.rates) - len(missing)
            if missing or extra:
                disagreements.append(f"{one.case.id}: not found {missing}, beside them {extra}")
        return found, total, disagreements

    def worst(self, *, misses: bool, most: int = 10) -> list[Judged]:
        """The misses with the lowest scores, or the false alarms with the highest."""
        wrong = [one for one in self.judged if not one.right and one.case.risky == misses]
        return sorted(wrong, key=lambda one: one.score if misses else -one.score)[:most]


def _among(rate: float, rates: Iterable[float]) -> bool:
    return any(abs(rate - other) < _SAME for other in rates)


def interval(good: int, of: int) -> tuple[float, float, float]:
    """The share and Wilson's 95 % interval."""
    if not of:
        return 1.0, 0.0, 1.0
    share, z = good / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return share, middle - half, middle + half


def shown(one: tuple[float, float, float]) -> str:
    """0.950 (0.901–0.975)."""
    return f"{one[0]:.3f} ({one[1]:.3f}–{one[2]:.3f})"
