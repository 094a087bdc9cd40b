"""Looking again, now, at one site because a person asked for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

AGAIN_AFTER = timedelta(minutes=5)  # between two looks at one site: it is somebody's server


class RecaptureState(StrEnum):
    """waiting → running → done · failed; one that was interrupted waits again."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Compared(StrEnum):
    """What is seen now beside what the same kind of look saw before."""

    SAME = "same"
    CHANGED = "changed"
    UNSEEN = "unseen"
    FIRST = "first"  # nothing to compare with


@dataclass(frozen=True, kw_only=True, slots=True)
class Recapture:
    """One such wish and what became of it. `alert_id` is 0 where the site has none."""

    id: int
    site_id: int
    domain: str
    alert_id: int = 0
    region: str
    asked_by: str
    asked_at: datetime
    state: RecaptureState = RecaptureState.WAITING
    reason: str = ""  # why it failed, or still waits
    sweep_id: int | None = None
    outcome: str = ""  # of its visit, once done
    compared: Compared | None = None
    ended_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in (RecaptureState.DONE, RecaptureState.FAILED)


def free_again(last: Recapture | None, now: datetime) -> datetime | None:
    """When the site may be looked at again; None: now."""
    if last is None or (free := last.asked_at + AGAIN_AFTER) <= now:
        return None
    return free
