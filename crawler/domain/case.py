"""The alerts of one template family or subject, under one number. Tasks belong to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from crawler.domain.assessment import Level

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """线索. `key` says what holds its alerts together: a family id or a subject's name."""

    id: int = 0
    number: str = ""
    key: str
    title: str
    category: str
    level: Level
    region: str
    opened_at: datetime
    closed_at: datetime | None = None


def case_number(region: str, at: datetime, serial: int) -> str:
    """310118-JR-20260512-000123: region, finance, day in China, serial of the installation."""
    return f"{region or '000000'}-JR-{at.astimezone(CHINA):%Y%m%d}-{serial:06d}"
