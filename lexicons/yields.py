"""Promised rates, read from a page's words and made one annual figure each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from heapq import merge

from crawler.domain.assessment import Track, Yield
from lexicons.beginnings import Patterns
from lexicons.english import ENGLISH, english_rates
from lexicons.folding import Folded, fold
from lexicons.instalments import per_year_beyond_stake
from lexicons.numbers import PER_YEAR, amount, number
from lexicons.reckoning import BEGINS, RECKONED, Found, reckoned
from lexicons.tracks import is_lawful_abroad, track_of
from lexicons.yield_patterns import ANCHOR, SHAPES, TOPIC, Shape
from lexicons.yield_tables import column_rates, has_column

_BEFORE, _AFTER = 70, 60  # how far a rate's words may reach around its sign
MOST_YIELDS = 400  # of one field
_REMEMBERED = 12  # fields: what the sieve has read need not be read again by whoever judges
_HIGHEST = 1_000_000.0
_LONGEST_PAYBACK = 3  # years
_LAWFUL_AT_MOST = 20.0  # who is licensed anywhere names no higher rate
_TENS = {"万": 1.0, "千": 10.0, "百": 100.0}  # 万五 a day × 3.65


def find_yields(field_name: str, text: str) -> tuple[Yield, ...]:
    """Every promised rate of a field, leftmost first, none overlapping another. Progress bars,
    terms, prices and 0.00 % are none; what is asked of borrowers is on the loan track. Of more than
    400 the highest.
    """
    return _found_in(field_name, text)[0]


def more_yields(field_name: str, text: str) -> bool:
    """Whether a field has more rates than are told."""
    return _found_in(field_name, text)[1]


@lru_cache(maxsize=_REMEMBERED)
def _found_in(field_name: str, text: str) -> tuple[tuple[Yield, ...], bool]:
    read = [
        one for start, end in _windows(text) for one in _in_window(field_name, text, start, end)
    ]
    if "%" in text and has_column(text):
        read = _with_columns(field_name, text, read)
    more = len(read) > MOST_YIELDS
    return tuple(_highest(read) if more else read), more


def _highest(read: list[Yield]) -> list[Yield]:
    """Baits before what else is read."""
    by_height = sorted(
        read, key=lambda one: (one.track is not Track.BAIT, -(one.annual_high or 0.0))
    )
    return sorted(by_height[:MOST_YIELDS], key=lambda one: one.start)


def _in_window(field_name: str, text: str, start: int, end: int) -> Iterator[Yield]:
    folded = fold(text[start:end])
    found: list[Found] = [*english_rates(folded.text)]
    if TOPIC.search(folded.text):
        places = _patterns().over(folded.text)
        found += [_read(SHAPES[n], match) for n in places.numbers() for match in places.matches(n)]
    for one in _with_reckoned(_first_of(found), folded.text):
        yield _as_yield(field_name, text, start, folded, one)


def _with_reckoned(shapes: list[Found], text: str) -> list[Found]:
    """What the shapes leave: a sum or a share that is in one of them is told already."""
    told = [one for one in shapes if not one[2] or _is_rate(one)]
    taken = {place for start, end, *_ in told for place in range(start, end)}
    more = (one for one in reckoned(text) if taken.isdisjoint(range(one[0], one[1])))
    return [one for one in _first_of([*told, *more]) if one[2] and _is_rate(one)]


@cache
def _patterns() -> Patterns:
    return Patterns(shape.pattern for shape in SHAPES)


def _with_columns(field_name: str, text: str, read: list[Yield]) -> list[Yield]:
    folded = fold(text)
    taken = {place for one in read for place in range(one.start, one.end)}
    cells = (_as_yield(field_name, text, 0, folded, one) for one in column_rates(folded.text))
    new = [replace(cell, track=Track.BAIT) for cell in cells if cell.start not in taken]
    return sorted([*read, *new], key=lambda one: one.start)


def _windows(text: str) -> list[tuple[int, int]]:
    windows: list[tuple[int, int]] = []
    anchors = merge(*(_places(pattern, text) for pattern in (ANCHOR, BEGINS)))
    for at, until in anchors:
        start, end = max(0, at - _BEFORE), min(len(text), until + _AFTER)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _places(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in pattern.finditer(text))


def _first_of(found: Iterable[Found]) -> list[Found]:
    """The leftmost, none overlapping another."""
    kept: list[Found] = []
    reached = 0
    for one in sorted(found, key=lambda one: one[0]):  # stable: at one place the table's order
        if one[0] >= reached:
            kept.append(one)
            reached = one[1]
    return kept


def _is_rate(one: Found) -> bool:
    *_, low, high = one
    return (low is None) or (0 < low <= _HIGHEST and high is not None and high <= _HIGHEST)


def _read(shape: Shape, match: re.Match[str]) -> Found:
    low, high = _FIGURES[shape.reading](shape, match)
    kind = "" if shape.reading == "decoy" else shape.kind
    return (match.start(), match.end(), kind, shape.confidence, low, high)


def _nothing(_shape: Shape, _match: re.Match[str]) -> tuple[None, None]:
    return None, None


def _rate(shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    given = match.groupdict()
    low = number(given.get("n1") or given["cn"])
    high = number(given["n2"]) if given.get("n2") else low
    bonus = number(given["bonus"]) if given.get("bonus") else 0.0
    factor = shape.factor * (0.1 if given.get("mille") else 1.0)
    return _annual((low + bonus) * factor), _annual((max(low, high) + bonus) * factor)


def _each(shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    times = 2.0 if match["per"] == "半年" else PER_YEAR[_period(match["per"])]
    low, high = _rate(shape, match)
    return _annual(low * times), _annual(high * times)


def _span_rate(shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    times = PER_YEAR[_period(match["per"])] / max(number(match["span"]), 1)
    low, high = _rate(shape, match)
    return _annual(low * times), _annual(high * times)


def _fen(shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    given = match.groupdict()
    figure = number(given.get("n1") or given.get("cn2") or given["cn"])
    figure += 0.5 if given.get("half") else 0.0
    figure += number(given["li"]) / 10 if given.get("li") else 0.0
    figure *= _TENS[given["base"]] if given.get("base") else 1.0
    return _annual(figure * shape.factor), _annual(figure * shape.factor)


def _money(_shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    given = match.groupdict()
    paid = 10_000.0
    for money, unit in (("p", "pu"), ("p2", "pu2")):
        if given.get(money):
            paid = amount(given[money], given.get(unit))
    back = amount(given["q"], given["qu"])
    if not paid:
        return 0.0, 0.0
    times = PER_YEAR[_period(match["per"])]
    gain = per_year_beyond_stake(paid, back, 365 / times, match.string, match.end())
    figure = _annual(back / paid * 100 * times if gain is None else gain)
    return figure, figure


def _money_span(_shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    paid, back = amount(match["p"], match["pu"]), amount(match["q"], match["qu"])
    if not 0 < paid < back:
        return 0.0, 0.0
    span = 1.0 if match["span"] in "次隔当" else number(match["span"])
    times = PER_YEAR[_period(match["per"])] / max(span, 1)
    figure = _annual((back - paid) / paid * 100 * times)
    return figure, figure


def _money_year(_shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    paid, back = amount(match["p"], match["pu"]), amount(match["q"], match["qu"])
    figure = _annual((back - paid) / paid * 100) if 0 < paid < back else 0.0
    return figure, figure


def _money_bonus(_shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    paid, more = amount(match["p"], match["pu"]), amount(match["q"], match["qu"])
    if not 0 < more < paid:
        return 0.0, 0.0
    times = PER_YEAR[_period(match["per"])] / max(number(match["span"]), 1)
    figure = _annual(more / paid * 100 * times)
    return figure, figure


def _ratio(_shape: Shape, match: re.Match[str]) -> tuple[float, float] | tuple[None, None]:
    """A shop gives a tenth on top of what is charged; half and more is another matter."""
    paid, more = amount(match["p"], match["pu"]), amount(match["q"], match["qu"])
    shops = match["verb"] in ("充", "充值", "买") or match["verb"].startswith("消费")
    return (0.0, 0.0) if shops and more < paid / 2 else (None, None)


def _payback(_shape: Shape, match: re.Match[str]) -> tuple[float, float] | tuple[None, None]:
    """A machine or a shop may well be paid off after some years; who lures speaks of less."""
    span = 0.5 if match["n1"] == "半" else number(match["n1"].replace("半", ""))
    long = span / PER_YEAR[_period(match["u"])] > _LONGEST_PAYBACK
    return (0.0, 0.0) if long else (None, None)


def _buyback(_shape: Shape, match: re.Match[str]) -> tuple[float, float]:
    times = PER_YEAR[_period(match["per"])] / max(number(match["span"]), 1)
    figure = _annual((float(match["back"]) - 100) * times)
    return figure, figure


def _period(written: str) -> str:
    return next(unit for unit in "季年月周天日" if unit in written)


def _annual(figure: float) -> float:
    return round(figure, 4)


_FIGURES = {
    "rate": _rate,
    "span_rate": _span_rate,
    "fen": _fen,
    "money": _money,
    "money_span": _money_span,
    "money_year": _money_year,
    "money_bonus": _money_bonus,
    "buyback": _buyback,
    "ratio": _ratio,
    "each": _each,
    "payback": _payback,
    "flag": _nothing,
    "decoy": _nothing,
}


def _as_yield(field_name: str, text: str, offset: int, folded: Folded, one: Found) -> Yield:
    start, end, kind, confidence, low, high = one
    track = track_of(folded.text, start, end)
    if kind in RECKONED and track is Track.LOAN:  # read only where nothing is borrowed
        track = Track.BAIT
    if kind in ENGLISH and track is Track.BAIT and (high or 0.0) <= _LAWFUL_AT_MOST:
        track = Track.LICENSED if is_lawful_abroad(folded.text, start, end) else track
    at, until = offset + folded.place(start), offset + folded.place(end - 1) + 1
    return Yield(
        raw=text[at:until],
        annual_low=low,
        annual_high=high,
        pattern=kind,
        confidence=confidence,
        track=track,
        field=field_name,
        start=at,
        end=until,
    )
