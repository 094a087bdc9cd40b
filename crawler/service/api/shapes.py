"""What the API answers with, as its description says it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from alerts.answering import Effect
from alerts.peering import Intake


class StatusShown(BaseModel):
    """Who is calling, and what time it is here."""

    client: str
    scopes: list[str]
    region: str
    endpoint: str = Field(description="绑定的接收端；空为没有绑定")
    expires_at: datetime
    now: datetime = Field(description="本系统的时间，用于核对时钟")
    version: str


class TaskStands(BaseModel):
    """Where a task stands."""

    task_no: str
    state: str
    state_name: str
    seq: int


class AnsweredShown(BaseModel):
    """What became of a report."""

    effect: Effect = Field(
        description="taken 已采用；repeated 同一编号此前已处理；late 任务已过此步，不改变任务"
    )
    reason: str
    task: TaskStands


class AttachmentShown(BaseModel):
    """A file that was taken, or was there."""

    sha256: str
    size_bytes: int
    repeated: bool


class TaskPage(BaseModel):
    """Tasks in the order of their making."""

    tasks: list[dict[str, Any]] = Field(
        description="每项与消息中的 task 相同（见 /schemas/message）"
    )
    next: int = Field(description="下一页的 after；没有更多时与请求的相同")


class MoveShown(BaseModel):
    seq: int
    state: str
    state_name: str
    at: datetime


class FeedbackShown(BaseModel):
    at: datetime
    taken: bool
    reason: str


class TaskDetail(BaseModel):
    """One task with its sites, history and what came back."""

    task: dict[str, Any]
    sites: list[dict[str, Any]] = Field(description="每项与消息中 subject 起的各部分相同")
    history: list[MoveShown]
    feedback: list[FeedbackShown]


class AlertPage(BaseModel):
    """Alerts in the order of their making."""

    alerts: list[dict[str, Any]] = Field(description="每项与消息中的 alert 及网站各部分相同")
    next: int


class EventShown(BaseModel):
    """One message that is fetched instead of sent."""

    position: int
    id: str = Field(description="消息编号，同 webhook-id，凭此去重")
    event: str
    subject: str
    seq: int
    created_at: datetime
    payload: dict[str, Any] | str = Field(description="消息正文；XML 报文为文字")


class EventPage(BaseModel):
    """What comes after a place. Asking with `next` confirms all of it."""

    events: list[EventShown]
    next: int


class Counted(BaseModel):
    count: int
    digest: str = Field(description="各 event_key 升序、以换行相连后的 SHA-256")
    keys: list[str] | None = None


class Ledger(BaseModel):
    """What was told on one day."""

    day: date
    endpoint: str
    count: int
    events: dict[str, Counted]


class RefusalShown(BaseModel):
    row: int
    column: str
    value: str
    reason: str


class ListShown(BaseModel):
    """One filing list with its count: rows = accepted + merged + refused."""

    id: int = Field(description="0：只是试导入")
    source: str
    name: str
    sha256: str
    received_at: datetime
    whole: bool
    rows: int
    accepted: int
    merged: int
    refused: int


class ImportShown(ListShown):
    """What an import did."""

    repeated: bool = Field(description="与该来源上一份完全相同，没有再导入")
    changes: dict[str, int]
    refusals: list[RefusalShown] = Field(description="前一百条；全部见 /lists/{id}")


class ListPage(BaseModel):
    lists: list[ListShown]
    next: int


class ListDetail(ListShown):
    """One list, what it changed, and the rows it could not give."""

    changes: dict[str, int]
    refusals: list[RefusalShown]
    next: int


class IntakeShown(BaseModel):
    """What became of a message of a docked installation."""

    intake: Intake


class IncomingShown(BaseModel):
    """What a docked installation last told about one thing."""

    id: int
    peer: str
    subject: str
    seq: int
    event: str
    region: str
    level: str
    title: str
    state: str
    domain: str
    task_no: str
    received_at: datetime
    changed_at: datetime


class IncomingPage(BaseModel):
    incoming: list[IncomingShown]
    next: int


class SheetShown(BaseModel):
    """One table of the figures, its last row the sum."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]


class StatisticsShown(BaseModel):
    """The figures of a period."""

    period: str = Field(description="统计期间")
    region: str = Field(description="区划前缀；空为全部")
    sheets: list[SheetShown] = Field(description="总表在前，其后每种分法一表")
