"""Working days and office hours, on the calendar that comes with the house."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.calendars import load_calendar
from crawler.domain.calendar import Calendar, working_days_after, working_time_after
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput

CALENDAR = load_calendar()
MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=CHINA) + timedelta(minutes=minutes)
)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-05-12T12:00", 1, "2026-05-13T17:30"),
        ("2026-05-15T12:00", 1, "2026-05-18T17:30"),  # over a weekend
        ("2026-04-30T12:00", 1, "2026-05-06T17:30"),  # over 劳动节
        ("2026-02-13T12:00", 1, "2026-02-14T17:30"),  # a Saturday worked instead
        ("2026-02-14T12:00", 1, "2026-02-24T17:30"),  # over 春节
        ("2025-09-30T12:00", 2, "2025-10-10T17:30"),  # over 国庆
        ("2026-05-12T23:59", 0, "2026-05-12T17:30"),
    ],
)
def test_working_days_are_counted_by_the_notice(start: str, days: int, end: str) -> None:
    assert working_days_after(china(start), days, CALENDAR) == china(end)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-05-12T12:00", 4, "2026-05-12T16:00"),
        ("2026-05-12T16:00", 4, "2026-05-13T11:30"),
        ("2026-05-12T03:00", 4, "2026-05-12T13:00"),
        ("2026-05-15T17:00", 1, "2026-05-18T09:30"),
        ("2026-05-16T10:00", 1, "2026-05-18T10:00"),
    ],
)
def test_office_hours_leave_nights_and_days_off_out(start: str, hours: int, end: str) -> None:
    assert working_time_after(china(start), timedelta(hours=hours), CALENDAR) == china(end)


@given(MOMENTS, st.integers(1, 20))
def test_a_limit_falls_on_a_day_that_is_worked(start: datetime, days: int) -> None:
    end = working_days_after(start, days, CALENDAR)

    assert CALENDAR.works_on(end.date())
    assert end - start >= timedelta(hours=17)


@given(MOMENTS, st.integers(0, 200))
def test_more_time_never_ends_earlier(start: datetime, hours: int) -> None:
    one = working_time_after(start, timedelta(hours=hours), CALENDAR)
    two = working_time_after(start, timedelta(hours=hours + 1), CALENDAR)

    assert start <= one < two


def test_a_year_without_a_working_day_ends() -> None:
    never = Calendar(holidays=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(2_000)))

    assert working_days_after(china("2026-05-12T12:00"), 5, never) > china("2026-05-12T12:00")


def test_the_calendar_has_both_years_and_says_that_it_is_to_be_checked() -> None:
    assert {day.year for day in CALENDAR.holidays} == {2025, 2026}
    assert (CALENDAR.opens, CALENDAR.closes) == (time(9), time(17, 30))
    assert all(day.weekday() >= 5 for day in CALENDAR.workdays)


@pytest.mark.parametrize(
    "entry", ["yesterday", "2026-13-01", "2026-02-01..2026-01-01", "2026-01-01..2027-01-01"]
)
def test_a_day_that_is_none_is_named(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "calendar.yaml"
    file.write_text(f"years: {{2026: {{holidays: ['{entry}']}}}}\n", "utf-8")

    with pytest.raises(BadInput, match=r"calendar\.yaml"):
        load_calendar(file)
