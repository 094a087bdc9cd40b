"""Attachments of a task: what they are called, and their bytes one at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from crawler.domain.errors import BadInput
from crawler.domain.task import SupervisionTask
from crawler.store.attachment_tables import task_attachments
from crawler.store.people import shown_name_of

MOST_OF_A_TASK = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """One file beside a task, without its bytes."""

    id: int
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    actor: str
    at: datetime
    who: str = ""  # the actor, as people know them


_COLUMNS = [one for one in Attachment.__slots__ if one != "who"]
_SHOWN = [
    *(task_attachments.c[one] for one in _COLUMNS),
    shown_name_of(task_attachments.c.actor).label("who"),
]


def attachments_of(db: Connection, task_id: int) -> list[Attachment]:
    """All of a task, in the order in which they came."""
    rows = select(*_SHOWN).where(task_attachments.c.task_id == task_id)
    return [Attachment(**row._mapping) for row in db.execute(rows.order_by(task_attachments.c.id))]


def attachment_of(db: Connection, task_id: int, number: int) -> tuple[Attachment, bytes] | None:
    """One with its bytes."""
    mine = (task_attachments.c.task_id == task_id) & (task_attachments.c.id == number)
    row = db.execute(select(*_SHOWN, task_attachments.c.content).where(mine)).first()
    if row is None:
        return None
    shown = {key: value for key, value in row._mapping.items() if key != "content"}
    return Attachment(**shown), row.content


def save_attachment(
    db: Connection, task: SupervisionTask, given: Attachment, content: bytes
) -> None:
    """Keep one; BadInput if the task has it already, or has enough."""
    mine = task_attachments.c.task_id == task.id
    same = func.count().filter(task_attachments.c.sha256 == given.sha256)
    count, known = db.execute(select(func.count(), same).where(mine)).one()
    if known:
        raise BadInput("这个任务已有这份附件")
    if count >= MOST_OF_A_TASK:
        raise BadInput(f"一个任务至多 {MOST_OF_A_TASK} 份附件")
    row = {one: getattr(given, one) for one in _COLUMNS if one != "id"}
    more = {"task_id": task.id, "region": task.region, "content": content}
    db.execute(insert(task_attachments).values(**row, **more))
