"""A template family as a pack shows it: its members, what they share, and the graph of it."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from crawler.domain.capture import Capture, Fetcher
from crawler.domain.case import Case
from crawler.domain.errors import BadInput
from crawler.domain.family import (
    MARK_NAMES,
    PICTURE_BANDS,
    SHAPE_BANDS,
    TEXT_BANDS,
    Mark,
    MarkKind,
    closeness,
    mark_from,
    told_kinds,
)
from crawler.domain.filing import Filing
from crawler.domain.site import ended_well
from crawler.domain.subject import NOBODY_ASKED, Standing
from crawler.service.packing.gathering import LOOKING, Shot, shots_of, way_to_anchors
from crawler.service.packing.veil import Veil, veil_of
from crawler.store.anchors import Anchor
from crawler.store.audit import Entry
from crawler.store.captures import captures_of_visit
from crawler.store.cards import Card, case_members, count_members
from crawler.store.cases import case_of
from crawler.store.database import Connection
from crawler.store.leads import leads_of_site
from crawler.store.lists import filing_of
from crawler.store.packs import Stretch, acts_about, marks_of_sites, seen_between
from crawler.store.subjects import standings_of
from crawler.store.texts import structure_of

MOST_MEMBERS = 60
_SENT_ON = "→"
_BANDS = {
    MarkKind.TEXT: TEXT_BANDS,
    MarkKind.SHAPE: SHAPE_BANDS,
    MarkKind.PICTURE: PICTURE_BANDS,
}
_MIDDLE, _RADIUS = 360, 270
_MOST_NAMED, _MOST_KINDS = 6, 2  # ties that are named in the drawing; kinds in a name


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One site of the family; `letter` is what table and graph call it."""

    letter: str
    card: Card
    shot: Shot | None
    sent_on: Shot | None  # the answer that leads elsewhere, where the shot begins there already
    first_seen: str
    last_seen: str
    filing: Filing | None
    standing: Standing
    veil: Veil


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One thing that several members share; for a likeness, how much of it."""

    kind: MarkKind
    value: str
    letters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tie:
    """Two members as the graph draws them."""

    left: str
    right: str
    strength: float
    kinds: tuple[MarkKind, ...]
    turned: str = ""  # "A 转向 B" where that is what ties them

    @property
    def names(self) -> list[str]:
        """What ties them, in words."""
        return [*([self.turned] if self.turned else []), *(MARK_NAMES[one] for one in self.kinds)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A member that sends its visitors on to another: what was seen there is the other's page."""

    left: str
    right: str
    address: str  # where they came out

    @property
    def said(self) -> str:
        """A 转向 B."""
        return f"{self.left} 转向 {self.right}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kindred:
    """A case of several sites with everything around it."""

    case: Case
    members: tuple[Member, ...]
    left_out: int
    signals: tuple[Signal, ...]
    ties: tuple[Tie, ...]
    turns: tuple[Turn, ...]
    acts: tuple[Entry, ...]
    looked: tuple[Entry, ...]
    stretches: tuple[Stretch, ...]
    anchors: tuple[Anchor, ...]

    def turn_of(self, letter: str) -> Turn | None:
        """Where a member sends its visitors, if it does."""
        return next((one for one in self.turns if one.left == letter), None)

    @property
    def tellers(self) -> tuple[str, ...]:
        """Who told of any member, the longest name first."""
        told = {name for one in self.members for name in one.veil.tellers}
        return tuple(sorted(told, key=lambda name: (-len(name), name)))

    @property
    def shots(self) -> tuple[Shot, ...]:
        """One capture a member, where there is one, and the answers that led elsewhere."""
        return tuple(sorted(_shots(self.members), key=lambda one: one.folder))


def gather_family(db: Connection, case_id: int, *, reach: str, lifted: bool) -> Kindred:
    """One case within reach; BadInput if there is none."""
    case, cards = case_of(db, case_id), case_members(db, case_id, reach, MOST_MEMBERS)
    if case is None or not cards:
        raise BadInput(f"没有编号为 {case_id} 的线索")
    chosen = sorted(cards, key=lambda one: one.alert.id)
    members = _members(db, chosen, lifted=lifted)
    letters = {one.card.site.id: one.letter for one in members}
    marks = {
        letters[site]: [mark_from(key) for key in keys]
        for site, keys in marks_of_sites(db, list(letters)).items()
    }
    turns = tuple(turns_in(members))
    own = own_marks(marks, turns)
    stretches, anchors = way_to_anchors(db, [one.linked for one in _shots(members)])
    about = [f"case:{case.id}", *(f"alert:{one.alert.id}" for one in chosen)]
    looked = [one for one in acts_about(db, about) if one.act.action in LOOKING]
    return Kindred(
        case=case,
        members=members,
        left_out=count_members(db, case_id, reach) - len(chosen),
        signals=tuple(signals_in(own)),
        ties=(*turned_ties(turns), *ties_in(own)),
        turns=turns,
        acts=tuple(acts_about(db, about, without=LOOKING)),
        looked=tuple(looked),
        stretches=stretches,
        anchors=anchors,
    )


def _shots(members: Iterable[Member]) -> list[Shot]:
    return [shot for one in members for shot in (one.shot, one.sent_on) if shot]


def turns_in(members: Sequence[Member]) -> Iterable[Turn]:
    """Each member whose visitors come out at another member's site."""
    for one in members:
        address = one.shot.capture.final_url if one.shot else ""
        if _lies_at(address, one.card.site.domain):
            continue
        others = (two for two in members if _lies_at(address, two.card.site.domain))
        for two in others:
            yield Turn(left=one.letter, right=two.letter, address=address)
            break


def own_marks(
    marks: Mapping[str, Sequence[Mark]], turns: Iterable[Turn]
) -> dict[str, Sequence[Mark]]:
    """Without those that a member shows only because the page seen was another's."""
    sent = {one.left: set(marks.get(one.right, ())) for one in turns}
    return {
        letter: [mark for mark in mine if mark not in sent.get(letter, ())]
        for letter, mine in marks.items()
    }


def turned_ties(turns: Iterable[Turn]) -> Iterable[Tie]:
    """A site that leads to another is tied to it."""
    for one in turns:
        left, right = sorted((one.left, one.right))
        yield Tie(left=left, right=right, strength=1.0, kinds=(), turned=one.said)


def _lies_at(address: str, domain: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host == domain or host.endswith(f".{domain}")


def signals_in(marks: Mapping[str, Sequence[Mark]]) -> Iterable[Signal]:
    """What at least two share: plain marks by value, likenesses by pair."""
    holders: dict[Mark, list[str]] = defaultdict(list)
    for letter, mine in marks.items():
        for mark in set(mine):
            if mark.kind not in _BANDS:
                holders[mark].append(letter)
    shared = [
        Signal(kind=mark.kind, value=mark.value, letters=tuple(sorted(letters)))
        for mark, letters in holders.items()
        if len(letters) > 1
    ]
    order = list(MarkKind)
    yield from sorted(shared, key=lambda one: (order.index(one.kind), one.letters, one.value))
    for left, right in combinations(sorted(marks), 2):
        common = set(marks[left]) & set(marks[right])
        counts = Counter(mark.kind for mark in common)
        for kind in told_kinds(common):
            if kind in _BANDS:
                likeness = f"{counts[kind]} / {_BANDS[kind]} 段相同"
                yield Signal(kind=kind, value=likeness, letters=(left, right))


def ties_in(marks: Mapping[str, Sequence[Mark]]) -> Iterable[Tie]:
    """Every two members that share something, with how much it says."""
    for left, right in combinations(sorted(marks), 2):
        common = set(marks[left]) & set(marks[right])
        kinds = told_kinds(common)
        if kinds:
            yield Tie(left=left, right=right, strength=closeness(common), kinds=kinds)


def graph_of(members: Sequence[str], ties: Sequence[Tie]) -> dict[str, object]:
    """Where a drawing puts nodes and lines: members on a circle, ties as chords, and the box that
    holds them all. A few ties are named where they are drawn; of many, the table tells.
    """
    count = max(len(members), 1)
    radius = min(_RADIUS, 100 + 30 * count)
    turned = math.pi / 2 if count == 2 else 0.0  # two lie side by side
    places = {
        name: (
            round(_MIDDLE + radius * math.sin(2 * math.pi * at / count - turned), 1),
            round(_MIDDLE - radius * math.cos(2 * math.pi * at / count - turned), 1),
        )
        for at, name in enumerate(members)
    }
    lines = [_drawn(tie, places, named=len(ties) <= _MOST_NAMED) for tie in ties]
    return {"box": _box(list(places.values())), "nodes": places, "lines": lines}


def _drawn(tie: Tie, places: Mapping[str, tuple[float, float]], *, named: bool) -> dict[str, Any]:
    here, there = places[tie.left], places[tie.right]
    kinds = tie.names
    short = "、".join(one.removesuffix("相同").strip() for one in kinds[:_MOST_KINDS])
    more = f" 等 {len(kinds)} 项" if len(kinds) > _MOST_KINDS else ""
    return {
        "from": here,
        "to": there,
        "width": round(1.5 + 2.5 * min(tie.strength, 2.0), 1),
        "told": "、".join(kinds),
        "middle": (round((here[0] + there[0]) / 2, 1), round((here[1] + there[1]) / 2 - 10, 1)),
        "label": short + more if named else "",
    }


def _box(places: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, width and height, with room for the names below the nodes."""
    across, down = [x for x, _ in places] or [0.0], [y for _, y in places] or [0.0]
    left, top = min(across) - 110, min(down) - 44
    return left, top, max(across) + 110 - left, max(down) + 60 - top


def letters() -> Iterable[str]:
    """A, B … Z, A1, B1 …"""
    for number in range(10_000):
        yield chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


def _members(db: Connection, cards: Sequence[Card], *, lifted: bool) -> tuple[Member, ...]:
    seen = seen_between(db, [one.site.id for one in cards])
    standings = standings_of(db, [one.site for one in cards])
    named = list(zip(letters(), cards, strict=False))
    wanted = [
        (capture, part)
        for letter, card in named
        for capture, part in _chosen(captures_of_visit(db, card.alert.visit_id), card, letter)
    ]
    by_part = {one.part: one for one in shots_of(db, wanted)}
    found = []
    for letter, card in named:
        first, last = seen.get(card.site.id, (None, None))
        structure = structure_of(db, card.alert.text_digest)
        filing = filing_of(db, card.site.domain)
        leads = leads_of_site(db, card.site.id)
        found.append(
            Member(
                letter=letter,
                card=card,
                shot=by_part.get(letter),
                sent_on=by_part.get(f"{letter}{_SENT_ON}"),
                first_seen=first.isoformat() if first else "",
                last_seen=last.isoformat() if last else "",
                filing=filing,
                standing=standings.get(card.site.id, NOBODY_ASKED),
                veil=veil_of(card.site, filing, structure, leads, lifted=lifted),
            )
        )
    return tuple(found)


def _chosen(captures: Sequence[Capture], card: Card, letter: str) -> Iterable[tuple[Capture, str]]:
    best, domain = _best(captures), card.site.domain
    if best is None:
        return
    yield best, letter
    if any(_lies_at(hop.url, domain) for hop in best.hops) or _lies_at(best.final_url, domain):
        return
    for one in captures:
        if one.evidence and any(_lies_at(hop.url, domain) for hop in one.hops):
            yield one, f"{letter}{_SENT_ON}"
            return


def _best(captures: Sequence[Capture]) -> Capture | None:
    """A picture of it, else what a plain request saw."""
    good = [one for one in captures if ended_well(one.outcome)]
    drawn = [one for one in good if one.fetcher is Fetcher.BROWSER]
    chosen = drawn or good
    return chosen[0] if chosen else None
