"""How one receiving platform wants to be told, and how it answers: other names, codes, dates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from crawler.domain.errors import BadInput

Path = tuple[str, ...]  # "hits[].term" is ("hits", "[]", "term")
EACH = "[]"
ANY = "*"  # the code for whatever a list of codes does not name
_PART = re.compile(r"[^.\[\]]{1,60}")


class Format(StrEnum):
    """What a message is written in."""

    JSON = "json"
    XML = "xml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """How moments are written: iso, epoch, epoch_ms, or a pattern of strftime in a zone."""

    pattern: str = "iso"
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """How a platform's reports are read: where each of our fields stands, and what codes mean."""

    fields: Mapping[str, Path]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Dates = Dates()


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """One platform's way. `fields` lead from our paths to theirs."""

    name: str
    format: Format = Format.JSON
    root: str = "message"  # the outermost element of XML
    keep_all: bool = False  # what is not listed goes out under its own name, else not at all
    fields: Mapping[Path, Path] = field(default_factory=dict)
    constants: Mapping[Path, str | int | bool] = field(default_factory=dict)
    codes: Mapping[Path, Mapping[str, str]] = field(default_factory=dict)
    dates: Dates = Dates()
    reports: Reports | None = None


def path_from(written: str) -> Path:
    """`hits[].term` as its parts; BadInput if it is no path."""
    parts: list[str] = []
    for piece in written.split("."):
        name = piece.rstrip("[]")
        depth = (len(piece) - len(name)) // 2
        if not _PART.fullmatch(name) or piece != name + EACH * depth or depth > 1:
            raise BadInput(f"不是可用的字段路径 {written[:80]!r}")
        parts += [name, *[EACH] * depth]
    return tuple(parts)


def written(path: Path) -> str:
    """The path as people write it."""
    return ".".join(path).replace(f".{EACH}", EACH)


def destination(dialect: Dialect, path: Path) -> Path | None:
    """Where a field goes: by the longest listed beginning of its path; None if it is left out."""
    for length in range(len(path), 0, -1):
        goal = dialect.fields.get(path[:length])
        if goal is not None:
            return goal + path[length:]
    return path if dialect.keep_all else None


def code_list(dialect: Dialect, path: Path) -> Mapping[str, str] | None:
    """The codes of a field: listed under its whole path, or under its last name alone."""
    return dialect.codes.get(path) or dialect.codes.get(path[-1:])


def moment_written(at: datetime, dates: Dates) -> str | int:
    """A moment as this platform writes it."""
    if dates.pattern == "epoch":
        return int(at.timestamp())
    if dates.pattern == "epoch_ms":
        return int(at.timestamp() * 1_000)
    local = at.astimezone(dates.zone)
    if dates.pattern == "iso":
        return local.isoformat(timespec="seconds")
    return local.strftime(dates.pattern)


def moment_read(given: str | int, dates: Dates) -> datetime:
    """The moment that this platform wrote; ValueError if it is none."""
    if dates.pattern in ("epoch", "epoch_ms"):
        seconds = int(given) / (1_000 if dates.pattern == "epoch_ms" else 1)
        return datetime.fromtimestamp(seconds, dates.zone)
    if dates.pattern == "iso":
        moment = datetime.fromisoformat(str(given))
    else:
        moment = datetime.strptime(str(given), dates.pattern)  # noqa: DTZ007 the zone comes next
    return moment if moment.tzinfo else moment.replace(tzinfo=dates.zone)
