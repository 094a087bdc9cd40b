"""The working calendar from its data file."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from alerts.rulebooks import read_rulebook
from crawler.domain.calendar import Calendar
from crawler.domain.errors import BadInput

CALENDAR_FILE = Path(__file__).parent / "calendar.yaml"
_LONGEST_RUN = 31  # days off in a row; more is a slip of the pen


def load_calendar(path: Path = CALENDAR_FILE) -> Calendar:
    """Holidays and 调休 of every year in the file; BadInput names the entry it cannot use."""
    content = read_rulebook(path)
    years = content.get("years") or {}
    if not isinstance(years, dict):
        raise BadInput(f"{path.name} 的 years 须为键值结构")
    return Calendar(
        holidays=frozenset(_days(years, "holidays", path)),
        workdays=frozenset(_days(years, "workdays", path)),
        opens=_time(content.get("opens", "09:00"), path),
        closes=_time(content.get("closes", "17:30"), path),
    )


def _days(years: Mapping[Any, Any], kind: str, path: Path) -> Iterator[date]:
    for year in years.values():
        for entry in (year or {}).get(kind) or ():
            yield from _run(entry, path)


def _run(entry: Any, path: Path) -> Iterator[date]:
    try:
        first, _, last = str(entry).partition("..")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise BadInput(f"{path.name} 中的日期不可用：{str(entry)[:60]!r}") from None
    if not 0 <= (end - start).days < _LONGEST_RUN:
        raise BadInput(f"{path.name} 中的日期范围不可用：{str(entry)[:60]!r}")
    yield from (start + timedelta(days=day) for day in range((end - start).days + 1))


def _time(entry: Any, path: Path) -> time:
    try:
        return time.fromisoformat(str(entry))
    except ValueError:
        raise BadInput(f"{path.name} 中的时刻不可用：{str(entry)[:60]!r}") from None
