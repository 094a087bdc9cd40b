"""Structured logs: one JSON object a line, by a closed list of keys.

Never page text, titles, addresses or personal data: what has no place on the list is left out,
and an exception is told by its kind and where it was raised, not by its message (but for what the
system says of a file or a connection).
"""

import logging
import logging.handlers
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger", "action", "site", "visit", "capture", "sweep",
        "schedule", "firing", "alert", "task", "delivery", "endpoint", "outcome", "state", "kind",
        "count", "sites", "left", "lost", "pid", "seconds", "bytes", "error", "where", "list",
        "before", "after", "certificate", "notice", "version", "port", "request", "path",
    }
)  # fmt: skip
LONGEST = 200
_PLACES = 6
_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+)', re.MULTILINE)
_KIND = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
FILE_BYTES, FILES = 20 * 1024 * 1024, 10

_Kind = tuple[type[BaseException], BaseException, TracebackType | None]


class Aside(logging.Handler):
    """Where a command's logs lie, and how many of their lines are of trouble."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.WARNING)
        self.file = folder / "sweep.log"
        self.children = folder / "children.log"  # what the processes it starts print
        self.troubles = 0

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.troubles += 1


@contextmanager
def logs_aside(home: Path) -> Iterator[Aside]:
    """A command's terminal speaks to a person, in words for one: what is logged meanwhile goes to
    files of its own, for `serve` may write its log at the same time.
    """
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    aside = Aside(_folder(home))
    if aside.children.exists() and aside.children.stat().st_size > FILE_BYTES:
        aside.children.replace(aside.children.with_suffix(".log.1"))
    _log_to([_rotating(aside.file), aside], cached=False)
    try:
        yield aside
    finally:
        root.handlers[0].close()
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**before)


def keep_logs(home: Path, *, terminal: bool = True) -> None:
    """To a file that rotates (at most 220 MB) and, for the journal, to standard error."""
    doors: list[logging.Handler] = [_rotating(_folder(home) / "xunwang.log")]
    if terminal:
        doors.append(logging.StreamHandler(sys.stderr))
    _log_to(doors, cached=True)


def _folder(home: Path) -> Path:
    folder = home / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _rotating(file: Path) -> logging.Handler:
    return logging.handlers.RotatingFileHandler(
        file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8"
    )


def _log_to(doors: list[logging.Handler], *, cached: bool) -> None:
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    last: list[Any] = [without_meta, only_known, _as_json]
    formatter = structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=shared)
    root = logging.getLogger()
    root.handlers[:] = doors
    root.setLevel(logging.INFO)
    for door in doors:
        door.setFormatter(formatter)
    for name in (
        "uvicorn.access",
        "apscheduler",
        "httpx2",
        "httpcore2",
        "alembic",
        "elastic_transport",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=cached,
    )


def only_known(_logger: Any, _method: str, fields: Any) -> Any:
    """The closed list, and nothing long."""
    if trace := fields.pop("trace", None):
        fields |= _told_by(str(trace))
    if found := _exception_of(fields.pop("exc_info", None)):
        kind, error, _ = found
        frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
        why = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        where = _where((one.filename, one.lineno) for one in frames)
        fields |= {"error": f"{kind.__name__}{why}", "where": where}
    return {name: _short(value) for name, value in fields.items() if name in KEYS}


def _told_by(trace: str) -> dict[str, str]:
    """A written trace by its kind and its last places: its message may quote what a page said."""
    places = _FRAME.findall(trace)[-_PLACES:]
    kinds = _KIND.findall(trace)
    return {"where": _where(places), "error": kinds[-1] if kinds else "unknown"}


def _where(places: Iterable[tuple[str, object]]) -> str:
    """The innermost first: the last place alone is often a library's."""
    return " < ".join(f"{Path(file).name}:{line}" for file, line in reversed([*places]))


def _exception_of(given: Any) -> _Kind | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple) and given and given[0]:
        return given
    found = sys.exc_info()
    return found if given is True and found[0] else None


def _short(value: Any) -> Any:
    if isinstance(value, int | float | bool | None):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


_as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
