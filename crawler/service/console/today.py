"""今日: the day's cases, one large and the rest small. One key decides a card, one a family."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from crawler.domain.assessment import Reason, Side
from crawler.domain.calendar import start_of_day
from crawler.domain.capture import Capture
from crawler.domain.subject import NOBODY_ASKED
from crawler.service.console.access import DECIDERS, READERS, get
from crawler.service.console.assigning import standing_behind, task_plan
from crawler.service.console.calls import Call, whole_number
from crawler.service.console.deciding import REASONS, may_undo
from crawler.service.console.looking import (
    Sight,
    deadline,
    lowering,
    name_of,
    pictures,
    reasons,
    sight_of,
    top_promise,
)
from crawler.service.console.marks import Mark, of_reason
from crawler.store.cards import (
    Card,
    Family,
    decided_since,
    families,
    first_cards,
    open_cases,
    pictured,
)
from crawler.store.database import Connection
from crawler.store.duties import duties, last_sweep

SHOWN = 12  # cases on the page; the rest is a number that leads to the list
SEEN_FOR_S = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """The cards of the day, in order, and which of them is open."""

    total: int
    cards: list[Card]
    families: dict[int, Family]
    shots: dict[int, list[Capture]]  # by visit
    now: Card | None


def show(call: Call) -> Response:
    """The page."""
    desk = call.console.desk()
    with call.house.database.reading() as db:
        day = _day(db, call)
        sight = _sight(db, call, day)
        standing = standing_behind(db, day.now) if day.now else NOBODY_ASKED
        done = decided_since(db, call.actor, start_of_day(call.now))
        waiting = duties(db, call.reach, call.now, start_of_day(call.now) + timedelta(days=1))
        sweep = call.console.keeping.figure(
            ("sweep", call.reach), call.now, SEEN_FOR_S, lambda: last_sweep(db, call.reach)
        )
    current = day.now
    return call.page(
        "today.html",
        left=day.total,
        day=day,
        current=current,
        place=day.cards.index(current) if current else 0,
        picture=sight.picture,
        plan=task_plan(current, desk, standing) if current else None,
        reasons_for=_numbered(current, Side.FOR, sight.marks, 5),
        reasons_against=_numbered(current, Side.AGAINST, sight.marks, 4),
        lowering=lowering(current.assessment, call.console.level_of, call.console.say)
        if current
        else "",
        shots_of=lambda card: pictures(day.shots.get(card.alert.visit_id, []))[:1],
        deadlines={one.alert.id: deadline(one, desk) for one in day.cards},
        promise=top_promise,
        name_of=name_of,
        done=done[:6],
        done_count=len(done),
        may_undo=may_undo,
        choices=REASONS,
        may_decide=call.may(DECIDERS),
        waiting=waiting,
        sweep=sweep,
    )


ROUTES = (get("/today", show, READERS),)


def _day(db: Connection, call: Call) -> Day:
    total, case_ids = open_cases(db, call.reach, SHOWN)
    wanted = whole_number(call.query.get("case", ""), 11) or 0
    found = first_cards(db, sorted({*case_ids, wanted} - {0}), call.reach)
    ordered = [found[one] for one in case_ids if one in found]
    if wanted in found and wanted not in case_ids:
        ordered.append(found[wanted])
    current = found.get(wanted) or (ordered[0] if ordered else None)
    return Day(
        total=total,
        cards=ordered,
        families=families(db, [one.case.id for one in ordered], call.reach),
        shots=pictured(db, [one.alert.visit_id for one in ordered]),
        now=current,
    )


def _sight(db: Connection, call: Call, day: Day) -> Sight:
    if day.now is None:
        return Sight()
    shots = pictures(day.shots.get(day.now.alert.visit_id, []))
    return sight_of(db, call, day.now, shots[0] if shots else None)


def _numbered(
    card: Card | None, side: Side, marks: Sequence[Mark], most: int
) -> list[tuple[Reason, tuple[int, ...]]]:
    if card is None:
        return []
    return [(one, of_reason(marks, one)) for one in reasons(card.assessment, side, most)]
