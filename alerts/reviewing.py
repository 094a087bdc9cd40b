"""A person decides about an alert. Alert, review, case, task, audit entry and messages are written
together or not at all; of two who decide at once, one is told that the other was quicker.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alerts.desk import Desk, category_of
from alerts.dispatching import Dispatch
from alerts.findings import Finding
from alerts.gathering import case_behind, finding_behind, finding_of
from alerts.grouping import titled
from alerts.messages import alert_told, goes_unasked, messages_of
from alerts.moving import Step, add_site, end_if_done, make_move, record_new
from alerts.supervising import needs_approval, open_task
from crawler.domain.alert import Alert, AlertState, Decision, Review, decided, may_take_back
from crawler.domain.audit import Act
from crawler.domain.case import Case
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.task import TASK_ENDS, Move, SupervisionTask, TaskState
from crawler.store.alerts import alert_of, change_alert
from crawler.store.audit import note, take_chain
from crawler.store.cases import save_case
from crawler.store.database import Connection, Database
from crawler.store.outbox import next_seq, put
from crawler.store.reviews import reviews_of, save_review
from crawler.store.task_alerts import alerts_of_task, tasks_of_alert
from crawler.store.tasks import tasks_of_case

_LONGEST_REASON = 2_000


Edit = Callable[[SupervisionTask], SupervisionTask]


def confirm(
    database: Database,
    alert_id: int,
    actor: str,
    now: datetime,
    desk: Desk,
    reason: str = "",
    edited: Edit | None = None,
) -> SupervisionTask:
    """Suspicion confirmed: a task comes of it, or the site joins an unfinished task of its case
    that goes where it would go itself. `edited` is what the person changed of the task that the
    rules made: such a one stands for itself.
    """
    review = _review(alert_id, Decision.CONFIRM, actor, now, reason)
    with database.transaction() as db:
        alert, case = _decide(db, review, desk)
        found = finding_of(db, alert)
        takes = None if edited else _task_that_takes(db, found, case, desk)
        if takes is not None:
            joins = Step(move="add_site", actor=actor, at=now, remark=f"增加预警 {alert.id}")
            return add_site(db, takes, alert, joins, desk)
        if case.closed_at is not None:
            case = replace(case, closed_at=None)
            save_case(db, case)
        to, title = _sent_to(found, case, desk), titled(found.site, alert.sentence)
        task = open_task(case, alert, review, to, desk.calendar, desk.approval_from, title)
        drafts = Step(move="draft", actor=actor, at=now)
        return record_new(db, edited(task) if edited else task, case, alert, drafts, desk)


def dismiss(
    database: Database,
    alert_id: int,
    actor: str,
    now: datetime,
    desk: Desk,
    reason: str,
    misled_by: tuple[str, ...] = (),
) -> Alert:
    """误报, with its reason; `misled_by` names the terms or rules that misled. The case ends when
    nothing is left of it.
    """
    review = _review(alert_id, Decision.DISMISS, actor, now, reason, misled_by)
    with database.transaction() as db:
        alert, case = _decide(db, review, desk)
        end_if_done(db, case.id, now)
        return alert


def watch(
    database: Database, alert_id: int, actor: str, now: datetime, desk: Desk, reason: str = ""
) -> Alert:
    """观察: every change of the page is looked at, and it comes back when it gets worse."""
    with database.transaction() as db:
        return _decide(db, _review(alert_id, Decision.WATCH, actor, now, reason), desk)[0]


def reopen(
    database: Database, alert_id: int, actor: str, now: datetime, desk: Desk, reason: str
) -> Alert:
    """A decision taken back by a person; the alert waits for review again."""
    with database.transaction() as db:
        return _reopened(db, _review(alert_id, Decision.REOPEN, actor, now, reason), desk)


def take_back(database: Database, alert_id: int, actor: str, now: datetime, desk: Desk) -> Alert:
    """撤回 of one's own fresh decision; the task that came of it goes with it, unless other sites
    need it. NotAllowed once that task is past its draft: others may have heard of it.
    """
    with database.transaction() as db:
        take_chain(db)  # what is looked at first must still be so when it is written
        last = next(reversed(reviews_of(db, alert_id)), None)
        if last is None or not may_take_back(
            last.decision, own=last.actor == actor, age=now - last.at
        ):
            raise NotAllowed("只能在 10 分钟内撤回自己的决定；之后请主管重新打开")
        alert = _reopened(db, _review(alert_id, Decision.REOPEN, actor, now, "撤回"), desk)
        if last.decision is Decision.CONFIRM:
            _withdraw(db, tasks_of_alert(db, alert_id)[-1], actor, now, desk)
        return alert


def merge(
    database: Database, alert_id: int, into: int, actor: str, now: datetime, desk: Desk
) -> Alert:
    """The same matter as another alert: this one joins that one's case and is done. Nothing joins
    a case that has ended: what is found after the end is a relapse, and decided as such.
    """
    with database.transaction() as db:
        other = _known(db, into)
        if other.id == alert_id:
            raise BadInput("不能并入自身")
        if case_behind(db, other.case_id).closed_at is not None:
            raise NotAllowed(f"预警 {into} 的线索已办结，不能并入；再次发现的请予核实")
        review = _review(alert_id, Decision.MERGE, actor, now, f"并入预警 {into}")
        alert, case = _decide(db, review, desk)
        joined = replace(alert, case_id=other.case_id)
        change_alert(db, joined, AlertState.MERGED)
        end_if_done(db, case.id, now)
        return joined


def _review(
    alert_id: int,
    decision: Decision,
    actor: str,
    now: datetime,
    reason: str,
    misled_by: tuple[str, ...] = (),
) -> Review:
    return Review(
        alert_id=alert_id,
        decision=decision,
        actor=actor,
        at=now,
        reason=reason.strip()[:_LONGEST_REASON],
        misled_by=misled_by,
    )


def _decide(db: Connection, review: Review, desk: Desk) -> tuple[Alert, Case]:
    before = _known(db, review.alert_id)
    after = decided(before, review)
    change_alert(db, after, before.state)
    save_review(db, review, after.region)
    note(db, _act(before, after, review))
    case = case_behind(db, after.case_id)
    if goes_unasked(after):
        _tell(db, after, case, review, desk)
    return after, case


def _reopened(db: Connection, review: Review, desk: Desk) -> Alert:
    alert, case = _decide(db, review, desk)
    if case.closed_at is not None:
        save_case(db, replace(case, closed_at=None))
    return alert


def _withdraw(db: Connection, task: SupervisionTask, actor: str, now: datetime, desk: Desk) -> None:
    if any(one.state is AlertState.CONFIRMED for one in alerts_of_task(db, task.id)):
        return  # they still need it
    if task.state is not TaskState.DRAFTED:
        raise NotAllowed("任务已派发，不能撤回；请在任务里撤销")
    make_move(db, task, Step(move=Move.CANCEL, actor=actor, at=now, remark="撤回"), desk)


def _known(db: Connection, alert_id: int) -> Alert:
    alert = alert_of(db, alert_id)
    if alert is None:
        raise BadInput(f"没有编号为 {alert_id} 的预警")
    return alert


def _tell(db: Connection, alert: Alert, case: Case, review: Review, desk: Desk) -> None:
    """Who was warned unasked is told what became of it."""
    reopened = review.decision is Decision.REOPEN
    occasion = alert_told(
        EventType.ALERT_OPENED if reopened else EventType.ALERT_CLOSED,
        finding_of(db, alert),
        case,
        desk.categories,
        seq=next_seq(db, f"alert:{alert.id}"),
        why=review.reason,
    )
    put(db, messages_of(occasion, desk.endpoints, review.at, desk.chance))


def _task_that_takes(
    db: Connection, found: Finding, case: Case, desk: Desk
) -> SupervisionTask | None:
    """The newest task of the case that a site may be added to: the rules send its first site to the
    same departments. A case may hold several subjects.
    """
    to = _sent_to(found, case, desk)
    for task in reversed(tasks_of_case(db, case.id)):
        if _may_join(task, found.alert, desk):
            same = _sent_to(finding_behind(db, task), case, desk)
            if replace(same, rule="") == replace(to, rule=""):
                return task
    return None


def _may_join(task: SupervisionTask, alert: Alert, desk: Desk) -> bool:
    """Whether a site may be added to a task as it stands: one that was answered would be settled by
    what was found of others; what a supervisor must see joins only what a supervisor will see.
    """
    answered = task.state in {TaskState.ANSWERED, TaskState.CHECKING, *TASK_ENDS}
    unseen = task.state is not TaskState.DRAFTED and needs_approval(alert.level, desk.approval_from)
    return not answered and not unseen


def _sent_to(found: Finding, case: Case, desk: Desk) -> Dispatch:
    category = category_of(found.assessment, case)
    return desk.sends(category, found.site, found.filing, found.standing)


def _act(before: Alert, after: Alert, review: Review) -> Act:
    return Act(
        at=review.at,
        actor=review.actor,
        action=f"alert.{review.decision}",
        object=f"alert:{after.id}",
        region=after.region,
        before=str(before.state),
        after=str(after.state),
    )
