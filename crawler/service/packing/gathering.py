"""All that the store knows of an alert, read once: what a pack is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.domain.alert import Alert, Review
from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture, PageText
from crawler.domain.case import Case
from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing
from crawler.domain.lead import Lead
from crawler.domain.page import PageStructure
from crawler.domain.site import RECAPTURE, Site
from crawler.domain.subject import NOBODY_ASKED, Standing
from crawler.domain.task import SupervisionTask, bore_out
from crawler.service.packing.comparing import Line, Moment, difference, moments_of
from crawler.service.packing.veil import Veil, veil_of
from crawler.store.anchors import Anchor, anchors_over
from crawler.store.audit import Entry
from crawler.store.captures import captures_of_visit, runs_of
from crawler.store.cards import Card, card_of
from crawler.store.database import Connection
from crawler.store.leads import leads_of_site
from crawler.store.lists import filing_of
from crawler.store.packs import (
    Linked,
    ListFacts,
    Stretch,
    acts_about,
    judgements_of,
    linked_captures,
    list_facts,
    seen_between,
    stretch_of,
)
from crawler.store.reviews import reviews_of
from crawler.store.subjects import standings_of
from crawler.store.task_alerts import tasks_of_alert
from crawler.store.texts import structure_of, text_of

# Looking at a case leaves traces too; they belong to the export record, or the same case exported
# twice would never be the same.
LOOKING = ("evidence.export", "evidence.report", "evidence.verify", "personal.read")
_LONGEST_WAY = 50_000  # links from a capture to its anchor
_MOST_LINKS = 200_000  # on all ways together: some 14 MB
_NEAR = 200  # links between captures that share one stretch
_MOST_CAPTURES = 200

_Span = tuple[str, int, int]  # chain, first and last number


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One capture in a pack: where it lies in it, its part in the story, its link."""

    capture: Capture
    linked: Linked
    part: str
    folder: str
    text: PageText | None
    runs: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What changed from one moment to the next."""

    before: Moment
    after: Moment
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dossier:
    """One alert with everything around it."""

    alert: Alert
    site: Site
    case: Case
    assessment: Assessment | None
    text: PageText | None
    structure: PageStructure | None
    filing: Filing | None
    standing: Standing
    listed: ListFacts | None
    leads: tuple[Lead, ...]
    reviews: tuple[Review, ...]
    tasks: tuple[SupervisionTask, ...]
    acts: tuple[Entry, ...]
    looked: tuple[Entry, ...]
    moments: tuple[Moment, ...]
    left_out: int  # of the times that somebody looked again: those there was no room for
    steps: tuple[Step, ...]
    shots: tuple[Shot, ...]
    stretches: tuple[Stretch, ...]
    anchors: tuple[Anchor, ...]
    seen: tuple[str, str]  # first and last, ISO
    veil: Veil


def gather(db: Connection, alert_id: int, *, reach: str, lifted: bool) -> Dossier:
    """One alert within reach; BadInput if there is none."""
    card = card_of(db, alert_id, reach)
    if card is None:
        raise BadInput(f"没有编号为 {alert_id} 的预警")
    tasks = tuple(tasks_of_alert(db, alert_id))
    told = _moments(db, card, tasks)
    moments, found = _with_captures(db, told)
    shots = tuple(shots_of(db, found))
    judged = card.assessment.text_digest if card.assessment else ""
    structure = structure_of(db, judged)
    filing = filing_of(db, card.site.domain)
    stretches, anchors = way_to_anchors(db, [one.linked for one in shots])
    about = _objects(card, tasks, shots)
    leads = tuple(leads_of_site(db, card.site.id))
    veil = veil_of(card.site, filing, structure, leads, lifted=lifted)
    looked = [one for one in acts_about(db, about) if one.act.action in LOOKING]
    return Dossier(
        alert=card.alert,
        site=card.site,
        case=card.case,
        assessment=card.assessment,
        text=text_of(db, judged),
        structure=structure,
        filing=filing,
        standing=standings_of(db, [card.site]).get(card.site.id, NOBODY_ASKED),
        listed=list_facts(db, card.site.domain),
        leads=leads,
        reviews=tuple(reviews_of(db, card.alert.id)),
        tasks=tasks,
        acts=tuple(acts_about(db, about, without=LOOKING)),
        looked=tuple(looked),
        moments=tuple(moments),
        left_out=len(told) - len(moments),
        steps=tuple(_steps(db, moments, veil)),
        shots=shots,
        stretches=stretches,
        anchors=anchors,
        seen=_seen(db, card.site.id),
        veil=veil,
    )


def shots_of(db: Connection, captures: Sequence[tuple[Capture, str]], first: int = 1) -> list[Shot]:
    """Captures with their parts, each with a folder of its own."""
    linked = linked_captures(db, [capture.id for capture, _ in captures])
    return [
        Shot(
            capture=capture,
            linked=linked[capture.id],
            part=part,
            folder=f"captures/{number:02d}-{capture.id}",
            text=text_of(db, capture.text_digest) if capture.text_digest else None,
            runs=runs_of(db, capture.id) or b"",
        )
        for number, (capture, part) in enumerate(captures, first)
    ]


def way_to_anchors(
    db: Connection, linked: Sequence[Linked]
) -> tuple[tuple[Stretch, ...], tuple[Anchor, ...]]:
    """From each of these links the piece of its chain to its own anchors, as far as there is room;
    and those anchors. What lies between two captures months apart is no evidence here.
    """
    places = _joined([(one.chain, one.seq, one.seq) for one in linked if one.chain], _NEAR)
    anchors = anchors_over(db, [(chain, last) for chain, _, last in places])
    way = min(_LONGEST_WAY, _MOST_LINKS // max(len(places), 1))
    spans = _joined([_to_anchor(one, anchors, way) for one in places], 1)
    return tuple(stretch_of(db, *one) for one in spans), tuple(anchors)


def _joined(spans: Sequence[_Span], gap: int) -> list[_Span]:
    """Spans of one chain that lie no further apart than this, as one."""
    found: list[_Span] = []
    for chain, first, last in sorted(spans):
        if found and found[-1][0] == chain and first - found[-1][2] <= gap:
            _, start, end = found.pop()
            found.append((chain, start, max(end, last)))
        else:
            found.append((chain, first, last))
    return found


def _to_anchor(span: _Span, anchors: Sequence[Anchor], way: int) -> _Span:
    chain, first, last = span
    over = [one for one in anchors if one.chains.get(chain, (0, ""))[0] >= last]
    outside = [one for one in over if one.outside]
    stamped = [one for one in over if one.token]
    own = [one.chains[chain][0] for kind in (over, outside, stamped) for one in kind[:1]]
    return chain, first, max([last, *(seq for seq in own if seq <= last + way)])


def _moments(db: Connection, card: Card, tasks: Sequence[SupervisionTask]) -> tuple[Moment, ...]:
    closed = [one.closed_at for one in tasks if one.closed_at and bore_out(one)]
    judged = judgements_of(db, card.site.id)
    again = f"{RECAPTURE}{card.alert.id}"
    return moments_of(judged, card.alert.visit_id, closed=closed, again=again)


def _with_captures(
    db: Connection, moments: Sequence[Moment]
) -> tuple[list[Moment], list[tuple[Capture, str]]]:
    """The moments that there is room for, with their captures: of the many times that somebody
    looked again, the newest.
    """
    taken: dict[int, list[Capture]] = {}
    room = _MOST_CAPTURES
    for one in sorted(moments, key=lambda one: (one.is_asked, -one.visit.visit_id)):
        found = captures_of_visit(db, one.visit.visit_id)
        if taken and len(found) > room:
            break
        taken[one.visit.visit_id] = found[:_MOST_CAPTURES]
        room -= len(found)
    kept = [one for one in moments if one.visit.visit_id in taken]
    return kept, [(shot, one.part) for one in kept for shot in taken[one.visit.visit_id]]


def _steps(db: Connection, moments: Sequence[Moment], veil: Veil) -> list[Step]:
    # What was not seen when somebody looked again has not changed: it is not known.
    told = [one for one in moments if one.was_seen or not one.is_asked]
    found = [_text_of(db, one) for one in told]
    texts = [veil.page(one) if one else None for one in found]  # masked before a line is cut
    pairs = zip(told, told[1:], texts, texts[1:], strict=False)
    return [Step(before=a, after=b, lines=difference(was, now)) for a, b, was, now in pairs]


def _text_of(db: Connection, moment: Moment) -> PageText | None:
    judged = moment.visit.assessment
    return text_of(db, judged.text_digest) if judged and judged.text_digest else None


def _objects(card: Card, tasks: Sequence[SupervisionTask], shots: Sequence[Shot]) -> list[str]:
    names = [f"alert:{card.alert.id}", f"case:{card.case.id}", f"site:{card.site.domain}"]
    names += [f"task:{one.number}" for one in tasks]
    return names + [f"capture:{one.capture.id}" for one in shots]


def _seen(db: Connection, site_id: int) -> tuple[str, str]:
    first, last = seen_between(db, [site_id]).get(site_id, (None, None))
    return (first.isoformat() if first else "", last.isoformat() if last else "")
