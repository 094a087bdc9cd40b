"""Filing lists in JSON: the query service's envelope, plain arrays, one object a line."""

import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crawler.domain.errors import BadInput
from crawler.reading.headers import Columns, columns_named
from crawler.reading.list_rules import MIB, ListRules

_DEEPEST = 6
Entry = tuple[int, Columns, list[str]]


def json_entries(path: Path, encoding: str, rules: ListRules) -> Iterator[Entry]:
    """Every object with its number, counted from 1 (its line, where there is one a line)."""
    known: dict[tuple[str, ...], Columns] = {}
    objects = _objects_by_line(path, encoding) if _is_lines(path, encoding) else None
    for number, found in objects or _objects_in(path, encoding, rules):
        flat = dict(_flattened(found))
        keys = tuple(flat)
        if keys not in known:
            known[keys] = columns_named(keys)
        yield number, known[keys], list(flat.values())


def _is_lines(path: Path, encoding: str) -> bool:
    """Whether the first line is an object of its own and not the whole text."""
    with path.open(encoding=encoding) as file:
        first, second = file.readline(MIB), file.readline(MIB)
    try:
        return isinstance(json.loads(first), dict) and second.lstrip().startswith("{")
    except (ValueError, RecursionError):
        return False


def _objects_by_line(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                raise BadInput(f"第 {number} 行不是有效的 JSON") from None
            yield number, found if isinstance(found, dict) else {"": found}


def _objects_in(
    path: Path, encoding: str, rules: ListRules
) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.stat().st_size > rules.max_whole_bytes:
        limit = rules.max_whole_bytes // MIB
        raise BadInput(f"JSON 太大：上限 {limit} MB，请改用 CSV 或每行一条的 JSON")
    try:
        whole = json.loads(path.read_text(encoding=encoding))
    except json.JSONDecodeError as error:
        raise BadInput(f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 个字符起") from None
    except (ValueError, RecursionError):
        raise BadInput("不是有效的 JSON：嵌套太深或数字过长") from None
    for number, found in enumerate(_list_in(whole), start=1):
        yield number, found if isinstance(found, dict) else {"": found}


def _list_in(whole: Any) -> list[Any]:
    """The list of filings wherever it lies (params.list, data.rows, …), nearest first."""
    waiting = deque([(whole, 0)])
    while waiting:
        found, depth = waiting.popleft()
        if isinstance(found, list) and (depth == 0 or any(isinstance(e, dict) for e in found)):
            return found
        if isinstance(found, dict) and depth < _DEEPEST:
            waiting.extend((value, depth + 1) for value in found.values())
    if isinstance(whole, dict) and columns_named([k for k, _ in _flattened(whole)]).places:
        return [whole]
    raise BadInput("JSON 里没有找到备案列表（如 params.list）")


def _flattened(found: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and not before:
            yield from _flattened(value, before=f"{name}.")
        else:
            yield name, _text_of(value)


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return ";".join(_text_of(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
