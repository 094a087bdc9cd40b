"""What the names of a subject and of a site say by themselves: words that 条例 art. 9 keeps out of
the names of enterprises, unless the state allows it, and words worth a look.
"""

import re

from crawler.domain.assessment import Reason, Side
from crawler.domain.capture import Field, PageText
from crawler.domain.filing import SubjectKind
from crawler.domain.lexicon import Hit, Zone
from crawler.domain.site import Site, Visit
from crawler.domain.subject import LicenceState, licence_state
from lexicons.licences import is_licensed_name
from lexicons.matching import find_hits
from lexicons.reading import Tools
from lexicons.weighing import Weights

LISTED = "name_listed"
_NAMES = {"unit_name": "主办单位名称", "site_name": "网站名称"}
_BOUND = frozenset(  # art. 9 speaks of enterprises and one-man businesses
    {SubjectKind.ENTERPRISE, SubjectKind.PERSON, SubjectKind.OTHER, SubjectKind.UNKNOWN}
)
_NO_ENTERPRISE = re.compile(
    r"(?:局|委员会|办公室|政府|法院|检察院|协会|学会|商会|大学|学院|学校|研究院|研究所|基金会|出版社|"
    r"报社|杂志社|图书馆|博物馆|党校|工会)$"
)


def sensitive_names(site: Site, tools: Tools) -> tuple[Hit, ...]:
    """Watched words in the names of the subject and the site, art. 9's among them."""
    named = (("unit_name", site.unit_name), ("site_name", site.site_name))
    page = PageText(fields=tuple(Field(name=n, text=t) for n, t in named if t))
    categories = tools.lexicon.categories
    hits = find_hits(page, tools.finder) if page.fields else ()
    return tuple(hit for hit in hits if categories[hit.category].zone is Zone.NAME)


def listed(visit: Visit, names: tuple[Hit, ...], weights: Weights) -> Hit | None:
    """The first word of art. 9 in the names of one whom it binds: no authority, no house that by
    its name or a register is licensed.
    """
    site = visit.site
    if (
        site.subject_kind not in _BOUND
        or _NO_ENTERPRISE.search(site.unit_name)
        or is_licensed_name(site.unit_name)
        or licence_state(visit.standing) is LicenceState.LICENSED
    ):
        return None
    return next((hit for hit in names if is_listed(hit, weights)), None)


def is_listed(hit: Hit, weights: Weights) -> bool:
    """Whether a name's word holds one that art. 9 names."""
    return any(word in hit.word for word in weights.names.get("listed_words", ()))


def says(hit: Hit, weights: Weights) -> str:
    """Which name, and what kind of word."""
    kind = "条例第九条列明的字样" if is_listed(hit, weights) else "关注字样"
    return f"{_NAMES[hit.field]}含{kind}“{hit.word}”"


def reason_of_name(hit: Hit, rule: str, points: float, weights: Weights) -> Reason:
    """A name as a reason."""
    ask = "，须核对是否经批准" if is_listed(hit, weights) else ""
    return Reason(
        side=Side.FOR,
        rule=rule,
        text=f"{says(hit, weights)}{ask}",
        points=round(points, 2),
        field=hit.field,
        start=hit.start,
        end=hit.end,
    )


def reason_listed(
    visit: Visit, names: tuple[Hit, ...], score: float, weights: Weights
) -> Reason | None:
    """A listed name is a finding whatever the page says; it raises to `names.listed` points."""
    hit = listed(visit, names, weights)
    missing = weights.names.get("listed", 0.0) - score
    return reason_of_name(hit, LISTED, missing, weights) if hit and missing > 0 else None
