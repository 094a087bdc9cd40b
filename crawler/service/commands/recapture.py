"""`recapture`: look again, now, at the site of an alert, and say what changed since."""

import time
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from crawler.domain.alert import Alert
from crawler.domain.audit import Act
from crawler.domain.capture import Outcome
from crawler.domain.errors import BadInput, TryLater
from crawler.domain.recapture import RecaptureState
from crawler.domain.site import RECAPTURE, Site, SiteState, Sweep, SweepState, outcome_of
from crawler.service.catalogue import Catalogue
from crawler.service.commands.sweeps import run_sweep
from crawler.service.console.shown import exact, plain
from crawler.service.doors import INTERRUPTED, LATER, Door, now
from crawler.service.finishing import finish_sweep
from crawler.service.holding import held, holder_of
from crawler.service.packing.comparing import difference, resting_on
from crawler.service.showing import as_json, say
from crawler.service.wiring import House
from crawler.store.alerts import alert_of
from crawler.store.assessments import assessment_of
from crawler.store.audit import note
from crawler.store.captures import captures_of_visit
from crawler.store.database import Connection
from crawler.store.packs import judgements_of
from crawler.store.recaptures import ask_recapture, recapture_by_id
from crawler.store.sites import sites_by_id
from crawler.store.texts import text_of
from crawler.store.visits import last_visit_of, named_sites, start_sweep, unfinished_sweep

_MOST_CHANGES = 20
SERVED = "xunwang serve"
LOOK_S, WAITS_S = 0.5, 400.0


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What one visit saw of the site."""

    visit: int
    outcome: str
    level: str
    sentence: str
    text_digest: str
    captured_at: datetime | None
    captures: tuple[str, ...]
    pictures: int

    @property
    def was_seen(self) -> bool:
        """Whether there was a page with something to read."""
        return self.outcome in (Outcome.SEEN, Outcome.PARTIAL) and bool(self.text_digest)


class Recaptured(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert rested on, and what there is now."""

    alert: int
    domain: str
    sweep: int
    before: Sight
    after: Sight
    changes: tuple[str, ...] = ()  # lines that went (−) and came (+), the first of them

    @property
    def same_words(self) -> bool | None:
        """Whether the page says what it said; None where one of the two was not seen."""
        if not (self.before.was_seen and self.after.was_seen):
            return None
        return self.after.text_digest == self.before.text_digest


def recapture(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ALERT", help="预警编号")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """立即重新采集一条预警的网站并截图，说明有何变化；没看到返回 3。例：xunwang recapture 3"""
    door: Door = context.obj
    with door.opened() as (house, words):
        served = holder_of(house.home).startswith(SERVED)
        look = _asked if served else _looked
        alert, site, sweep = look(house, number, door.actor, words)
        with house.database.reading() as db:
            seen = last_visit_of(db, site.id, sweep)
            before, after = sight_of(db, _basis(db, alert)), sight_of(db, seen)
            result = Recaptured(
                alert=number,
                domain=site.domain,
                sweep=sweep,
                before=before,
                after=after,
                changes=_changes(db, before, after) if before.was_seen and after.was_seen else (),
            )
        if json:
            as_json(msgspec.to_builtins(result) | {"same_words": result.same_words})
        else:
            _show(result, words)
    if not result.after.was_seen:
        raise typer.Exit(LATER)


def _looked(house: House, number: int, actor: str, words: Catalogue) -> tuple[Alert, Site, int]:
    """By this process itself: nobody else is at work in this home."""
    with held(house.home, "sweep"):
        alert, site, sweep = _opened(house, number, actor, words)
        state = run_sweep(house, sweep, words)
        finish_sweep(house, sweep.id, state, now)
    if state is not SweepState.FINISHED:
        raise typer.Exit(INTERRUPTED)
    return alert, site, sweep.id


def _asked(house: House, number: int, actor: str, words: Catalogue) -> tuple[Alert, Site, int]:
    """By the running `serve`, as from the console; waits until it is done."""
    with house.database.transaction() as db:
        alert, site = _named(db, number, words)
        wish = ask_recapture(db, site, number, actor, now())
    until = time.monotonic() + WAITS_S
    while not wish.is_over:
        if time.monotonic() > until:
            raise TryLater(words.say("recapture.slow", domain=site.domain_shown))
        time.sleep(LOOK_S)
        with house.database.reading() as db:
            wish = recapture_by_id(db, wish.id) or wish
    if wish.state is RecaptureState.FAILED:
        raise TryLater(words.say("recapture.failed", reason=wish.reason))
    return alert, site, wish.sweep_id or 0


def _named(db: Connection, number: int, words: Catalogue) -> tuple[Alert, Site]:
    alert = alert_of(db, number)
    if alert is None:
        raise BadInput(words.say("alerts.no_such", id=number))
    site = sites_by_id(db, [alert.site_id])[alert.site_id]
    if site.state is not SiteState.WATCHED:
        raise BadInput(words.say("recapture.not_watched", domain=site.domain_shown))
    return alert, site


def _basis(db: Connection, alert: Alert) -> int:
    """The visit that the alert rests on: it shows the newest, which may be an earlier re-fixing."""
    judged = judgements_of(db, alert.site_id)
    own = resting_on(judged, alert.visit_id, f"{RECAPTURE}{alert.id}")
    return own.visit_id if own else alert.visit_id


def _changes(db: Connection, before: Sight, after: Sight) -> tuple[str, ...]:
    told = difference(text_of(db, before.text_digest), text_of(db, after.text_digest))
    lines = [plain(f"{one.sign} {one.text}") for one in told if one.sign in "−+"]
    more = len(lines) - _MOST_CHANGES
    return tuple(lines[:_MOST_CHANGES]) + ((f"… {more}",) if more > 0 else ())


def sight_of(db: Connection, visit_id: int) -> Sight:
    """What is recorded of a visit."""
    captures = captures_of_visit(db, visit_id)
    assessment = assessment_of(db, visit_id)
    last = captures[-1] if captures else None
    outcome = str(outcome_of(tuple(captures))) if captures else ""
    read = assessment is not None and outcome in (Outcome.SEEN, Outcome.PARTIAL)
    return Sight(
        visit=visit_id,
        outcome=outcome,
        level=str(assessment.level) if assessment and read else "",
        sentence=assessment.sentence if assessment else "",
        text_digest=assessment.text_digest if assessment else "",
        captured_at=last.ended_at if last else None,
        captures=tuple(one.id for one in captures),
        pictures=sum(1 for one in captures for kept in one.evidence if "picture" in kept.kind),
    )


def _opened(house: House, number: int, actor: str, words: Catalogue) -> tuple[Alert, Site, Sweep]:
    """A sweep of one site, noted in the audit; one that was interrupted is gone on with."""
    at = now()
    selection = f"{RECAPTURE}{number}"
    with house.database.transaction() as db:
        alert, site = _named(db, number, words)
        sweep = unfinished_sweep(db, selection) or start_sweep(
            db,
            selection,
            named_sites([site.domain]),
            now=at,
            actor=actor,
            region=site.region,
            render=True,
        )
        act = Act(
            at=at,
            actor=actor,
            action="alert.recapture",
            object=f"alert:{number}",
            region=site.region,
            after=f"sweep:{sweep.id}",
        )
        note(db, act)
    return alert, site, sweep


def _show(result: Recaptured, words: Catalogue) -> None:
    before, after = result.before, result.after
    say(words.say("recapture.before", **_words(before, words)))
    say(words.say("recapture.after", **_words(after, words)))
    if not after.was_seen:
        say(words.say("recapture.unseen"))
    elif result.same_words is None:
        say(words.say("recapture.unknown"))
    else:
        say(words.say("recapture.same" if result.same_words else "recapture.changed"))
    for line in result.changes:
        say(f"  {line}")
    for capture in after.captures:
        say(f"  {words.say('alerts.evidence')}  {capture}")


def _words(sight: Sight, words: Catalogue) -> dict[str, object]:
    at = exact(sight.captured_at) if sight.captured_at else "—"
    return {
        "at": at,
        "outcome": words.name("outcome", sight.outcome or "waiting"),
        "level": words.name("level", sight.level) if sight.level else "—",
        "pictures": sight.pictures,
    }
