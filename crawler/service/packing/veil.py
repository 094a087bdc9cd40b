"""What of a person is shown: names, numbers and contacts are masked unless whoever asks may see
them. What a site showed to everybody (its bytes and pictures) stays as it is: it is the evidence.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crawler.domain.capture import PageText
from crawler.domain.filing import Filing, SubjectKind, masked
from crawler.domain.lead import Lead
from crawler.domain.page import PageStructure
from crawler.domain.personal import SURNAMES, hidden_persons, masked_contact
from crawler.domain.site import Site
from crawler.reading.headers import Column, column_named
from crawler.service.console.shown import plain

# What a row of a list may show: it is about the site and its subject, not about a person. All other
# cells are masked, whatever their header.
_SHOWN = frozenset(
    {
        Column.UNIT_NAME, Column.NATURE, Column.MAIN_LICENCE, Column.SERVICE_LICENCE,
        Column.SITE_NAME, Column.HOME_URL, Column.DOMAIN, Column.APPROVED_ON, Column.RESTRICTED,
        Column.PRE_APPROVAL, Column.REGION,
    }
)  # fmt: skip
_ALSO_SHOWN = frozenset({"序号", "省份", "省", "市", "接入商", "接入服务商", "接入方式", "状态"})
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_SHORTEST, _SHORTEST_NUMBER = 2, 5
_BETWEEN = re.compile(r"[\s,，、;；/|:：()（）]+")
_NOBODY = frozenset(
    {
        "匿名", "群众", "匿名群众", "热心群众", "市民", "网友", "居民", "业主", "家属", "不详",
        "未知", "举报人", "投资人", "投资者", "出借人", "客户", "用户", "会员", "受害人", "当事人",
        "老人", "先生", "女士", "村民", "员工", "学生", "家长",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Veil:
    """Masks, or does not. `names` are persons', `contacts` the page's own; `tellers` are of those
    who told of the site, masked for everybody.
    """

    lifted: bool
    tellers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    person: bool = False  # whether the subject is one

    def text(self, text: str) -> str:
        """Foreign text for our own documents: nothing in it turns or hides a line."""
        return plain(self.words(text))

    def words(self, text: str) -> str:
        """The same as data: masked, and otherwise as it was."""
        for teller in self.tellers:
            text = text.replace(teller, _hidden(teller))
        if self.lifted:
            return text
        for name in self.names:
            text = text.replace(name, masked(name))
        for contact in self.contacts:
            text = text.replace(contact, masked_contact(contact))
        return hidden_persons(text)

    def page(self, text: PageText) -> PageText:
        """A page's words, masked as a whole: what is cut out of them later shows no half number.
        As long as before, so that spans stay true.
        """
        fields = tuple(replace(one, text=self.words(one.text)) for one in text.fields)
        return replace(text, fields=fields)

    def all(self, value: Any) -> Any:
        """Every text in a value of lists and mappings."""
        if isinstance(value, str):
            return self.words(value)
        if isinstance(value, Mapping):
            return {name: self.all(one) for name, one in value.items()}
        return [self.all(one) for one in value] if isinstance(value, list | tuple) else value

    def cells(self, given: Mapping[str, str]) -> dict[str, str]:
        """A row of a list, as it was handed over."""
        return {name: self._cell(name, value) for name, value in given.items()}

    def code(self, uscc: str) -> str:
        """The subject's code; a person's own number is one to some lists."""
        return self._cell("统一社会信用代码", uscc)

    def _cell(self, name: str, value: str) -> str:
        if self.lifted or not value.strip() or self._may_show(name, value):
            return self.words(value)
        return _hidden(value)

    def _may_show(self, name: str, value: str) -> bool:
        column = column_named(name)
        if column is Column.USCC:  # the same column holds a person's number
            return _USCC.fullmatch(value.strip()) is not None and value.strip()[0] not in "12345678"
        if column is Column.ADDRESS:
            return not self.person
        return column in _SHOWN or name.strip() in _ALSO_SHOWN


def veil_of(
    site: Site,
    filing: Filing | None,
    structure: PageStructure | None,
    leads: Iterable[Lead],
    *,
    lifted: bool,
) -> Veil:
    """What is personal about one site, and about those who told of it."""
    person = site.subject_kind is SubjectKind.PERSON
    names = [site.unit_name] if person else []
    if filing is not None:
        names += [filing.leader] + ([filing.unit_name] if person else [])
    contacts = [one.value for one in structure.contacts] if structure else []
    return Veil(
        lifted=lifted,
        tellers=_longest_first([part for one in leads for part in _parts(one.reporter)], 1),
        names=_longest_first(names, _SHORTEST),
        contacts=_longest_first(contacts, 5),
        person=person,
    )


def _hidden(value: str) -> str:
    return masked_contact(value) if any(c.isdigit() for c in value) else masked(value)


def _parts(reporter: str) -> list[str]:
    """Name, number and whatever else somebody typed for who told; 匿名 is nobody's name, and of
    several words those that begin with no surname are what somebody is.
    """
    parts = [one for one in _BETWEEN.split(reporter) if one]
    return [
        one
        for one in parts
        if one not in _NOBODY
        and len(one) >= (_SHORTEST_NUMBER if one.isascii() else _SHORTEST)
        and (len(parts) == 1 or one[0] in SURNAMES or not one.isalpha() or one.isascii())
    ]


def _longest_first(given: list[str], shortest: int) -> tuple[str, ...]:
    kept = {one.strip() for one in given if len(one.strip()) >= shortest}
    return tuple(sorted(kept, key=lambda one: (-len(one), one)))
