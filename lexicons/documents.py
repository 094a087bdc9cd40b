"""A YAML file of ours, behind limits: words stay words (no yes/no, no numbers), every part knows
its line, and nothing in the file can make an object, an alias or a cycle.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crawler.domain.errors import BadInput, reason_of

LARGEST_BYTES = 4 * 1024 * 1024
MOST_SHOWN = 50  # faults in one message
_DEEPEST = 8
_MOST_PARTS = 400_000
NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_UNPRINTED = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One fault of a word list: where and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行：{self.reason}"


class Misread(BadInput):
    """A file of ours with faults: each with its line."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("；".join(map(str, problems[:MOST_SHOWN])))
        self.problems = problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a document with its line: a word, a list or a mapping."""

    line: int
    value: "str | list[Part] | dict[str, Part]"
    bare: bool = False  # a word without quotation marks; of a mapping, its first key


def read_document(data: bytes, file: str) -> Part | Problem:
    """The file's parts, or the first thing that makes it unreadable."""
    if len(data) > LARGEST_BYTES:
        return Problem(file=file, line=1, reason=f"文件超过 {LARGEST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(file=file, line=line, reason="不是 UTF-8 编码，请另存为 UTF-8")
    if "\t" in text:
        line = text.count("\n", 0, text.index("\t")) + 1
        return Problem(file=file, line=line, reason="含制表符（Tab），请改用空格")
    if sign := _UNPRINTED.search(text):
        line = text.count("\n", 0, sign.start()) + 1
        return Problem(file=file, line=line, reason=f"含控制字符 U+{ord(sign[0]):04X}，请删去")
    return _parsed(text, file)


def read_bytes(path: Path) -> bytes:
    """A file of a lexicon, a little more than may be read of it; BadInput where it is none (a pipe
    would keep us waiting).
    """
    if path.exists() and not path.is_file():
        raise BadInput(f"无法读取 {path.name}：不是普通文件")
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"无法读取 {path.name}：{reason_of(error)}") from error


def read_parts(path: Path) -> Part:
    """A file of ours as parts with their lines; Misread says where it is wrong."""
    document = read_document(read_bytes(path), path.name)
    if isinstance(document, Problem):
        raise Misread(document)
    return document


def read_plain(path: Path) -> Any:
    """A file of ours as words, numbers, true and false, lists and mappings."""
    return plain(read_parts(path))


def plain(part: Part) -> Any:
    """A part as words, numbers, true and false, lists and mappings."""
    if isinstance(part.value, dict):
        return {key: plain(value) for key, value in part.value.items()}
    if isinstance(part.value, list):
        return [plain(one) for one in part.value]
    if part.value in _TRUTHS:
        return _TRUTHS[part.value]
    if NUMBER.fullmatch(part.value):
        return float(part.value) if "." in part.value else int(part.value)
    return part.value


def _parsed(text: str, file: str) -> Part | Problem:
    try:
        return _document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except _Refused as refused:
        return Problem(file=file, line=refused.line, reason=str(refused))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"YAML 写法有误（{error.problem or error.context}）"
        return Problem(file=file, line=mark.line + 1 if mark else 1, reason=reason)
    except yaml.YAMLError as error:  # a character YAML does not allow
        reason = f"YAML 无法读取（{error}）".replace("\n", " ")
        return Problem(file=file, line=1, reason=reason)


class _Refused(BadInput):
    """Valid YAML that a word list has no use for."""

    def __init__(self, reason: str, event: yaml.Event) -> None:
        super().__init__(reason)
        self.line = _line(event)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _document(events: Iterator[yaml.Event]) -> Part:
    walk = _Walk(events)
    event = walk.next()
    while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
        event = walk.next()
    if isinstance(event, yaml.StreamEndEvent):
        raise _Refused("文件是空的", event)
    return walk.part(event, 0)


class _Walk:
    """One way through the events of a file, counting."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._seen = 0

    def next(self) -> yaml.Event:
        """The next event; refuses what word lists do not use."""
        event = next(self._events)
        self._seen += 1
        if self._seen > _MOST_PARTS:
            raise _Refused("内容过多", event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused("不允许使用别名（& 和 *）", event)
        if tag := getattr(event, "tag", None):
            raise _Refused(f"不允许使用标签 {tag}", event)
        return event

    def part(self, event: yaml.Event, depth: int) -> Part:
        """What begins with this event."""
        if depth > _DEEPEST:
            raise _Refused("嵌套过深", event)
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            return Part(line=line, value=event.value, bare=event.implicit[0])
        if isinstance(event, yaml.SequenceStartEvent):
            return Part(line=line, value=self._sequence(depth))
        parts, bare = self._mapping(depth)
        return Part(line=line, value=parts, bare=bare)

    def _sequence(self, depth: int) -> list[Part]:
        parts = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            parts.append(self.part(event, depth + 1))
        return parts

    def _mapping(self, depth: int) -> tuple[dict[str, Part], bool]:
        parts: dict[str, Part] = {}
        bare = False
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused("键必须是一个词", event)
            if event.value in parts:
                raise _Refused(f"“{event.value}”重复出现", event)
            bare = bare or (not parts and event.implicit[0])
            parts[event.value] = self.part(self.next(), depth + 1)
        return parts, bare
