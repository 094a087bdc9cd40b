"""What is watched because a filing names it: sites, sweeps over many of them, visits at one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.capture import Capture, Outcome, Profile
from crawler.domain.filing import Filing, SubjectKind
from crawler.domain.robots import RobotsWord
from crawler.domain.subject import NOBODY_ASKED, Standing, usable_uscc


class SiteState(StrEnum):
    """watched ⇄ paused → retired."""

    WATCHED = "watched"
    PAUSED = "paused"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One domain that a filing names. `id` is 0 until the store gave one."""

    id: int = 0
    domain: str  # lower-case ASCII, without www
    domain_shown: str  # as people write it (Unicode)
    region: str
    unit_name: str = ""
    subject_kind: SubjectKind = SubjectKind.UNKNOWN
    site_name: str = ""
    home_url: str | None = None
    main_licence: str = ""
    service_licence: str = ""
    state: SiteState = SiteState.WATCHED
    due_at: datetime | None = None
    final_url: str | None = None  # where the last good visit ended
    failures_in_a_row: int = 0
    text_digest: str = ""  # of the last good visit
    needs_browser: bool = False  # learned: its plain answer tells too little
    last_picture_at: datetime | None = None
    uscc: str = ""  # of its subject, where the filing has a usable one
    rhythm_days: int = 7  # between visits that end well; less once something was confirmed
    unchanged: int = 0  # visits in a row that saw the same text


RECAPTURE = "alert:"  # how the selection of a sweep begins that looks again at one alert's site
SITE_RECAPTURE = "again:"  # and at a site without an alert
RECAPTURES = (RECAPTURE, SITE_RECAPTURE)


class SweepState(StrEnum):
    """running → finished · stopped; a stopped one is gone on with."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One pass over many sites."""

    id: int
    selection: str  # what was asked for: all, due, list:N, site:a,b
    state: SweepState
    started_at: datetime
    finished_at: datetime | None = None
    sites: int = 0
    render: bool = True
    actor: str = "system"
    region: str = ""


class VisitState(StrEnum):
    """Whose turn it is: the fetcher's, the patient fetcher's, the reader's, the fetcher's that
    looks as other visitors do, the browser's, the picture reader's, nobody's.
    """

    WAITING = "waiting"
    PATIENT = "patient"
    READING = "reading"
    COMPARING = "comparing"
    RENDERING = "rendering"
    DECIPHERING = "deciphering"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One sweep at one site, with what the path must know so that nothing is looked up on the
    way.
    """

    id: int
    sweep_id: int
    site: Site
    state: VisitState = VisitState.WAITING
    tries: int = 0  # how often it was handed out without coming back
    captures: tuple[Capture, ...] = ()
    open_alert_id: int | None = None
    watched: bool = False  # an officer wants every change looked at
    excepted_terms: tuple[str, ...] = ()  # 白名单: terms that do not count on this site
    render_reason: str = ""
    standing: Standing = NOBODY_ASKED  # what the registers say of the subject
    robots: tuple[RobotsWord, ...] = ()  # what was heard on its way, for whoever goes there


RHYTHM_DAYS = 7
CLOSE_RHYTHM_DAYS = 1  # for sites with something confirmed
RETRY_AFTER = timedelta(hours=12)
LONGEST_RETRY = timedelta(days=28)

_ENDED_WELL = frozenset({Outcome.SEEN, Outcome.PARTIAL, Outcome.EMPTY, Outcome.NOT_HTML})


def ended_well(outcome: Outcome) -> bool:
    """Whether a visit with this outcome saw what a visitor sees."""
    return outcome in _ENDED_WELL


_BEST_FIRST = (Outcome.SEEN, Outcome.PARTIAL, Outcome.NOT_HTML, Outcome.EMPTY)
_WORTH_PATIENCE = frozenset(
    {
        Outcome.TIMED_OUT,
        Outcome.TLS_FAILED,
        Outcome.BAD_RESPONSE,
        Outcome.HTTP_ERROR,
        Outcome.RATE_LIMITED,
        Outcome.PARTIAL,
    }
)


def outcome_of(captures: tuple[Capture, ...]) -> Outcome:
    """How a visit ended: the best that any of its captures saw, else what the last one met. What
    other visitors met later, with short limits, unmakes no answer.
    """
    outcomes = [capture.outcome for capture in captures]
    plain = [one.outcome for one in captures if one.profile is Profile.DESKTOP]
    return next((best for best in _BEST_FIRST if best in outcomes), (plain or outcomes)[-1])


def deserves_patience(outcome: Outcome) -> bool:
    """Whether longer limits may show more; a missing name or a refusal will not change."""
    return outcome in _WORTH_PATIENCE


PICTURE_EVERY = timedelta(days=90)


def wants_picture(site: Site, outcome: Outcome, now: datetime) -> bool:
    """Whether the album lacks a picture of a homepage that is there to be seen."""
    if outcome not in (Outcome.SEEN, Outcome.PARTIAL):
        return False
    return site.last_picture_at is None or now - site.last_picture_at >= PICTURE_EVERY


def next_try(site: Site, now: datetime) -> datetime:
    """When to come back after trouble: soon, later after repeated trouble."""
    doublings = min(site.failures_in_a_row, 6)
    return now + min(RETRY_AFTER * (1 << doublings), LONGEST_RETRY)


def sites_from(filing: Filing, region: str) -> tuple[Site, ...]:
    """One site a domain of the filing; the homepage goes to the domain it lies under. `region`
    where the row has none.
    """
    return tuple(
        Site(
            domain=domain,
            domain_shown=_shown(domain),
            region=filing.region or region,
            unit_name=filing.unit_name,
            subject_kind=filing.subject_kind,
            site_name=filing.site_name,
            home_url=filing.home_url if _lies_under(filing.home_url, domain) else None,
            main_licence=filing.main_licence,
            service_licence=filing.service_licence,
            uscc=usable_uscc(filing.uscc),
        )
        for domain in filing.domains
    )


def _shown(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def _lies_under(url: str | None, domain: str) -> bool:
    if not url:
        return False
    host = url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0].lower()
    return host == domain or host.endswith("." + domain)
