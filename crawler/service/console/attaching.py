"""Attachments of a task: put beside it, and taken away as a file. What it is, its bytes say and
not its name; nothing of it is ever shown inside a page of ours.
"""

import hashlib
from contextlib import closing
from datetime import datetime
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from crawler.domain.errors import BadInput
from crawler.service.console.access import DECIDERS, READERS, get, post
from crawler.service.console.calls import Call, Missing, cleaned
from crawler.service.console.keeping import Notice
from crawler.service.console.tasks import task_here
from crawler.store.attachments import Attachment, attachment_of, save_attachment

MOST_BYTES = 10 * 1024 * 1024
_ROOM = 64 * 1024  # of the form around the file
# ending → how its bytes begin
KINDS: dict[str, tuple[bytes, str]] = {
    "pdf": (b"%PDF-", "application/pdf"),
    "jpg": (b"\xff\xd8\xff", "image/jpeg"),
    "jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "docx": (b"PK\x03\x04", "application/zip"),
    "xlsx": (b"PK\x03\x04", "application/zip"),
    "zip": (b"PK\x03\x04", "application/zip"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def attach(call: Call) -> Response:
    """Put a file beside the task."""
    task = task_here(call)
    upload = call.upload("file")
    if upload is None or not upload.filename:
        raise BadInput("请选一个文件")
    with closing(upload.file):
        given, content = _read(call, upload)
    with call.house.database.transaction() as db:
        save_attachment(db, task, given, content)
        call.note(db, "task.attach", f"task:{task.number}", task.region, given.sha256)
    said = call.console.say("附件 {name} 已收下。", name=given.name)
    return call.go(f"/tasks/{task.id}", Notice(text=said))


def take(call: Call) -> Response:
    """The file, always as something to be kept, never to be shown here."""
    task = task_here(call)
    with call.house.database.reading() as db:
        found = attachment_of(db, task.id, call.number("number"))
    if found is None:
        raise Missing
    attachment, content = found
    named = f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}"
    headers = HEADERS | {"Content-Disposition": named}
    return Response(content, media_type="application/octet-stream", headers=headers)


ROUTES = (
    post("/tasks/{id}/attachments", attach, DECIDERS, most_bytes=MOST_BYTES + _ROOM),
    get("/tasks/{id}/attachments/{number}", take, READERS),
)


def _read(call: Call, upload: UploadFile) -> tuple[Attachment, bytes]:
    content = upload.file.read(MOST_BYTES + 1)
    return attachment_from(upload.filename or "", content, call.actor, call.now), content


def attachment_from(given: str, content: bytes, actor: str, at: datetime) -> Attachment:
    """What somebody hands over beside a task; BadInput if it is too large or of no known kind."""
    name = cleaned(given).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(one for one in name if one.isprintable())[-120:]
    if len(content) > MOST_BYTES:
        raise BadInput("附件不能超过 10 MB")
    start, media_type = KINDS.get(name.rpartition(".")[2].lower(), (b"", ""))
    if not start or not content.startswith(start):
        raise BadInput("附件须为 PDF、JPG、PNG、DOCX、XLSX 或 ZIP，内容与后缀一致")
    return Attachment(
        id=0, name=name, media_type=media_type, size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(), actor=actor, at=at,
    )  # fmt: skip
