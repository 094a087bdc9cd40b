"""From one viewing and the record of its way out to what is handed on: a Rendered, with true peers,
and without anything that was not the page's own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from crawler.domain.capture import Hop, Outcome, Profile
from crawler.fetching.egress import Slot
from crawler.fetching.ending import Ending, ending_of, gate_of
from crawler.fetching.rendering import LOOKS, RefusedConnection, Rendered, RenderLimits
from crawler.fetching.viewing import Viewing

_MOST_REFUSED = 200
NOTHING_SEEN = frozenset({
    Outcome.BLOCKED_ADDRESS, Outcome.NAME_NOT_FOUND, Outcome.CONNECTION_REFUSED, Outcome.TIMED_OUT,
    Outcome.TLS_FAILED, Outcome.BAD_RESPONSE, Outcome.REDIRECT_LIMIT, Outcome.DOWNLOAD,
    Outcome.BROWSER_FAILED, Outcome.BUDGET_REACHED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What one call of `render` asks for."""

    url: str
    profile: Profile
    limits: RenderLimits
    full_page: bool
    started_at: datetime


def unseen(wish: Wish, ending: Ending, at: datetime) -> Rendered:
    """A page that the browser never came to show."""
    return Rendered(
        url=wish.url,
        profile=wish.profile,
        outcome=ending.outcome,
        reason=ending.reason,
        started_at=wish.started_at,
        ended_at=at,
    )


def report(wish: Wish, viewing: Viewing, slot: Slot, browser: str, at: datetime) -> Rendered:
    """What was seen, or why nothing was."""
    trail = viewing.trail
    look = LOOKS[wish.profile]
    ending = _ending(wish, viewing, slot)
    told = replace(
        unseen(wish, ending, at),
        flags=tuple(sorted(viewing.flags)),
        hops=tuple(_with_peer(hop, slot) for hop in trail.hops),
        status=trail.status,
        tls=trail.tls,
        viewport=(look.width, look.height, viewing.scale),
        browser=browser,
        refused=_refused(slot),
        dialogs=trail.dialogs,
        windows=viewing.windows,
        received_bytes=slot.received,
    )
    return told if ending.outcome in NOTHING_SEEN else _with_sight(told, viewing)


def _with_sight(told: Rendered, viewing: Viewing) -> Rendered:
    return replace(
        told,
        final_url=viewing.trail.final_url,
        content_type=viewing.trail.content_type,
        title=viewing.text.field("title"),
        text=viewing.text,
        dom=viewing.dom,
        picture=viewing.picture,
        full_picture=viewing.full_picture,
    )


def _ending(wish: Wish, viewing: Viewing, slot: Slot) -> Ending:
    hops = viewing.trail.hops
    place = gate_of(hops[-1].url if hops else wish.url)
    gate = slot.latest(*place) if place else None
    return ending_of(viewing.trail, gate, replace(viewing.sighting(), spent=slot.is_spent))


def _with_peer(hop: Hop, slot: Slot) -> Hop:
    place = gate_of(hop.url)
    connection = slot.latest(*place) if place else None
    return replace(hop, peer=connection.peer, route=connection.route) if connection else hop


def _refused(slot: Slot) -> tuple[RefusedConnection, ...]:
    return tuple(
        RefusedConnection(host=one.host, port=one.port, reason=one.reason, at=one.at)
        for one in slot.refusals()[:_MOST_REFUSED]
    )
