"""What is asked of borrowers, held against the limits: 24 and 36 per cent, four times the LPR. It
never counts as bait.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.domain.assessment import Track, Yield
from lexicons.weighing import Weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Over:
    """The dearest loan rate of a page, the highest limit it passes, and what that adds."""

    rate: Yield
    limit: float
    name: str
    points: float


def over_limit(rates: Iterable[tuple[Yield, float]], weights: Weights) -> Over | None:
    """The dearest rate asked of borrowers, if it passes a limit; lowered by its context."""
    asked = [
        (rate, factor)
        for rate, factor in rates
        if rate.track is Track.LOAN and rate.annual_high is not None and factor > 0
    ]
    if not asked:
        return None
    rate, factor = max(asked, key=lambda one: one[0].annual_high or 0.0)
    for name, limit in limits_of(weights):
        if (rate.annual_high or 0.0) > limit:
            points = float(weights.loan["points"][name]) * factor
            return Over(rate=rate, limit=limit, name=name, points=points)
    return None


def limits_of(weights: Weights) -> tuple[tuple[str, float], ...]:
    """The limits, highest first."""
    loan = weights.loan
    return (
        ("severe", float(loan["severe"])),
        ("attention", float(loan["attention"])),
        ("lpr", float(loan["lpr"]) * float(loan["lpr_times"])),
    )
