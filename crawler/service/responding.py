"""What follows from a judgement, in its own transaction: alert, case, audit entry, messages."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alerting import ALERT_FROM, AlertChange, ChangeKind, alert_for
from alerts.excepting import covered
from alerts.gathering import finding_with
from alerts.grouping import belonging_of, case_for, taken_up_again
from alerts.messages import alert_told, goes_unasked, messages_of
from alerts.rechecking import looked_again
from crawler.domain.alert import Alert
from crawler.domain.assessment import Assessment, at_least
from crawler.domain.audit import Act
from crawler.domain.case import Case
from crawler.domain.delivery import Endpoint
from crawler.domain.lexicon import Category
from crawler.domain.site import Visit
from crawler.store.alerts import alerted_sites, alerts_of_site, change_alert, save_alert
from crawler.store.audit import note
from crawler.store.cases import case_of, open_cases_with, save_case
from crawler.store.database import Connection
from crawler.store.families import family_of
from crawler.store.outbox import next_seq, put
from crawler.store.rechecks import sites_with_rechecks

MACHINE = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Responder:
    """Who is told, and by which names the categories go."""

    endpoints: tuple[Endpoint, ...]
    categories: Mapping[str, Category]
    chance: Callable[[int], bytes] = os.urandom

    def respond_to_each(
        self, db: Connection, judged: Sequence[tuple[Visit, Assessment]], now: datetime
    ) -> None:
        """`respond` to a group of visits. Most have nothing to tell and no past: they are known
        by two questions for the whole group.
        """
        ids = [visit.site.id for visit, _ in judged]
        past = alerted_sites(db, ids) | sites_with_rechecks(db, ids)
        for visit, assessment in judged:
            if at_least(assessment.level, ALERT_FROM) or visit.site.id in past:
                self.respond(db, visit, assessment, now)
                past.add(visit.site.id)

    def respond(self, db: Connection, visit: Visit, assessment: Assessment, now: datetime) -> None:
        """Open, raise, repeat or reopen the site's alert; tell who subscribed, once."""
        looked_again(db, visit, assessment, now)
        opened, last = alerts_of_site(db, visit.site.id)
        change = alert_for(visit, assessment, opened, last, now)
        if change.alert is None:
            return
        silent = change.kind in (ChangeKind.OPENED, ChangeKind.RELAPSED)
        if silent and covered(db, visit.site, assessment, now) is not None:
            return
        was = opened or last
        alert, case = self._save(db, visit, assessment, change, was, now)
        if change.kind in (ChangeKind.REPEATED, ChangeKind.GONE):
            return
        note(db, _act(change, alert, now))
        if change.event is not None and goes_unasked(alert):
            self._tell(db, visit, assessment, change, alert, case, now)

    def _save(
        self,
        db: Connection,
        visit: Visit,
        assessment: Assessment,
        change: AlertChange,
        was: Alert | None,
        now: datetime,
    ) -> tuple[Alert, Case]:
        assert change.alert is not None
        if change.alert.id and was is not None:
            change_alert(db, change.alert, was.state)
            case = case_of(db, change.alert.case_id)
            assert case is not None
            if change.kind in (ChangeKind.RAISED, ChangeKind.RELAPSED):
                case = save_case(db, taken_up_again(case, change.alert))
            return change.alert, case
        family = family_of(db, visit.site.id)
        belonging = belonging_of(visit.site, assessment, str(family or ""))
        case = case_for(change.alert, belonging, open_cases_with(db, belonging.keys), now)
        saved = save_case(db, case)
        return save_alert(db, replace(change.alert, case_id=saved.id)), saved

    def _tell(
        self,
        db: Connection,
        visit: Visit,
        assessment: Assessment,
        change: AlertChange,
        alert: Alert,
        case: Case,
        now: datetime,
    ) -> None:
        assert change.event is not None
        finding = finding_with(db, alert, visit.site, assessment, visit.captures)
        seq = next_seq(db, f"alert:{alert.id}")
        occasion = alert_told(change.event, finding, case, self.categories, seq=seq, why=change.why)
        put(db, messages_of(occasion, self.endpoints, now, self.chance))


def _act(change: AlertChange, alert: Alert, now: datetime) -> Act:
    return Act(
        at=now,
        actor=MACHINE,
        action=f"alert.{change.kind}",
        object=f"alert:{alert.id}",
        region=alert.region,
        after=f"{alert.level} {change.why}".strip(),
    )
