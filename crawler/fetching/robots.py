"""robots.txt as policy: what a file says about an address, and for how long its word is kept.

A file that is missing, broken, late or endless forbids nothing: it must not be able to hide a site.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.fetching.urls import Target, in_ascii, target_of

AGENT = "xunwang"
KEPT = timedelta(days=7)
REMEMBERED = 1_024
MOST_RULES = 500
MOST_TEXT = 16_384  # characters of all patterns; what lies beyond forbids nothing
LONGEST_PATTERN = 1_000
_CODED = re.compile(r"%[0-9a-fA-F]{2}")
_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:\s*([^#\r\n]*)")


class RobotsPolicy(StrEnum):
    """Whether the authority lets sites forbid being looked at."""

    RESPECT = "respect"
    IGNORE = "ignore"


class RecentRobots:
    """What one process heard, bounded: for an address that many sites lead to. What a site said at
    an earlier visit comes with its visit.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, RobotsWord] = OrderedDict()
        self._asking: dict[str, asyncio.Task[RobotsWord]] = {}

    async def once(
        self, origin: str, ask: Callable[[], Coroutine[Any, Any, RobotsWord]]
    ) -> RobotsWord:
        """What an origin says; of several who want to know at one time, the first asks."""
        asking = self._asking.get(origin)
        if asking is None:
            asking = self._asking[origin] = asyncio.create_task(ask())
            asking.add_done_callback(lambda _: self._asking.pop(origin))
        return await asyncio.shield(asking)

    def recall(self, origin: str, now: datetime) -> RobotsWord | None:
        """What an origin said within the week."""
        word = self._known.get(origin)
        return word if word is not None and now < word.until else None

    def note(self, word: RobotsWord) -> None:
        """The oldest gives way."""
        self._known[word.origin] = word
        self._known.move_to_end(word.origin)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def rules_in(text: str, agent: str = AGENT) -> tuple[RobotsRule, ...]:
    """The rules for this agent, else those for everybody, as far as a memory has room."""
    own: list[RobotsRule] = []
    for_all: list[RobotsRule] = []
    for agents, rule in _records(text):
        if agent in agents:
            own.append(rule)
        elif "*" in agents:
            for_all.append(rule)
    named = any(agent in agents for agents in _groups(text))
    return tuple(_first(own if named else for_all))


def may_visit(path: str, rules: tuple[RobotsRule, ...]) -> bool:
    """The longest pattern that fits decides; of two as long, the one that allows."""
    path = _coded(path)
    fitting = [rule for rule in rules if _fits(rule.pattern, path)]
    if not fitting:
        return True
    return max(fitting, key=lambda rule: (len(rule.pattern), rule.allows)).allows


def refused(words: Iterable[RobotsWord], url: str) -> str:
    """Why a page may not be opened by what is known already, in words; empty where it may."""
    target = target_of(url)
    for word in words:
        if target and word.origin == target.origin and not may_visit(target.path, word.rules):
            return refusal_of(target)
    return ""


def refusal_of(target: Target) -> str:
    """What is said of a page that a site does not want to be visited."""
    return f"robots.txt 不允许访问 {target.path[:200]}"


def _first(rules: list[RobotsRule]) -> Iterator[RobotsRule]:
    room = MOST_TEXT
    for rule in rules[:MOST_RULES]:
        room -= len(rule.pattern)
        if room < 0:
            return
        yield rule


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        found = _LINE.match(line[: 2 * LONGEST_PATTERN])
        if found:
            yield found[1].lower(), found[2].strip()


def _records(text: str) -> Iterator[tuple[frozenset[str], RobotsRule]]:
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
                yield frozenset(agents), RobotsRule(_coded(value), key == "allow")


def _groups(text: str) -> Iterator[frozenset[str]]:
    for key, value in _lines(text):
        if key == "user-agent":
            yield frozenset({value.lower()})


def _coded(text: str) -> str:
    """A pattern or path in one spelling: /首页 is /%E9%A6%96%E9%A1%B5 (RFC 9309, 2.2.2)."""
    return _CODED.sub(lambda one: one[0].upper(), in_ascii(text))


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
