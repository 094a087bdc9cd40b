"""Data files that people edit (calendar, departments): read within limits, refused in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from crawler.domain.errors import BadInput, reason_of

_LARGEST = 256 * 1024


def read_rulebook(path: Path) -> Mapping[str, Any]:
    """The mapping in a YAML file. Aliases are refused: a few lines of them can fill a memory."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name} 无法读取：{reason_of(error)}") from error
    if len(raw) > _LARGEST:
        raise BadInput(f"{path.name} 超过 {_LARGEST // 1024} KB")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(raw)):
            raise BadInput(f"{path.name} 不得使用 YAML 别名")
        content = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} 不是可用的 YAML：{_first_line(error)}") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path.name} 须为键值结构")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
