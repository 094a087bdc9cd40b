"""What a filing list says: rows, their licence numbers, the difference between two lists."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache


class SubjectKind(StrEnum):
    """Kinds of filing subjects (主办单位性质). Mapped from the name, never from a vendor's code."""

    ENTERPRISE = "enterprise"
    PERSON = "person"
    GOVERNMENT = "government"
    INSTITUTION = "institution"  # 事业单位
    ASSOCIATION = "association"  # 社会团体、民办非企业、基金会
    LAW_SERVICE = "law_service"  # 律师、公证、司法鉴定、仲裁
    MEDICAL = "medical"
    COLLECTIVE = "collective"  # 农村集体、合作社
    RELIGIOUS = "religious"
    FOREIGN = "foreign"
    OTHER = "other"
    UNKNOWN = "unknown"


_KINDS = (
    (SubjectKind.PERSON, ("个人", "自然人")),
    (SubjectKind.GOVERNMENT, ("政府", "国防", "军队", "机关")),
    (SubjectKind.INSTITUTION, ("事业",)),
    (SubjectKind.LAW_SERVICE, ("律师", "公证", "司法鉴定", "仲裁", "法律服务")),
    (SubjectKind.MEDICAL, ("医疗",)),
    (SubjectKind.FOREIGN, ("境外", "外国", "外企驻")),
    (SubjectKind.COLLECTIVE, ("集体", "合作社")),
    (SubjectKind.RELIGIOUS, ("宗教",)),
    (SubjectKind.ASSOCIATION, ("社会团体", "社会组织", "民办非", "基金会", "群众性团体", "社团")),
    (SubjectKind.ENTERPRISE, ("企业", "公司", "个体")),  # last: 民办非企业 is none
)


def subject_kind_from(nature: str) -> SubjectKind:
    """The kind behind a 主办单位性质 as written; what nobody listed is OTHER, an empty cell
    UNKNOWN.
    """
    if not nature.strip():
        return SubjectKind.UNKNOWN
    for kind, words in _KINDS:
        if any(word in nature for word in words):
            return kind
    return SubjectKind.OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """One usable row of a filing list. `domains` are lower-case ASCII (punycode) host names
    without www.
    """

    row: int
    unit_name: str
    domains: tuple[str, ...]
    site_name: str = ""
    home_url: str | None = None
    nature: str = ""
    subject_kind: SubjectKind = SubjectKind.UNKNOWN
    main_licence: str = ""  # normal form where it is valid, else as written
    service_licence: str = ""
    approved_on: date | None = None
    restricted: bool | None = None
    pre_approval: tuple[str, ...] = ()
    leader: str = ""
    uscc: str = ""
    address: str = ""
    region: str = ""  # GB/T 2260, six digits
    given: Mapping[str, str] = field(default_factory=dict)  # the cells as they were, by header
    notes: tuple[str, ...] = ()  # accepted, but worth a look: odd licence, look-alike letters


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One row that cannot be used: where, what, why (in Chinese, for the person who sent the
    list).
    """

    row: int
    column: str
    value: str
    reason: str


def masked(name: str) -> str:
    """A person's name as it is shown: 张三 → 张*, 欧阳明月 → 欧***; one character is hidden."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


def shown_unit_name(name: str, kind: SubjectKind) -> str:
    """The subject's name for screens and logs: persons are masked, all others are public."""
    return masked(name) if kind is SubjectKind.PERSON else name


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingList:
    """One file as it was handed over."""

    source: str
    name: str
    sha256: str
    size_bytes: int
    received_at: datetime
    whole: bool = True  # False: a part of the source's filings; nothing missing from it is gone


class Change(StrEnum):
    """What a list says about one filing, compared with its source's last list."""

    NEW = "new"
    CHANGED = "changed"
    TRANSFERRED = "transferred"  # the same domain under another subject
    GONE = "gone"
    UNCHANGED = "unchanged"


_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝蜀川黔贵滇云藏陕秦陇甘青宁新"
_CANONICAL = str.maketrans({"川": "蜀", "贵": "黔", "云": "滇", "秦": "陕", "甘": "陇"})
_RECORD = re.compile(
    rf"(?P<p>[{_PROVINCES}])\s*ICP\s*备\s*(?P<n>\d{{6,10}})\s*号?(?:\s*-\s*(?P<s>\d{{1,4}})(?P<k>[AXK])?)?",
    re.IGNORECASE,
)
_PERMIT = re.compile(
    rf"(?P<p>[{_PROVINCES}])\s*ICP\s*证\s*(?P<n>\d{{6,8}})\s*号?(?:\s*-\s*(?P<s>\d{{1,4}}))?",
    re.IGNORECASE,
)
_TELECOM = re.compile(
    rf"(?P<p>[{_PROVINCES}]|合字|国)?\s*(?P<c>[AB][12](?:\.[AB][12])*)\s*-\s*(?P<n>\d{{8}})(?:\s*-\s*(?P<s>\d{{1,4}})(?P<k>[AXK])?)?",
    re.IGNORECASE,
)
_POLICE = re.compile(rf"(?P<p>[{_PROVINCES}])\s*公\s*网\s*安\s*备\s*(?P<n>\d{{11,14}})\s*号?")
_TRADITIONAL = "滬蘇贛魯粵瓊雲貴陝隴寧遼晉閩備證號網"
_SIMPLIFIED = "沪苏赣鲁粤琼云贵陕陇宁辽晋闽备证号网"
_ONE_SPELLING = str.maketrans(_TRADITIONAL + "—–‐‑−－", _SIMPLIFIED + "-" * 6)


@lru_cache(maxsize=2)  # a footer and a page are each asked for two kinds of numbers
def _plain(text: str) -> str:
    """Widths, dashes and traditional characters in one spelling."""
    return unicodedata.normalize("NFKC", text).translate(_ONE_SPELLING)


def _tail(found: re.Match[str]) -> str:
    parts = found.groupdict()
    return f"-{int(parts['s'])}{(parts.get('k') or '').upper()}" if parts["s"] else ""


def filing_numbers_in(text: str) -> tuple[str, ...]:
    """Every ICP filing or licence number in a text, in normal form, first seen first (domain.md
    §1.6).
    """
    plain = _plain(text)
    found: list[tuple[int, str]] = []
    for match in _RECORD.finditer(plain):
        number = f"{match['p'].translate(_CANONICAL)}ICP备{match['n']}号{_tail(match)}"
        found.append((match.start(), number))
    for match in _PERMIT.finditer(plain):
        number = f"{match['p'].translate(_CANONICAL)}ICP证{match['n']}号{_tail(match)}"
        found.append((match.start(), number))
    for match in _TELECOM.finditer(plain):
        province = (match["p"] or "").translate(_CANONICAL)
        found.append((match.start(), f"{province}{match['c'].upper()}-{match['n']}{_tail(match)}"))
    return tuple(dict.fromkeys(number for _, number in sorted(found)))


def police_numbers_in(text: str) -> tuple[str, ...]:
    """Every 公安备案 number in a text: province, 公网安备, digits, 号."""
    found = _POLICE.finditer(_plain(text))
    return tuple(dict.fromkeys(f"{m['p'].translate(_CANONICAL)}公网安备{m['n']}号" for m in found))


_WHOLE = re.compile(
    rf"[{_PROVINCES}]ICP备(\d{{8}}|\d{{10}})号(-\d{{1,4}}[AXK]?)?"
    rf"|[{_PROVINCES}]ICP证\d{{6,8}}号(-\d{{1,4}})?"
    rf"|([{_PROVINCES}]|合字|国)?[AB][12](\.[AB][12])*-\d{{8}}(-\d{{1,4}}[AXK]?)?"
)

# What most rows hold, and is its own normal form.
_NORMAL = re.compile(
    rf"(?![川贵云秦甘])[{_PROVINCES}]ICP备(?:[0-9]{{8}}|[0-9]{{10}})号(?:-[1-9][0-9]{{0,3}})?"
)


def is_normal_licence(text: str) -> bool:
    """Whether this is surely a filing number in its normal form already."""
    return _NORMAL.fullmatch(text) is not None


def normal_licence(text: str) -> str | None:
    """The normal form of a licence number, or None if there is not exactly one strict number in
    the text.
    """
    if is_normal_licence(text):
        return text
    numbers = filing_numbers_in(text)
    if len(numbers) == 1 and _WHOLE.fullmatch(numbers[0]):
        return numbers[0]
    return None


def main_licence_of(number: str) -> str:
    """A service number without its suffix: 沪ICP备13002172号-3 → 沪ICP备13002172号."""
    return (
        re.sub(r"(?<=[号\d])-\d{1,4}[AXK]?$", "", number)
        if "号" in number
        else re.sub(r"^(.*-\d{8})-\d{1,4}[AXK]?$", r"\1", number)
    )


_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def uscc_is_consistent(code: str) -> bool:
    """Whether an 18-character 统一社会信用代码 bears its check digit (GB 32100-2015). Warn, never
    reject.
    """
    if len(code) != 18 or any(c not in _USCC_ALPHABET for c in code):
        return False
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(code, _USCC_WEIGHTS, strict=False))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == code[17]
