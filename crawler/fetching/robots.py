"""robots.txt as policy: what a file says about an address, and for how long its word is kept.

A file that is missing, broken, late or endless forbids nothing: it must not be able to hide a site.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

AGENT = "xunwang"
KEPT = timedelta(days=7)
REMEMBERED = 4096
MOST_RULES = 2_000
LONGEST_PATTERN = 1_000
_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:\s*([^#\r\n]*)")


class RobotsPolicy(StrEnum):
    """Whether the authority lets sites forbid being looked at."""

    RESPECT = "respect"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line."""

    pattern: str
    allows: bool


class RobotsMemory(Protocol):
    """Who remembers the rules of a site between visits; None means that they must be asked for."""

    def recall(self, origin: str, now: datetime) -> tuple[Rule, ...] | None:
        """The rules of an origin, if they are not older than a week."""
        ...

    def note(self, origin: str, rules: tuple[Rule, ...], now: datetime) -> None:
        """Keep the rules that an origin has just given."""
        ...


class RecentRobots:
    """A memory of one process, bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[datetime, tuple[Rule, ...]]] = OrderedDict()

    def recall(self, origin: str, now: datetime) -> tuple[Rule, ...] | None:
        """Rules younger than a week."""
        at, rules = self._known.get(origin, (None, ()))
        return rules if at is not None and now - at < KEPT else None

    def note(self, origin: str, rules: tuple[Rule, ...], now: datetime) -> None:
        """The oldest gives way."""
        self._known[origin] = (now, rules)
        self._known.move_to_end(origin)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def rules_in(text: str, agent: str = AGENT) -> tuple[Rule, ...]:
    """The rules for this agent, else those for everybody."""
    own: list[Rule] = []
    for_all: list[Rule] = []
    for agents, rule in _records(text):
        if agent in agents:
            own.append(rule)
        elif "*" in agents:
            for_all.append(rule)
    named = any(agent in agents for agents in _groups(text))
    return tuple((own if named else for_all)[:MOST_RULES])


def may_visit(path: str, rules: tuple[Rule, ...]) -> bool:
    """The longest pattern that fits decides; of two as long, the one that allows."""
    fitting = [rule for rule in rules if _fits(rule.pattern, path)]
    if not fitting:
        return True
    return max(fitting, key=lambda rule: (len(rule.pattern), rule.allows)).allows


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        found = _LINE.match(line[: 2 * LONGEST_PATTERN])
        if found:
            yield found[1].lower(), found[2].strip()


def _records(text: str) -> Iterator[tuple[frozenset[str], Rule]]:
    """Each rule with the agents of its group. An empty Disallow is no rule."""
    agents: set[str] = set()
    naming = False
    for key, value in _lines(text):
        if key == "user-agent":
            agents = agents if naming else set()
            agents.add(value.lower()[:100])
            naming = True
        elif key in ("allow", "disallow"):
            naming = False
            if value and len(value) <= LONGEST_PATTERN:
                yield frozenset(agents), Rule(value, key == "allow")


def _groups(text: str) -> Iterator[frozenset[str]]:
    for key, value in _lines(text):
        if key == "user-agent":
            yield frozenset({value.lower()})


def _fits(pattern: str, path: str) -> bool:
    """`*` stands for anything, `$` at the end for the end. Linear: the first place that fits each
    part is as good as any later one.
    """
    whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first) or (whole and not rest and path != first):
        return False
    at = len(first)
    for part in rest[:-1] if whole else rest:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not whole or _ends_right(rest[-1] if rest else "", path, at)


def _ends_right(last: str, path: str, at: int) -> bool:
    return path.endswith(last) and len(path) - len(last) >= at if last else True
