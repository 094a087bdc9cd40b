"""The child that reads pictures: words and QR codes in what the browser drew. Slow and heavy, so
it has a process of its own and gives way to all others.
"""

import resource
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from pathlib import Path

from crawler.domain.capture import Capture, Evidence, EvidenceKind, Fetcher, Field
from crawler.domain.errors import BadInput
from crawler.domain.site import Visit
from crawler.reading.picture_text import PictureText, read_picture
from crawler.service.pipes import Downward, Greeting, Order, Outlet, PictureReading, Ready, Report
from crawler.service.starting import run_child
from crawler.service.watching import Watch
from crawler.store.evidence import open_record

MEMORY = 4 * 1024**3
KINDNESS = 10  # to the processes that find and tell


async def decipher(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    watch = Watch(Path(greeting.watch))
    folder = Path(greeting.evidence)
    outlet.put(Ready())
    async for order in records:
        if isinstance(order, Order):
            with watch.at(order.visit.id):
                readings = tuple(readings_of(order.visit, folder))
            outlet.put(Report(visit_id=order.visit.id, readings=readings))
            await outlet.room()


def readings_of(visit: Visit, folder: Path) -> Iterator[PictureReading]:
    """One reading for every capture of the browser, so that none is asked for again."""
    for capture in visit.captures:
        if capture.fetcher is Fetcher.BROWSER:
            found = _read(capture, folder) or PictureText(field=Field(name="ocr", text=""))
            yield PictureReading(
                capture_id=capture.id, field=found.field, qr_codes=found.qr_codes, tool=_tool()
            )


def _read(capture: Capture, folder: Path) -> PictureText | None:
    """The fullest picture there is; one that cannot be opened is named by `verify`."""
    kept = _picture_of(capture)
    if kept is None:
        return None
    try:
        return read_picture(open_record(folder, kept))
    except BadInput:
        return None


def _picture_of(capture: Capture) -> Evidence | None:
    by_kind = {one.kind: one for one in capture.evidence}
    return by_kind.get(EvidenceKind.FULL_PICTURE, by_kind.get(EvidenceKind.PICTURE))


def _tool() -> str:
    return f"rapidocr/{version('rapidocr')}"


if __name__ == "__main__":
    run_child(decipher, KINDNESS)
