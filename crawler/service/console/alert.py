"""预警详情: one sheet of paper that tells what it is, why it is here, how bad, who, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from alerts.grouping import titled
from alerts.masking import without_name
from crawler.domain.alert import AlertState
from crawler.domain.assessment import TEST_STATE_NAMES, FourTests, Side, TestState
from crawler.domain.capture import Capture
from crawler.domain.filing import Filing, main_licence_of, normal_licence
from crawler.domain.page import Contact, ContactKind, PageStructure
from crawler.domain.personal import masked_contact
from crawler.domain.region import DISTRICTS
from crawler.domain.site import Site
from crawler.domain.subject import Standing
from crawler.service.console.access import DECIDERS, READERS, SUPERVISORS, get, post
from crawler.service.console.assigning import standing_behind, task_plan
from crawler.service.console.calls import Call, Missing
from crawler.service.console.changes import comparable
from crawler.service.console.deciding import REASONS, card_here, may_undo
from crawler.service.console.looking import (
    Sight,
    deadline,
    lowering,
    name_of,
    pictures,
    reasons,
    sight_of,
    spaced,
    top_promise,
    yields_by_height,
)
from crawler.service.console.looking_again import of_late
from crawler.service.console.marks import Mark, lines_of, of_reason, of_yield
from crawler.store.asked import asked_of_site
from crawler.store.captures import captures_of_visit
from crawler.store.cards import (
    Card,
    Seen,
    case_members,
    decisions_on_site,
    history,
    queue,
)
from crawler.store.database import Connection
from crawler.store.tasks import tasks_of_case

MOST_LINES = 60
TESTS = (
    ("非法性", "unlawful"),
    ("公开性", "public"),
    ("利诱性", "enticing"),
    ("社会性", "social"),
)
DOTS = {
    TestState.SHOWN: "full",
    TestState.HINTED: "half",
    TestState.UNLISTED: "half",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One line of filing against page."""

    what: str
    filed: str
    page: str
    same: bool | None  # None: the page does not say


def show(call: Call) -> Response:
    """The page."""
    return _page(call, card_here(call, call.number("id")), open_names=False)


def reveal(call: Call) -> Response:
    """The same with names and contacts in full; that is an act, and stands in the trail."""
    card = card_here(call, call.number("id"))
    with call.house.database.transaction() as db:
        call.note(db, "personal.read", f"alert:{card.alert.id}", card.alert.region)
    return _page(call, card, open_names=True)


def enlarged(call: Call) -> Response:
    """One picture as large as it is, with its marks."""
    card = card_here(call, call.number("id"))
    with call.house.database.reading() as db:
        shots = pictures(captures_of_visit(db, card.alert.visit_id))
        sight = sight_of(db, call, card, _asked_for(call, shots))
    if sight.picture is None:
        raise Missing
    named = [(one, _named(one)) for one in shots]
    return call.page("picture.html", card=card, picture=sight.picture, shots=named, name_of=name_of)


ROUTES = (
    get("/alerts/{id}", show, READERS),
    post("/alerts/{id}/reveal", reveal, DECIDERS),
    get("/alerts/{id}/picture", enlarged, READERS),
)


def _page(call: Call, card: Card, *, open_names: bool) -> Response:
    with call.house.database.reading() as db:
        captures = captures_of_visit(db, card.alert.visit_id)
        shots = pictures(captures)
        sight = sight_of(db, call, card, _asked_for(call, shots))
        known = _known(db, call, card)
    return call.page(
        "alert.html",
        **known,
        **_task_that_would_come(call, card, known["standing"]),
        **_words(call, card, sight),
        **_findings(card, sight.marks),
        card=card,
        filing=card.filing,
        case_title=without_name(titled(card.site, card.alert.sentence), card.site),
        name=name_of(card.site) if not open_names else (card.site.unit_name or card.site.domain),
        open_names=open_names,
        picture=sight.picture,
        removed=sight.removed,
        shots=[(one, _named(one)) for one in shots],
        captures=captures,
        compared=compared(card.site, card.filing, sight.structure),
        contacts=_contacts(sight.structure, masked=not open_names),
        different=_last_different(known["seen"], card.alert.visit_id),
        may_undo=bool(known["decisions"]) and may_undo(known["decisions"][0], call),
        choices=REASONS,
        name_of=name_of,
        is_open=card.alert.state in (AlertState.OPEN, AlertState.WATCHED),
        may_decide=call.may(DECIDERS),
        may_reopen=call.may(SUPERVISORS),
        districts=DISTRICTS,
        misleading=_misleading(card),
        lowering=lowering(card.assessment, call.console.level_of, call.console.say),
    )


def _asked_for(call: Call, shots: Sequence[tuple[Capture, str]]) -> tuple[Capture, str] | None:
    """The picture that the address names, else the first."""
    asked = call.query.get("view")
    return next((one for one in shots if _named(one) == asked), shots[0] if shots else None)


def _known(db: Connection, call: Call, card: Card) -> dict[str, Any]:
    """What the store says of the site, its case and the alerts around this one."""
    is_open = card.alert.state is AlertState.OPEN
    before, after = _neighbours(db, call, card) if is_open else (0, 0)
    asked = asked_of_site(db, card.site, call.now)
    return {
        "standing": standing_behind(db, card),
        "exempt": asked.exempt,
        "leads": asked.leads,
        "members": case_members(db, card.case.id, call.reach),
        "seen": history(db, card.site.id),
        "decisions": decisions_on_site(db, card.site.id),
        "tasks": [] if is_open and call.may(DECIDERS) else tasks_of_case(db, card.case.id),
        "before": before,
        "after": after,
        "again": of_late(asked.again, call.now),
    }


def _task_that_would_come(call: Call, card: Card, standing: Standing) -> dict[str, Any]:
    desk = call.console.desk()
    return {
        "deadline": deadline(card, desk),
        "plan": task_plan(card, desk, standing),
        "departments": desk.departments.names,
    }


def _words(call: Call, card: Card, sight: Sight) -> dict[str, Any]:
    """The page's own words, line by line."""
    whole, text = call.query.get("text") == "all", sight.text
    most = 2_000 if whole else MOST_LINES
    return {
        "lines": lines_of(text, sight.marks, whole=whole, most=most) if text else [],
        "length": sum(len(one.text) for one in text.fields) if text else 0,
        "whole": whole,
        "marks": sight.marks,
    }


def _findings(card: Card, marks: Sequence[Mark]) -> dict[str, Any]:
    """What was found, each with the numbers of its marks."""
    judged = card.assessment
    return {
        "promise": top_promise(judged),
        "tests": _tests(card),
        "reasons_for": [(r, of_reason(marks, r)) for r in reasons(judged, Side.FOR)],
        "reasons_against": [(r, of_reason(marks, r)) for r in reasons(judged, Side.AGAINST)],
        "yields": [
            (one, spaced(one.raw), one.annual, of_yield(marks, one))
            for one in yields_by_height(judged)
        ],
    }


def _named(shot: tuple[Capture, str]) -> str:
    capture, kind = shot
    return f"{capture.id}-{kind}"


def _neighbours(db: Connection, call: Call, card: Card) -> tuple[int, int]:
    """The alerts before and after this one in the order of work; 0 where there is none."""
    order = list(queue(db, call.reach))
    if card.alert.id not in order:
        return 0, order[0] if order else 0
    place = order.index(card.alert.id)
    before = order[place - 1] if place else 0
    return before, order[place + 1] if place + 1 < len(order) else 0


def _tests(card: Card) -> list[tuple[str, str, str, str]]:
    """Name, dot, state and note of each of the four."""
    tests = card.assessment.tests if card.assessment else FourTests()
    notes = {name: told for name, _, told in (one.partition("：") for one in tests.notes)}
    found = []
    for name, attribute in TESTS:
        state = getattr(tests, attribute)
        note = spaced(notes.get(name, ""), 160)
        found.append((name, DOTS.get(state, ""), TEST_STATE_NAMES[state], note))
    return found


def compared(site: Site, filing: Filing | None, structure: PageStructure | None) -> list[Compared]:
    """Filing against page: what both say, side by side."""
    unit = filing.unit_name if filing else site.unit_name
    numbers = structure.filing_numbers if structure else ()
    signed = structure.companies if structure else ()
    licence = site.service_licence or site.main_licence
    found = [
        Compared(
            what="备案号",
            filed=licence,
            page="、".join(numbers[:3]),
            same=None
            if not numbers
            else any(_subject(one) == _subject(licence) for one in numbers),
        ),
        Compared(
            what="主体",
            filed=name_of(site),
            page="、".join(signed[:3]),
            same=None if not signed else unit in signed,
        ),
    ]
    if filing and filing.site_name:
        found.append(Compared(what="网站名称", filed=filing.site_name, page="", same=None))
    return found


def _subject(number: str) -> str:
    """The subject's own number behind one of its sites'."""
    return main_licence_of(normal_licence(number) or number.strip())


def _contacts(structure: PageStructure | None, *, masked: bool) -> list[tuple[str, str]]:
    found: Sequence[Contact] = structure.contacts[:12] if structure else ()
    shown = masked_contact if masked else str
    return [(CONTACT_NAMES[one.kind], shown(one.value)) for one in found]


CONTACT_NAMES = {
    ContactKind.PHONE: "电话",
    ContactKind.MOBILE: "手机",
    ContactKind.QQ: "QQ",
    ContactKind.WECHAT: "微信",
    ContactKind.EMAIL: "邮箱",
    ContactKind.TELEGRAM: "电报",
}


def _misleading(card: Card) -> list[str]:
    """What may have misled: the terms that were found, the weightiest first."""
    if card.assessment is None:
        return []
    hits = sorted(card.assessment.hits, key=lambda one: -one.weight)
    return list(dict.fromkeys(one.word for one in hits))[:8]


def _last_different(seen: Sequence[Seen], visit_id: int) -> tuple[Seen, Seen] | None:
    """The newest capture of an earlier visit whose text is another than what the same fetcher got
    in this visit, and the latter.
    """
    mine = [one for one in seen if one.visit_id == visit_id and one.text_digest]
    earlier = [one for one in seen if one.visit_id < visit_id]
    pairs = ((older, newer) for newer in mine for older in earlier if comparable(older, newer))
    return next(pairs, None)
