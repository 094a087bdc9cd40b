"""Who does it: lead and cooperating departments by finding and by kind of subject, in the region
where the subject is registered. The rule that fired is named, and a contradiction too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.rulebooks import read_rulebook
from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing, SubjectKind, uscc_is_consistent
from crawler.domain.site import Site
from crawler.domain.task import Department

DEPARTMENTS_FILE = Path(__file__).parent / "departments.yaml"

_PROVINCE_CODES = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22", "黑": "23",
    "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36", "鲁": "37", "豫": "41",
    "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46", "渝": "50", "蜀": "51", "黔": "52",
    "滇": "53", "藏": "54", "陕": "61", "陇": "62", "青": "63", "宁": "64", "新": "65",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of the rule book: who leads, who cooperates."""

    name: str
    lead: str
    cooperating: tuple[str, ...] = ()
    binding: bool = False  # whatever kind of subject it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Departments:
    """The rule book, checked: every code in a rule has a name."""

    names: Mapping[str, str]
    by_category: Mapping[str, Rule]
    by_subject: Mapping[SubjectKind, Rule]
    default: Rule
    elsewhere: Rule
    unknown: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """Who is to do it, where, and by which rule."""

    lead: Department
    cooperating: tuple[Department, ...]
    region: str
    rule: str


def dispatch(
    category: str, site: Site, filing: Filing | None, departments: Departments, home: str = ""
) -> Dispatch:
    """登记地 leads, 行为地 cooperates (条例 art. 20). `home` is this installation's own region
    prefix; empty: all of it is home.
    """
    region, source, doubt = registered_in(site, filing)
    if region and not region.startswith(home):
        return _sent_to(
            departments.elsewhere, home, f"登记地 {region}（{source}）", doubt, departments
        )
    rule = _rule_for(category, site.subject_kind, departments)
    if not region and not rule.binding:
        rule = departments.unknown
    return _sent_to(rule, region or home, f"登记地（{source}）", doubt, departments)


def registered_in(site: Site, filing: Filing | None) -> tuple[str, str, str]:
    """The subject's region, where that is known from, and what contradicts it: by its 统一社会信用
    代码, else by the filing, else by the licence's province.
    """
    uscc = filing.uscc if filing else ""
    filed = (filing.region if filing else "") or site.region
    if uscc_is_consistent(uscc):
        told = uscc[2:8]
        differs = bool(filed) and not told.startswith(filed.rstrip("0") or filed)
        return told, "统一社会信用代码", f"备案地为 {filed}" if differs else ""
    if filed:
        return filed, "备案", ""
    province = _PROVINCE_CODES.get(site.main_licence[:1], "")
    return (f"{province}0000", "备案号省份", "") if province else ("", "不明", "")


def load_departments(path: Path = DEPARTMENTS_FILE) -> Departments:
    """The rule book from its file; BadInput names what is missing or unknown."""
    content = read_rulebook(path)
    names = {str(code): str(name) for code, name in _part(content, "departments", path).items()}
    by_category: dict[str, Rule] = {}
    for key, given in _part(content, "findings", path).items():
        rule = _rule(key, given, names, path)
        for category in _list(given, "categories"):
            if category in by_category:
                raise BadInput(f"{path.name}：类别 {category} 出现在两条规则里")
            by_category[category] = rule
    subjects = _part(content, "subjects", path)
    return Departments(
        names=names,
        by_category=by_category,
        by_subject={_kind(key, path): _rule(key, v, names, path) for key, v in subjects.items()},
        default=_rule("default", content.get("default"), names, path),
        elsewhere=_rule("elsewhere", content.get("elsewhere"), names, path),
        unknown=_rule("unknown", content.get("unknown"), names, path),
    )


def _rule_for(category: str, kind: SubjectKind, departments: Departments) -> Rule:
    finding = departments.by_category.get(category, departments.default)
    if finding.binding:
        return finding
    return departments.by_subject.get(kind, finding)


def _sent_to(rule: Rule, region: str, place: str, doubt: str, departments: Departments) -> Dispatch:
    said = f"{rule.name} · {place}" + (f" · 存疑：{doubt}，请协调确认" if doubt else "")
    return Dispatch(
        lead=_department(rule.lead, region, departments),
        cooperating=tuple(_department(code, region, departments) for code in rule.cooperating),
        region=region.ljust(6, "0") if region else "",
        rule=said,
    )


def _department(code: str, region: str, departments: Departments) -> Department:
    return Department(code=f"{region.ljust(6, '0')}-{code}", name=departments.names[code])


def _part(content: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise BadInput(f"{path.name} 缺少 {name}")
    return part


def _list(given: Any, name: str) -> tuple[str, ...]:
    return tuple(str(one) for one in given.get(name) or ())


def _rule(key: str, given: Any, names: Mapping[str, str], path: Path) -> Rule:
    if not isinstance(given, dict) or "lead" not in given:
        raise BadInput(f"{path.name}：规则 {key} 没有主办部门（lead）")
    rule = Rule(
        name=str(given.get("name", key)),
        lead=str(given["lead"]),
        cooperating=_list(given, "cooperating"),
        binding=given.get("binding") is True,
    )
    unknown = [code for code in (rule.lead, *rule.cooperating) if code not in names]
    if unknown:
        raise BadInput(f"{path.name}：规则 {key} 提到未列出的部门 {unknown[0]}")
    return rule


def _kind(key: str, path: Path) -> SubjectKind:
    try:
        return SubjectKind(key)
    except ValueError:
        raise BadInput(f"{path.name}：没有主体性质 {key}") from None
