"""Who did what to what: one line of the append-only trail, written in the act's own transaction."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One entry. `object` is like alert:7; before and after are short, never page text or
    personal data.
    """

    at: datetime
    actor: str
    action: str  # alert.confirm, list.import, task.create …
    object: str
    region: str = ""
    before: str = ""
    after: str = ""
