"""Which case an alert belongs to: the open one of the same family or subject, else a new one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.domain.alert import Alert
from crawler.domain.assessment import Assessment, rank
from crawler.domain.case import Case
from crawler.domain.filing import SubjectKind
from crawler.domain.site import Site

_FEWEST_TO_NAME = 4  # characters; shorter subject names (张三) say too little to group by
_LONGEST_KEY = 300
_LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Belonging:
    """What an alert may be held together by, strongest first, and how the case would be called."""

    keys: tuple[str, ...]
    title: str
    category: str


def belonging_of(site: Site, assessment: Assessment, family: str = "") -> Belonging:
    """A template family, else the subject, else the site alone."""
    keys = [f"family:{family}"] if family else []
    if _names_one(site):
        keys.append(f"subject:{site.unit_name.strip()}")
    keys.append(f"site:{site.domain}")
    return Belonging(
        keys=tuple(key[:_LONGEST_KEY] for key in keys),
        title=titled(site, assessment.sentence),
        category=assessment.categories[0] if assessment.categories else "",
    )


def titled(site: Site, sentence: str) -> str:
    """How a case or a task is called: whose site, and what is suspected of it."""
    return f"{_shown_name(site)}：{sentence}"[:_LONGEST_TITLE]


def case_for(alert: Alert, belonging: Belonging, open_cases: Iterable[Case], now: datetime) -> Case:
    """The open case that shares the strongest key, its level raised if need be; else a new one
    (id 0, its number not given yet).
    """
    by_key = {case.key: case for case in open_cases}
    for key in belonging.keys:
        if key in by_key:
            return _raised(by_key[key], alert)
    return Case(
        key=belonging.keys[0],
        title=belonging.title,
        category=belonging.category,
        level=alert.level,
        region=alert.region,
        opened_at=now,
    )


def taken_up_again(case: Case, alert: Alert) -> Case:
    """The alert's own case after a raise or a relapse: open, and as grave as the alert."""
    return replace(_raised(case, alert), closed_at=None)


def _raised(case: Case, alert: Alert) -> Case:
    return replace(case, level=alert.level) if rank(alert.level) > rank(case.level) else case


def _names_one(site: Site) -> bool:
    """Two persons of one name are two; a company's name is its own."""
    person = site.subject_kind is SubjectKind.PERSON
    return not person and len(site.unit_name.strip()) >= _FEWEST_TO_NAME


def _shown_name(site: Site) -> str:
    if site.subject_kind is SubjectKind.PERSON or not site.unit_name:
        return site.domain_shown
    return site.unit_name
