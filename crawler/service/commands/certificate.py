"""`certificate`: the signed accounts of coverage, shown, carried out, checked by anybody."""

import json as plain
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.domain.certificate import Certificate
from crawler.domain.errors import BadInput, reason_of
from crawler.service.catalogue import LANGUAGES, Catalogue, catalogue
from crawler.service.certifying import as_file, checked_file, fingerprint, public_key
from crawler.service.doors import Door
from crawler.service.showing import as_json, moment, say, table
from crawler.store.certificates import certificate_of, latest_certificates

KINDS = {"sweep": "批次", "day": "日报"}


class CertificateAction(StrEnum):
    """What can be done with certificates."""

    LIST = "list"
    SHOW = "show"
    SAVE = "save"
    CHECK = "check"
    KEY = "key"


def certificate(
    context: typer.Context,
    what: Annotated[CertificateAction, typer.Argument(help="做什么")] = CertificateAction.LIST,
    of: Annotated[str, typer.Argument(metavar="[N|FILE]", help="编号，或要核对的文件")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到这个文件")] = None,
    key: Annotated[str | None, typer.Option(help="所信任钥匙的指纹（核对时）")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """覆盖证书：看过多少、为何没看到。例：xunwang certificate save 3 -o 覆盖.json"""
    door: Door = context.obj
    if what is CertificateAction.CHECK:
        if key is not None and not key.strip():
            raise BadInput("--key 是空的：请写明钥匙的指纹，或不写 --key")
        _show(checked_file(_content(Path(of)), key or ""), catalogue(LANGUAGES[0]), json=json)
        if not json:
            say("签名相符，各项之和等于在册网站数")
            if key is None:
                say("没有核对钥匙是谁的：请向出具的单位问得指纹，加 --key 再核对")
        return
    with door.opened() as (house, words):
        if what is CertificateAction.KEY:
            say(fingerprint(public_key(house.home)))
            return
        with house.database.reading() as db:
            found = (
                latest_certificates(db)
                if what is CertificateAction.LIST
                else [certificate_of(db, _number(of))]
            )
    if what is CertificateAction.LIST:
        _list(found, json=json)
    elif what is CertificateAction.SHOW:
        _show(plain.loads(found[0].body), words, json=json)
    else:
        _save(found[0], output)


def _list(found: list[Certificate], *, json: bool) -> None:
    said = [(one, plain.loads(one.body)) for one in found]
    if json:
        as_json([{"id": one.id} | body for one, body in said])
        return
    rows = [
        [
            str(one.id),
            KINDS[one.kind],
            one.of,
            moment(one.at),
            str(body["coverage"]["watched"]),
            str(body["coverage"]["seen"]),
            str(sum(body["coverage"]["failed"].values())),
            str(body["coverage"]["not_due"]),
        ]
        for one, body in said
    ]
    table("覆盖证书", ("编号", "种类", "对象", "时间", "在册", "已采集", "未采到", "未到期"), rows)


def _show(said: dict[str, Any], words: Catalogue, *, json: bool) -> None:
    if json:
        as_json(said)
        return
    coverage = said["coverage"]
    failed = " + ".join(
        f"{words.name('outcome', name)} {n}" for name, n in sorted(coverage["failed"].items())
    )
    kind = KINDS.get(said["kind"], said["kind"])
    say(f"{kind} {said['of']}  {_when(str(said['at']))}  区划 {said['region']}")
    say(
        f"在册 {coverage['watched']} = 已采集 {coverage['seen']} + {failed or '失败 0'}"
        f" + 未采集 {coverage['not_captured']} + 未到期 {coverage['not_due']}"
    )
    if without := coverage.get("unpictured"):  # not there in older ones
        say(f"其中采集到、还没有截图 {without}")
    if "fingerprint" in said:
        say(f"钥匙指纹 {said['fingerprint']}")


def _when(written: str) -> str:
    """Beijing time; as it stands where another program wrote it otherwise."""
    try:
        return moment(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return written


def _save(one: Certificate, output: Path | None) -> None:
    if output is None:
        raise BadInput("请用 -o 写明文件")
    try:
        output.write_bytes(as_file(one))
    except OSError as error:
        raise BadInput(f"{output} 写不进去：{reason_of(error)}") from error
    say(f"已写入 {output}")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise BadInput("请写明证书编号，见 xunwang certificate list")
    return int(text)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise BadInput(f"{path} 无法读取：{reason_of(error)}") from error
