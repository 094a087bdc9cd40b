"""One number for one thing on the page: in the picture, in the text, in the reason, in the yields.

A mark is a stretch of one field of the judged text. What overlaps becomes one mark; the gravest
kind of what it holds is its kind. On a picture it is found again by the picture's own text, so an
assessment by any lexicon can be shown on any capture.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from crawler.domain.assessment import Assessment, Reason, Side, Track, Yield
from crawler.domain.capture import Box, PageText, Run

MOST_MARKS = 40
_HARDLY = 30  # characters that are not worth folding away
# what kind of hit a category is, for the eye; all others tell what kind of business it is
_KINDS = {
    "yield_promise": "yield",
    "principal_guarantee": "guar",
    "solicitation": "lure",
    "ad_violation": "lure",
    "credit_enhancement": "lure",
}
_GRAVEST_FIRST = ("yield", "guar", "core", "lure", "against")
_FIELDS = ("title", "body", "alt", "placeholder", "description", "keywords", "ocr")
_RUNS = msgspec.msgpack.Decoder(dict[str, tuple[Run, ...]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Number, kind and place; `reading` is what a disguised writing stands for."""

    number: int
    kind: str
    field: str
    start: int
    end: int
    raw: str
    reading: str = ""
    disguise: tuple[int, int] = (0, 0)  # where in `raw` the disguised writing lies
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A piece of a line: plain, or one mark; its disguised part stands between the other two."""

    text: str
    mark: Mark | None = None
    disguised: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of one field; `skipped` characters without a mark were left out before it."""

    field: str
    stretches: tuple[Stretch, ...] = ()
    skipped: int = 0
    first: bool = False  # of its field


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A mark on a picture, in pixels of the page."""

    mark: Mark
    box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    field: str
    start: int
    end: int
    kind: str
    word: str = ""
    disguised: bool = False


def marks_of(assessment: Assessment, text: PageText) -> tuple[Mark, ...]:
    """All marks of a judged text, numbered as they stand on the page."""
    merged = _merged(list(_spans(assessment)))
    merged.sort(key=lambda group: (_field_order(group[0].field), group[0].start))
    made = (_mark(number, group, text) for number, group in enumerate(merged[:MOST_MARKS], 1))
    return tuple(made)


def marks_at(marks: Sequence[Mark], field: str, start: int, end: int) -> tuple[int, ...]:
    """The numbers of the marks that touch a stretch of a field."""
    if end <= start:
        return ()
    return tuple(
        one.number for one in marks if one.field == field and one.start < end and start < one.end
    )


def of_reason(marks: Sequence[Mark], reason: Reason) -> tuple[int, ...]:
    """What a reason points to."""
    return marks_at(marks, reason.field, reason.start, reason.end)


def of_yield(marks: Sequence[Mark], promised: Yield) -> tuple[int, ...]:
    """What a promised rate points to."""
    return marks_at(marks, promised.field, promised.start, promised.end)


def lines_of(text: PageText, marks: Sequence[Mark], *, whole: bool, most: int = 400) -> list[Line]:
    """The text line by line. Not `whole`: lines with a mark and their neighbours, the rest told
    by its length.
    """
    lines: list[Line] = []
    for field in sorted(text.fields, key=lambda one: _field_order(one.name)):
        mine = [one for one in marks if one.field == field.name]
        lines += _lines_of_field(field.name, field.text, mine, whole=whole)
    return lines[:most]


def drawn_on(
    runs: bytes, marks: Sequence[Mark], judged: PageText, shown: PageText
) -> tuple[Drawn, ...]:
    """Where the marks lie on a picture whose own text is `shown`. A mark that nobody can see there
    is left out.
    """
    boxes = _RUNS.decode(runs) if runs else {}
    found = []
    for mark in marks:
        field_runs = boxes.get(mark.field)
        if not field_runs:
            continue
        place = _found_again(mark, judged.field(mark.field), shown.field(mark.field))
        if place is not None:
            lying = _joined(_boxes_in(field_runs, shown.field(mark.field), *place))
            found += [Drawn(mark=mark, box=box) for box in lying[:3]]
    return tuple(found)


def _spans(assessment: Assessment) -> Iterable[_Span]:
    for one in assessment.yields:
        kind = "yield" if one.track is Track.BAIT else "against"
        yield _Span(field=one.field, start=one.start, end=one.end, kind=kind)
    for hit in assessment.hits:
        yield _Span(
            field=hit.field,
            start=hit.start,
            end=hit.end,
            kind=_KINDS.get(hit.category, "core"),
            word=hit.word,
            disguised=hit.obfuscated,
        )
    for reason in assessment.reasons:
        if reason.field and reason.side is Side.AGAINST:
            yield _Span(field=reason.field, start=reason.start, end=reason.end, kind="against")


def _merged(spans: list[_Span]) -> list[list[_Span]]:
    groups: list[list[_Span]] = []
    for span in sorted((s for s in spans if s.end > s.start), key=lambda s: (s.field, s.start)):
        last = groups[-1] if groups else None
        if last and last[0].field == span.field and span.start < max(one.end for one in last):
            last.append(span)
        else:
            groups.append([span])
    return groups


def _mark(number: int, group: list[_Span], text: PageText) -> Mark:
    first = group[0]
    start, end = first.start, max(one.end for one in group)
    disguised = next((one for one in group if one.disguised), None)
    return Mark(
        number=number,
        kind=min((one.kind for one in group), key=_GRAVEST_FIRST.index),
        field=first.field,
        start=start,
        end=end,
        raw=text.field(first.field)[start:end],
        reading=disguised.word if disguised else "",
        disguise=(disguised.start - start, disguised.end - start) if disguised else (0, 0),
        words=tuple(dict.fromkeys(one.word for one in group if one.word)),
    )


def _field_order(name: str) -> int:
    return _FIELDS.index(name) if name in _FIELDS else len(_FIELDS)


def _lines_of_field(name: str, text: str, marks: Sequence[Mark], *, whole: bool) -> list[Line]:
    cuts = _cuts(text, marks)
    wanted = [whole or bool(_touching(marks, start, end)) for start, end in cuts]
    near = [any(wanted[max(i - 1, 0) : i + 2]) for i in range(len(cuts))]
    if not any(near) and name in ("title", "body"):
        near[: 3 if name == "body" else 1] = [True] * min(len(near), 3 if name == "body" else 1)
    return _folded(name, text, marks, list(zip(cuts, near, strict=True)))


def _folded(
    name: str, text: str, marks: Sequence[Mark], cuts: Sequence[tuple[tuple[int, int], bool]]
) -> list[Line]:
    """The kept lines; what lies between is told by its length, unless it is hardly anything."""
    lines: list[Line] = []
    waiting: list[tuple[int, int]] = []
    for (start, end), keep in cuts:
        if not text[start:end].strip():
            continue
        if not keep:
            waiting.append((start, end))
            continue
        skipped = sum(b - a for a, b in waiting)
        for a, b in (*(waiting if skipped < _HARDLY else ()), (start, end)):
            stretches = _stretches(text, a, b, _touching(marks, a, b))
            left_out = skipped if skipped >= _HARDLY else 0
            lines.append(Line(field=name, stretches=stretches, skipped=left_out, first=not lines))
        waiting = []
    if waiting and lines:
        lines.append(Line(field=name, skipped=sum(b - a for a, b in waiting)))
    return lines


def _cuts(text: str, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Lines; one that a mark runs over goes on to the mark's end."""
    cuts: list[tuple[int, int]] = []
    start = 0
    for match in re.finditer("\n|$", text):
        end = match.start()
        if any(one.start < end < one.end for one in marks) and end < len(text):
            continue
        if end - start > 600:
            cuts += _pieces(start, end, marks)
        else:
            cuts.append((start, end))
        start = end + 1
    return cuts


def _pieces(start: int, end: int, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """A line without end, in pieces that no mark is cut by."""
    pieces = []
    while end - start > 600:
        cut = start + 400
        crossing = [one.end for one in marks if one.start < cut < one.end]
        cut = min(max([cut, *crossing]), end)
        pieces.append((start, cut))
        start = cut
    pieces.append((start, end))
    return pieces


def _touching(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    return [one for one in marks if one.start < end and start < one.end]


def _stretches(text: str, start: int, end: int, marks: Sequence[Mark]) -> tuple[Stretch, ...]:
    made: list[Stretch] = []
    at = start
    for mark in marks:
        if mark.start > at:
            made.append(Stretch(text=cells_apart(text[at : mark.start])))
        made.append(_marked(mark))
        at = max(at, mark.end)
    if at < end:
        made.append(Stretch(text=cells_apart(text[at:end])))
    return tuple(one for one in made if one.text or one.mark)


def _marked(mark: Mark) -> Stretch:
    raw, (start, end) = mark.raw, mark.disguise
    if end <= start:
        return Stretch(text=cells_apart(raw), mark=mark)
    before, hidden, after = raw[:start], raw[start:end], raw[end:]
    return Stretch(
        text=cells_apart(before),
        mark=mark,
        disguised=cells_apart(hidden),
        after=cells_apart(after),
    )


def cells_apart(text: str) -> str:
    """Cells of a table stay apart."""
    return text.replace("\t", " ¦ ").replace("\n", " ")


def _found_again(mark: Mark, judged: str, shown: str) -> tuple[int, int] | None:
    """The same occurrence of the same characters, spaces aside."""
    if judged == shown:
        return mark.start, mark.end
    letters = "".join(mark.raw.split())
    if not letters:
        return None
    pattern = re.compile(r"\s*".join(re.escape(one) for one in letters))
    before = sum(1 for m in pattern.finditer(judged) if m.start() < mark.start)
    places = [match.span() for match in pattern.finditer(shown)]
    return places[min(before, len(places) - 1)] if places else None


def _boxes_in(runs: Sequence[Run], text: str, start: int, end: int) -> list[Box]:
    return [
        _part_of(run, text, max(start, run.start), min(end, run.end))
        for run in runs
        if run.box is not None and not run.hidden and run.start < end and start < run.end
    ]


def _joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes side by side on one line, as one: pages like to wrap each letter by itself."""
    joined: list[Box] = []
    for box in boxes:
        last = joined[-1] if joined else None
        if last is not None and _side_by_side(last, box):
            joined[-1] = _around(last, box)
        else:
            joined.append(box)
    return joined


def _side_by_side(one: Box, other: Box) -> bool:
    middle = other.y + other.height / 2
    level = one.y - other.height < middle < one.y + one.height + other.height
    gap = max(other.x - (one.x + one.width), one.x - (other.x + other.width))
    return level and gap < max(one.height, other.height)


def _around(one: Box, other: Box) -> Box:
    x, y = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    bottom = max(one.y + one.height, other.y + other.height)
    return Box(x=x, y=y, width=round(right - x, 1), height=round(bottom - y, 1))


def _part_of(run: Run, text: str, start: int, end: int) -> Box:
    """The stretch of a run's box that its characters take, wide ones counted double."""
    box = run.box
    assert box is not None
    whole = _width(text[run.start : run.end]) or 1.0
    left = _width(text[run.start : start]) / whole
    share = _width(text[start:end]) / whole
    return Box(
        x=round(box.x + box.width * left, 1),
        y=round(box.y, 1),
        width=round(max(box.width * share, 4.0), 1),
        height=round(box.height, 1),
    )


def _width(text: str) -> float:
    return sum(2.0 if unicodedata.east_asian_width(one) in "WF" else 1.1 for one in text)
