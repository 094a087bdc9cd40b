"""`evidence`: what an officer carries out of the office."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.domain.user import Role
from crawler.service.catalogue import Catalogue
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.packing.blank_forms import FORMS, blank_form
from crawler.service.packing.exporting import (
    FORMS_FOLDER,
    Asker,
    Exported,
    allowed,
    export_alert,
)
from crawler.service.showing import as_json, complain, say, warn
from crawler.service.wiring import House
from crawler.store.people import user_named

_TERMINAL = "终端"


def evidence(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="export|forms")],
    number: Annotated[int, typer.Argument(metavar="N")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入这个文件")] = None,
    names: Annotated[bool, typer.Option("--names", help="姓名与联系方式不遮盖（会留痕）")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导出证据包；forms 写出文书模板，供修改。例：xunwang evidence export 3 -o 线索3.zip"""
    door: Door = context.obj
    if what == "forms":
        _write_forms(door, output)
        return
    if what != "export":
        raise BadInput("evidence 之后应为 export 或 forms")
    if output is None:
        raise BadInput("请用 -o 指明写入的文件")
    with door.opened() as (house, words):
        asker = asker_of(house, door.actor, names=names)
        done = export_alert(house, desk_of(house), number, output, asker, now())
        _show(done, output, words, json=json)


def asker_of(house: House, actor: str, *, names: bool) -> Asker:
    """Who stands at the terminal: an account's roles and region, else nobody's right to names."""
    with house.database.reading() as db:
        user = user_named(db, actor)
    roles = user.roles if user and not user.disabled else frozenset[Role]()
    role = "、".join(sorted(roles)) or _TERMINAL
    reach = user.reach if user else ""
    return allowed(Asker(actor=actor, role=role, reach=reach, lifted=names), roles)


def _write_forms(door: Door, folder: Path | None) -> None:
    """The forms as they came, where ops may change them; one that is there is left alone."""
    with door.opened() as (house, words):
        place = folder or house.home / FORMS_FOLDER
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FORMS:
            if not (place / name).exists():
                (place / name).write_bytes(blank_form(name))
        say(words.say("evidence.forms", path=os.fspath(place), count=len(FORMS)))


def _show(done: Exported, output: Path, words: Catalogue, *, json: bool) -> None:
    if json:
        as_json(done)
        return
    say(words.say("evidence.saved", path=os.fspath(output), members=done.members))
    say(words.say("evidence.root", root=done.root, manifest=done.manifest_sha256))
    for reason in done.broken:
        complain(words.say("evidence.broken", reason=reason))
    if done.trouble:
        warn(done.trouble)
