"""The judgement of one visit: rules in a visible row, each giving reasons with points; their sum is
the score, and the score the level.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.assessment import COMPROMISE, NAMES, Assessment, Level, Reason, Side, Yield
from crawler.domain.capture import UNSEEN, Outcome, PageText, is_blank
from crawler.domain.lexicon import Hit
from crawler.domain.page import FormKind, PageStructure
from crawler.domain.site import Visit, ended_well
from crawler.domain.subject import LicenceState, licence_state
from lexicons import wording
from lexicons.card_yields import card_yields, may_hold_rates
from lexicons.claiming import Claim, find_claims
from lexicons.evidence import Strength, Weighed, is_promise, rate_points, strengths
from lexicons.four_tests import four_tests
from lexicons.licences import has_licence_for, is_licensed_name, names_deposits
from lexicons.limits import over_limit
from lexicons.matching import find as find_words
from lexicons.naming import LISTED, is_listed, reason_listed, reason_of_name, sensitive_names
from lexicons.purpose import Purpose, asks_on_thin_page, highest_factor, purpose_of
from lexicons.reading import ReadField, Tools, read_fields, weigh
from lexicons.speaking import LEAST_INFORMING, reports, speaks_to_inform, tells_aftermath
from lexicons.telling import Line, Place, Telling, slogans_of, telling_of, without
from lexicons.trades import trade_of
from lexicons.urgency import Shown, is_lesser, is_lone_word, red_matter
from lexicons.yields import find_yields, more_yields

MOST_REASONS = 60
_OUTRIGHT = 6.5  # points of a guarantee that nobody gives by the way
_SHOWS_AN_ERROR = frozenset({Outcome.HTTP_ERROR, Outcome.RATE_LIMITED})
_OFF_THE_PAGE = frozenset({"title", "description", "keywords", UNSEEN})
_OFFERED_TO_VICTIMS = frozenset({"debt_agency", "fake_invest_scam"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All that was found on a page, before it is weighed against what the page is for."""

    visit: Visit
    text: PageText
    fields: dict[str, ReadField]
    structure: PageStructure | None
    weighed: tuple[Weighed, ...]
    claims: tuple[Claim, ...]
    rates: tuple[tuple[Yield, float], ...]  # each with the factor of its context
    strengths: tuple[Strength, ...]
    modifiers: tuple[Weighed, ...]
    names: tuple[Hit, ...]
    offered_in: frozenset[str]  # the fields in which something counts
    purpose: Purpose
    asides: frozenset[Line]  # that inform and offer nothing
    tools: Tools


def assess(
    visit: Visit,
    text: PageText,
    hits: Sequence[Hit],
    structure: PageStructure | None,
    tools: Tools,
    at: datetime,
) -> Assessment:
    """Level, score and every reason. A page nobody could read has no level, and says why."""
    if is_blank(text):
        return _unread(visit, text, tools, at)
    return _assessment(find(visit, text, hits, structure, tools), text, at)


def settled(
    visit: Visit, text: PageText, hits: Sequence[Hit], tools: Tools, at: datetime
) -> Assessment | None:
    """The assessment by the words alone, where no structure could make a finding of them; None
    where it could.
    """
    length = sum(len(field.text) for field in text.fields)
    thin = length <= tools.weights.thin["characters"]
    if thin or may_hold_rates(text) or tools.resembles(text):
        return None
    found = find(visit, text, hits, None, tools)
    highest = round(_at_most(found), 2)
    if highest >= tools.weights.levels["blue"] or tools.leans(text, highest):
        return None
    return _assessment(found, text, at)


def _at_most(found: Findings) -> float:
    """No less than the score with any structure: what the rules of structure could add, and nothing
    of what the rules after them take away.
    """
    score, _ = _ruled(found, RULES[: RULES.index(purpose_weighed)])
    return score * highest_factor(found.purpose, found.tools.weights.purpose)


def _ruled(found: Findings, rules: Iterable["Rule"]) -> tuple[float, list[Reason]]:
    reasons: list[Reason] = []
    score = 0.0
    for rule in rules:
        new = list(rule(found, score))
        score = max(0.0, score + sum(reason.points for reason in new))
        reasons.extend(new)
    return score, reasons


def find(
    visit: Visit,
    text: PageText,
    hits: Sequence[Hit],
    structure: PageStructure | None,
    tools: Tools,
) -> Findings:
    """Everything the rules look at."""
    fields = read_fields(text, tools)
    rates = tuple(_rates(text, structure, fields))
    near: dict[str, list[int]] = {}
    for rate, _ in rates:
        near.setdefault(rate.field, []).append(rate.start)
    excepted = set(visit.excepted_terms)
    weighed = weigh((hit for hit in hits if hit.word not in excepted), fields, near, tools)
    for field in fields.values():
        field.reading.signs.mark_rates(_promised(rates, field, tools))
    readings = [field.reading for field in fields.values()]
    kinds = tools.vocabulary.possible(one.signs for one in readings)
    claims = find_claims(readings, kinds, tools.weights)
    disguised = any(one.hit.obfuscated and one.points > 0 for one in weighed)
    core, modifiers = _divided(weighed, tools)
    spoken = [(name, field.normal.text, field.reading.signs) for name, field in fields.items()]
    offered = tuple(_offered(core, claims, rates, fields))
    promised = rate_points(rates, tools.weights)
    telling = _telling(offered, fields, tools)
    return Findings(
        visit=visit,
        text=text,
        fields=fields,
        structure=structure,
        weighed=weighed,
        claims=claims,
        rates=rates,
        strengths=strengths(core, claims, tools.weights),
        modifiers=modifiers,
        names=sensitive_names(visit.site, tools),
        offered_in=frozenset(field for (field, _), _ in offered),
        purpose=purpose_of(spoken, claims, promised, disguised, telling, structure, tools.weights),
        asides=telling.asides,
        tools=tools,
    )


def _telling(
    offered: Sequence[tuple[Place, float]], fields: dict[str, ReadField], tools: Tools
) -> Telling:
    """How a page tells of what it offers. Where the wording of all but its slogans is solicitation,
    they are padding: a line that warns of high interest offers none, and speaks for nobody.
    """
    weights = tools.weights.purpose
    firmly = [place for place, share in offered if share > weights.offered_firmly]
    padding = slogans_of(fields, firmly, weights) if firmly else frozenset()
    if padding and tools.solicits(without(padding, fields)):
        return telling_of(fields, firmly, weights, padding)
    return telling_of(fields, (place for place, _ in offered), weights)


def _offered(
    core: Iterable[Weighed],
    claims: Iterable[Claim],
    rates: Iterable[tuple[Yield, float]],
    fields: dict[str, ReadField],
) -> Iterator[tuple[Place, float]]:
    """Where words, promises and rates stand that count, and how much their context leaves them."""
    for one in core:
        if one.points > 0:
            place = fields[one.hit.field].place(one.hit.start, one.hit.end)[0]
            yield (one.hit.field, place), one.points / one.hit.weight
    for claim in claims:
        for said in claim.promises:
            yield (said.field, said.start), said.points / claim.kind.promises[said.word]
    for rate, factor in rates:
        if factor > 0:
            yield (rate.field, fields[rate.field].place(rate.start, rate.end)[0]), factor


def _rates(
    text: PageText, structure: PageStructure | None, fields: dict[str, ReadField]
) -> Iterator[tuple[Yield, float]]:
    found = [rate for field in text.fields for rate in find_yields(field.name, field.text)]
    for rate in (*found, *card_yields(structure, found)):
        read = fields[rate.field]
        place = read.place(rate.start, rate.end)
        yield rate, read.reading.contexts.factor(*place, "yield_promise")[0]


def _promised(
    rates: Iterable[tuple[Yield, float]], field: ReadField, tools: Tools
) -> Iterator[tuple[int, int]]:
    for rate, _ in rates:
        if rate.field == field.reading.name and is_promise(rate, tools.weights):
            yield field.place(rate.start, rate.end)


def _divided(
    weighed: Iterable[Weighed], tools: Tools
) -> tuple[tuple[Weighed, ...], tuple[Weighed, ...]]:
    core: list[Weighed] = []
    modifiers: list[Weighed] = []
    for one in weighed:
        modifier = tools.lexicon.categories[one.hit.category].modifier
        (modifiers if modifier else core).append(one)
    return tuple(core), tuple(modifiers)


# --- the rules, in the order they are applied -----------------------------------------------------


def categories_shown(found: Findings, _score: float) -> Iterator[Reason]:
    """The strongest category counts whole, the next two in part."""
    weights = found.tools.weights.evidence
    shares = (1.0, weights["second_category"], weights["third_category"])
    for share, strength in zip(shares, found.strengths, strict=False):
        yield from wording.reasons_of(strength, share, found.fields, found.tools.lexicon)


def rates_promised(found: Findings, _score: float) -> Iterator[Reason]:
    """A promised rate above the yardstick, or a multiple."""
    points = rate_points(found.rates, found.tools.weights)
    if points > 0:
        yield wording.reason_of_rates(found.rates, points, found.tools.weights)


def loan_limits(found: Findings, _score: float) -> Iterator[Reason]:
    """A rate asked of borrowers above 24 or 36 per cent, or four times the LPR."""
    over = over_limit(found.rates, found.tools.weights)
    if over:
        yield wording.reason_of_limit(over, found.tools.weights)


def words_unseen(found: Findings, score: float) -> Iterator[Reason]:
    """What no visitor sees was put there for search engines, by somebody else or to cloak."""
    if score > 0 and UNSEEN in found.offered_in:
        yield wording.reason_of_unseen(alone=_unseen_alone(found))


def _unseen_alone(found: Findings) -> bool:
    return found.offered_in == {UNSEEN}


def cut_short(found: Findings, _score: float) -> Iterator[Reason]:
    """What bounds the time of judging is said, not silent."""
    signs = (field.reading.signs for field in found.fields.values())
    if _is_cut(found.text, found.tools) or any(one.cut for one in signs):
        yield wording.reason_of_cut()


def _is_cut(text: PageText, tools: Tools) -> bool:
    """Whether a page has more words or rates than are looked at."""
    more = any(more_yields(field.name, field.text) for field in text.fields)
    return more or find_words(text, tools.finder).cut


def thin_page(found: Findings, score: float) -> Iterator[Reason]:
    """Hardly a word, but a form, a download or a code to scan: the offer stands in pictures."""
    weights = found.tools.weights.thin
    length = sum(len(field.text) for field in found.text.fields)
    if found.structure is None or length > weights["characters"] or score < weights["least"]:
        return
    if shown := asks_on_thin_page(found.structure):
        yield wording.reason_of_thin_page(shown, weights["points"])


def words_disguised(found: Findings, score: float) -> Iterator[Reason]:
    """Who hides a word knows why."""
    hidden = [w for w in found.weighed if w.hit.obfuscated and w.points > 0]
    if hidden and score > 0:
        points = found.tools.weights.evidence["obfuscated"]
        yield wording.reason_at(Side.FOR, "words_disguised", hidden[0].hit, points)


def trust_borrowed(found: Findings, score: float) -> Iterator[Reason]:
    """Talk of state backing, bank custody and joining up strengthens what else was found."""
    weights = found.tools.weights.evidence
    words = {one.hit.word: one for one in found.modifiers if one.points > 0}
    if words and score > 0:
        share = min(weights["most_modifier"], weights["modifier"] * len(words))
        yield wording.reason_of_modifiers(tuple(words.values()), score * share)


def name_sensitive(found: Findings, score: float) -> Iterator[Reason]:
    """A subject's or site's name with words of 条例 art. 9, or others worth a look."""
    weights = found.tools.weights
    if found.names and score >= weights.levels["blue"]:
        strongest = max(found.names, key=lambda hit: (is_listed(hit, weights), hit.weight))
        points = weights.names["sensitive"] * min(1.0, strongest.weight / 4)
        yield reason_of_name(strongest, "name_sensitive", points, weights)


def purpose_weighed(found: Findings, score: float) -> Iterator[Reason]:
    """What the page is for raises or lowers all of it."""
    points = score * (found.purpose.factor - 1)
    if score > 0 and abs(points) >= 0.01:
        yield wording.reason_of_purpose(found.purpose, points)


def licence_claimed(found: Findings, score: float) -> Iterator[Reason]:
    """The voice of a licensed house lowers the score; less so where it promises what none may, or
    where a register of licences was asked and does not know the subject.
    """
    weights = found.tools.weights.licensed
    if score <= 0 or found.purpose.licensed < weights["enough"] or not found.strengths:
        return
    category = found.strengths[0].category
    names = (found.visit.site.unit_name, found.text.field("title"))
    if category in weights["never"] and not has_licence_for(category, names):
        return
    state = licence_state(found.visit.standing)
    points = score * (_licence_factor(found, state) - 1)
    yield wording.reason_of_licence(found.purpose, points, state)


def _licence_factor(found: Findings, state: LicenceState) -> float:
    weights = found.tools.weights.licensed
    if state is LicenceState.UNLISTED:
        return float(weights["other_subject"])
    name = found.visit.site.unit_name
    promised = any(s.category == "principal_guarantee" and s.points >= 3 for s in found.strengths)
    if promised and not _modest(found):
        return float(weights["factor_with_promise"])
    known = state is LicenceState.LICENSED
    other = bool(name) and not (known or is_licensed_name(name))
    return float(weights["other_subject"] if other else weights["factor"])


def _modest(found: Findings) -> bool:
    """Whether a low rate is promised, or none on a deposit: a bank's own product."""
    highs = [rate.annual_high for rate, _ in found.rates if rate.annual_high is not None]
    if highs:
        return max(highs) < found.tools.weights.yardstick["yellow"]
    return any(names_deposits(field.normal.text) for field in found.fields.values())


def speaker_weighed(found: Findings, score: float) -> Iterator[Reason]:
    """An authority, a law firm or a newspaper that writes about fraud does not solicit; nor does
    who sells software, a game or a course that speaks of money.
    """
    informing = found.purpose.informing
    name = speaks_to_inform(found.visit.site, found.text, found.structure, informing)
    if score > 0 and name:
        factor = found.tools.weights.names["informing_speaker"]
        yield wording.reason_of_speaker(name, score * (factor - 1))
    elif score > 0 and (told := _aftermath(found)):
        factor = found.tools.weights.names["aftermath"]
        yield wording.reason_of_aftermath(told, score * (factor - 1))
    elif score > 0 and (reported := _reported(found)):
        factor = found.tools.weights.names["report"]
        yield wording.reason_of_report(reported, score * (factor - 1))
    elif score > 0 and not _asks_for_stakes(found) and (trade := trade_of(_seen(found))):
        factor = found.tools.weights.names.get("trade", 1.0)
        yield wording.reason_of_trade(*trade, score * (factor - 1))


def _asks_for_stakes(found: Findings) -> bool:
    """Whether the page guarantees principal outright, or has a form to invest or borrow."""
    forms = found.structure.forms if found.structure else ()
    asked = any(form.kind in (FormKind.INVEST, FormKind.LOAN) for form in forms)
    return asked or _promises_outright(found)


def _reported(found: Findings) -> tuple[str, ...]:
    """The words of a report; an article that recommends a platform is none."""
    if any(claim.kind.offers for claim in found.claims) or not found.purpose.is_told:
        return ()
    known = found.tools.weights.purpose.informs
    return reports(found.purpose, _seen(found), found.structure, known)


def _aftermath(found: Findings) -> tuple[str, ...]:
    """What came after, where it is told; who offers to get lost money back tells it as well."""
    strongest = found.strengths[0].category if found.strengths else ""
    if strongest in _OFFERED_TO_VICTIMS or any(claim.kind.offers for claim in found.claims):
        return ()
    if not found.purpose.is_told:
        return ()
    known = found.tools.weights.purpose.informs
    return tells_aftermath(_seen(found), found.structure, known)


def _seen(found: Findings) -> list[ReadField]:
    return [field for name, field in found.fields.items() if name != UNSEEN]


def wording_differs(found: Findings, score: float) -> Iterator[Reason]:
    """A page that calls on hardly anybody, in a wording that is as a whole that of harmless pages,
    tells of such things or sells something else; not where it makes many promises of one kind.
    """
    weights = found.tools.weights.resemblance
    said = max((len(claim.promises) for claim in found.claims), default=0)
    if (
        score <= 0
        or found.purpose.offering >= weights.get("differing_most_offering", 0)
        or said >= weights["differing_most_promises"]
        or _promises_outright(found)
    ):
        return
    if far := found.tools.differs(without(found.asides, found.fields)):
        factor = max(weights["differing_lowest"], 1 - weights["differing_each"] * far)
        yield wording.reason_of_difference(score * (factor - 1))


def _promises_outright(found: Findings) -> bool:
    """Whether principal is guaranteed in so many words: who says that may pad the page with
    anything harmless.
    """
    return any(
        one.category == "principal_guarantee" and one.points >= _OUTRIGHT for one in found.strengths
    )


def lone_word(found: Findings, score: float) -> Iterator[Reason]:
    """A word alone is no offer, however hidden; a form or a chat beside it may make it one."""
    weights = found.tools.weights
    most = weights.urgency.get("lone_word", score)
    if score <= most or found.purpose.signs_of_structure or not is_lone_word(_shown(found)):
        return
    word = found.strengths[0].words[0].hit.raw
    yield wording.reason_of_lone_word(word, most - score)


def lesser_kind(found: Findings, score: float) -> Iterator[Reason]:
    """A lesser kind that promises nothing is looked at first, and stays an alert."""
    weights = found.tools.weights
    yellow = weights.levels["yellow"]
    kinds = found.tools.lexicon.categories
    severities = {one: kinds[one].severity for one in kinds}
    lesser = weights.urgency.get("lesser", 0)
    if score > yellow and is_lesser(_shown(found), severities, lesser):
        points = max(yellow - score, -weights.urgency["lesser_points"])
        yield wording.reason_of_lesser_kind(kinds[found.strengths[0].category].name, points)


def red_at_once(found: Findings, score: float) -> Iterator[Reason]:
    """What is urgent in few words as in many."""
    missing = found.tools.weights.levels["red"] - score
    name = red_matter(_shown(found), score) if missing > 0 else ""
    if name:
        yield wording.reason_of_red_matter(name, missing)


def gravest_kind(found: Findings, score: float) -> Iterator[Reason]:
    """What is an alert anyway is a level more urgent where the kind is the gravest."""
    weights = found.tools.weights
    strongest = found.strengths[0].category if found.strengths else ""
    category = found.tools.lexicon.categories.get(strongest)
    gravest = weights.urgency.get("gravest", 5)
    points = weights.to_next_level(score) if score >= weights.levels["yellow"] else 0.0
    if category and category.severity >= gravest and points > 0:
        yield wording.reason_of_gravity(category.name, points)


def wording_resembles(found: Findings, score: float) -> Iterator[Reason]:
    """The wording as a whole is that of known solicitation, or leans to it where the page's words
    come to something: yellow at most, so that a person looks, and nothing at all where the page
    speaks to inform or for a licensed house.
    """
    tools, text = found.tools, found.text
    missing = tools.weights.levels["yellow"] - score
    if missing <= 0 or not (tools.resembles(text) or tools.leans(text, score)):
        return
    if not _spoken_against(found):
        yield from wording.reasons_of_resemblance(tools.resemblance.heaviest(text), missing)


def _spoken_against(found: Findings) -> bool:
    purpose = found.purpose
    name = speaks_to_inform(found.visit.site, found.text, found.structure, purpose.informing)
    return (
        purpose.informing >= LEAST_INFORMING
        or purpose.licensed >= found.tools.weights.licensed["enough"]
        or licence_state(found.visit.standing) is LicenceState.LICENSED
        or bool(name or _aftermath(found) or _reported(found))
    )


def name_listed(found: Findings, score: float) -> Iterator[Reason]:
    """A name with words of art. 9 is a finding by itself, whatever the page came to."""
    reason = reason_listed(found.visit, found.names, score, found.tools.weights)
    if reason:
        yield reason


def _shown(found: Findings) -> Shown:
    return Shown(
        strengths=found.strengths,
        claims=found.claims,
        rates=found.rates,
        texts=[field.normal.text for field in found.fields.values()],
        weights=found.tools.weights,
    )


Rule = Callable[[Findings, float], Iterable[Reason]]
RULES: tuple[Rule, ...] = (
    categories_shown,
    rates_promised,
    loan_limits,
    words_disguised,
    words_unseen,
    cut_short,
    trust_borrowed,
    thin_page,
    name_sensitive,
    purpose_weighed,
    speaker_weighed,
    licence_claimed,
    wording_differs,
    lone_word,
    lesser_kind,
    red_at_once,
    gravest_kind,
    wording_resembles,
    name_listed,
)


def _assessment(found: Findings, text: PageText, at: datetime) -> Assessment:
    score, reasons = _ruled(found, RULES)
    score = round(score, 2)
    level = found.tools.weights.level(score)
    named = any(one.rule == LISTED for one in reasons)
    categories = tuple(one.category for one in found.strengths if one.points >= 1)
    if _unseen_alone(found) and categories and COMPROMISE not in categories:
        categories = (*categories, COMPROMISE)
    yields = tuple(rate for rate, _ in found.rates)
    return Assessment(
        visit_id=found.visit.id,
        level=level,
        score=score,
        categories=categories or ((NAMES,) if named else ()),
        yields=yields,
        hits=tuple(one.hit for one in found.weighed if one.points > 0),
        reasons=tuple(map(wording.told_unseen, reasons[:MOST_REASONS])),
        sentence=_unseen(found.visit, found.text, Level.NONE if named else level)
        or wording.sentence(level, reasons, found.strengths, yields, found.tools.lexicon),
        tests=four_tests(found.strengths, yields, found.purpose, found.visit.standing),
        text_digest=text.digest,
        lexicon_version=found.tools.lexicon.version,
        judged_at=at,
    )


def quiet(visit: Visit, text: PageText, tools: Tools, at: datetime) -> Assessment:
    """The assessment of a page whose words, taken at their worst, are no finding."""
    why = "页面用语即使按最坏打算也够不上线索"
    named = reason_listed(visit, sensitive_names(visit.site, tools), 0.0, tools.weights)
    cut = (wording.reason_of_cut(),) if _is_cut(text, tools) else ()
    reasons = (
        *((named,) if named else ()),
        *cut,
        Reason(side=Side.AGAINST, rule="sieve", text=why),
    )
    score = named.points if named else 0.0
    level = tools.weights.level(score)
    return Assessment(
        visit_id=visit.id,
        level=level,
        score=score,
        categories=(NAMES,) if named else (),
        reasons=reasons,
        sentence=_unseen(visit, text, Level.NONE)
        or wording.sentence(level, reasons, (), (), tools.lexicon),
        text_digest=text.digest,
        lexicon_version=tools.lexicon.version,
        judged_at=at,
    )


def _unseen(visit: Visit, text: PageText, level: Level) -> str:
    """What is said instead of "nothing found" where no page was seen, or only that of an error, or
    one that shows no word: what it was to show failed with its script or its frame.
    """
    if level is not Level.NONE or not visit.captures:
        return ""
    if any(ended_well(one.outcome) for one in visit.captures):
        shows = any(one.text.strip() for one in text.fields if one.name not in _OFF_THE_PAGE)
        return "" if shows else "页面除标题外没有文字，本次无法研判。"
    shown = [one for one in visit.captures if one.outcome in _SHOWS_AN_ERROR]
    if shown:
        return f"{shown[-1].reason or '网站报错'}，只见到报错的页面，本次无法研判。"
    return f"{visit.captures[-1].reason or '未能采集到页面'}，本次无法研判。"


def _unread(visit: Visit, text: PageText, tools: Tools, at: datetime) -> Assessment:
    outcome = visit.captures[-1].outcome if visit.captures else None
    reason = visit.captures[-1].reason if visit.captures else ""
    why = reason or ("页面没有可读文字" if outcome and ended_well(outcome) else "未能采集到页面")
    return Assessment(
        visit_id=visit.id,
        level=Level.NONE,
        score=0.0,
        reasons=(Reason(side=Side.AGAINST, rule="nothing_to_read", text=why),),
        sentence=f"{why}，本次无法研判。",
        text_digest=text.digest,
        lexicon_version=tools.lexicon.version,
        judged_at=at,
    )
