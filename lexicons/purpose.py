"""What a page is for: to win the public over, or to inform it; and whether it speaks like a
licensed house. It decides more than the words themselves.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.domain.capture import UNSEEN
from crawler.domain.page import FormKind, PageStructure
from lexicons.claiming import Claim
from lexicons.licences import names_itself_licensed
from lexicons.telling import Telling
from lexicons.vocabulary import Signs
from lexicons.weighing import Purpose as PurposeWeights
from lexicons.weighing import Weights

GROUPS = ("licensed_self", "licensed_service")  # that contexts.yaml must have
_TITLE_GROUPS = ("edu", "news")
_TEACHING = "teaching_title"  # a group of contexts.yaml; a version of before has none
_ARTICLE_OF_LAW = re.compile(r"第[一二三四五六七八九十百零\d]{1,5}条")
_CHAT = frozenset({"qq", "wechat", "telegram"})
_OFFER_BUTTON = re.compile(
    r"投资|出借|认购|申购|开户|借款|贷款|借钱|注册|领取|下载|加入|入金|充值|配资|购买|申请"
)


Spoken = tuple[str, str, Signs]  # a field's name, its normal form, the vocabulary in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Purpose:
    """How much on the page offers, informs, speaks as licensed, each with the words it shows."""

    offering: float
    informing: float
    licensed: float
    offers: tuple[str, ...]
    informs: tuple[str, ...]
    licences: tuple[str, ...]
    signs_of_structure: tuple[str, ...]
    is_told: bool  # what is offered is told of, where it stands or in most of the lines
    factor: float


def purpose_of(
    fields: Sequence[Spoken],
    claims: Sequence[Claim],
    promised: float,
    disguised: bool,
    telling: Telling,
    structure: PageStructure | None,
    weights: Weights,
) -> Purpose:
    """The purpose of a page from its words (normal forms), the points of the rates it promises, how
    it tells of what it offers and, where it was read, its structure.
    """
    signs = [signs for _, _, signs in fields]
    seen = [one for one in fields if one[0] != UNSEEN]
    seen_signs = [signs for _, _, signs in seen]
    own = weights.purpose
    built, shown = _structure(structure, own.structure)
    offering = _points(signs, own.offers, own.most_of_group) + max(built, 0)
    offering += _claimed(claims, own) + own.disguise * disguised
    informing = telling.points
    informing += own.articles_of_law * sum(_articles(text) for _, text, _ in seen)
    informing = informing * min(1.0, telling.share / own.told_enough) + max(-built, 0)
    informing += own.title_informs * _informing_in_title(fields)
    offering += own.rate * promised / (1 + informing)  # a report of a fraud names its rate as well
    return Purpose(
        offering=offering,
        informing=informing,
        licensed=_licensed(seen, weights.licensed),
        offers=_words(signs, own.offers),
        informs=_words(seen_signs, own.informs),
        licences=_words(seen_signs, ("licensed_self",)),
        signs_of_structure=shown,
        is_told=telling.share >= own.told_enough,
        factor=_factor(offering, informing, own),
    )


def highest_factor(read: Purpose, weights: PurposeWeights) -> float:
    """The factor of a page whose structure was not read, if that had every sign of an offer."""
    built = sum(weight for weight in weights.structure.values() if weight > 0)
    return _factor(read.offering + built, read.informing, weights)


def _factor(offering: float, informing: float, own: PurposeWeights) -> float:
    share = (offering + own.prior) / (offering + informing + own.prior + own.doubt)
    factor: float = own.lowest + (own.highest - own.lowest) * share**own.steepness
    return factor


def _claimed(claims: Sequence[Claim], weights: PurposeWeights) -> float:
    advert = sum(claim.strength for claim in claims if claim.kind.offers)
    strongest = max((claim.strength for claim in claims), default=0.0)
    return weights.offering_claim * advert + weights.any_claim * strongest


def _points(signs: Sequence[Signs], groups: Mapping[str, float], most: int) -> float:
    return sum(weight * min(most, _distinct(signs, group)) for group, weight in groups.items())


def _distinct(signs: Sequence[Signs], group: str) -> int:
    return len({word for one in signs for word in one.words(group)})


def _words(
    signs: Sequence[Signs], groups: "Mapping[str, float] | tuple[str, ...]"
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for group in groups for one in signs for w in one.words(group)))


def _articles(text: str) -> int:
    found = len(set(_ARTICLE_OF_LAW.findall(text)))
    return found if found >= 3 else 0


def _informing_in_title(fields: Sequence[Spoken]) -> int:
    """A title that warns, reports or teaches says what the whole page is for."""
    titles = [signs for name, _, signs in fields if name == "title"]
    warning = sum(_distinct(titles, group) for group in _TITLE_GROUPS)
    return min(2, warning + 2 * _distinct(titles, _TEACHING))


def _licensed(fields: Sequence[Spoken], weights: Mapping[str, Any]) -> float:
    signs = [signs for _, _, signs in fields]
    own = min(4, _distinct(signs, "licensed_self"))
    services = min(4, _distinct(signs, "licensed_service"))
    named = any(names_itself_licensed(text) for _, text, _ in fields)
    points: float = weights["self"] * own + weights["service"] * services
    return points + float(weights["identity"]) * named


def _structure(
    structure: PageStructure | None, weights: Mapping[str, float]
) -> tuple[float, tuple[str, ...]]:
    if structure is None:
        return 0.0, ()
    kinds = {form.kind for form in structure.forms}
    shown = [kind.value for kind in FormKind if kind in kinds and kind.value in weights]
    shown += ["download"] * bool(structure.downloads)
    shown += ["card"] * (len(structure.cards) >= 2)
    shown += ["button"] * any(_OFFER_BUTTON.search(button) for button in structure.buttons)
    shown += ["chat"] * any(contact.kind.value in _CHAT for contact in structure.contacts)
    shown += ["byline"] * min(3, len(structure.bylines))
    return sum(weights[sign] for sign in shown), tuple(dict.fromkeys(shown))


_ASKED = {
    FormKind.REGISTER: "注册表单",
    FormKind.INVEST: "投资表单",
    FormKind.LOAN: "借款表单",
    FormKind.CONTACT: "留言表单",
}


def asks_on_thin_page(structure: PageStructure) -> tuple[str, ...]:
    """What a page with hardly a word asks for: forms, downloads, a chat, pictures to read."""
    shown = [_ASKED[form.kind] for form in structure.forms if form.kind in _ASKED]
    shown += ["应用下载"] * bool(structure.downloads)
    shown += ["客服联系方式"] * any(one.kind.value in _CHAT for one in structure.contacts)
    shown += ["图片"] * (structure.images >= 2)
    return tuple(dict.fromkeys(shown))
