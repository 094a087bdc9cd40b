"""What a child is given with a visit: the words that it cannot read out of the evidence itself."""

from collections.abc import Sequence
from dataclasses import replace

from crawler.domain.capture import Capture, Fetcher, Profile
from crawler.domain.site import Visit, VisitState
from crawler.service.pipes import Order, PictureReading
from crawler.store.database import Connection
from crawler.store.picture_texts import PictureWords, picture_words_of
from crawler.store.robots import robots_of
from crawler.store.texts import text_of

_GOING_OUT = frozenset(
    {VisitState.WAITING, VisitState.PATIENT, VisitState.COMPARING, VisitState.RENDERING}
)


def orders_for(db: Connection, state: VisitState, visits: Sequence[Visit]) -> list[Order]:
    """One order a visit, for whoever serves this state."""
    if state in _GOING_OUT:
        visits = _with_robots(db, visits)
    drawn = [visit.id for visit in visits if any(_is_drawn(one) for one in visit.captures)]
    words = picture_words_of(db, drawn) if state is VisitState.READING and drawn else {}
    return [_order(db, state, visit, words.get(visit.id, [])) for visit in visits]


def _with_robots(db: Connection, visits: Sequence[Visit]) -> list[Visit]:
    words = robots_of(db, [visit.site.id for visit in visits])
    return [replace(visit, robots=tuple(words.get(visit.site.id, ()))) for visit in visits]


def _order(db: Connection, state: VisitState, visit: Visit, words: Sequence[PictureWords]) -> Order:
    wanted = {
        capture.text_digest
        for capture in visit.captures
        if capture.text_digest and _needs_words(state, capture)
    }
    texts = (text_of(db, digest) for digest in sorted(wanted))
    return Order(
        visit=visit,
        texts=tuple(text for text in texts if text is not None),
        readings=tuple(_reading(one) for one in words),
    )


def _needs_words(state: VisitState, capture: Capture) -> bool:
    """The reader what only a browser could read; who looks as another visitor what a desktop saw,
    to tell a difference by.
    """
    if state is VisitState.READING:
        return _is_drawn(capture)
    return state is VisitState.COMPARING and capture.profile is Profile.DESKTOP


def _is_drawn(capture: Capture) -> bool:
    return capture.fetcher is Fetcher.BROWSER


def _reading(words: PictureWords) -> PictureReading:
    return PictureReading(
        capture_id=words.capture_id, field=words.field, qr_codes=words.qr_codes, tool=words.tool
    )
