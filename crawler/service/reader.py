"""The reading child: what passed the sieve is read closely and judged, under limits of its own.

It opens the kept bytes itself, so a visit can be read again after any crash.
"""

import resource
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from crawler.domain.assessment import Assessment, left_unjudged
from crawler.domain.capture import (
    Capture,
    Evidence,
    EvidenceKind,
    Fetcher,
    Field,
    Flag,
    PageText,
    Profile,
)
from crawler.domain.errors import BadInput
from crawler.domain.family import Mark, MarkKind
from crawler.domain.site import Visit
from crawler.fetching.capturing import html_of_answer
from crawler.reading.decoding import decode
from crawler.service.pipeline import Page, examine
from crawler.service.pipes import Downward, Greeting, Order, Outlet, Ready, Report
from crawler.service.starting import run_child, settle
from crawler.service.unshown import judged_as_shown
from crawler.service.watching import Watch
from crawler.store.evidence import open_record
from lexicons.judging import Judge

MEMORY = 3 * 1024**3


async def read(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    judge = Judge(Path(greeting.lexicon), Path(greeting.cache))
    watch = Watch(Path(greeting.watch))
    folder = Path(greeting.evidence)
    settle()
    outlet.put(Ready())
    async for order in records:
        if isinstance(order, Order):
            with watch.at(order.visit.id):
                outlet.put(report_of(order, folder, judge, datetime.now(UTC)))
            await outlet.room()


def report_of(order: Order, folder: Path, judge: Judge, at: datetime) -> Report:
    """Everything that was seen of a visit, judged as one."""
    visit = order.visit
    texts = {text.digest: text for text in order.texts}
    readings = {one.capture_id: one.field for one in order.readings}
    pages = [
        _with_picture_words(page, readings.get(capture.id))
        for capture in _telling(visit.captures)
        for page in _pages(capture, folder, texts)
    ]
    if not pages and any(_is_lost(one, folder) for one in visit.captures):
        return Report(visit_id=visit.id, assessment=_unreadable(visit, at))
    if not pages:
        pages = [Page(capture=visit.captures[-1], html="", text=PageText())]
    verdict = examine(visit, pages, judge, at)
    assessment = verdict.assessment
    if assessment is not None:
        reason = visit.render_reason
        assessment = judged_as_shown(assessment, visit.captures, reason, drawn_later=True)
    return Report(
        visit_id=visit.id,
        texts=tuple(text for text in verdict.texts if text.fields),
        structure=verdict.structure,
        tokens=verdict.tokens,
        assessment=assessment,
        render_reason=verdict.render_reason,
        look_reason=verdict.look_reason,
        picture_reason="" if order.readings else verdict.picture_reason,
        imprint=verdict.imprint,
        marks=(*verdict.marks, *_codes(order)),
        discrepancies=verdict.discrepancies,
    )


def _unreadable(visit: Visit, at: datetime) -> Assessment:
    """A page was seen, and none of what was kept of it opens: that is not clean."""
    why = "留存的页面无法打开（存证损坏或缺失），未能研判，须人工查看"
    return left_unjudged(visit.id, "unreadable", why, at)


def _telling(captures: Sequence[Capture]) -> Iterator[Capture]:
    """Without the views of other visitors that were shown just what a desktop was."""
    usual = {(one.fetcher, one.text_digest) for one in captures if _is_usual(one)}
    for capture in captures:
        same = (capture.fetcher, capture.text_digest) in usual
        if _is_usual(capture) or not same or Flag.DIVERGENT in capture.flags:
            yield capture


def _is_usual(capture: Capture) -> bool:
    return capture.profile is Profile.DESKTOP


def _with_picture_words(page: Page, words: Field | None) -> Page:
    """The page with what its picture says as a field of its own."""
    if words is None or not words.text:
        return page
    return replace(page, text=PageText(fields=(*page.text.fields, words)))


def _codes(order: Order) -> Iterator[Mark]:
    for reading in order.readings:
        for code in reading.qr_codes:
            yield Mark(kind=MarkKind.QR, value=code)


def _pages(capture: Capture, folder: Path, texts: dict[str, PageText]) -> Iterator[Page]:
    """The page of a capture that saw one; evidence that cannot be opened is passed over here
    and named by `verify`.
    """
    if not capture.text_digest:
        return
    try:
        html = _html(capture, folder)
    except BadInput:
        html = ""
    if capture.text_digest in texts:
        yield Page(capture=capture, html=html, text=texts[capture.text_digest])
    elif html:
        yield Page.read(capture, html)


def _is_lost(capture: Capture, folder: Path) -> bool:
    """Whether a page was seen of which nothing can be opened any more."""
    try:
        _html(capture, folder)
    except BadInput:
        return bool(capture.text_digest)
    return False


def _html(capture: Capture, folder: Path) -> str:
    drawn = capture.fetcher is Fetcher.BROWSER
    kind = EvidenceKind.DOM if drawn else EvidenceKind.RESPONSE
    records = [one for one in capture.evidence if one.kind is kind]
    if not records:
        return ""
    block = open_record(folder, max(records, key=partial(_nearest_to_page, capture)))
    if drawn:
        return block.decode("utf-8", "replace")
    answer = html_of_answer(block)
    return decode(answer.body, answer.declared_encodings).text


def _nearest_to_page(capture: Capture, record: Evidence) -> tuple[bool, int]:
    """A visit may have gone on to another address after the one that told most."""
    hop = capture.hops[record.hop] if record.hop < len(capture.hops) else None
    return hop is not None and hop.url == capture.final_url, record.hop


if __name__ == "__main__":
    run_child(read)
