"""How urgent a finding is, once it is one. Very many grounds make it red; otherwise what is
promised, to whom and in which trade decides, however few the words (条例 art. 2, 司法解释 2022
art. 1, the 6/8/10 yardstick). Nothing here opens or silences an alert, but for a lone word.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.domain.assessment import Confidence, Track, Yield
from lexicons.claiming import Claim
from lexicons.evidence import Strength, Weighed
from lexicons.licences import has_licence_for
from lexicons.weighing import Weights

_STAKE = re.compile(
    r"(?<![\d.])(?<!\d,)(\d{1,6})\s?(?:元|块)\s?(?:即可)?起(?:投|购|存)"
    r"|起(?:投|购|存)(?:金额|门槛)?[\s:为]{0,3}(\d{1,6})\s?(?:元|块)"
    r"|([一十百]|一[百千])元起(?:投|购|存)"
)
_HALF = 0.5  # a number that its context lowers further is told of, not promised

Rates = Sequence[tuple[Yield, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What urgency is told by."""

    strengths: Sequence[Strength]
    claims: Sequence[Claim]
    rates: Rates
    texts: Sequence[str]  # normal forms
    weights: Weights


def red_matter(shown: Shown, score: float) -> str:
    """The name of what makes this red; empty if nothing does."""
    matters = shown.weights.urgency.get("red", {})
    return next(
        (
            name
            for name, applies in _MATTERS.items()
            if name in matters
            and score >= shown.weights.levels[matters[name]["from"]]
            and applies(shown, matters[name])
        ),
        "",
    )


def is_lesser(shown: Shown, severities: Mapping[str, int], lesser: int) -> bool:
    """Whether all that is shown is of a lesser kind, and no return is promised."""
    kinds = [severities[one.category] for one in shown.strengths if one.points >= 1]
    return bool(kinds) and max(kinds) <= lesser and not _promised(shown.rates, 0.0)


def is_lone_word(shown: Shown) -> bool:
    """Whether one word is all there is: no promise, no number, no second word beside it."""
    if shown.claims or any(factor > 0 for _, factor in shown.rates):
        return False
    words = [one for strength in shown.strengths for one in strength.words]
    return len({one.hit.word for one in words if not _inside_another(one, words)}) == 1


def _guarantee_with_return(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """凡是宣扬保本高收益就是金融诈骗."""
    high = shown.weights.yardstick[matter["rate"]]
    return _guaranteed(shown, matter["points"]) and _promised(shown.rates, high)


def _guaranteed_trading(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """Who trades for others may not promise a gain (证券法 art. 160, 161), and none is certain."""
    kinds = {one.category for one in shown.strengths[:2]}
    return _guaranteed(shown, matter["points"]) and bool(kinds & set(matter["categories"]))


def _leverage(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """Nobody is licensed to lend the public a multiple for foreign exchange or shares; margin on
    commodity futures is a futures broker's trade.
    """
    if has_licence_for("forex_margin", shown.texts):
        return False
    kinds = {one.category for one in shown.strengths[:1]}
    numbered = any(rate.pattern == "leverage" and f >= _HALF for rate, f in shown.rates)
    return numbered and bool(kinds & set(matter["categories"]))


def _account_trade(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """Bank cards, accounts and payment codes for sale or rent (帮助信息网络犯罪活动)."""
    return any(
        one.points >= matter["points"] and any(word in one.hit.word for word in matter["words"])
        for strength in shown.strengths
        if strength.category == matter["category"]
        for one in strength.words
    )


def _small_stake(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """A high return open to everybody with a few yuan (利诱性 and 社会性 in one offer)."""
    if not _promised(shown.rates, shown.weights.yardstick[matter["rate"]]):
        return False
    stakes = (found for text in shown.texts for found in _STAKE.finditer(text))
    return any(int(one[1] or one[2] or 1) <= matter["yuan"] for one in stakes)


def _exorbitant(shown: Shown, matter: Mapping[str, Any]) -> bool:
    """More than a borrower was ever allowed to pay: no honest business earns it."""
    return _promised(shown.rates, matter["percent"])


_MATTERS: Mapping[str, Callable[[Shown, Mapping[str, Any]], bool]] = {
    "guarantee_with_return": _guarantee_with_return,
    "guaranteed_trading": _guaranteed_trading,
    "leverage": _leverage,
    "account_trade": _account_trade,
    "small_stake": _small_stake,
    "exorbitant": _exorbitant,
}


def _guaranteed(shown: Shown, least: float) -> bool:
    """Whether principal or gain is promised outright; a buy-back alone is weaker than that."""
    return any(
        one.category == "principal_guarantee" and one.points >= least for one in shown.strengths
    )


def _promised(rates: Rates, least: float) -> bool:
    """Whether a return of at least so many per cent a year is promised, and no mere guess where it
    must reach a mark.
    """
    return any(
        rate.track is Track.BAIT
        and factor >= _HALF
        and (least <= 0 or rate.confidence is not Confidence.LOW)
        and (rate.annual_high or 0.0) >= least
        for rate, factor in rates
    )


def _inside_another(one: Weighed, words: Iterable[Weighed]) -> bool:
    hit = one.hit
    return any(
        other.hit.word != hit.word
        and other.hit.field == hit.field
        and other.hit.start <= hit.start
        and hit.end <= other.hit.end
        for other in words
    )
