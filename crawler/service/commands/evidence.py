"""`evidence`: what an officer carries out of the office, and what binds it to a moment."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput, reason_of
from crawler.domain.user import Role
from crawler.service.anchoring import anchor_heads, take_stamp
from crawler.service.catalogue import Catalogue
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.packing.archive import new_file
from crawler.service.packing.blank_forms import FORMS, blank_form
from crawler.service.packing.exporting import (
    FORMS_FOLDER,
    export_alert,
    export_family,
    print_report,
)
from crawler.service.packing.listing import Asker, Exported, allowed
from crawler.service.showing import as_json, complain, moment, say, warn
from crawler.service.stamping import request_for
from crawler.service.wiring import House
from crawler.store.anchors import latest_anchor
from crawler.store.people import user_named

_TERMINAL = "终端"
_DOINGS = "export、report、family、forms、anchor 或 stamp"
_MOST_STAMP = 256 * 1024


def evidence(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="export|report|family|forms|anchor|stamp", help="做什么")
    ],
    number: Annotated[int, typer.Argument(metavar="N", help="预警、线索（family）或锚点编号")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入这个文件")] = None,
    token: Annotated[Path | None, typer.Option(help="取回的时间戳应答（stamp）")] = None,
    names: Annotated[bool, typer.Option("--names", help="姓名与联系方式不遮盖（会留痕）")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导出证据包（export 预警、family 整族），印出线索报告 PDF（report 预警），写出文书模板
    （forms），固定证据链首（anchor，-o 写出时间戳请求；stamp N --token 收下应答）。

    例：xunwang evidence export 3 -o 线索3.zip
    """
    door: Door = context.obj
    with door.opened() as (house, words):
        match what:
            case "export" | "family":
                asker = asker_of(house, door.actor, names=names)
                _export(house, words, what, number, output, asker, json=json)
            case "report":
                asker = asker_of(house, door.actor, names=names)
                _report(house, number, output, asker)
            case "forms":
                _write_forms(house, words, output)
            case "anchor":
                _anchor(house, words, door.actor, output)
            case "stamp":
                _stamp(house, words, door.actor, number, token)
            case _:
                raise BadInput(f"evidence 之后应为 {_DOINGS}")


def asker_of(house: House, actor: str, *, names: bool) -> Asker:
    """Who stands at the terminal: an account's roles and region, else nobody's right to names."""
    with house.database.reading() as db:
        user = user_named(db, actor)
    roles = user.roles if user and not user.disabled else frozenset[Role]()
    role = "、".join(sorted(roles)) or _TERMINAL
    reach = user.reach if user else ""
    return allowed(Asker(actor=actor, role=role, reach=reach, lifted=names), roles)


def _export(
    house: House,
    words: Catalogue,
    what: str,
    number: int,
    output: Path | None,
    asker: Asker,
    *,
    json: bool,
) -> None:
    if output is None:
        raise BadInput("请用 -o 指明写入的文件")
    write = export_alert if what == "export" else export_family
    done = write(house, desk_of(house), number, output, asker, now())
    if json:
        as_json(done)
    else:
        _show(done, output, words)


def _report(house: House, number: int, output: Path | None, asker: Asker) -> None:
    if output is None:
        raise BadInput("请用 -o 指明写入的文件")
    with new_file(output) as file:
        file.write(print_report(house, desk_of(house), number, asker, now()))
    say(f"线索报告已写入 {output}")


def _show(done: Exported, output: Path, words: Catalogue) -> None:
    say(words.say("evidence.saved", path=os.fspath(output), members=done.members))
    say(words.say("evidence.root", root=done.root, manifest=done.manifest_sha256))
    for reason in done.broken:
        complain(words.say("evidence.broken", reason=reason))
    if done.trouble:
        warn(done.trouble)


def _write_forms(house: House, words: Catalogue, folder: Path | None) -> None:
    """The forms as they came, where ops may change them; one that is there is left alone."""
    place = folder or house.home / FORMS_FOLDER
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FORMS:
            if not (place / name).exists():
                (place / name).write_bytes(blank_form(name))
    except OSError as error:
        raise BadInput(f"无法写入 {place}：{reason_of(error)}") from error
    say(words.say("evidence.forms", path=os.fspath(place), count=len(FORMS)))


def _anchor(house: House, words: Catalogue, actor: str, output: Path | None) -> None:
    done = anchor_heads(house, now(), actor)
    with house.database.reading() as db:
        anchor = done.anchor if done else latest_anchor(db)
    if anchor is None:
        raise BadInput(words.say("evidence.no_chain"))
    key = "evidence.anchored" if done else "evidence.unmoved"
    say(words.say(key, id=anchor.id, chains=len(anchor.chains), told=anchor.told))
    if done and done.trouble:
        warn(done.trouble)
    if output is not None:
        with new_file(output) as file:
            file.write(request_for(anchor.statement))
        say(words.say("evidence.request", path=os.fspath(output), id=anchor.id))


def _stamp(house: House, words: Catalogue, actor: str, number: int, token: Path | None) -> None:
    if token is None:
        raise BadInput("请用 --token 指明时间戳应答文件")
    try:
        with token.open("rb") as file:
            answer = file.read(_MOST_STAMP)
    except OSError as error:
        raise BadInput(f"{token} 无法读取：{reason_of(error)}") from error
    stamp = take_stamp(house, number, answer, now(), actor)
    say(words.say("evidence.stamped", id=number, at=moment(stamp.at)))
