"""`batch`: signed files out and in, for a platform that no network reaches."""

import os
from collections import Counter
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alerts.answering import Answered, Effect, own_id, sender_of, take_feedback
from alerts.batches import LARGEST, Report, read_reports, write_messages
from crawler.domain.audit import Act
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, reason_of
from crawler.domain.ids import ulid
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, warn
from crawler.service.wiring import House, endpoints_of
from crawler.store.audit import note
from crawler.store.pulls import confirm_places, last_place, pull

_MOST = 10_000  # messages in one file
_SHOWN = 20  # refused ones, to a person

EFFECT_NAMES = {
    Effect.TAKEN: "采用",
    Effect.REPEATED: "重复",
    Effect.LATE: "迟到",
    Effect.REFUSED: "拒收",
}


class BatchAction(StrEnum):
    """What can be done with batch files."""

    EXPORT = "export"
    TAKE = "take"


def batch(
    context: typer.Context,
    what: Annotated[BatchAction, typer.Argument(help="export 导出消息，take 收下反馈")],
    endpoint: Annotated[str, typer.Argument(metavar="接收端", help="没有 url 的接收端")],
    file: Annotated[Path, typer.Argument(metavar="文件", help="写到哪里，或读哪个")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """不通网的平台：以签名文件往来。例：xunwang batch export 内网平台 0512.jsonl

    例：xunwang batch take 内网平台 反馈.jsonl　有拒收的逐条说明，其余照收，退出码为 2
    """
    door: Door = context.obj
    with door.opened() as (house, _):
        if what is BatchAction.EXPORT:
            _export(house, door.actor, _fetching(house, endpoint), file, json=json)
        else:
            _take(house, door.actor, _fetching(house, endpoint), file, json=json)


def _export(house: House, actor: str, endpoint: Endpoint, file: Path, *, json: bool) -> None:
    """All that the other side has not confirmed yet; what is exported twice is one by its id."""
    at = now()
    if file.exists():
        raise BadInput(f"文件 {file} 已存在，不覆盖")
    with house.database.transaction() as db:
        placed = pull(db, endpoint.name, None, _MOST, at)
        raw = write_messages(
            endpoint, placed, ulid(int(at.timestamp() * 1_000), os.urandom(10)), at
        )
        _write(file, raw)
        note(db, _act(actor, "batch.export", endpoint, f"{len(placed)} 条，{file.name}", at))
    told = {"messages": len(placed), "last": placed[-1][0] if placed else 0, "file": str(file)}
    if json:
        as_json(told)
        return
    say(f"已导出 {told['messages']} 条到 {file}；对方确认到位置 {told['last']} 之前，下次还会导出")


def _take(house: House, actor: str, endpoint: Endpoint, file: Path, *, json: bool) -> None:
    """Each report as if it had come by a callback; what is refused is said, and the rest counts."""
    at, raw = now(), _read(file)
    given = read_reports(endpoint, raw, at)
    with house.database.reading() as db:
        if given.confirmed > last_place(db, endpoint.name):
            raise BadInput(f"对方确认到位置 {given.confirmed}，我方还没有给出这么多")
    desk = desk_of(house)
    sender = sender_of(endpoint) if given.reports else None  # whoever fetches may confirm
    effects: Counter[Effect] = Counter()
    refused: list[tuple[Report, str]] = []
    for one in given.reports:
        id_ = own_id("e", endpoint.name, one.id)
        try:
            answered = take_feedback(house.database, id_, one.task_no, one.body, at, desk, sender)
        except BadInput as mistake:  # too large to be kept
            answered = Answered(effect=Effect.REFUSED, reason=str(mistake))
        effects[answered.effect] += 1
        if answered.effect is Effect.REFUSED:
            refused.append((one, answered.reason))
    with house.database.transaction() as db:
        confirm_places(db, endpoint.name, given.confirmed, at)
        note(db, _act(actor, "batch.take", endpoint, f"{len(given.reports)} 条，{file.name}", at))
    if json:
        as_json({"effects": {str(k): n for k, n in effects.items()}, "confirmed": given.confirmed,
                 "refused": [[one.id, one.task_no, why] for one, why in refused]})  # fmt: skip
    else:
        counts = "，".join(f"{name} {effects[one]}" for one, name in EFFECT_NAMES.items())
        say(f"文件中 {len(given.reports)} 条：{counts}；确认到位置 {given.confirmed}")
        for one, why in refused[:_SHOWN]:
            warn(f"{one.task_no}（{one.id[:40]}）：{why}")
    if refused:
        kept = len(given.reports) - len(refused)
        more = f"，只列前 {_SHOWN} 条" if len(refused) > _SHOWN and not json else ""
        raise BadInput(f"收下 {kept} 条，拒收 {len(refused)} 条（原因见上{more}）")


def _fetching(house: House, name: str) -> Endpoint:
    known = {one.name: one for one in endpoints_of(house.config)}
    endpoint = known.get(name)
    if endpoint is None:
        raise BadInput(f"没有接收端 {name}；有：{'、'.join(known) or '无'}")
    if endpoint.url:
        raise BadInput(f"接收端 {name} 有 url，它的消息是投递过去的")
    if not endpoint.secret:
        raise BadInput(f"接收端 {name} 没有 secret，文件无法签名")
    return endpoint


def _write(file: Path, raw: bytes) -> None:
    try:
        staged = file.with_name(f".{file.name}.part")
        staged.write_bytes(raw)
        staged.replace(file)
    except OSError as error:
        raise BadInput(f"文件 {file} 无法写入：{reason_of(error)}") from None


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise BadInput(f"文件超过 {LARGEST >> 20} MB")
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"文件 {file} 无法读取：{reason_of(error)}") from None


def _act(actor: str, action: str, endpoint: Endpoint, after: str, at: datetime) -> Act:
    return Act(at=at, actor=actor, action=action, object=f"endpoint:{endpoint.name}", after=after)
