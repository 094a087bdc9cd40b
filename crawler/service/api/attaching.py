"""What a department hands over beside its report: a file, kept by its digest."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.service.api.access import Shared, TaskAnswerer, body_up_to
from crawler.service.api.answering import TaskNumber
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import AttachmentShown
from crawler.service.console.attaching import MOST_BYTES, attachment_from
from crawler.store.attachments import attachments_of, save_attachment
from crawler.store.audit import note
from crawler.store.tasks import locked_task

routes = APIRouter(tags=["tasks"])
File = Annotated[bytes, Depends(body_up_to(MOST_BYTES))]
Name = Annotated[str, Query(min_length=1, max_length=200, description="文件名，以后缀说明格式")]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@routes.post(
    "/tasks/{number}/attachments",
    responses=responses(400, 401, 403, 404, 408, 413, 422),
    openapi_extra=_FILE,
)
def attach(
    client: TaskAnswerer, number: TaskNumber, name: Name, api: Shared, content: File
) -> AttachmentShown:
    """任务的附件：PDF、图片、DOCX、XLSX 或 ZIP，至多 10 MB；重复无害。反馈以其 sha256 引用。"""
    try:
        given = attachment_from(name, content, client.name, api.clock())
    except BadInput as mistake:
        raise Problem(422, "bad_attachment", str(mistake)) from None
    with api.house.database.transaction() as db:
        task = locked_task(db, number)
        if task is None or task.sent_at is None or not task.region.startswith(client.reach):
            raise Problem(404, "no_such_task", f"没有编号为 {number} 的任务")
        known = any(one.sha256 == given.sha256 for one in attachments_of(db, task.id))
        if not known:
            save_attachment(db, task, given, content)
            act = Act(at=given.at, actor=client.name, action="task.attach",
                      object=f"task:{number}", region=task.region, after=given.sha256)  # fmt: skip
            note(db, act)
    return AttachmentShown(sha256=given.sha256, size_bytes=given.size_bytes, repeated=known)
