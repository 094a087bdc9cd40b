"""白名单: one person proposes an exemption, another approves it, whoever decides may end it; and
whether a finding is covered by one. Each act is one transaction with its audit entry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.desk import MACHINE
from crawler.domain.assessment import Assessment
from crawler.domain.audit import Act
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.exception import (
    Exemption,
    ExemptionScope,
    approved,
    ended,
    proposed,
    why_broken,
)
from crawler.domain.filing import SubjectKind
from crawler.domain.site import Site
from crawler.store.audit import note
from crawler.store.database import Connection, Database
from crawler.store.exceptions import (
    change_exemption,
    count_silenced,
    exemption_of,
    exemptions_covering,
    found_now,
    save_exemption,
    sites_of_subject,
)
from crawler.store.sites import make_due, site_of_domain, sites_by_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person wants to be excepted: a site by its domain (with a term or without), or a
    subject by its name as filed.
    """

    domain: str = ""
    subject: str = ""
    term: str = ""
    reason: str
    days: int


def propose(
    database: Database, wish: Wish, actor: str, now: datetime, reach: str = ""
) -> Exemption:
    """Write the proposal down with what is found there now; BadInput says what it lacks. `reach` is
    the region prefix that the person may speak for.
    """
    with database.transaction() as db:
        saved = save_exemption(db, proposed(_drafted(db, wish, actor, now, reach)))
        note(db, _act("propose", saved, actor, now, saved.reason))
        return saved


def approve_exemption(
    database: Database, number: int, actor: str, now: datetime, reach: str = ""
) -> Exemption:
    """The second person's yes. The sites it covers are judged anew at the next sweep."""
    with database.transaction() as db:
        after = approved(_known(db, number, reach), actor, now)
        change_exemption(db, after)
        _look_again(db, after, now)
        until = f"至 {after.expires_at.astimezone(CHINA):%Y-%m-%d}"
        note(db, _act("approve", after, actor, now, until))
        return after


def end_exemption(
    database: Database, number: int, actor: str, now: datetime, because: str, reach: str = ""
) -> Exemption:
    """Over, whether it was in force or only proposed."""
    with database.transaction() as db:
        after = ended(_known(db, number, reach), now, because)
        change_exemption(db, after)
        _look_again(db, after, now)
        note(db, _act("end", after, actor, now, after.ended_because))
        return after


def covered(db: Connection, site: Site, assessment: Assessment, now: datetime) -> Exemption | None:
    """The exemption for which this finding opens no alert, counted as silenced. One that the site
    has outgrown ends here, in the same transaction.
    """
    holding = None
    for one in exemptions_covering(db, site, now):
        broken = why_broken(one, site, assessment)
        if broken:
            change_exemption(db, ended(one, now, broken))
            note(db, _act("end", one, MACHINE, now, broken))
        elif one.scope is not ExemptionScope.TERM:
            holding = holding or one
    if holding is not None:
        count_silenced(db, holding, now)
    return holding


def _drafted(db: Connection, wish: Wish, actor: str, now: datetime, reach: str) -> Exemption:
    site = _site(db, wish, reach)
    name = site.unit_name if site else " ".join(wish.subject.split())
    ids = [site.id] if site else sites_of_subject(db, name, reach)
    if not ids:
        raise BadInput(f"没有主办单位为“{name[:50]}”的网站")
    owner = site or next(iter(sites_by_id(db, ids[:1]).values()))
    if site is None and owner.subject_kind is SubjectKind.PERSON:
        raise BadInput("个人可能同名，请按网站提出")
    level, categories, words = found_now(db, ids)
    if wish.term and wish.term.strip() not in words:
        raise BadInput(f"该网站最近一次研判没有命中“{wish.term.strip()[:50]}”")
    scope = ExemptionScope.SITE if site else ExemptionScope.SUBJECT
    return Exemption(
        scope=ExemptionScope.TERM if wish.term else scope,
        site_id=site.id if site else None,
        domain=site.domain if site else "",
        subject=name,
        term=wish.term,
        level=level,
        categories=categories,
        reason=wish.reason,
        region=owner.region,
        proposed_by=actor,
        proposed_at=now,
        expires_at=now + timedelta(days=min(max(wish.days, 0), 10_000)),
    )


def _site(db: Connection, wish: Wish, reach: str) -> Site | None:
    if bool(wish.domain) == bool(wish.subject):
        raise BadInput("请写明一个网站，或一个主体")
    if not wish.domain:
        return None
    site = site_of_domain(db, wish.domain.strip().lower())
    if site is None or not site.region.startswith(reach):
        raise BadInput(f"没有网站 {wish.domain[:100]}")
    return site


def _known(db: Connection, number: int, reach: str) -> Exemption:
    found = exemption_of(db, number)
    if found is None or not found.region.startswith(reach):
        raise BadInput(f"没有编号为 {number} 的例外")
    return found


def _look_again(db: Connection, exemption: Exemption, now: datetime) -> None:
    ids = [exemption.site_id] if exemption.site_id else sites_of_subject(db, exemption.subject)
    for site_id in ids:
        make_due(db, site_id, now)


def _act(action: str, of: Exemption, actor: str, at: datetime, said: str) -> Act:
    return Act(
        at=at,
        actor=actor,
        action=f"exception.{action}",
        object=f"exception:{of.id}",
        region=of.region,
        after=f"{of.scope} {of.domain} {of.term} {said}"[:300],
    )
