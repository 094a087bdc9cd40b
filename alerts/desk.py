"""What deciding needs beside the decision: who is told, by which names, rules and calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.dispatching import Departments
from alerts.supervising import APPROVAL_FROM
from crawler.domain.assessment import Level
from crawler.domain.calendar import Calendar
from crawler.domain.delivery import Endpoint
from crawler.domain.lexicon import Category

MACHINE = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Handed to whoever decides about alerts and tasks."""

    endpoints: tuple[Endpoint, ...] = ()
    categories: Mapping[str, Category] = field(default_factory=dict)
    departments: Departments
    calendar: Calendar
    approval_from: Level | None = APPROVAL_FROM  # None: a task never needs a supervisor
    home: str = ""  # this installation's own region prefix
    chance: Callable[[int], bytes]
