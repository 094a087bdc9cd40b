"""One line of the bench's table."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What was measured, beside what, and what it should be."""

    what: str
    figure: str
    ratio: str = ""
    goal: str = ""
    more: str = ""
