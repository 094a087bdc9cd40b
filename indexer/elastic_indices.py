"""Indices as data: one a month behind an alias, one generation in use, perhaps one being built."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_MAPPING = Path(__file__).parent / "mappings" / "texts.json"
_BASE = "base"  # the index that a generation begins with: it carries the alias while empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Which indices there are of one alias, and which generation is which."""

    alias: str
    live: int = 0  # 0: none yet
    beside: int = 0
    indices: frozenset[str] = frozenset()
    strangers: frozenset[str] = field(default_factory=frozenset)  # not made by this mapping

    def name(self, generation: int, first_seen_at: datetime) -> str:
        """The month's index: a text stays where it was first seen, so it is never twice."""
        return f"{self.alias}-g{generation}-{first_seen_at.astimezone(UTC):%Y.%m}"

    def base(self, generation: int) -> str:
        """The index that makes a generation."""
        return f"{self.alias}-g{generation}-{_BASE}"

    def of(self, generation: int) -> list[str]:
        """All indices of a generation."""
        start = f"{self.alias}-g{generation}-"
        return sorted(one for one in self.indices if one.startswith(start))

    @property
    def patterns(self) -> list[str]:
        """All indices of ours, short enough for an address; a stranger's begin otherwise."""
        return [f"{self.alias}-g{one}-*" for one in (self.live, self.beside) if one]

    def before(self, moment: datetime) -> list[str]:
        """Indices of whole months that ended before it."""
        month = f"{moment.astimezone(UTC):%Y.%m}"
        ends = {one: one.rsplit("-", 1)[-1] for one in self.indices}
        return sorted(one for one, end in ends.items() if end != _BASE and end < month)

    @property
    def newest(self) -> int:
        """The highest generation that any index has."""
        return max(_numbers(self.alias, self.indices).values(), default=0)


def layout_from(alias: str, told: Mapping[str, Any]) -> Layout:
    """Read from `GET alias-g*`, which may name indices of others too: no business of ours."""
    ours = _numbers(alias, told)
    at = {alias: 0, beside_alias(alias): 0}
    strangers = set()
    for index, number in ours.items():
        one = told[index]
        for name in one.get("aliases", {}):
            if name in at:
                at[name] = max(at[name], number)
        meta = one.get("mappings", {}).get("_meta", {})
        if meta.get("made_from") != made_from():
            strangers.add(index)
    return Layout(
        alias=alias,
        live=at[alias],
        beside=at[beside_alias(alias)],
        indices=frozenset(ours),
        strangers=frozenset(strangers),
    )


def _numbers(alias: str, indices: Iterable[str]) -> dict[str, int]:
    """The generation of each index that bears a name of ours."""
    named = re.compile(rf"{re.escape(alias)}-g(\d+)-({_BASE}|\d{{4}}\.\d\d)")
    return {one: int(found[1]) for one in indices if (found := named.fullmatch(one))}


def beside_alias(alias: str) -> str:
    """Stands on the generation that is being built."""
    return f"{alias}-next"


def template_of(alias: str) -> dict[str, Any]:
    """The composable template of all indices of this alias. An index that nobody prepared is not
    made by writing to it: it would stand outside the alias.
    """
    settings, mappings = _mapping()["settings"], _mapping()["mappings"]
    return {
        "index_patterns": [f"{alias}-g*"],
        "priority": 500,
        "allow_auto_create": False,
        "template": {
            "settings": settings,
            "mappings": mappings | {"_meta": {"made_from": made_from()}},
        },
    }


@cache
def made_from() -> str:
    """Digest of the mapping: an index of another one must be built anew."""
    return hashlib.sha256(_MAPPING.read_bytes()).hexdigest()[:16]


@cache
def _mapping() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_MAPPING.read_text("utf-8"))
    return read
