"""What deciding needs beside the decision: who is told, by which names, rules and calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.dispatching import Departments, Dispatch, dispatch
from alerts.supervising import APPROVAL_FROM
from crawler.domain.assessment import Assessment, Level
from crawler.domain.calendar import Calendar
from crawler.domain.case import Case
from crawler.domain.delivery import Endpoint
from crawler.domain.filing import Filing
from crawler.domain.lexicon import Category
from crawler.domain.site import Site
from crawler.domain.subject import Standing

MACHINE = "system"


def category_of(assessment: Assessment | None, case: Case) -> str:
    """By which category a finding is dispatched: the gravest of its judgement, else its case's."""
    return (*(assessment.categories if assessment else ()), case.category)[0]


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

    def sends(
        self, category: str, site: Site, filing: Filing | None, standing: Standing
    ) -> Dispatch:
        """Who gets what was found on a site, by the rules of this installation."""
        return dispatch(category, site, filing, self.departments, self.home, standing)
