"""Who speaks: an authority, a court, a law firm or a newspaper that writes about fraud names itself
in its title or as the filing's subject. Calling oneself so is not enough: the page must inform.
"""

import re
from collections.abc import Container, Iterable

from crawler.domain.capture import PageText
from crawler.domain.filing import SubjectKind
from crawler.domain.page import FormKind, PageStructure
from crawler.domain.site import Site
from lexicons.purpose import Purpose
from lexicons.reading import ReadField

_INFORMING_KINDS = frozenset(
    {SubjectKind.GOVERNMENT, SubjectKind.INSTITUTION, SubjectKind.LAW_SERVICE}
)
_INFORMING_NAME = re.compile(
    r"律师事务所|律师(?:团队|网)|律所|公证处|仲裁委|人民法院|检察院|公安|人民政府|监管局|金融办|领导小组|委员会办公室"
    r"|反诈|反假币|防范(?:和处置)?非法集资|(?:投资者|金融)(?:知识)?(?:宣传)?教育|普法"
    r"|(?:公共)?信用信息|公告(?:送达|平台)|裁判文书|财经[^，。\s]{0,4}(?:网|报|新闻)|新闻(?:网|门户|中心)"
    r"|(?:日报|晚报|晨报)(?![名价到备单销告])|电视台|融媒体"
)
_ASKS_FOR_MONEY = frozenset({FormKind.INVEST, FormKind.LOAN, FormKind.REGISTER})
LEAST_INFORMING = 1.5
AFTERMATH = "aftermath"  # a group of contexts.yaml; a version of before has none
_LEAST_OF_AFTERMATH = 2
_REPORTING = ("news", "reporting", "edu", "article", "lesson", "issuer")
_LEAST_WORDS = 5
_MUCH_MORE = 1.5


def speaks_to_inform(
    site: Site, text: PageText, structure: PageStructure | None, informing: float
) -> str:
    """The name by which the speaker informs, empty if it does not or asks for money as well."""
    if informing < LEAST_INFORMING or _asks(structure):
        return ""
    if site.subject_kind in _INFORMING_KINDS and site.unit_name:
        return site.unit_name
    for name in (site.unit_name, site.site_name, text.field("title")):
        if found := _INFORMING_NAME.search(name):
            return found[0]
    return ""


def reports(
    purpose: Purpose,
    fields: Iterable[ReadField],
    structure: PageStructure | None,
    known: Container[str],
) -> tuple[str, ...]:
    """The words of a report or a lesson, where the whole page is one: many of them, more informing
    than offering, and nothing asked for.
    """
    if _asks(structure) or purpose.informing < _MUCH_MORE * purpose.offering:
        return ()
    signs = [field.reading.signs for field in fields]
    groups = [group for group in _REPORTING if group in known]
    words = {word for group in groups for one in signs for word in one.words(group)}
    return tuple(sorted(words))[:6] if len(words) >= _LEAST_WORDS else ()


def tells_aftermath(
    fields: Iterable[ReadField], structure: PageStructure | None, known: Container[str]
) -> tuple[str, ...]:
    """The words of what came after, where a page has enough of them and asks for nothing: a
    collector of money tells of no report to the police, and not that nothing is paid out.
    """
    if _asks(structure) or AFTERMATH not in known:
        return ()
    words = {
        sign.word
        for field in fields
        for sign in field.reading.signs.of_group(AFTERMATH)
        if field.reading.contexts.factor(sign.start, sign.end, "")[0] > 0
    }
    return tuple(sorted(words))[:6] if len(words) >= _LEAST_OF_AFTERMATH else ()


def _asks(structure: PageStructure | None) -> bool:
    if structure is None:
        return False
    return bool(structure.downloads) or any(f.kind in _ASKS_FOR_MONEY for f in structure.forms)
