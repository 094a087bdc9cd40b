"""How long an officer has to look at an alert: a proposal, for want of a standard."""

from datetime import datetime, timedelta

from crawler.domain.assessment import Level
from crawler.domain.calendar import Calendar, working_days_after, working_time_after

_RED = timedelta(hours=2)
_DAYS = {Level.ORANGE: 1, Level.YELLOW: 3}


def decide_by(level: Level, opened_at: datetime, calendar: Calendar) -> datetime:
    """Two hours of office time for 红, one working day for 橙, three for the rest."""
    if level is Level.RED:
        return working_time_after(opened_at, _RED, calendar)
    return working_days_after(opened_at, _DAYS.get(level, 3), calendar)
