"""How many visits and browser pages go at once: fewer when the line or the machine cannot follow,
slowly more when they can again (additive increase, multiplicative decrease).
"""

from dataclasses import dataclass
from enum import StrEnum

LEAST_ANSWERS = 20  # below that a share says nothing
MANY_TIMED_OUT = 0.10  # of sites that are known to live
FEW_TIMED_OUT = 0.03
LONG_LAG_S = 1.5  # the loop of a child answers so late that sound connections look timed out
SHORT_LAG_S = 0.75
LEAST_PAGES = 6
MANY_FAILED = 0.5  # of pages drawn
DOWN = 0.6
STEPS_UP = 16  # from nothing to the most


class Lever(StrEnum):
    """What is adjusted."""

    SLOTS = "slots"
    PAGES = "pages"


LEVER_NAMES = {Lever.SLOTS: "每个采集进程同时访问", Lever.PAGES: "浏览器同时打开"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Between which a number may move."""

    least: int
    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """What was noticed since the last look. `strain` says in words what the machine lacks."""

    living: int = 0  # answers about sites known to live
    timed_out: int = 0  # of these, in the quick pass
    lag_s: float = 0.0  # by how much the loops of the fetchers were late, at worst
    drawn: int = 0
    undrawn: int = 0  # of these, cut by the browser's deadline
    strain: str = ""


def next_slots(now: int, signs: Signs, bounds: Bounds) -> tuple[int, str]:
    """How many, and why if it is another number."""
    share = signs.timed_out / signs.living if signs.living >= LEAST_ANSWERS else 0.0
    if why := signs.strain or _late(signs, share):
        return max(bounds.least, min(now - 1, int(now * DOWN))), why
    calm = share <= FEW_TIMED_OUT and signs.lag_s <= SHORT_LAG_S
    if now < bounds.most and calm and signs.living >= LEAST_ANSWERS:
        return min(bounds.most, now + max(1, bounds.most // STEPS_UP)), "线路与机器跟得上"
    return now, ""


def next_pages(now: int, signs: Signs, bounds: Bounds) -> tuple[int, str]:
    """The same for the browser: one page less or more."""
    failed = signs.drawn >= LEAST_PAGES and signs.undrawn / signs.drawn > MANY_FAILED
    slow = f"{signs.drawn} 个页面有 {signs.undrawn} 个没有按时画完" if failed else ""
    lag = _lagging(signs)
    if why := signs.strain or lag or slow:
        return max(bounds.least, now - 1), why
    if now < bounds.most and signs.drawn >= LEAST_PAGES and signs.lag_s <= SHORT_LAG_S:
        return now + 1, "浏览器与机器跟得上"
    return now, ""


def _late(signs: Signs, share: float) -> str:
    if share > MANY_TIMED_OUT:
        return f"{signs.living} 个活着的网站有 {signs.timed_out} 个超时"
    return _lagging(signs)


def _lagging(signs: Signs) -> str:
    late = signs.lag_s > LONG_LAG_S
    return f"采集进程迟了 {signs.lag_s:.1f} 秒才轮到，处理器跟不上" if late else ""
