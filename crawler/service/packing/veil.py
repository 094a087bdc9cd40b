"""What of a person is shown: names, numbers and contacts are masked unless whoever asks may see
them. What a site showed to everybody (its bytes and pictures) stays as it is: it is the evidence.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crawler.domain.filing import Filing, SubjectKind, masked
from crawler.domain.lead import Lead
from crawler.domain.page import PageStructure
from crawler.domain.site import Site
from crawler.service.console.shown import masked_contact, plain

_NUMBERS = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
_PERSONAL_CELLS = ("负责人", "联系人", "姓名", "手机", "电话", "证件", "邮箱", "leader", "phone")
_SHORTEST, _SHORTEST_NUMBER = 2, 5
_BETWEEN = re.compile(r"[\s,，、;；/|:：()（）]+")
_NOBODY = frozenset(
    {
        "匿名", "群众", "匿名群众", "热心群众", "市民", "网友", "居民", "业主", "家属", "不详",
        "未知", "举报人",
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
        return _NUMBERS.sub(lambda found: masked_contact(found[0]), text)

    def cells(self, given: Mapping[str, str]) -> dict[str, str]:
        """A row of a list, as it was handed over."""
        return {name: self._cell(name, value) for name, value in given.items()}

    def _cell(self, name: str, value: str) -> str:
        personal = any(one in name.lower() for one in _PERSONAL_CELLS)
        if self.lifted or not personal or not value.strip():
            return self.words(value)
        return _hidden(value)


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
    )


def _hidden(value: str) -> str:
    return masked_contact(value) if any(c.isdigit() for c in value) else masked(value)


def _parts(reporter: str) -> list[str]:
    """Name, number and whatever else somebody typed for who told; 匿名 is nobody's name."""
    parts = (one for one in _BETWEEN.split(reporter) if one not in _NOBODY)
    return [one for one in parts if len(one) >= (_SHORTEST_NUMBER if one.isascii() else _SHORTEST)]


def _longest_first(given: list[str], shortest: int) -> tuple[str, ...]:
    kept = {one.strip() for one in given if len(one.strip()) >= shortest}
    return tuple(sorted(kept, key=lambda one: (-len(one), one)))
