"""修订 of the word lists: one term added, changed or taken out, what that would change on the pages
that are stored, and the publishing of it, by a second person where the settings ask for one.
"""

from typing import Any

from starlette.responses import HTMLResponse, Response

from crawler.service.amending import (
    Amendment,
    AmendmentState,
    Faulty,
    amend,
    amendment_of,
    amendments,
    files_of_amendment,
    is_stale,
    propose_edit,
    publish_amendment,
    renew,
    withdraw,
)
from crawler.service.console.access import DECIDERS, LOOKERS, OPERATORS, SUPERVISORS, get, post
from crawler.service.console.calls import Call, Missing, whole_number
from crawler.service.console.keeping import Notice
from crawler.service.console.shelves import MOST_CHANGES, category_names, lexicon_in, rows_of
from crawler.service.lexicon_life import put_back
from crawler.service.replaying import MINUTES_AN_ALERT
from lexicons.editing import Edit, EditKind
from lexicons.publishing import difference

PROPOSERS = DECIDERS | OPERATORS
KEEPERS = SUPERVISORS | OPERATORS
MOST_TYPED = 256 * 1024  # bytes: a word that is far too long is told so, like any fault
MOST_SHIFTS = 50


def form(call: Call) -> Response:
    """One change to be typed; a word of the list comes filled in."""
    lexicon = lexicon_in(call.house.lexicon)
    word, category = call.query.get("word", "")[:60], call.query.get("category", "")[:60]
    term = next((t for t in lexicon.terms if (t.word, t.category) == (word, category)), None)
    typed = Edit(
        kind=EditKind.CHANGE if term else EditKind.ADD,
        word=word,
        category=category,
        was=category if term else "",
        weight=f"{term.weight:g}" if term else "3",
        needs_context=term.needs_context if term else False,
        note=term.note if term else "",
    )
    chosen = whole_number(call.query.get("amendment", "")) or 0
    return _form(call, typed, chosen)


def propose(call: Call) -> Response:
    """A change, as an amendment of its own or into one that is open; faults are told beside it."""
    try:
        kind = EditKind(call.field("kind", 20))
    except ValueError:
        kind = EditKind.ADD
    edit = Edit(
        kind=kind,
        word=call.field("word", 20_000),
        category=call.field("category", 60),
        was=call.field("was", 60) if kind is not EditKind.ADD else "",
        weight=call.field("weight", 20),
        needs_context=call.field("needs_context") == "yes",
        note=call.field("note", 500),
    )
    chosen, why = whole_number(call.field("amendment", 12)) or 0, call.field("why", 500)
    try:
        if chosen:
            one = amend(call.house, chosen, edit, call.actor, call.now)
        else:
            one = propose_edit(call.house, edit, call.actor, why, call.now)
    except Faulty as faulty:
        told = [one.reason for one in faulty.problems[:20]]
        return _form(call, edit, chosen, why=why, faults=told, status=400)
    call.console.foreseeing.begin(call.house, one, call.now)
    return call.go(_path(one))


def show(call: Call) -> Response:
    """One amendment: its words, what they would change, who may put them in force."""
    one = _here(call)
    is_open = one.state is AmendmentState.OPEN
    stale = is_open and is_stale(call.house, one)
    facts = _difference(call, one) if is_open else {}
    consent = call.house.config.review.lexicon_consent
    mine = one.author == call.actor
    return call.page(
        "words_amendment.html",
        one=one,
        is_open=is_open,
        stale=stale,
        mine=mine,
        consent=consent,
        names=category_names(call.house.lexicon),
        may_publish=is_open and (not consent if mine else call.may(SUPERVISORS)),
        may_drop=is_open and (mine or call.may(SUPERVISORS)),
        may_count=is_open and call.may(PROPOSERS),
        **facts,
        **_outlook(call, one),
    )


def outlook(call: Call) -> Response:
    """How the counting stands: a part of the page, asked for until it is over."""
    one = _here(call)
    page = call.console.templates.get_template("words_outlook.html")
    return HTMLResponse(page.render(one=one, **_outlook(call, one)))


def count(call: Call) -> Response:
    """Count what it would change; once is enough."""
    one = _here(call)
    if one.state is AmendmentState.OPEN:
        call.console.foreseeing.begin(call.house, one, call.now)
    return call.go(_path(one))


def renew_here(call: Call) -> Response:
    """The same changes on what is in force now."""
    one = _here(call)
    try:
        one = renew(call.house, one.number, call.actor, call.now)
    except Faulty as faulty:
        told = [Notice(text=problem.reason, bad=True) for problem in faulty.problems[:5]]
        return call.go(_path(one), *told)
    call.console.foreseeing.begin(call.house, one, call.now)
    return call.go(_path(one), Notice(text=call.console.say("已并到启用的版本上，请再看变化。")))


def drop(call: Call) -> Response:
    """Taken back by its author, or turned down by a supervisor."""
    one = withdraw(call.house, _here(call).number, call.actor, call.field("reason", 500), call.now)
    call.console.foreseeing.forget(one.number)
    said = call.console.say("修订 {n} 已撤回，词库没有变。", n=one.number)
    return call.go("/words", Notice(text=said))


def publish(call: Call) -> Response:
    """In force. Who may not is told so, and the trail says that they tried."""
    one, version = publish_amendment(
        call.house, _here(call).number, call.field("seen", 64), call.actor, call.now
    )
    call.console.foreseeing.forget(one.number)
    said = call.console.say(
        "修订 {n} 已发布为第 {version} 版并启用，正在进行的巡查随即改用。",
        n=one.number, version=version.number,
    )  # fmt: skip
    return call.go("/words", Notice(text=said))


def roll_back(call: Call) -> Response:
    """An earlier version in force again, with the reason."""
    number = whole_number(call.field("version", 9))
    if number is None:
        raise Missing
    put_back(call.house, number, call.actor, call.field("reason", 500), call.now)
    if number:
        said = call.console.say("第 {n} 版词库已重新启用。", n=number)
    else:
        said = call.console.say("随程序的词库已重新启用。")
    return call.go("/words", Notice(text=said))


ROUTES = (
    get("/words/edit", form, PROPOSERS),
    post("/words/amendments", propose, PROPOSERS, most_bytes=MOST_TYPED),
    get("/words/amendments/{id}", show, LOOKERS),
    get("/words/amendments/{id}/outlook", outlook, LOOKERS),
    post("/words/amendments/{id}/count", count, PROPOSERS),
    post("/words/amendments/{id}/renew", renew_here, PROPOSERS),
    post("/words/amendments/{id}/drop", drop, PROPOSERS),
    post("/words/amendments/{id}/publish", publish, PROPOSERS),
    post("/words/rollback", roll_back, KEEPERS),
)


def _here(call: Call) -> Amendment:
    one = amendment_of(call.house, call.number("id"))
    if one is None:
        raise Missing
    return one


def _path(one: Amendment) -> str:
    return f"/words/amendments/{one.number}"


def _form(
    call: Call,
    typed: Edit,
    chosen: int,
    *,
    why: str = "",
    faults: list[str] | None = None,
    status: int = 200,
) -> Response:
    mine = [
        one
        for one in amendments(call.house)
        if one.state is AmendmentState.OPEN and one.author == call.actor
    ]
    return call.page(
        "words_edit.html",
        status=status,
        typed=typed,
        stands=bool(typed.was),
        chosen=chosen,
        mine=mine,
        why=why,
        faults=faults or [],
        names=category_names(call.house.lexicon),
        consent=call.house.config.review.lexicon_consent,
    )


def _difference(call: Call, one: Amendment) -> dict[str, Any]:
    change = difference(
        lexicon_in(call.house.lexicon), lexicon_in(files_of_amendment(call.house, one))
    )
    return {"change": change, "rows": rows_of(change)[:MOST_CHANGES]}


def _outlook(call: Call, one: Amendment) -> dict[str, Any]:
    """With the sites of one's own region by name; the figures are of the whole installation."""
    known = call.console.foreseeing.outlook(call.house, one)
    result = known.result if known else None
    shifts = (
        [shift for shift in result.shifts if shift.region.startswith(call.reach)] if result else []
    )
    return {
        "known": known,
        "shifts": shifts[:MOST_SHIFTS],
        "each": MINUTES_AN_ALERT,
    }
