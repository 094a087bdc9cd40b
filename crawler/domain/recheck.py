"""复查: what the end of a task changes in what is watched, and what a later look found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import Outcome
from crawler.domain.site import CLOSE_RHYTHM_DAYS, RHYTHM_DAYS, Visit
from crawler.domain.task import Conclusion, SupervisionTask, TaskState

FOUND_FROM = Level.YELLOW


class RecheckResult(StrEnum):
    """What a look after the end of a task found."""

    WAITING = "waiting"
    CLEAR = "clear"  # seen, and nothing of it any more
    STILL = "still"  # it is there, or there again
    UNSEEN = "unseen"  # the page did not come


RECHECK_NAMES = {
    RecheckResult.WAITING: "待复查",
    RecheckResult.CLEAR: "未再发现",
    RecheckResult.STILL: "仍有或复燃",
    RecheckResult.UNSEEN: "未能采集",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """What follows from an end: on which days it is looked at again, how often until then, and
    whether finding it again is a relapse.
    """

    days: tuple[int, ...] = ()
    rhythm_days: int = RHYTHM_DAYS
    settles: bool = False


_DAYS = (1, 7, 30)
FOLLOW_UPS: Mapping[Conclusion, FollowUp] = {
    Conclusion.RECTIFIED: FollowUp(days=_DAYS, rhythm_days=CLOSE_RHYTHM_DAYS, settles=True),
    Conclusion.FILED: FollowUp(days=_DAYS, rhythm_days=CLOSE_RHYTHM_DAYS, settles=True),
    Conclusion.REFERRED: FollowUp(days=_DAYS, rhythm_days=CLOSE_RHYTHM_DAYS, settles=True),
    Conclusion.SHUT_DOWN: FollowUp(days=_DAYS, settles=True),
    Conclusion.GONE: FollowUp(days=_DAYS, settles=True),
    Conclusion.UNREACHABLE: FollowUp(days=_DAYS, rhythm_days=CLOSE_RHYTHM_DAYS, settles=True),
    # Known and silent: only what is graver than what was judged comes back.
    Conclusion.UNFOUNDED: FollowUp(),
    Conclusion.LICENSED: FollowUp(),
}
_HANDED_OVER = FollowUp(days=(7, 30))  # somebody else deals with it; we see whether it goes
_NOTHING = FollowUp()


def follow_up(task: SupervisionTask) -> FollowUp:
    """What follows from the end of this task."""
    if task.state is TaskState.TRANSFERRED:
        return _HANDED_OVER
    if task.state is not TaskState.CLOSED or task.conclusion is None:
        return _NOTHING
    return FOLLOW_UPS[task.conclusion]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recheck:
    """One look, so many days after the end. The visits before and after are held side by side."""

    id: int = 0
    task_id: int
    alert_id: int
    site_id: int
    region: str
    day: int
    due_at: datetime
    before_visit_id: int
    after_visit_id: int | None = None
    result: RecheckResult = RecheckResult.WAITING
    level: str = ""
    done_at: datetime | None = None


def result_of(visit: Visit, assessment: Assessment) -> RecheckResult:
    """What this visit says; a page that was not seen, or whose kept bytes could not be read, says
    nothing of what stood on it.
    """
    if at_least(assessment.level, FOUND_FROM):
        return RecheckResult.STILL
    seen = any(one.outcome is Outcome.SEEN for one in visit.captures)
    read = seen and assessment.text_digest
    return RecheckResult.CLEAR if read else RecheckResult.UNSEEN
