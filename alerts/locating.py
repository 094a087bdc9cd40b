"""Where a subject is registered and where it acts, from all that is known: its code, the 法人库,
the filing, the licence's province. Sources that contradict each other are named.
"""

from dataclasses import dataclass

from crawler.domain.filing import Filing, SubjectKind, uscc_is_consistent
from crawler.domain.region import agree, names_a_district, todays_code
from crawler.domain.site import Site
from crawler.domain.subject import NOBODY_ASKED, Standing, entity_of, kind_from_uscc

_PROVINCE_CODES = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23",
    "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41",
    "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46", "渝": "50", "蜀": "51", "黔": "52",
    "滇": "53", "藏": "54", "陕": "61", "陇": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip
_CODE, _REGISTER, _FILING = "统一社会信用代码", "法人库", "备案"
_UNTOLD = frozenset({SubjectKind.UNKNOWN, SubjectKind.OTHER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """登记地 with its source, 行为地 with theirs, and what does not fit together."""

    region: str = ""
    source: str = "不明"
    street: str = ""
    acts_in: tuple[tuple[str, str], ...] = ()
    doubts: tuple[str, ...] = ()
    contested: str = ""  # two sources of 登记地 name different places: neither is taken silently


def located(site: Site, filing: Filing | None, standing: Standing = NOBODY_ASKED) -> Located:
    """登记地 by code, else by the 法人库, else by the filing, else by the licence's province. A
    more exact source refines a vaguer one that it agrees with.
    """
    claims = _registered(site, filing, standing)
    filed = todays_code((filing.region if filing else "") or site.region)
    if not claims:
        if filed:
            return Located(region=filed, source=_FILING)
        province = _PROVINCE_CODES.get(site.main_licence[:1], "")
        return Located(region=f"{province}0000", source="备案号省份") if province else Located()
    region, source = claims[0]
    for further, named in (*claims[1:], (filed, _FILING)):
        if further and not names_a_district(region) and agree(region, further):
            region, source = further, f"{source}，{named}"
    against = [(one, named) for one, named in claims[1:] if not agree(region, one)]
    acts = ((filed, _FILING),) if filed and not agree(region, filed) else ()
    entity = entity_of(standing)
    return Located(
        region=region,
        source=source,
        street=entity.street if entity and not against else "",
        acts_in=acts,
        doubts=tuple(f"{named}地为 {one}" for one, named in (*against, *acts)),
        contested=_contest(region, source, against),
    )


def _registered(
    site: Site, filing: Filing | None, standing: Standing
) -> tuple[tuple[str, str], ...]:
    """What claims to be the 登记地, the best source first."""
    code = (filing.uscc if filing else "") or site.uscc
    entity = entity_of(standing)
    if not uscc_is_consistent(code) and entity is not None:
        code = entity.uscc
    claims = []
    if uscc_is_consistent(code):
        claims.append((todays_code(code[2:8]), _CODE))
    if entity is not None and entity.region:
        claims.append((todays_code(entity.region), _REGISTER))
    return tuple(claims)


def _contest(region: str, source: str, against: list[tuple[str, str]]) -> str:
    if not against:
        return ""
    others = "、".join(f"{named}为 {one}" for one, named in against)
    return f"登记地有两说：{source}为 {region}，{others}；由共同上级确定主办（条例第二十条）"


def kind_of(site: Site, filing: Filing | None, standing: Standing = NOBODY_ASKED) -> SubjectKind:
    """The kind of subject as filed, else as registered, else as its code says."""
    if site.subject_kind not in _UNTOLD:
        return site.subject_kind
    entity = entity_of(standing)
    if entity is not None and entity.kind not in _UNTOLD:
        return entity.kind
    told = kind_from_uscc((filing.uscc if filing else "") or site.uscc)
    return site.subject_kind if told is SubjectKind.UNKNOWN else told
