"""词库: the watched words by category, their versions, a box to try a text or a page's source, and
what one version changes against another. Publishing stays with the terminal, where the files are.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.responses import Response

from crawler.domain.assessment import Assessment, Side
from crawler.domain.lexicon import Lexicon, Term
from crawler.domain.user import Role
from crawler.service.console.access import READERS, get, post
from crawler.service.console.calls import Call, whole_number
from crawler.service.lexicon_life import folder_of
from crawler.service.trying import text_reading, tried
from lexicons.judging import Judge
from lexicons.loading import load_lexicon
from lexicons.publishing import Difference, current, difference, versions

LOOKERS = READERS | {Role.OPS}
MOST_TERMS = 400
MOST_CHANGES = 200
MOST_TRIED = 200_000  # bytes of what may be tried
_ONE_AT_A_TIME = Lock()  # jieba's tokenizer keeps a state of its own


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """One category with its words, as far as they are shown."""

    id: str
    name: str
    severity: int
    count: int
    terms: tuple[Term, ...]


def show(call: Call) -> Response:
    """Versions, and the words of the one in force."""
    return call.page("words.html", **_facts(call), answer=None, typed="")


def try_text(call: Call) -> Response:
    """What the lists in force say of a text; nothing of it is kept."""
    typed = call.field("text", 100_000)
    answer = _tried(call, typed) if typed.strip() else None
    return call.page("words.html", **_facts(call), answer=answer, typed=typed)


def changes(call: Call) -> Response:
    """What a version has and the one in force has not."""
    number = whole_number(call.query.get("version", "0")) or 0
    folder = folder_of(call.house, str(number))
    change = difference(_lexicon(call.house.lexicon.resolve()), _lexicon(folder.resolve()))
    return call.page("words_changes.html", number=number, rows=_rows(change), change=change)


ROUTES = (
    get("/words", show, LOOKERS),
    post("/words/try", try_text, LOOKERS, most_bytes=MOST_TRIED),
    get("/words/changes", changes, LOOKERS),
)


@lru_cache(maxsize=4)
def _lexicon(folder: Path) -> Lexicon:
    """A version's folder never changes."""
    return load_lexicon(folder)


@lru_cache(maxsize=1)
def _judge(folder: Path, cache: Path) -> Judge:
    return Judge(folder, cache)


def _facts(call: Call) -> dict[str, Any]:
    lexicon = _lexicon(call.house.lexicon.resolve())
    asked = call.query.get("q", "").strip()[:40]
    chosen = call.query.get("category", "")[:60]
    in_force = current(call.house.shelf)
    return {
        "asked": asked,
        "chosen": chosen,
        "in_force": in_force,
        "digest": lexicon.version,
        "versions": versions(call.house.shelf),
        "shelves": _shelves(lexicon, chosen, asked),
        "total": len(lexicon.terms),
    }


def _shelves(lexicon: Lexicon, chosen: str, asked: str) -> list[Shelf]:
    """All categories with their counts; words of the chosen one, or those that were asked for."""
    found = []
    for category in sorted(lexicon.categories.values(), key=lambda one: (-one.severity, one.name)):
        mine = [term for term in lexicon.terms if term.category == category.id]
        shown = [term for term in mine if asked and asked in term.word]
        if not asked and category.id == chosen:
            shown = mine
        ordered = sorted(shown, key=lambda term: (-term.weight, term.word))[:MOST_TERMS]
        found.append(
            Shelf(
                id=category.id,
                name=category.name,
                severity=category.severity,
                count=len(mine),
                terms=tuple(ordered),
            )
        )
    return found


def _tried(call: Call, typed: str) -> dict[str, Any]:
    reading = text_reading(typed)
    with _ONE_AT_A_TIME:
        judge = _judge(call.house.lexicon.resolve(), call.house.cache)
        assessment = tried(reading, judge, call.now)
    return {"assessment": assessment, "reasons": _reasons(assessment), "rates": _rates(assessment)}


def _reasons(assessment: Assessment) -> list[tuple[str, float, str]]:
    return [
        ("为" if one.side is Side.FOR else "反", one.points, one.text) for one in assessment.reasons
    ]


def _rates(assessment: Assessment) -> list[tuple[str, str]]:
    told = []
    for one in assessment.yields:
        ends = sorted({f for f in (one.annual_low, one.annual_high) if f is not None})
        told.append((" ".join(one.raw.split()), "–".join(f"{figure:g}%" for figure in ends)))
    return told


def _rows(change: Difference) -> list[tuple[str, Term, str]]:
    rows = [("新增", term, "") for term in change.added]
    rows += [("删除", term, "") for term in change.removed]
    rows += [("改动", new, f"{old.weight:g}") for old, new in change.changed]
    return rows[:MOST_CHANGES]
