"""One message into another platform's names, codes and dates, as JSON or XML; its reports back.

Going out never fails: a warning that cannot be told nicely is told all the same. Coming in is
hostile: sizes and depth are bounded, and XML may declare nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from alerts.dialects import leaves
from alerts.reporting import read_feedback
from crawler.domain.dialect import (
    ANY,
    EACH,
    Dialect,
    Format,
    Path,
    Reports,
    code_list,
    destination,
    moment_read,
    moment_written,
)
from crawler.domain.errors import BadInput
from crawler.domain.task import Feedback

Place = tuple[str | int, ...]  # a path with its numbers: ("hits", 0, "term")

_DEEPEST = 20
_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w.\-]*")
_NO_NAME = re.compile(r"[^\w.\-]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def translate(dialect: Dialect, message: Mapping[str, Any]) -> bytes:
    """The message as this platform wants it."""
    told: dict[str | int, Any] = {}
    for place, value in _fields(message, ()):
        path = tuple(EACH if isinstance(one, int) else one for one in place)
        goal = destination(dialect, path)
        if goal is not None:
            _put(told, _numbered(goal, place), _said(dialect, path, value))
    for path, constant in dialect.constants.items():
        _put(told, path, constant)
    tree = _with_lists(told)
    if dialect.format is Format.XML:
        return _xml(dialect.root, tree)
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def read_report(dialect: Dialect, number: str, body: bytes) -> Feedback:
    """A platform's report about a task, in its own way; BadInput as for ours."""
    reports = dialect.reports
    if reports is None:
        return read_feedback(number, body)
    given = _parsed(dialect, body)
    ours = {name: _found(given, path) for name, path in reports.fields.items()}
    return read_feedback(number, json.dumps(_ours(ours, reports)).encode())


def _fields(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    """Every value that has no parts, and where it stands."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _fields(inner, (*place, str(name)))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _fields(inner, (*place, number))
    else:
        yield place, value


def _numbered(goal: Path, place: Place) -> Place:
    numbers = iter([one for one in place if isinstance(one, int)])
    return tuple(next(numbers, 0) if one == EACH else one for one in goal)


def _put(told: dict[str | int, Any], place: Place, value: Any) -> None:
    here = told
    for step in place[:-1]:
        inner = here.setdefault(step, {})
        if not isinstance(inner, dict):  # the checks of the file leave this to nobody
            return
        here = inner
    here[place[-1]] = value


def _said(dialect: Dialect, path: Path, value: Any) -> Any:
    codes = code_list(dialect, path)
    if codes is not None and isinstance(value, str):
        return codes.get(value, codes.get(ANY, value))
    if leaves().get(path, {}).get("format") == "date-time" and isinstance(value, str):
        return moment_written(datetime.fromisoformat(value), dialect.dates)
    return value


def _with_lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(isinstance(key, int) for key in tree):
        return [_with_lists(tree[key]) for key in sorted(tree)]
    return {str(key): _with_lists(inner) for key, inner in tree.items()}


def _xml(root: str, tree: Any) -> bytes:
    element = ElementTree.Element(_name(root))
    _fill(element, tree)
    whole: bytes = ElementTree.tostring(element, "utf-8", xml_declaration=True)
    return whole


def _fill(element: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            for one in inner if isinstance(inner, list) else [inner]:
                _fill(ElementTree.SubElement(element, _name(name)), one)
    elif isinstance(value, list):
        for one in value:
            _fill(ElementTree.SubElement(element, "item"), one)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_IN_XML.sub("\ufffd", str(value))


def _name(given: str) -> str:
    return given if _NAME.fullmatch(given) else "_" + _NO_NAME.sub("_", given)


def _parsed(dialect: Dialect, body: bytes) -> Any:
    if dialect.format is Format.JSON:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise BadInput("反馈不是 JSON") from None
    try:
        text = body.decode()
        if "<!" in text:
            raise BadInput("反馈的 XML 不能有声明、注释或 CDATA")
        return _tree(ElementTree.fromstring(text), 0)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        raise BadInput("反馈不是 UTF-8 的 XML") from None


def _tree(element: ElementTree.Element, depth: int) -> Any:
    if depth > _DEEPEST:
        raise BadInput("反馈的 XML 层次过深")
    if not len(element):
        return (element.text or "").strip()
    parts: dict[str, Any] = {}
    for child in element:
        name, inner = child.tag.rpartition("}")[2], _tree(child, depth + 1)
        there = parts.get(name)
        if there is None:
            parts[name] = inner
        else:
            parts[name] = [*there, inner] if isinstance(there, list) else [there, inner]
    return parts


def _found(given: Any, path: Path) -> Any:
    for step in path:
        if step != EACH:
            given = given.get(step) if isinstance(given, Mapping) else None
    return given


def _ours(found: Mapping[str, Any], reports: Reports) -> dict[str, Any]:
    ours = {name: _decoded(value, reports.codes.get(name)) for name, value in found.items()}
    if isinstance(ours.get("attachments"), str):
        ours["attachments"] = [ours["attachments"]] if ours["attachments"] else None
    try:
        ours["at"] = moment_read(found.get("at", ""), reports.dates).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        raise BadInput(f"at：不是约定写法的时间 {str(found.get('at'))[:40]!r}") from None
    return ours


def _decoded(value: Any, codes: Mapping[str, str] | None) -> Any:
    if codes is None or isinstance(value, Mapping | list) or value is None or value == "":
        return value
    return codes.get(str(value), codes.get(ANY, value))
