"""What registers say of a subject (信息归集): licensed institutions, credit classes, 法人库, whom
to watch, who is vouched for. Facts beside the judgement: a credit class is never part of a level,
and being vouched for silences nothing (that takes an exception).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crawler.domain.filing import SubjectKind


class Register(StrEnum):
    """The registers that are kept."""

    LICENCES = "licences"  # 持牌机构
    CREDIT = "credit"  # 信用分类
    ENTITIES = "entities"  # 法人库
    WATCH = "watch"  # 关注名单: every change of their pages is looked at
    WHITE = "white"  # 白名单: shown to the officer


REGISTER_NAMES = {
    Register.LICENCES: "持牌机构名录",
    Register.CREDIT: "信用分类",
    Register.ENTITIES: "法人库",
    Register.WATCH: "关注名单",
    Register.WHITE: "白名单",
}


class CreditClass(StrEnum):
    """Four classes, best first: Tianjin's colours and the national A–D mean the same four."""

    GOOD = "good"
    WARNED = "warned"
    DISHONEST = "dishonest"
    SEVERE = "severe"


CREDIT_NAMES = {
    CreditClass.GOOD: "良好",
    CreditClass.WARNED: "警示",
    CreditClass.DISHONEST: "失信",
    CreditClass.SEVERE: "严重失信",
}
_CREDIT_WORDS = {
    CreditClass.GOOD: ("良好", "绿", "绿色", "a"),
    CreditClass.WARNED: ("警示", "黄", "黄色", "b"),
    CreditClass.DISHONEST: ("失信", "红", "红色", "c"),
    CreditClass.SEVERE: ("严重失信", "黑", "黑色", "d"),
}
_CREDIT_OF = {word: one for one, words in _CREDIT_WORDS.items() for word in words}
_SAID_AROUND = re.compile(r"[\s()（）]|信用|等级|类别|[级类]$")


def credit_class_from(text: str) -> CreditClass | None:
    """The class behind a cell: 良好, 良好（绿）, A, A级, C 类; None for anything else."""
    folded = unicodedata.normalize("NFKC", text).lower()
    parts = [_SAID_AROUND.sub("", part) for part in re.split(r"[(/、]", folded)]
    found = {_CREDIT_OF.get(part) for part in parts if part}
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One line of a register."""

    register: Register
    name: str
    uscc: str = ""
    domains: tuple[str, ...] = ()
    kind: SubjectKind = SubjectKind.UNKNOWN
    credit: CreditClass | None = None
    credit_written: str = ""  # as the list has it: B级, 警示（黄）
    region: str = ""
    street: str = ""
    address: str = ""
    status: str = ""
    licence_number: str = ""
    authority: str = ""
    reason: str = ""  # why it stands in a watch list or white list
    source: str = ""
    as_of: date | None = None
    row: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterList:
    """One register file as it was handed over: what it is, from whom, as of which day."""

    register: Register
    source: str
    as_of: date
    name: str
    sha256: str
    received_at: datetime
    whole: bool = True  # False: adds to the source's last list


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the registers say of one subject. `asked` are those that had anything loaded."""

    asked: tuple[Register, ...] = ()
    found: tuple[Listed, ...] = ()
    notes: tuple[str, ...] = ()  # contradictions, in Chinese


NOBODY_ASKED = Standing()


class LicenceState(StrEnum):
    """How a subject stands to the registers of licensed institutions."""

    UNCHECKED = "unchecked"  # no register was there to ask
    LICENSED = "licensed"
    UNLISTED = "unlisted"
    AMBIGUOUS = "ambiguous"  # several bear the name


_ENDED = re.compile(r"注销|吊销|撤销|失效|终止|终了|解散|关闭|过期|退出")


def in_force(listed: Listed) -> bool:
    """Whether a line still holds; one without a status does."""
    return not _ENDED.search(listed.status)


def of_register(standing: Standing, register: Register) -> tuple[Listed, ...]:
    """What one register says."""
    return tuple(one for one in standing.found if one.register is register)


def to_watch(standing: Standing) -> Listed | None:
    """The line for which every change of the subject's pages is looked at; a namesake may be meant,
    and looking costs little.
    """
    return next((one for one in of_register(standing, Register.WATCH) if in_force(one)), None)


def candidates(lines: Iterable[Listed]) -> tuple[Listed, ...]:
    """Different subjects among lines: one a USCC, and one for each line that has none and whose
    name no coded line bears.
    """
    by_code: dict[str, Listed] = {}
    uncoded: dict[str, Listed] = {}
    for one in lines:
        (by_code if one.uscc else uncoded).setdefault(one.uscc or subject_key(one.name), one)
    coded = {subject_key(one.name) for one in by_code.values()}
    return (*by_code.values(), *(one for key, one in uncoded.items() if key not in coded))


def licence_state(standing: Standing) -> LicenceState:
    """Licensed if exactly one subject is meant and a licence of it is in force."""
    if Register.LICENCES not in standing.asked:
        return LicenceState.UNCHECKED
    lines = of_register(standing, Register.LICENCES)
    if len(candidates(lines)) > 1:
        return LicenceState.AMBIGUOUS
    held = any(in_force(one) for one in lines)
    return LicenceState.LICENSED if held else LicenceState.UNLISTED


def credit_of(standing: Standing) -> Listed | None:
    """The line with the subject's class; None if there is none, or if lines contradict each
    other.
    """
    lines = of_register(standing, Register.CREDIT)
    if not lines or len(candidates(lines)) > 1:
        return None
    newest = max(one.as_of or date.min for one in lines)
    latest = [one for one in lines if (one.as_of or date.min) == newest]
    return latest[0] if len({one.credit for one in latest}) == 1 else None


def entity_of(standing: Standing) -> Listed | None:
    """The one line of the 法人库; None if there is none or several are meant."""
    meant = candidates(of_register(standing, Register.ENTITIES))
    return meant[0] if len(meant) == 1 else None


def ambiguities(standing: Standing) -> tuple[str, ...]:
    """For each register in which several subjects bear the name: all of them, named."""
    told = []
    for register in standing.asked:
        meant = candidates(of_register(standing, register))
        if len(meant) > 1:
            names = "、".join(told_apart(one) for one in meant)
            told.append(f"{REGISTER_NAMES[register]}中同名主体有 {len(meant)} 个：{names}")
    return tuple(told)


def told_apart(listed: Listed) -> str:
    """A candidate by what tells it from its namesakes."""
    marks = (listed.uscc, listed.region, listed.licence_number, listed.address)
    mark = next((one for one in marks if one), f"第 {listed.row} 行")
    return f"{listed.name}（{mark}）"


STALE_AFTER_DAYS = 180


def is_stale(as_of: date, today: date) -> bool:
    """Whether a list is so old that it should be asked for again."""
    return (today - as_of).days > STALE_AFTER_DAYS


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\s]")


def subject_key(name: str) -> str:
    """The normal form in which names are compared: width, brackets, case and spaces do not count;
    nothing else is forgiven.
    """
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).casefold()
    return folded.translate(_BRACKETS)[:500]


_BRACKETS = str.maketrans("[{〔【〈《〉》〕】]}", "(((((())))))")
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_IDENTITY = re.compile(  # 公民身份号码 (GB 11643), which the same column holds for a person
    r"[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]"
)


def usable_uscc(text: str) -> str:
    """A code as it can be compared: 18 characters of the alphabet; empty for what a spreadsheet
    made of it (9.13E+17), which many rows would share, and for a person's number.
    """
    code = unicodedata.normalize("NFKC", text).upper().replace(" ", "")
    return code if _CODE.fullmatch(code) and not _IDENTITY.fullmatch(code) else ""


# 登记管理部门 of a 统一社会信用代码 (first characters, longest first) → kind of subject.
_KIND_BY_CODE = (
    ("11", SubjectKind.GOVERNMENT),
    ("12", SubjectKind.INSTITUTION),
    ("13", SubjectKind.ASSOCIATION),
    ("3", SubjectKind.LAW_SERVICE),
    ("5", SubjectKind.ASSOCIATION),
    ("7", SubjectKind.RELIGIOUS),
    ("8", SubjectKind.ASSOCIATION),
    ("93", SubjectKind.COLLECTIVE),
    ("91", SubjectKind.ENTERPRISE),
    ("92", SubjectKind.ENTERPRISE),
    ("N", SubjectKind.COLLECTIVE),
    ("A", SubjectKind.GOVERNMENT),
)


def kind_from_uscc(code: str) -> SubjectKind:
    """Who registered a subject, hence who supervises it (GB 32100-2015)."""
    kinds = (kind for start, kind in _KIND_BY_CODE if usable_uscc(code).startswith(start))
    return next(kinds, SubjectKind.UNKNOWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """What came of a subject's cases so far."""

    confirmed: int = 0  # tasks closed as 属实
    filed: int = 0  # among them 立案, 移送, 关停
    relapsed: int = 0  # alerts that came back after they were dealt with
    unfounded: int = 0
    open_tasks: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A class that the outcomes suggest. A proposal: it decides nothing and is shown as one."""

    credit: CreditClass
    grounds: str


def proposed_class(outcomes: Outcomes) -> Proposal | None:
    """By Tianjin's pattern of thresholds by count; None where nothing came to an end yet."""
    o = outcomes
    said = f"属实 {o.confirmed} 件，其中立案、移送或关停 {o.filed} 件，复燃 {o.relapsed} 次"
    if o.filed >= 2 or (o.filed and o.relapsed):
        return Proposal(credit=CreditClass.SEVERE, grounds=said)
    if o.filed or o.confirmed >= 2 or (o.confirmed and o.relapsed):
        return Proposal(credit=CreditClass.DISHONEST, grounds=said)
    if o.confirmed:
        return Proposal(credit=CreditClass.WARNED, grounds=said)
    if o.unfounded:
        return Proposal(credit=CreditClass.GOOD, grounds=f"核查 {o.unfounded} 件，均不属实")
    return None
