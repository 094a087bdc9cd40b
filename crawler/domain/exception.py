"""白名单: what does not raise an alert for a while, why, by which two persons, until when."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.assessment import Assessment, Level, rank
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.site import Site
from crawler.domain.subject import subject_key

SHORTEST, LONGEST = timedelta(days=1), timedelta(days=365)
LONGEST_REASON, LONGEST_TERM = 1_000, 100


class ExemptionScope(StrEnum):
    """How much an exemption covers."""

    SUBJECT = "subject"  # every site of a subject
    SITE = "site"
    TERM = "term"  # one word on one site


SCOPE_NAMES = {
    ExemptionScope.SUBJECT: "主体",
    ExemptionScope.SITE: "网站",
    ExemptionScope.TERM: "词条",
}


class ExemptionState(StrEnum):
    """proposed → in_force → ended."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    ENDED = "ended"


EXEMPTION_STATE_NAMES = {
    ExemptionState.PROPOSED: "待批准",
    ExemptionState.IN_FORCE: "生效",
    ExemptionState.ENDED: "已终止",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """例外. It covers what was there when it was proposed: another subject, a higher level or a
    further category end it.
    """

    id: int = 0
    scope: ExemptionScope
    site_id: int | None = None  # none for a subject
    domain: str = ""
    subject: str  # as filed when it was proposed; of a site: whose site it was
    term: str = ""
    level: Level = Level.NONE  # the highest that was found then
    categories: tuple[str, ...] = ()
    reason: str
    region: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    expires_at: datetime
    ended_at: datetime | None = None
    ended_because: str = ""
    silenced: int = 0  # findings that opened no alert because of it
    silenced_at: datetime | None = None


def proposed(exemption: Exemption) -> Exemption:
    """A proposal that can be approved; BadInput says what it lacks."""
    reason = exemption.reason.strip()
    if not reason:
        raise BadInput("例外须写明理由")
    if len(reason) > LONGEST_REASON:
        raise BadInput(f"理由超过 {LONGEST_REASON} 个字")
    lasts = exemption.expires_at - exemption.proposed_at
    if not SHORTEST <= lasts <= LONGEST:
        raise BadInput(f"例外期限为 {SHORTEST.days} 至 {LONGEST.days} 天，到期须重新提出")
    if exemption.scope is not ExemptionScope.SUBJECT and exemption.site_id is None:
        raise BadInput("请写明是哪个网站")
    if not subject_key(exemption.subject) and exemption.scope is ExemptionScope.SUBJECT:
        raise BadInput("请写明主体名称")
    is_term = exemption.scope is ExemptionScope.TERM
    if is_term != bool(exemption.term.strip()) or len(exemption.term) > LONGEST_TERM:
        raise BadInput("词条例外须写明词条，其他例外不写")
    return replace(exemption, reason=reason, term=exemption.term.strip())


def approved(exemption: Exemption, actor: str, at: datetime) -> Exemption:
    """In force from now on; NotAllowed for the proposer themselves, or if it is none that waits."""
    if state_of(exemption, at) is not ExemptionState.PROPOSED:
        raise NotAllowed(f"例外 {exemption.id} 不在待批准状态")
    if actor == exemption.proposed_by:
        raise NotAllowed("不能批准自己提出的例外")
    return replace(exemption, approved_by=actor, approved_at=at)


def ended(exemption: Exemption, at: datetime, because: str) -> Exemption:
    """It covers nothing any more; NotAllowed if that is so already, BadInput without a reason."""
    if exemption.ended_at is not None:
        raise NotAllowed(f"例外 {exemption.id} 已经终止")
    if not because.strip():
        raise BadInput("终止例外须写明理由")
    return replace(exemption, ended_at=at, ended_because=because.strip()[:LONGEST_REASON])


def state_of(exemption: Exemption, now: datetime) -> ExemptionState:
    """Where it stands; one that ran out has ended without anybody's doing."""
    if exemption.ended_at is not None or exemption.expires_at <= now:
        return ExemptionState.ENDED
    return ExemptionState.IN_FORCE if exemption.approved_at else ExemptionState.PROPOSED


def why_broken(exemption: Exemption, site: Site, assessment: Assessment) -> str:
    """Why it no longer covers this site as it is now; empty while it does."""
    if subject_key(site.unit_name) != subject_key(exemption.subject):
        return "主办单位已变更"
    if exemption.scope is ExemptionScope.TERM:
        return ""
    if rank(assessment.level) > rank(exemption.level):
        return "级别高于提出例外时"
    further = sorted(set(assessment.categories) - set(exemption.categories))
    return f"出现提出例外时没有的类别：{'、'.join(further)}"[:LONGEST_REASON] if further else ""
