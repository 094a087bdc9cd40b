"""Limits of tasks: a reminder when 80 % of the office time is gone, an escalation when all of it
is; each once a limit, written into the task's history and told to whoever receives its changes.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.desk import MACHINE, Desk
from alerts.moving import Step, write_move
from crawler.domain.calendar import Calendar
from crawler.domain.errors import NotAllowed
from crawler.domain.task import SupervisionTask, Urgency, limit_of, urgency_of
from crawler.store.database import Database
from crawler.store.task_results import keep_reminder, told_of, unfinished_tasks
from crawler.store.tasks import task_of

_BLOCK = 200
_SAID = {
    Urgency.AMBER: ("remind", "办理时限已过 80 %"),
    Urgency.OVERDUE: ("escalate", "已超过办理时限，提请督办"),
}


@dataclass(kw_only=True)
class Escalated:
    """How many tasks somebody was told of."""

    reminded: int = 0
    escalated: int = 0


def escalate(database: Database, now: datetime, desk: Desk) -> Escalated:
    """All unfinished tasks once; may be run as often as one likes."""
    done, after = Escalated(), 0
    while True:
        with database.reading() as db:
            block = unfinished_tasks(db, after, _BLOCK)
            told = told_of(db, [task.id for task in block])
        if not block:
            return done
        after = block[-1].id
        for task in block:
            limit, urgency = _standing(task, now, desk.calendar)
            news = urgency is not Urgency.IN_TIME and (task.id, urgency, limit) not in told
            if news:
                _tell(database, task.id, now, desk, done)


def _tell(database: Database, task_id: int, now: datetime, desk: Desk, done: Escalated) -> None:
    """One task, looked at again inside its own transaction: somebody may have moved it."""
    try:
        with database.transaction() as db:
            task = task_of(db, task_id)
            limit, urgency = _standing(task, now, desk.calendar)
            if task is None or limit is None or urgency is Urgency.IN_TIME:
                return
            if not keep_reminder(db, task, urgency, limit, now):
                return
            move, said = _SAID[urgency]
            step = Step(move=move, actor=MACHINE, at=now, remark=said)
            write_move(db, task, replace(task, seq=task.seq + 1), step, desk)
    except NotAllowed:  # moved by somebody at this moment; the next round sees how it stands then
        return
    done.reminded += urgency is Urgency.AMBER
    done.escalated += urgency is Urgency.OVERDUE


def _standing(
    task: SupervisionTask | None, now: datetime, calendar: Calendar
) -> tuple[datetime | None, Urgency]:
    if task is None:
        return None, Urgency.IN_TIME
    return limit_of(task), urgency_of(task, now, calendar)
