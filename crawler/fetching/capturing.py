"""From what a visit's attempts brought to one Capture, and a kept answer read again as it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.capture import Capture, Exchange, Fetcher, Hop, HopKind, Profile
from crawler.domain.robots import RobotsWord
from crawler.fetching.answer import Answer
from crawler.fetching.answer_reader import BODY_CAP, HEAD_CAP, AnswerReader
from crawler.fetching.inflating import inflate
from crawler.fetching.page_outcomes import Ended, declared_in

LONGEST_LOCATION = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What one visit of a fetcher brought: every hop's bytes, and the last page decoded.

    `exchanges[i]` belongs to `capture.hops[exchange_hops[i]]`: a hop on which nothing could be
    said has none.
    """

    capture: Capture
    exchanges: tuple[Exchange, ...] = ()
    exchange_hops: tuple[int, ...] = ()
    body: bytes = b""
    declared_encodings: tuple[str, ...] = ()
    icon: bytes = b""  # the site's favicon, where it was asked for
    robots: tuple[RobotsWord, ...] = ()  # heard on the way, not known before
    sibling: Ended | None = None  # what a made-up name beside the page's own was answered

    @property
    def numbered(self) -> Iterable[tuple[int, Exchange]]:
        """Each exchange with the number of its hop."""
        return zip(self.exchange_hops, self.exchanges, strict=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The readable part of an answer that was kept."""

    body: bytes
    declared_encodings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Going:
    """Who a capture belongs to."""

    id: str
    visit_id: int
    site_id: int
    profile: Profile
    started_at: datetime


def capture_of(going: Going, ended: Ended, hops: Sequence[Hop], at: datetime) -> Capture:
    """The capture of a whole visit, whatever became of it."""
    return Capture(
        id=going.id,
        visit_id=going.visit_id,
        site_id=going.site_id,
        fetcher=Fetcher.HTTP,
        profile=going.profile,
        outcome=ended.outcome,
        reason=ended.reason,
        flags=ended.flags,
        hops=tuple(hops),
        final_url=ended.url,
        status=ended.status,
        content_type=ended.content_type,
        started_at=going.started_at,
        ended_at=at,
        tls=ended.tls,
        body_sha256=ended.wire_sha256,
        body_size=ended.wire_size,
    )


def hop_of(
    url: str, kind: HopKind, at: datetime, answer: Answer | None, exchange: Exchange | None
) -> Hop:
    """One request on the way."""
    return Hop(
        url=url,
        kind=kind,
        status=answer.status if answer else None,
        location=_clean(answer.value("location"))[:LONGEST_LOCATION] if answer else "",
        peer=exchange.peer if exchange else "",
        route=exchange.route if exchange else None,
        at=at,
    )


def html_of_answer(block: bytes) -> Opened:
    """A kept answer, read again as it was read when it came."""
    reader = AnswerReader(head_cap=HEAD_CAP, body_cap=BODY_CAP, bare=True)
    reader.feed(block)
    reader.end()
    answer = reader.answer()
    body = inflate(answer.payload, answer.values("content-encoding"), BODY_CAP).body
    return Opened(body=body, declared_encodings=declared_in(answer))


def _clean(text: str) -> str:
    """Control characters of a header never reach a log, a terminal or a WARC line."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[: 2 * LONGEST_LOCATION])
