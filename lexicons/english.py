"""Rates in English: a figure with its period beside it, and a word of gain near. Over folded text;
what the table of shapes knows is left to it.
"""

import re
from collections.abc import Iterator

from crawler.domain.assessment import Confidence
from lexicons.numbers import DECIMAL

Found = tuple[int, int, str, Confidence, float | None, float | None]

_TIMES = {
    "2": 365.0,
    "d": 365.0,
    "w": 52.0,
    "m": 12.0,
    "q": 4.0,
    "h": 8760.0,  # 2 of 24 hours
    **dict.fromkeys("yap", 1.0),
}
_RATE = rf"(?<![\d.])(?P<n1>{DECIMAL})\s?%?(?:\s?(?:-|to)\s?(?P<n2>{DECIMAL}))?\s?%"
_EVERY = (
    r"(?:(?:per|each|every|an?|/)\s?(?P<per>24 hours|day|week|month|quarter|year|annum)"
    r"|(?P<ly>daily|weekly|monthly|quarterly|yearly|annually|annual)|(?P<pa>p\.?\s?a\b))"
)
_KIND = (
    r"(?:of (?:its|the|your) value\s|[a-z]{3,4}\s(?=every|per))?"
    r"(?:(?:guaranteed|fixed|net|stable|steady|passive|average|expected|rental|staking|trading|"
    r"compound|static|profit|return|roi|interest|income|yield|payout|reward|earning|dividend|gain)"
    r"s?\s+){0,3}"
)
_GAIN = re.compile(
    r"\b(?:roi|returns?|profits?|yields?|interest|income|earn(?:s|ings?)?|payouts?|stak(?:e|ing)|"
    r"invest(?:ment|ing|or|ors)?|rewards?|dividends?|deposits?|makes?|lock|gains?|grow(?:ing)?|coupon|"
    r"funds?|capital|distributions?|principal|compounding|robot)\b",
    re.IGNORECASE,
)
_NO_GAIN = re.compile(
    r"\b(?:save|energy|feed|costs?|output|sales|exports|happy|churn|laying|off|discount|tax|vat|growth|grew|increase[sd]?|rose|fell|gained|less|"
    r"fee|fees|commission|ctr|conversion|churn|uptime|humidity|efficiency|turnover)\b",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(rf"{_RATE}\s?\(?{_KIND}{_EVERY}\b", re.IGNORECASE)
_PERIOD_FIRST = re.compile(
    r"\b(?P<ly>daily|weekly|monthly|quarterly|yearly|annual)\s+"
    r"(?:roi|returns?|profits?|interest|income|yields?|payouts?|earnings|rewards?|coupon|gains?)"
    rf"(?:\s|:|of|up to|is|from|at|about|between|rate){{0,4}}{_RATE}",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?<![\d.])(?P<back>1[0-9]\d|[2-9]\d\d|[1-9]\d{3})\s?%\s?(?:roi\s)?(?:after|in)\s"
    r"(?P<span>\d{1,3})\s?(?P<per>hour|day|week|month)",
    re.IGNORECASE,
)
_MULTIPLE = re.compile(
    r"\b(?:doubles?|triples?)\s(?:your|you|the)\s[a-z]{2,12}|"
    r"(?<![\d.])\d{1,3}x(?:\s?-\s?\d{1,3}x)?\s(?:guaranteed|returns?|profits?|gains?)|"
    r"\b(?:returns?|profits?)\s(?:of\s|up to\s)?\d{1,3}x",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"\b(?:da(?:y|ily)|week|month|quarter|year|annu|p\.?a|hours?|double|triple|\d{1,3}x)",
    re.IGNORECASE,
)
_REACH = 60
ENGLISH = frozenset({"english_rate", "english_plan"})
_LOWEST, _HIGHEST = 0.1, 1_000_000.0


def english_rates(text: str) -> Iterator[Found]:
    """Every such rate of a text, leftmost first by each way of writing."""
    if not _WORDS.search(text):
        return
    for pattern in (_NUMBER_FIRST, _PERIOD_FIRST):
        for match in pattern.finditer(text):
            if _is_gain(text, match):
                low = float(match["n1"])
                high = float(match["n2"]) if match["n2"] else low
                times = _TIMES[_period(match)]
                yield _found(match, "english_rate", low * times, high * times)
    for match in _AFTER.finditer(text):
        hours = int(match["span"]) * 8760 / _TIMES[match["per"][0].lower()]
        figure = (float(match["back"]) - 100) * 8760 / max(hours, 1)
        yield _found(match, "english_plan", figure, figure)
    for match in _MULTIPLE.finditer(text):
        yield match.start(), match.end(), "multiple", Confidence.MEDIUM, None, None


def _is_gain(text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    if _NO_GAIN.search(text[max(0, start - 12) : end + 8]):
        return False
    return bool(_GAIN.search(text[max(0, start - _REACH) : end + _REACH]))


def _period(match: re.Match[str]) -> str:
    given = match.groupdict()
    written: str = given.get("per") or given.get("ly") or given.get("pa") or ""
    return written[0].lower()


def _found(match: re.Match[str], kind: str, low: float, high: float) -> Found:
    if not _LOWEST <= low <= high <= _HIGHEST:
        return match.start(), match.end(), "", Confidence.LOW, None, None
    annual = round(low, 4), round(high, 4)
    return (match.start(), match.end(), kind, Confidence.MEDIUM, *annual)
