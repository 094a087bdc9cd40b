"""Filing lists in, as a file in the body, and what became of every row."""

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from crawler.domain.client import Client
from crawler.domain.filing import Refusal
from crawler.service.api.access import (
    After,
    Api,
    Limit,
    ListReader,
    ListWriter,
    Number,
    Shared,
    off_the_loop,
    parts_of,
)
from crawler.service.api.problems import Problem, responses
from crawler.service.api.shapes import (
    ImportShown,
    ListDetail,
    ListPage,
    ListShown,
    RefusalShown,
)
from crawler.service.importing import Shrunk, import_file
from crawler.store.evidence import file_digest
from crawler.store.lists import ImportReport
from crawler.store.platform_views import (
    change_counts,
    last_list_of,
    list_numbered,
    lists_after,
    refusals_after,
)

routes = APIRouter(tags=["lists"])

LARGEST_LIST = 128 << 20
UPLOAD_S = 300
_NAME = re.compile(r"[\w（）()\- .]{1,120}\.(csv|xlsx|xls|ods|json|tsv|txt)", re.IGNORECASE)

Source = Annotated[str, Query(min_length=1, max_length=100, description="来源，与其上一份比较")]
Name = Annotated[str, Query(min_length=1, max_length=130, description="文件名，以扩展名说明格式")]
Part = Annotated[bool, Query(description="只是一部分，未列出的不算消失")]
Rehearse = Annotated[bool, Query(alias="dry_run", description="只看结果，不写入")]
MayShrink = Annotated[bool, Query(description="大量网站从名单消失也照样导入")]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@routes.post(
    "/lists",
    responses=responses(400, 401, 403, 408, 409, 413, 422),
    openapi_extra=_FILE,
)
async def take_list(
    client: ListWriter,
    api: Shared,
    request: Request,
    source: Source,
    name: Name,
    part: Part = False,
    rehearse: Rehearse = False,
    may_shrink: MayShrink = False,
) -> ImportShown:
    """导入一份备案名单（CSV、XLSX、XLS、ODS、JSON）。与该来源上一份完全相同的不再导入。"""
    if not _NAME.fullmatch(name) or ".." in name:
        raise Problem(422, "bad_parameter", "参数 name 无法使用：须为带扩展名的文件名")
    if not api.house.config.region.startswith(client.reach):
        raise Problem(403, "no_scope", "这个令牌的辖区小于本系统的辖区，不能导入名单。")
    with tempfile.TemporaryDirectory(dir=api.house.run, prefix="list-") as folder:
        path = Path(folder) / name
        with path.open("xb") as file:
            async for part_ in parts_of(request, LARGEST_LIST, UPLOAD_S):
                await off_the_loop(file.write, part_)
        return await run_in_threadpool(
            partial(_imported, whole=not part, rehearse=rehearse, may_shrink=may_shrink),
            api, client, path, source,
        )  # fmt: skip


@routes.get("/lists", responses=responses(401, 403, 422))
def list_lists(client: ListReader, api: Shared, after: After = 0, limit: Limit = 100) -> ListPage:
    """导入过的名单，按次序分页。"""
    with api.house.database.reading() as db:
        found = [_shown(row) for row in lists_after(db, client.reach, after, limit)]
    return ListPage(lists=found, next=found[-1].id if found else after)


@routes.get("/lists/{number}", responses=responses(401, 403, 404, 422))
def show_list(
    client: ListReader, number: Number, api: Shared, after: After = 0, limit: Limit = 100
) -> ListDetail:
    """一份名单、它带来的变化，以及不能采用的行（分页）。"""
    with api.house.database.reading() as db:
        row = list_numbered(db, number) if 0 < number < 2**53 else None
        if row is None or not row.region.startswith(client.reach):
            raise Problem(404, "no_such_list", f"没有编号为 {number} 的名单")
        refused = refusals_after(db, number, after, limit)
        return ListDetail(
            **_shown(row).model_dump(),
            changes=change_counts(db, number),
            refusals=[_refusal(one) for one in refused],
            next=refused[-1].id if refused else after,
        )


def _imported(
    api: Api,
    client: Client,
    path: Path,
    source: str,
    *,
    whole: bool,
    rehearse: bool,
    may_shrink: bool,
) -> ImportShown:
    digest, now = file_digest(path), api.clock()
    with api.house.database.reading() as db:
        last = last_list_of(db, source)
        counts = change_counts(db, last.id) if last else {}
    if last is not None and last.sha256 == digest and last.whole == whole and not rehearse:
        return ImportShown(**_shown(last).model_dump(), repeated=True, changes=counts, refusals=[])
    try:
        report = import_file(
            api.house, path, source=source, actor=client.name, at=now, whole=whole,
            rehearse=rehearse, may_shrink=may_shrink,
        )  # fmt: skip
    except Shrunk as shrunk:
        how = "一部分请加 part=true，确属如此请加 may_shrink=true"
        raise Problem(409, "list_shrunk", f"{shrunk.loss}；{how}") from None
    kept = ListShown(
        id=0 if rehearse else report.list_id, source=source, name=path.name, sha256=digest,
        received_at=now, whole=whole, **_counts(report),
    )  # fmt: skip
    return ImportShown(
        **kept.model_dump(),
        repeated=False,
        changes={str(change): count for change, count in report.changes.items()},
        refusals=[_refusal(one) for one in report.refusals],
    )


def _counts(report: ImportReport) -> dict[str, int]:
    return {
        "rows": report.rows,
        "accepted": report.accepted,
        "merged": report.merged,
        "refused": report.refused,
    }


def _shown(row: object) -> ListShown:
    return ListShown.model_validate(row, from_attributes=True)


def _refusal(one: Refusal | object) -> RefusalShown:
    return RefusalShown.model_validate(one, from_attributes=True)
