"""Another installation that this one is docked to: a district below, or the city above."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """Whose signed messages are taken in, and for which regions (none: all)."""

    name: str
    secret: str = field(repr=False)
    former_secret: str = field(default="", repr=False)
    regions: tuple[str, ...] = ()
    url: str = ""  # of its API without /api/v1, to answer its tasks


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """What a peer last told about one thing of its own: an alert, a task, a sweep."""

    id: int = 0
    peer: str
    subject: str
    seq: int
    event: str
    message_id: str
    region: str
    level: str
    title: str
    state: str
    domain: str
    task_no: str
    received_at: datetime
    changed_at: datetime
    body: bytes
