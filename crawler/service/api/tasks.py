"""Tasks and alerts to be read: the fields of the messages, within the client's region."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from alerts.gathering import case_behind, finding_behind, finding_of, findings_behind
from alerts.payloads import alert_payload, site_payload, task_payload
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Level
from crawler.domain.task import TASK_STATE_NAMES, SupervisionTask, TaskState
from crawler.service.api.access import (
    After,
    AlertReader,
    Api,
    Limit,
    Number,
    Shared,
    TaskReader,
)
from crawler.service.api.answering import TaskNumber
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import AlertPage, FeedbackShown, MoveShown, TaskDetail, TaskPage
from crawler.store.alerts import alert_of
from crawler.store.database import Connection
from crawler.store.platform_views import alerts_after, tasks_after
from crawler.store.taskboards import feedbacks_of
from crawler.store.tasks import moves_of, task_numbered

routes = APIRouter()

States = Annotated[Sequence[TaskState], Query(alias="state", description="状态，可多个")]
AlertStates = Annotated[Sequence[AlertState], Query(alias="state", description="状态，可多个")]
Levels = Annotated[Sequence[Level], Query(alias="level", description="级别，可多个")]


@routes.get("/tasks", tags=["tasks"], responses=responses(401, 403, 422))
def list_tasks(
    client: TaskReader, api: Shared, states: States = (), after: After = 0, limit: Limit = 50
) -> TaskPage:
    """已派发过的任务，按生成次序分页。"""
    with api.house.database.reading() as db:
        found = tasks_after(db, client.reach, after, limit, states)
        shown = [_task(db, api, one) for one in found]
    return TaskPage(tasks=shown, next=found[-1].id if found else after)


@routes.get("/tasks/{number}", tags=["tasks"], responses=responses(401, 403, 404, 422))
def show_task(client: TaskReader, number: TaskNumber, api: Shared) -> TaskDetail:
    """一个任务：涉及的网站、经过和收到的反馈。"""
    with api.house.database.reading() as db:
        task = task_numbered(db, number)
        if task is None or task.sent_at is None or not task.region.startswith(client.reach):
            raise Problem(404, "no_such_task", f"没有编号为 {number} 的任务")
        findings = findings_behind(db, task).shown
        return TaskDetail(
            task=_task(db, api, task),
            sites=[site_payload(one) for one in findings],
            history=[
                MoveShown(seq=row.seq, state=row.state, at=row.at,
                          state_name=TASK_STATE_NAMES[TaskState(row.state)])
                for row in moves_of(db, task.id)
            ],
            feedback=[
                FeedbackShown(at=row.at, taken=row.taken, reason=row.reason)
                for row in feedbacks_of(db, task.number)
            ],
        )  # fmt: skip


@routes.get("/alerts", tags=["alerts"], responses=responses(401, 403, 422))
def list_alerts(
    client: AlertReader,
    api: Shared,
    states: AlertStates = (),
    levels: Levels = (),
    after: After = 0,
    limit: Limit = 50,
) -> AlertPage:
    """预警，按生成次序分页。未经人工核实的写明“未经人工核实”。"""
    with api.house.database.reading() as db:
        found = alerts_after(db, client.reach, after, limit, states=states, levels=levels)
        shown = [_alert(db, api, one) for one in found]
    return AlertPage(alerts=shown, next=found[-1].id if found else after)


@routes.get("/alerts/{number}", tags=["alerts"], responses=responses(401, 403, 404, 422))
def show_alert(client: AlertReader, number: Number, api: Shared) -> dict[str, Any]:
    """一条预警及其网站。"""
    with api.house.database.reading() as db:
        alert = alert_of(db, number) if 0 < number < 2**53 else None
        if alert is None or not alert.region.startswith(client.reach):
            raise Problem(404, "no_such_alert", f"没有编号为 {number} 的预警")
        return _alert(db, api, alert)


def _task(db: Connection, api: Api, task: SupervisionTask) -> dict[str, Any]:
    case = case_behind(db, task.case_id)
    shown = task_payload(task, case, finding_behind(db, task), api.desk().categories)
    return shown | {"seq": task.seq}


def _alert(db: Connection, api: Api, alert: Alert) -> dict[str, Any]:
    case, finding = case_behind(db, alert.case_id), finding_of(db, alert)
    shown = alert_payload(finding, case, api.desk().categories)
    return {"alert": shown} | site_payload(finding)
