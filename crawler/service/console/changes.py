"""变化: what differs between two captures of a site: pictures side by side, text line by line."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from starlette.responses import Response

from crawler.domain.capture import Capture, PageText
from crawler.service.console.access import READERS, get
from crawler.service.console.calls import Call, Missing
from crawler.service.console.deciding import card_here
from crawler.service.console.looking import name_of, pictures
from crawler.service.console.marks import cells_apart
from crawler.store.cards import Seen, history, pictured, texts_and_runs

_MOST_SHOWN = 120_000  # characters of a text
_MOST_LINES, _LONGEST_LINE, _MOST_CHANGES = 3_000, 500, 600
_ALIKE = 0.4  # below this two lines have nothing to do with each other

Piece = tuple[str, bool]  # text, whether the other line has something else there


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One line that went (−) or came (+); or (…) how many stayed."""

    sign: str
    pieces: tuple[Piece, ...] = ()
    same: int = 0


def show(call: Call) -> Response:
    """The page."""
    card = card_here(call, call.number("id"))
    with call.house.database.reading() as db:
        seen = history(db, card.site.id)
        older, newer = _two(call, seen)
        both = [one for one in (older, newer) if one]
        texts = texts_and_runs(db, [one.text_digest for one in both]).texts
        shots = pictured(db, [one.visit_id for one in both])
    return call.page(
        "change.html",
        card=card,
        older=older,
        newer=newer,
        changes=difference(_text(older, texts), _text(newer, texts)) if older and newer else [],
        sides=[(one, _shot(one, shots)) for one in both],
        seen=seen,
        name_of=name_of,
    )


ROUTES = (get("/alerts/{id}/change", show, READERS),)


def comparable(older: Seen, newer: Seen) -> bool:
    """Whether the same kind of look found another text: what a browser shows always differs a
    little from what was fetched.
    """
    alike = (older.fetcher, older.profile) == (newer.fetcher, newer.profile)
    return alike and bool(older.text_digest) and older.text_digest != newer.text_digest


def before(newer: Seen, seen: Sequence[Seen]) -> Seen | None:
    """What a capture is compared with unless somebody says otherwise: the last one that found
    another text, else the last of the same kind of look, else the last.
    """
    earlier = [one for one in seen if one.ended_at < newer.ended_at]
    other = (one for one in earlier if comparable(one, newer))
    alike = (one for one in earlier if one.fetcher == newer.fetcher)
    return next(chain(other, alike, earlier), None)


def difference(was: str, is_: str) -> list[Change]:
    """Two texts line by line, and within a changed line what changed."""
    old, new = _lines(was), _lines(is_)
    found: list[Change] = []
    matcher = difflib.SequenceMatcher(None, old, new)  # see packing.comparing
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found.append(Change(sign="…", same=b - a))
        else:
            found += _block(old[a:b], new[c:d])
    return found[:_MOST_CHANGES]


def _block(gone: Sequence[str], come: Sequence[str]) -> Iterator[Change]:
    paired = [_within(a, b) for a, b in zip(gone, come, strict=False)]
    left = [one for one, _ in paired] + [((one, True),) for one in gone[len(paired) :]]
    right = [one for _, one in paired] + [((one, True),) for one in come[len(paired) :]]
    yield from (Change(sign="−", pieces=tuple(one)) for one in left)
    yield from (Change(sign="+", pieces=tuple(one)) for one in right)


def _within(was: str, is_: str) -> tuple[list[Piece], list[Piece]]:
    matcher = difflib.SequenceMatcher(None, was, is_, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [(was, True)], [(is_, True)]
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        left += [(was[a:b], tag != "equal")] if b > a else []
        right += [(is_[c:d], tag != "equal")] if d > c else []
    return left, right


def _lines(text: str) -> list[str]:
    whole = text[:_MOST_SHOWN].split("\n")
    return [cells_apart(one)[:_LONGEST_LINE] for one in whole if one.strip()][:_MOST_LINES]


def _text(seen: Seen, texts: Mapping[str, PageText]) -> str:
    text = texts.get(seen.text_digest)
    return "\n".join(field.text for field in text.fields) if text else ""


def _shot(seen: Seen, shots: Mapping[int, Sequence[Capture]]) -> tuple[Capture, str] | None:
    """Its own picture, else one of the same visit."""
    found = pictures(shots.get(seen.visit_id, ()))
    return next((one for one in found if one[0].id == seen.id), found[0] if found else None)


def _two(call: Call, seen: Sequence[Seen]) -> tuple[Seen | None, Seen | None]:
    by_id = {one.id: one for one in seen}
    asked_from, asked_to = call.query.get("from", ""), call.query.get("to", "")
    if (asked_from and asked_from not in by_id) or (asked_to and asked_to not in by_id):
        raise Missing
    newer = by_id.get(asked_to) or (seen[0] if seen else None)
    if asked_from or newer is None:
        return by_id.get(asked_from), newer
    return before(newer, seen), newer
