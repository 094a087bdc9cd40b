"""What came in is written down by the group; a report that cannot be written costs nobody else."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from crawler.domain.errors import TryLater, WatchError, reason_of
from crawler.service.hands import Came, Held
from crawler.service.recording import Recorder

GROUP = 100  # captures a transaction, at most
GROUP_S = 0.5

log = structlog.get_logger()


async def next_group(came: "asyncio.Queue[Came]") -> list[Came]:
    """What came in a moment, which may be nothing."""
    group: list[Came] = []
    deadline = time.monotonic() + GROUP_S
    while len(group) < GROUP and (left := deadline - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                group.append(await came.get())
        except TimeoutError:
            break
    return group


def write_down(recorder: Recorder, group: Sequence[Came], clock: Callable[[], datetime]) -> None:
    """All at once; where one of them cannot be written, the others are, and it is set aside.
    TryLater if the store or the disk is at fault.
    """
    try:
        recorder.record([(one.held.visit, one.report) for one in group], clock())
    except WatchError:
        raise
    except OSError as error:
        raise TryLater(f"存证无法写入：{reason_of(error)}") from error
    except Exception:
        if len(group) == 1:
            log.exception("report not recorded", action="set_aside", visit=group[0].held.visit.id)
            _set_aside(recorder, group[0].held, clock())
            return
        middle = len(group) // 2
        write_down(recorder, group[:middle], clock)
        write_down(recorder, group[middle:], clock)


def _set_aside(recorder: Recorder, held: Held, now: datetime) -> None:
    recorder.record([(held.visit, held.aside(now).report)], now)
