"""What a site's robots.txt said, and until when nobody asks it again."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RobotsRule:
    """One Allow or Disallow line."""

    pattern: str
    allows: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotsWord:
    """The rules for us at one origin, kept until a moment."""

    origin: str  # scheme, host and, where it is not the scheme's own, port
    status: int  # of the answer; 0 where none came that could be read
    until: datetime
    rules: tuple[RobotsRule, ...] = ()
