"""Claims: promises made about an object near them. Words that are nothing alone (放款快, 门槛低)
are something together, where somebody offers a loan.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from lexicons.phrases import ClaimKind
from lexicons.vocabulary import Sign, Signs
from lexicons.weighing import Weights, graduated

TELLING = 3.0  # two promises of this weight tell what they are about as well as an object does


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """One promise of a claim at its best place: most weight after its context."""

    word: str
    points: float
    field: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a page says of one kind, strongest promise first."""

    kind: ClaimKind
    strength: float
    promises: tuple[Promise, ...]


class Lowering(Protocol):
    """What lowers a word by what is said around it (contexts.Contexts)."""

    def factor(self, start: int, end: int, category: str) -> tuple[float, str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldReading:
    """One field as claims are read: its signs and the contexts around them, in normal form."""

    name: str
    signs: Signs
    contexts: Lowering


def find_claims(
    fields: Sequence[FieldReading], kinds: Iterable[ClaimKind], weights: Weights
) -> tuple[Claim, ...]:
    """The claims of a page over all its fields, strongest first."""
    claims = (_claim(fields, kind, weights) for kind in kinds)
    return tuple(sorted((c for c in claims if c), key=lambda claim: -claim.strength))


def most_of(kinds: Iterable[ClaimKind], words: Set[str], weights: Weights) -> tuple[Claim, ...]:
    """The strongest claims that words could make, wherever they stand: never weaker than those
    that `find_claims` finds where no other words are.
    """
    most = ((kind, _most(kind, words, weights)) for kind in kinds)
    return tuple(Claim(kind=k, strength=most, promises=()) for k, most in most if most > 0)


def _most(kind: ClaimKind, words: Set[str], weights: Weights) -> float:
    said = [weight for word in kind.promises.keys() & words if (weight := kind.promises[word]) > 0]
    firm = [weight for weight in said if weight >= kind.firm]
    objects = len(kind.objects & words)
    telling = sum(weight >= TELLING for weight in said)
    if len(said) < 2 or not firm or objects + telling // 2 < kind.objects_enough:
        return 0.0
    best = max(weights.claim_firm[: len(firm)])
    return kind.weight * best * _portion(firm, said, kind, weights)


def _claim(fields: Sequence[FieldReading], kind: ClaimKind, weights: Weights) -> Claim | None:
    best: dict[str, Promise] = {}
    objects: set[str] = set()
    for field in fields:
        about = field.signs.of_words(kind.objects)
        objects |= {sign.word for sign in about}
        for promise in _promises(field, kind, about) if about else ():
            if promise.word not in best or promise.points > best[promise.word].points:
                best[promise.word] = promise
    promises = _said_once(p for p in best.values() if p.points > 0)
    telling = sum(kind.promises[promise.word] >= TELLING for promise in promises)
    if len(promises) < 2 or len(objects) + telling // 2 < kind.objects_enough:
        return None
    strength = kind.weight * _share(promises, kind, weights)
    return Claim(kind=kind, strength=strength, promises=tuple(promises)) if strength else None


def _said_once(promises: Iterable[Promise]) -> list[Promise]:
    """Strongest first, one of those that are the same words on the page: a way of writing that
    finds no more than a word, or than another way.
    """
    kept: dict[tuple[str, int, int], Promise] = {}
    for one in sorted(promises, key=lambda promise: -promise.points):
        kept.setdefault((one.field, one.start, one.end), one)
    return list(kept.values())


def _share(promises: Sequence[Promise], kind: ClaimKind, weights: Weights) -> float:
    """How much of enough is said. Firm promises carry it; what anybody says only comes beside."""
    firm = [p.points for p in promises if kind.promises[p.word] >= kind.firm]
    share = _portion(firm, [p.points for p in promises], kind, weights)
    return share * graduated(weights.claim_firm, len(firm)) if firm else 0.0


def _portion(
    firm: Sequence[float], said: Sequence[float], kind: ClaimKind, weights: Weights
) -> float:
    beside = sum(said) - sum(firm)
    return min(weights.evidence["claim_most"], (sum(firm) + min(beside, sum(firm))) / kind.enough)


def _promises(field: FieldReading, kind: ClaimKind, about: Sequence[Sign]) -> Iterable[Promise]:
    starts = [sign.start for sign in about]
    reached = -1
    for sign in field.signs.of_words(kind.promises):
        if not sign.word.startswith("<"):  # a way of writing may hold words that say more
            if sign.end <= reached:  # inside a longer promise
                continue
            reached = sign.end
        if not _near(sign, about, starts, kind.reach):
            continue
        factor, _ = field.contexts.factor(sign.start, sign.end, kind.category)
        yield Promise(
            word=sign.word,
            points=kind.promises[sign.word] * factor,
            field=field.name,
            start=sign.start,
            end=sign.end,
        )


def _near(sign: Sign, about: Sequence[Sign], starts: Sequence[int], reach: int) -> bool:
    after = bisect_left(starts, sign.start)
    neighbours = about[max(0, after - 1) : after + 1]
    return any(
        other.start - reach <= sign.end and sign.start <= other.end + reach for other in neighbours
    )
