"""The task that confirming would bring: to whom, by which rule, and what the registers said."""

from dataclasses import dataclass

from alerts.desk import Desk, category_of
from alerts.dispatching import Dispatch
from alerts.supervising import LIMITS, TimeLimits, needs_approval
from crawler.domain.filing import shown_unit_name
from crawler.domain.subject import NOBODY_ASKED, Standing
from crawler.service.standing import lines_of
from crawler.store.cards import Card
from crawler.store.database import Connection
from crawler.store.subjects import standings_of


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskPlan:
    """What confirming would bring about."""

    dispatch: Dispatch
    category: str
    limits: TimeLimits
    needs_approval: bool
    registers: tuple[str, ...] = ()  # what each said of the subject, a line each


def task_plan(card: Card, desk: Desk, standing: Standing = NOBODY_ASKED) -> TaskPlan:
    """Who would get the task, by which rule, with which limits, and what the registers said."""
    category = category_of(card.assessment, card.case)
    known = desk.categories.get(category)
    limits = LIMITS.get(card.alert.level) or min(LIMITS.values(), key=lambda one: -one.close_days)
    to = desk.sends(category, card.site, card.filing, standing)
    return TaskPlan(
        dispatch=to,
        category=known.name if known else category,
        limits=limits,
        needs_approval=needs_approval(card.alert.level, desk.approval_from) or bool(to.contested),
        registers=tuple(masked_lines(standing)),
    )


def standing_behind(db: Connection, card: Card) -> Standing:
    """What the registers say of the alert's subject."""
    return standings_of(db, [card.site]).get(card.site.id, NOBODY_ASKED)


def masked_lines(standing: Standing) -> list[str]:
    """What the registers say, a line each, persons masked."""
    found = [(one.name, shown_unit_name(one.name, one.kind)) for one in standing.found]
    lines = lines_of(standing)
    for name, shown in found:
        lines = [line.replace(name, shown) for line in lines]
    return lines
