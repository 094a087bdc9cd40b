"""What on a page speaks for a finding: words, claims, rates, each weighed where it stands."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crawler.domain.assessment import Confidence, Track, Yield
from crawler.domain.lexicon import Hit
from lexicons.claiming import Claim
from lexicons.weighing import Weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A hit with what is left of its weight after its context, and which context that was."""

    hit: Hit
    points: float
    context: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    """How strongly a page shows one category."""

    category: str
    points: float
    words: tuple[Weighed, ...]  # one a word, strongest first
    claims: tuple[Claim, ...]


def strengths(
    weighed: Iterable[Weighed], claims: Iterable[Claim], weights: Weights
) -> tuple[Strength, ...]:
    """The categories a page shows, strongest first."""
    words: dict[str, list[Weighed]] = defaultdict(list)
    said: dict[str, list[Claim]] = defaultdict(list)
    for one in weighed:
        words[one.hit.category].append(one)
    for claim in claims:
        said[claim.kind.category].append(claim)
    found = (_strength(c, words[c], said[c], weights) for c in {*words, *said})
    return tuple(sorted((s for s in found if s.points > 0), key=lambda s: (-s.points, s.category)))


def total(found: Sequence[Strength], weights: Weights) -> float:
    """The categories together: the strongest whole, the next two in part."""
    shares = (1.0, weights.evidence["second_category"], weights.evidence["third_category"])
    return sum(share * one.points for share, one in zip(shares, found, strict=False))


def _strength(
    category: str, weighed: Sequence[Weighed], claims: Sequence[Claim], weights: Weights
) -> Strength:
    words = _best_of_each_word(weighed)
    of_words = _of_words(words, _repeats(weighed), weights.evidence)
    of_claims = max((claim.strength for claim in claims), default=0.0)
    larger, smaller = max(of_words, of_claims), min(of_words, of_claims)
    points = larger + weights.evidence["claim_with_words"] * smaller
    return Strength(
        category=category,
        points=min(points, weights.evidence["most_of_category"]),
        words=tuple(words),
        claims=tuple(claims),
    )


def _best_of_each_word(weighed: Iterable[Weighed]) -> list[Weighed]:
    best: dict[str, Weighed] = {}
    for one in weighed:
        if one.hit.word not in best or one.points > best[one.hit.word].points:
            best[one.hit.word] = one
    return sorted((w for w in best.values() if w.points > 0), key=lambda w: -w.points)


def _repeats(weighed: Iterable[Weighed]) -> int:
    counts: dict[str, int] = defaultdict(int)
    for one in weighed:
        counts[one.hit.word] += one.points > 0
    return sum(count >= 3 for count in counts.values())


def _of_words(words: Sequence[Weighed], repeats: int, weights: Mapping[str, float]) -> float:
    if not words:
        return 0.0
    if len(words) == 1:
        single = min(words[0].points, weights["single_word_most"])
        return single + weights["repeated"] * bool(repeats)
    shares = [1.0, weights["second"], weights["third"]]
    points = sum(
        one.points * (shares[at] if at < 3 else weights["rest"]) for at, one in enumerate(words)
    )
    return points + weights["repeated"] * min(2, repeats)


def is_promise(rate: Yield, weights: Weights) -> bool:
    """Whether a rate is promised to who gives money, above the yardstick, and no mere guess."""
    high = rate.annual_high
    enough = high is not None and high >= weights.yardstick["yellow"]
    return enough and rate.track is Track.BAIT and rate.confidence is not Confidence.LOW


def rate_points(found: Iterable[tuple[Yield, float]], weights: Weights) -> float:
    """What promised rates add: the highest of them, lowered by its context."""
    return max((_rate_points(rate, weights) * factor for rate, factor in found), default=0.0)


def _rate_points(rate: Yield, weights: Weights) -> float:
    if rate.track is not Track.BAIT:
        return 0.0
    if rate.annual_high is None:
        points = weights.yields["flags"].get(rate.pattern, 0.0)
    else:
        steps = [s for s in ("yellow", "orange", "red") if rate.annual_high >= weights.yardstick[s]]
        points = weights.yields[steps[-1]] if steps else 0.0
    most = weights.yields["low_confidence"] if rate.confidence is Confidence.LOW else points
    return float(min(points, most))
