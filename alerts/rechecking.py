"""After the end of a task: its sites are looked at on set days, each look is held against the visit
that the task was about, and what it found is written down where it happened.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.desk import MACHINE
from crawler.domain.alert import Alert
from crawler.domain.assessment import Assessment
from crawler.domain.audit import Act
from crawler.domain.recheck import Recheck, RecheckResult, follow_up, result_of
from crawler.domain.site import RHYTHM_DAYS, Visit
from crawler.domain.task import SupervisionTask
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.rechecks import (
    finish_recheck,
    plan_rechecks,
    rechecks_open,
    set_rhythm,
    slow_down,
    waiting_count,
)


def plan(db: Connection, task: SupervisionTask, alert: Alert, now: datetime) -> None:
    """What the end of a task means for one of its sites: looks on set days, and the pace until
    then. Nothing follows where the task came to nothing.
    """
    follows = follow_up(task)
    if not follows.days:
        slow_down(db, alert.site_id, follows.rhythm_days)
        return
    looks = [_planned(task, alert, day, now) for day in follows.days]
    plan_rechecks(db, looks)
    set_rhythm(db, alert.site_id, follows.rhythm_days, looks[0].due_at)


def looked_again(db: Connection, visit: Visit, assessment: Assessment, now: datetime) -> None:
    """Answer the looks that were due with what this visit found. After the last one that found
    nothing the site is visited at the ordinary pace again.
    """
    # an old visit that is judged anew by other words has not looked again
    looked_at = max((one.ended_at for one in visit.captures), default=None)
    due = rechecks_open(db, visit.site.id, visit.id, looked_at) if looked_at else []
    if not due:
        return
    result = result_of(visit, assessment)
    for one in due:
        done = replace(
            one, after_visit_id=visit.id, result=result, level=str(assessment.level), done_at=now
        )
        finish_recheck(db, done)
        note(db, _act(done, now))
    if result is not RecheckResult.STILL and not waiting_count(db, visit.site.id):
        slow_down(db, visit.site.id, RHYTHM_DAYS)


def _planned(task: SupervisionTask, alert: Alert, day: int, now: datetime) -> Recheck:
    return Recheck(
        task_id=task.id,
        alert_id=alert.id,
        site_id=alert.site_id,
        region=alert.region,
        day=day,
        due_at=now + timedelta(days=day),
        before_visit_id=alert.visit_id,
    )


def _act(done: Recheck, at: datetime) -> Act:
    return Act(
        at=at,
        actor=MACHINE,
        action="task.recheck",
        object=f"task:{done.task_id}",
        region=done.region,
        before=f"day {done.day}",
        after=f"{done.result} {done.level}",
    )
