"""词库: the watched words by category, their versions and amendments, a bench where a text, the
source of a page or a capture is tried, and what one version changes against another.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from starlette.responses import Response

from crawler.domain.assessment import Assessment, Side
from crawler.domain.capture import UNSEEN
from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Hit, Lexicon, Term
from crawler.service.amending import (
    AmendmentState,
    amendment_of,
    amendments,
    files_of_amendment,
)
from crawler.service.console.access import LOOKERS, get, post
from crawler.service.console.amendments import KEEPERS, PROPOSERS
from crawler.service.console.calls import Call, whole_number
from crawler.service.console.shelves import MOST_CHANGES, category_names, lexicon_in, rows_of
from crawler.service.lexicon_life import folder_of
from crawler.service.trying import stored_reading, text_reading, tried
from crawler.store.readings import Reading
from lexicons.judging import Judge
from lexicons.publishing import current, difference, versions

MOST_TERMS = 400
MOST_HITS = 60
MOST_ENDED = 10
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one state of the lists says of what was tried."""

    name: str
    assessment: Assessment
    reasons: list[tuple[str, float, str]]
    rates: list[tuple[str, str]]
    hits: list[tuple[Hit, str, int]]  # with its category's name, and how often


def show(call: Call) -> Response:
    """Versions, and the words of the one in force."""
    return _page(call)


def try_text(call: Call) -> Response:
    """What the lists in force, and an amendment beside them, say; nothing of it is kept."""
    typed, page = call.field("text", 100_000), call.field("page", 253)
    beside = whole_number(call.field("amendment", 12)) or 0
    try:
        answers = _answers(call, typed, page, beside)
    except BadInput as error:
        told = call.console.say(str(error))
        return _page(call, typed=typed, page=page, beside=beside, fault=told, status=400)
    return _page(call, answers, typed=typed, page=page, beside=beside)


def changes(call: Call) -> Response:
    """What a version has and the one in force has not."""
    number = whole_number(call.query.get("version", "0")) or 0
    folder = folder_of(call.house, str(number))
    change = difference(lexicon_in(call.house.lexicon), lexicon_in(folder))
    return call.page(
        "words_changes.html",
        number=number,
        rows=rows_of(change)[:MOST_CHANGES],
        change=change,
        names=category_names(folder),
    )


ROUTES = (
    get("/words", show, LOOKERS),
    post("/words/try", try_text, LOOKERS, most_bytes=MOST_TRIED),
    get("/words/changes", changes, LOOKERS),
)


@lru_cache(maxsize=2)
def _judge(folder: Path, cache: Path) -> Judge:
    return Judge(folder, cache)


def _page(
    call: Call,
    answers: tuple[Answer, ...] = (),
    *,
    typed: str = "",
    page: str = "",
    beside: int = 0,
    fault: str = "",
    status: int = 200,
) -> Response:
    lexicon = lexicon_in(call.house.lexicon)
    asked = call.query.get("q", "").strip()[:40]
    chosen = call.query.get("category", "")[:60]
    known = amendments(call.house)
    return call.page(
        "words.html",
        status=status,
        asked=asked,
        chosen=chosen,
        in_force=current(call.house.shelf),
        digest=lexicon.version,
        versions=versions(call.house.shelf),
        shelves=_shelves(lexicon, chosen, asked),
        total=len(lexicon.terms),
        waiting=[one for one in known if one.state is AmendmentState.OPEN],
        ended=[one for one in known if one.state is not AmendmentState.OPEN][:MOST_ENDED],
        may_propose=call.may(PROPOSERS),
        may_roll_back=call.may(KEEPERS),
        answers=answers,
        typed=typed,
        page=page,
        beside=beside,
        fault=fault,
    )


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


def _answers(call: Call, typed: str, page: str, beside: int) -> tuple[Answer, ...]:
    if not (typed.strip() or page):
        return ()
    if typed.strip() and page:
        raise BadInput("文字与采集编号请只填一个")
    reading = (
        stored_reading(call.house, page, call.now, call.reach) if page else text_reading(typed)
    )
    say = call.console.say
    told = [_answer(call, say("启用的词库"), call.house.lexicon.resolve(), reading)]
    one = amendment_of(call.house, beside) if beside else None
    if one is not None and one.state is AmendmentState.OPEN:
        name = say("修订 {n}", n=one.number)
        told.append(_answer(call, name, files_of_amendment(call.house, one), reading))
    return tuple(told)


def _answer(call: Call, name: str, folder: Path, reading: Reading) -> Answer:
    with _ONE_AT_A_TIME:
        judge = _judge(folder, call.house.cache)
        assessment = tried(reading, judge, call.now)
    names = category_names(folder)
    counted: dict[tuple[str, str, str, bool, bool], tuple[Hit, str, int]] = {}
    for hit in assessment.hits:
        key = (hit.category, hit.word, hit.raw, hit.obfuscated, hit.field == UNSEEN)
        _, _, often = counted.get(key, (hit, "", 0))
        counted[key] = (hit, names.get(hit.category, hit.category), often + 1)
    return Answer(
        name=name,
        assessment=assessment,
        reasons=_reasons(assessment),
        rates=_rates(assessment),
        hits=list(counted.values())[:MOST_HITS],
    )


def _reasons(assessment: Assessment) -> list[tuple[str, float, str]]:
    return [
        ("为" if one.side is Side.FOR else "反", one.points, one.text) for one in assessment.reasons
    ]


def _rates(assessment: Assessment) -> list[tuple[str, str]]:
    told = []
    for one in assessment.yields:
        told.append((" ".join(one.raw.split()), one.annual))
    return told
