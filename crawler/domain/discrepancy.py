"""Where two things that should agree do not: a page and its filing, one visitor's view and
another's. A finding with its reason; it modifies an alert, it never makes one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from crawler.domain.assessment import Assessment, Level, Reason, Side, at_least
from crawler.domain.filing import (
    SubjectKind,
    main_licence_of,
    normal_licence,
    shown_unit_name,
)
from crawler.domain.page import Imprint
from crawler.domain.site import Site


class DiscrepancyKind(StrEnum):
    """What disagrees."""

    CLOAK = "cloak"
    HOST_ELSEWHERE = "host_elsewhere"
    NUMBER_BORROWED = "number_borrowed"
    NUMBER_CANCELLED = "number_cancelled"
    NUMBER_OTHER = "number_other"
    NUMBER_MISSING = "number_missing"
    SUBJECT_OTHER = "subject_other"


DISCREPANCY_NAMES = {
    DiscrepancyKind.CLOAK: "因访问者而异",
    DiscrepancyKind.HOST_ELSEWHERE: "落到他人网站",
    DiscrepancyKind.NUMBER_BORROWED: "冒用备案号",
    DiscrepancyKind.NUMBER_CANCELLED: "备案号已注销",
    DiscrepancyKind.NUMBER_OTHER: "备案号不符",
    DiscrepancyKind.NUMBER_MISSING: "未标备案号",
    DiscrepancyKind.SUBJECT_OTHER: "落款主体不符",
}
_POINTS = {  # added to what is an alert anyway; each rests on domain.md §7 or on 备案办法 art. 25
    DiscrepancyKind.CLOAK: 2.0,
    DiscrepancyKind.NUMBER_BORROWED: 1.5,
    DiscrepancyKind.NUMBER_CANCELLED: 1.5,
    DiscrepancyKind.NUMBER_OTHER: 1.0,
    DiscrepancyKind.HOST_ELSEWHERE: 0.5,
    DiscrepancyKind.SUBJECT_OTHER: 0.5,
    DiscrepancyKind.NUMBER_MISSING: 0.3,
}
_MOST_POINTS = 3.0
_FEWEST_CHARACTERS = 60  # less is no page that would bear a number


@dataclass(frozen=True, kw_only=True, slots=True)
class Discrepancy:
    """One thing that disagrees: in one Chinese clause, with the captures that show it."""

    kind: DiscrepancyKind
    text: str
    captures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Whose a filing number is by the lists."""

    unit_name: str
    domain: str
    subject_kind: SubjectKind = SubjectKind.UNKNOWN
    gone: bool = False  # the last list had it no more

    @property
    def shown(self) -> str:
        """As screens may show it: persons masked."""
        return f"{shown_unit_name(self.unit_name, self.subject_kind)}（{self.domain}）"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listings:
    """What the lists say of the numbers and domains that a page showed."""

    numbers: dict[str, tuple[Holder, ...]] = field(default_factory=dict)  # by main number
    domains: dict[str, Holder] = field(default_factory=dict)


def against_filing(site: Site, imprint: Imprint, listings: Listings) -> tuple[Discrepancy, ...]:
    """All in which a page disagrees with its filing. On another's site only that is told: what is
    signed there is the other's.
    """
    if imprint.elsewhere:
        found = _elsewhere(site, imprint.elsewhere, listings)
    else:
        found = [*_numbers(site, imprint, listings), *_subjects(site, imprint)]
    return tuple(replace(one, captures=(imprint.capture,)) for one in found)


def foreign_numbers(site: Site, imprint: Imprint) -> tuple[str, ...]:
    """The main numbers on the page that are not the site's own: worth asking the lists about."""
    own = _own_number(site)
    shown = dict.fromkeys(main_licence_of(one) for one in imprint.filing_numbers)
    return tuple(shown) if own and own not in shown else ()


def weighed(
    assessment: Assessment, found: Iterable[Discrepancy], level_of: Callable[[float], Level]
) -> Assessment:
    """The assessment with these findings among its reasons; what is an alert anyway becomes more
    urgent.
    """
    counts = at_least(assessment.level, Level.YELLOW)
    left, reasons = _MOST_POINTS, []
    for one in found:
        points = min(left, _POINTS[one.kind]) if counts else 0.0
        left -= points
        reasons.append(Reason(side=Side.FOR, rule=one.kind, text=one.text, points=points))
    if not reasons:
        return assessment
    score = round(assessment.score + sum(one.points for one in reasons), 2)
    return replace(
        assessment,
        score=score,
        level=level_of(score) if counts else assessment.level,
        reasons=(*assessment.reasons, *reasons),
    )


def _elsewhere(site: Site, domain: str, listings: Listings) -> list[Discrepancy]:
    holder = listings.domains.get(domain)
    if holder is not None and holder.unit_name == site.unit_name != "":
        return []
    whose = f"，名单上属于 {holder.shown}" if holder else ""
    text = f"访问最终落到 {domain}，不是备案的域名{whose}"
    return [Discrepancy(kind=DiscrepancyKind.HOST_ELSEWHERE, text=text)]


def _numbers(site: Site, imprint: Imprint, listings: Listings) -> list[Discrepancy]:
    own = _own_number(site)
    if not imprint.filing_numbers:
        if not own or imprint.characters < _FEWEST_CHARACTERS:
            return []
        text = f"页面没有标明备案号（备案为 {own}）"
        return [Discrepancy(kind=DiscrepancyKind.NUMBER_MISSING, text=text)]
    return [_number(site, own, one, listings) for one in foreign_numbers(site, imprint)[:1] if own]


def _number(site: Site, own: str, shown: str, listings: Listings) -> Discrepancy:
    holders = listings.numbers.get(shown, ())
    others = [one for one in holders if one.unit_name != site.unit_name]
    if others and all(one.gone for one in holders):
        text = f"页面标的 {shown} 已不在备案名单上，原属 {others[0].shown}"
        return Discrepancy(kind=DiscrepancyKind.NUMBER_CANCELLED, text=text)
    if others:
        text = f"页面标的 {shown} 在名单上属于 {others[0].shown}，疑似冒用"
        return Discrepancy(kind=DiscrepancyKind.NUMBER_BORROWED, text=text)
    text = f"页面标的 {shown} 与备案的 {own} 不符"
    return Discrepancy(kind=DiscrepancyKind.NUMBER_OTHER, text=text)


def _subjects(site: Site, imprint: Imprint) -> list[Discrepancy]:
    if not imprint.companies:
        return []
    signed = imprint.companies[0]
    if site.subject_kind is SubjectKind.PERSON:
        text = f"个人备案的网站，页面以“{signed}”落款"
        return [Discrepancy(kind=DiscrepancyKind.SUBJECT_OTHER, text=text)]
    own = _plain(site.unit_name)
    names = [_plain(name) for name in imprint.companies]
    if len(own) < 4 or any(own in name or name in own for name in names):
        return []
    text = f"页面以“{signed}”落款，备案主体是“{site.unit_name}”"
    return [Discrepancy(kind=DiscrepancyKind.SUBJECT_OTHER, text=text)]


def _own_number(site: Site) -> str:
    """The site's main number, where it is one that can be compared."""
    number = normal_licence(site.main_licence or site.service_licence)
    return main_licence_of(number) if number else ""


def _plain(name: str) -> str:
    return "".join(name.translate(str.maketrans("（）", "()")).split())
