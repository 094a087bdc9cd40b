"""Working days and time limits. Holidays and 调休 come in as data (the State Council's notice)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from crawler.domain.case import CHINA


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """Days off beside Saturday and Sunday, and weekend days worked instead."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    opens: time = time(9, 0)
    closes: time = time(17, 30)
    zone: tzinfo = CHINA

    def knows(self, year: int) -> bool:
        """Whether the holidays of a year are in it."""
        return any(day.year == year for day in self.holidays)

    def works_on(self, day: date) -> bool:
        """Whether officers are at work on a day."""
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)


def start_of_day(at: datetime) -> datetime:
    """Midnight in China."""
    return datetime.combine(at.astimezone(CHINA).date(), time(), CHINA)


def working_days_after(start: datetime, days: int, calendar: Calendar) -> datetime:
    """Close of business `days` working days after `start`; the day of `start` does not count."""
    day = start.astimezone(calendar.zone).date()
    left = days
    for _ in range(days * 4 + 40):  # bounded: no run of days off is longer
        if left <= 0:
            break
        day += timedelta(days=1)
        left -= calendar.works_on(day)
    return datetime.combine(day, calendar.closes, calendar.zone)


def working_time_after(start: datetime, length: timedelta, calendar: Calendar) -> datetime:
    """When `length` of office time has passed since `start`; nights and days off do not count."""
    here = start.astimezone(calendar.zone)
    left = length
    for _ in range(366):  # bounded: at most a year of days is looked at
        opens = datetime.combine(here.date(), calendar.opens, calendar.zone)
        closes = datetime.combine(here.date(), calendar.closes, calendar.zone)
        if calendar.works_on(here.date()) and here < closes:
            here = max(here, opens)
            if left <= closes - here:
                return here + left
            left -= closes - here
        here = datetime.combine(here.date() + timedelta(days=1), time(0), calendar.zone)
    return here


def working_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How much office time lies between two moments; none if the end comes first."""
    day, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    found = timedelta()
    for _ in range(1_000):  # bounded: no limit is longer than that many days
        if day > last:
            break
        if calendar.works_on(day):
            opens = datetime.combine(day, calendar.opens, calendar.zone)
            closes = datetime.combine(day, calendar.closes, calendar.zone)
            found += max(timedelta(), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return found
