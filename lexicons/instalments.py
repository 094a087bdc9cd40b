"""A stake that comes back in parts (投 1 万, 每天返 100, 返 120 天): gain is what comes beyond it.
What is earned, let or shared out beside the stake is gain whole, however long it lasts.
"""

import re

from lexicons.numbers import PER_YEAR, number

_SO_LONG = re.compile(
    r"(?:元|块钱?|[Uu])?[^。;!?¦\d]{0,8}?(?:连?返还?|释放|分)"
    r"[^。;!?¦\d一二两三四五六七八九十]{0,3}(?P<span>\d{1,4}|[一二两三四五六七八九十]{1,3})\s?"
    r"(?P<unit>天|日|个?月|周|年|期|次)"
)
_STAKE_TOO = re.compile(r"[还退返]本|本金|原价|全款")
_REACH = 24  # characters behind the term in which the stake itself may come back


def per_year_beyond_stake(
    paid: float, back: float, days: float, text: str, end: int
) -> float | None:
    """Per cent a year where `back` is paid every so many days and `text` says behind `end` for how
    long, the stake among it; None where that is not said, or the parts do not reach the stake.
    """
    term = _SO_LONG.match(text, end)
    if term is None or _STAKE_TOO.search(text, end, term.end() + _REACH):
        return None
    unit, count = term["unit"][-1], number(term["span"])
    lasts = days * count if unit in "期次" else count * 365 / PER_YEAR[unit]
    total = back * lasts / days
    return (total / paid - 1) * 36_500 / lasts if lasts and total > paid else None
