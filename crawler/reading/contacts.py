"""Contacts: how a page wants to be reached, in its text, its links and its scripts."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from crawler.domain.page import Contact, ContactKind
from crawler.reading.soup import Tree, attribute

_MOST = 60
_MOST_TEXT = 200_000
_K = ContactKind
_SEP = r"\s?[:：]?\s?"
_PATTERNS: tuple[tuple[ContactKind, str], ...] = (
    (_K.MOBILE, r"(?<![\d.])(?:\+?86[-\s]?)?(1[3-9]\d[-\s]?\d{4}[-\s]?\d{4})(?!\d)"),
    (_K.PHONE, r"(?<![\d-])((?:400|800)[-\s]?\d{3,4}[-\s]?\d{3,4})(?!\d)"),
    (_K.PHONE, r"(?<![\d-])(0\d{2,3}[-\s]\d{7,8})(?!\d)"),
    (_K.PHONE, r"(?:电话|热线|传真|tel)[:：\s]*[(（]?(0\d{2,3}[)）]?[-\s]?\d{7,8})(?!\d)"),
    (_K.QQ, rf"(?:qq|扣扣|企鹅)\s?(?:交流群|群|号|客服|咨询|在线)*{_SEP}([1-9]\d{{4,10}})(?!\d)"),
    (
        _K.WECHAT,
        rf"(?:[微薇威]信|微芯|wechat|weixin|\bvx|v信|加v)\s?(?:公众号|客服|同号|号|id)*{_SEP}"
        r"([a-z][-_a-z0-9]{5,19}|1[3-9]\d{9})(?![-_a-z0-9])",
    ),
    (_K.EMAIL, r"(?<![\w.])([a-z0-9][\w.+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4})"),
    (
        _K.TELEGRAM,
        rf"(?:telegram|电报|纸飞机|飞机号|\btg)\s?(?:群|号|客服)*{_SEP}@?([a-z]\w{{4,31}})",
    ),
)
_IN_TEXT = tuple((kind, re.compile(text, re.IGNORECASE | re.ASCII)) for kind, text in _PATTERNS)
_LINKED: tuple[tuple[ContactKind, str], ...] = (
    (_K.QQ, r"wpa\.(?:b\.)?qq\.com/\S*?[?&;]uin=(\d{5,11})"),
    (_K.QQ, r"(?:tencent|mqqwpa)://\S*?uin=(\d{5,11})"),
    (_K.EMAIL, r"^mailto:([^?\s]{3,100})"),
    (_K.TELEGRAM, r"(?:https?://t\.me/|tg://resolve\?domain=)(?:joinchat/)?([+\w]{4,40})"),
)
_IN_LINK = tuple((kind, re.compile(text, re.IGNORECASE)) for kind, text in _LINKED)
_CALL = re.compile(r"^tel:\s*([+\d\s()-]{7,20})", re.IGNORECASE)
# Texts are handed over with personal data masked in this way; it still says how one is reached.
_MASKED = {
    "[电话]": _K.PHONE,
    "[QQ]": _K.QQ,
    "[微信]": _K.WECHAT,
    "[邮箱]": _K.EMAIL,
}


def contacts_in_text(text: str) -> tuple[Contact, ...]:
    """The contacts that a text spells out, each once, by kind."""
    text = text[:_MOST_TEXT]
    found = [
        Contact(kind=kind, value=_plain(kind, match))
        for kind, pattern in _IN_TEXT
        for match in pattern.findall(text)
    ]
    found += [Contact(kind=kind, value=mask) for mask, kind in _MASKED.items() if mask in text]
    return _once(found)


def find_contacts(tree: Tree, text: str) -> tuple[Contact, ...]:
    """The contacts of a page: what its links dial, then what its text spells out."""
    return _once([*_in_links(tree), *contacts_in_text(text)])


def _in_links(tree: Tree) -> Iterator[Contact]:
    for link in tree.named("a", "area")[:3_000]:
        address = unquote(attribute(link, "href")[:2_000])
        if dialled := _CALL.search(address):
            number = _plain(_K.PHONE, dialled[1])
            kind = _K.MOBILE if re.fullmatch(r"1[3-9]\d{9}", number) else _K.PHONE
            yield Contact(kind=kind, value=number)
        for kind, pattern in _IN_LINK:
            if match := pattern.search(address):
                yield Contact(kind=kind, value=_plain(kind, match[1]))


def _plain(kind: ContactKind, value: str) -> str:
    if kind is _K.EMAIL:
        return value.lower().rstrip(".")
    if kind in (_K.PHONE, _K.MOBILE):
        return re.sub(r"^(?:\+?86)(?=1|0)|[^\d]", "", value)
    return value


def _once(found: list[Contact]) -> tuple[Contact, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
