"""The one file of weights and thresholds, read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.domain.assessment import Level
from crawler.domain.errors import BadInput
from lexicons.documents import read_plain

_LEVELS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Purpose:
    """What the signs of offering and of informing weigh."""

    prior: float
    doubt: float
    lowest: float
    highest: float
    steepness: float
    offers: Mapping[str, float]
    informs: Mapping[str, float]
    most_of_group: int
    title_informs: float
    chance: float
    rate: float
    articles_of_law: float
    offering_claim: float
    any_claim: float
    disguise: float
    structure: Mapping[str, float]
    line_most: float = 1.2  # a version of before has none of these
    told_enough: float = 0.5
    offered_firmly: float = 0.3
    slogans: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """All weights, section by section as in the file."""

    levels: Mapping[str, float]
    yardstick: Mapping[str, float]
    yields: Mapping[str, Any]
    loan: Mapping[str, Any]
    evidence: Mapping[str, float]
    claim_firm: Sequence[float]
    contexts: Mapping[str, Any]
    purpose: Purpose
    licensed: Mapping[str, Any]
    names: Mapping[str, Any]
    thin: Mapping[str, float]
    sieve: Mapping[str, float]
    urgency: Mapping[str, Any]  # empty in a version of before there was one
    resemblance: Mapping[str, float]  # likewise

    def level(self, score: float) -> Level:
        """The highest level that a score reaches."""
        return next((one for one in _LEVELS if score >= self.levels[one.value]), Level.NONE)

    def to_next_level(self, score: float) -> float:
        """The points between the level of a score and the next higher; 0 where there is none."""
        steps = [0.0, *sorted(self.levels.values())]
        below = [at for at, step in enumerate(steps) if score >= step]
        at = below[-1] if below else 0
        return steps[at + 1] - steps[at] if at + 1 < len(steps) else 0.0


class LevelsInForce:
    """The level of a score by the weights of a folder; read again only when its link has moved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: tuple[Path, Weights] | None = None

    def level(self, score: float) -> Level:
        """The level by the version now in force."""
        place = self._folder.resolve()
        if self._read is None or self._read[0] != place:
            self._read = (place, load_weights(place))
        return self._read[1].level(score)


def load_weights(folder: Path) -> Weights:
    """The weights of a lexicon's folder; BadInput says what is missing."""
    path = folder / "weights.yaml"
    sections = read_plain(path)
    try:
        return _weights(sections)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path.name} 不完整：{error}") from error


def graduated(steps: Sequence[float], count: int) -> float:
    """The factor for so many different words: none leaves 1, more than listed the last."""
    return 1.0 if count <= 0 else steps[min(count, len(steps)) - 1]


def _weights(sections: dict[str, Any]) -> Weights:
    thresholds = [sections["levels"][one.value] for one in reversed(_LEVELS)]
    if thresholds != sorted(thresholds):
        raise BadInput("weights.yaml 中 levels 须由低到高")
    return Weights(
        levels=sections["levels"],
        yardstick=sections["yardsticks"][sections["yardstick"]],
        yields=sections["yields"],
        loan=sections["loan"],
        evidence=sections["evidence"],
        claim_firm=sections["claim_firm"],
        contexts=sections["contexts"],
        purpose=Purpose(**sections["purpose"]),
        licensed=sections["licensed"],
        names=sections["names"],
        thin=sections["thin"],
        sieve=sections["sieve"],
        urgency=sections.get("urgency", {}),
        resemblance=sections.get("resemblance", {}),
    )
