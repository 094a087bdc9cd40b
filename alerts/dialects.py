"""Mapping files: one platform's way of being told, read, checked against the published schema and
frozen. What a platform must learn cannot be mapped away.
"""

import functools
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crawler.domain.delivery import EventType
from crawler.domain.dialect import (
    ANY,
    EACH,
    Dates,
    Dialect,
    Format,
    Path,
    Reports,
    code_list,
    destination,
    moment_read,
    moment_written,
    path_from,
    written,
)
from crawler.domain.errors import BadInput, fault_in_toml, reason_of, wrong_with

SCHEMAS = FilePath(__file__).parent / "schemas"
LARGEST_FILE = 256 * 1024
# whom it is about, how grave it is, whether a person has looked, and what tells a repeat
NEEDED = ("event", "event_id", "event_key", "subject_key", "seq")
NEEDED_OF = {
    "alert": ("alert.alert_id", "alert.risk_level", "alert.verified", "site.domain"),
    "task": ("task.task_no", "task.state", "task.risk_level", "site.domain"),
}
_STRICT = ConfigDict(extra="forbid", frozen=True)


class DatesFile(BaseModel):
    """日期的写法。"""

    model_config = _STRICT

    format: str = Field(default="iso", description="iso、epoch、epoch_ms，或 strftime 格式")
    zone: str = Field(default="Asia/Shanghai", description="时区")


class ReportsFile(BaseModel):
    """平台反馈的读法。"""

    model_config = _STRICT

    fields: dict[
        Literal[
            "status", "dept", "operator", "at", "conclusion", "note", "attachments", "result_of"
        ],
        str,
    ] = Field(description="本系统字段 = 平台报文中的路径")
    codes: dict[Literal["status", "conclusion"], dict[str, str]] = Field(
        default_factory=dict, description="平台代码 = 本系统的值"
    )
    dates: DatesFile = DatesFile()


class MappingFile(BaseModel):
    """一个接收平台的报文映射（TOML）。"""

    model_config = _STRICT

    format: Format = Format.JSON
    root: str = Field(default="message", description="XML 根元素")
    keep: Literal["listed", "all"] = Field(
        "listed", description="未列出的字段：不外发，或按原名外发"
    )
    fields: dict[str, str] = Field(
        default_factory=dict, description="本系统字段路径 = 平台字段路径；数组写作 hits[].term"
    )
    constants: dict[str, str | int | bool] = Field(
        default_factory=dict, description="平台字段路径 = 固定值"
    )
    codes: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="字段路径或末级名 = { 本系统的值 = 平台代码 }；* 为其余"
    )
    dates: DatesFile = DatesFile()
    feedback: ReportsFile | None = None


def load_dialect(file: FilePath, events: Collection[EventType] = ()) -> Dialect:
    """Read and check one mapping file for what an endpoint is told (none: everything); BadInput
    says what is wrong with it.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadInput(f"映射文件 {file.name} 超过 {LARGEST_FILE // 1024} KB")
        given = MappingFile.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise BadInput(f"映射文件 {file} 无法读取：{reason_of(error)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"映射文件 {file.name} 的 {where} 有误：{wrong_with(first)}") from None
    except ValueError as error:
        raise BadInput(f"映射文件 {file.name} 不是 TOML：{fault_in_toml(error)}") from None
    try:
        return dialect_from(given, file.stem, events)
    except BadInput as error:
        raise BadInput(f"映射文件 {file.name}：{error}") from None


def dialect_from(given: MappingFile, name: str, events: Collection[EventType] = ()) -> Dialect:
    """The dialect behind a mapping file, or BadInput with the first thing that is wrong in it."""
    dialect = Dialect(
        name=name,
        format=given.format,
        root=given.root,
        keep_all=given.keep == "all",
        fields={path_from(ours): path_from(theirs) for ours, theirs in given.fields.items()},
        constants={path_from(theirs): value for theirs, value in given.constants.items()},
        codes={path_from(ours): codes for ours, codes in given.codes.items()},
        dates=_dates(given.dates),
        reports=_reports(given.feedback),
    )
    for complaint in complaints_about(dialect, events or tuple(EventType)):
        raise BadInput(complaint)
    return dialect


def complaints_about(dialect: Dialect, events: Collection[EventType]) -> Iterator[str]:
    """All that is wrong with a dialect for these events, worst first."""
    known = leaves()
    for path in dialect.fields:
        if not any(leaf[: len(path)] == path for leaf in known):
            yield f"fields：消息中没有字段 {written(path)}"
    for path in _needed(events):
        if destination(dialect, path) is None:
            yield f"丢掉了必需字段 {written(path)}"
    yield from _clashes(dialect, known)
    yield from _uncoded(dialect, known)


def _needed(events: Collection[EventType]) -> Iterator[Path]:
    kinds = {str(event).partition(".")[0] for event in events}
    for one in (*NEEDED, *(name for kind in sorted(kinds) for name in NEEDED_OF.get(kind, ()))):
        yield path_from(one)


@functools.cache
def leaves() -> Mapping[Path, Mapping[str, Any]]:
    """Every field of the published messages, with what the schema says of it."""
    schema = json.loads((SCHEMAS / "message.json").read_text("utf-8"))
    return dict(_leaves(schema, (), schema["$defs"]))


def _leaves(
    schema: Mapping[str, Any], path: Path, named: Mapping[str, Any]
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if "$ref" in schema:
        schema = named[schema["$ref"].rpartition("/")[2]]
    for one in schema.get("oneOf", ()):
        yield from _leaves(one, path, named)
    for name, inner in schema.get("properties", {}).items():
        yield from _leaves(inner, (*path, name), named)
    if isinstance(schema.get("items"), dict):
        yield from _leaves(schema["items"], (*path, EACH), named)
    if not {"oneOf", "properties", "items"} & schema.keys():
        yield path, schema


def _clashes(dialect: Dialect, known: Mapping[Path, Any]) -> Iterator[str]:
    """Two fields in one place, one inside another, or a list that stops being one."""
    taken: dict[Path, Path] = {}
    for path in known:
        goal = destination(dialect, path)
        if goal is None:
            continue
        if goal.count(EACH) != path.count(EACH):
            yield f"{written(path)} 与 {written(goal)} 的 [] 数目不同"
        if taken.setdefault(goal, path) != path:
            yield f"{written(taken[goal])} 与 {written(path)} 写到了同一处 {written(goal)}"
    for goal in (*taken, *dialect.constants):
        for length in range(1, len(goal)):
            if goal[:length] in taken or goal[:length] in dialect.constants:
                yield f"{written(goal[:length])} 既是字段又是 {written(goal)} 的上级"
    for goal in dialect.constants:
        if goal in taken or EACH in goal:
            yield f"constants：{written(goal)} 已有字段，或在数组之内"


def _uncoded(dialect: Dialect, known: Mapping[Path, Mapping[str, Any]]) -> Iterator[str]:
    used: set[Path] = set()
    for path, schema in known.items():
        codes = code_list(dialect, path)
        if codes is None:
            continue
        used |= {path, path[-1:]}
        missing = [str(one) for one in schema.get("enum", ()) if one and str(one) not in codes]
        if missing and ANY not in codes:
            yield f"codes：{written(path)} 缺少 {'、'.join(missing)}（或以 * 表示其余）"
    for path in dialect.codes:
        if path not in used:
            yield f"codes：消息中没有字段 {written(path)}"


def _dates(given: DatesFile) -> Dates:
    try:
        dates = Dates(pattern=given.format, zone=ZoneInfo(given.zone))
        at = datetime(2026, 5, 12, 4, 5, 6, tzinfo=UTC)
        read = moment_read(moment_written(at, dates), dates)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise BadInput(f"dates：写法 {given.format!r} 或时区 {given.zone!r} 不可用") from None
    if read.astimezone(UTC).date() != at.date():
        raise BadInput(f"dates：写法 {given.format!r} 读不回原来的日期")
    return dates


def _reports(given: ReportsFile | None) -> Reports | None:
    if given is None:
        return None
    for needed in ("status", "at"):
        if needed not in given.fields:
            raise BadInput(f"feedback.fields：缺少 {needed}")
    return Reports(
        fields={str(ours): path_from(theirs) for ours, theirs in given.fields.items()},
        codes={str(name): codes for name, codes in given.codes.items()},
        dates=_dates(given.dates),
    )
