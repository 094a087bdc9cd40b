"""Who does it: lead and cooperating departments by finding and by kind of subject; 登记地 leads and
行为地 cooperates (条例 art. 20). The rule that fired is written on the task, a contradiction too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alerts.locating import Located, kind_of, located
from alerts.rulebooks import read_rulebook
from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing, SubjectKind
from crawler.domain.region import is_region
from crawler.domain.site import Site
from crawler.domain.subject import NOBODY_ASKED, Standing
from crawler.domain.task import MOST_JOINT, Department

_REASSIGNED = re.compile(r" · 经[^·]{1,80}改派")
DEPARTMENTS_FILE = Path(__file__).parent / "departments.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of the rule book: who leads, who cooperates."""

    name: str
    lead: str
    cooperating: tuple[str, ...] = ()
    binding: bool = False  # whatever kind of subject it is
    joint: int = 0  # so many of the cooperating inspect with the lead: 联合检查 1+1, 1+2


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
    contested: str = ""  # who else may claim it; the common superior decides before it is sent
    joint: tuple[str, ...] = ()  # codes among the cooperating that each owe a result


def dispatch(
    category: str,
    site: Site,
    filing: Filing | None,
    departments: Departments,
    home: str = "",
    standing: Standing = NOBODY_ASKED,
) -> Dispatch:
    """登记地 leads, 行为地 cooperates. `home` is this installation's own region prefix (empty: all
    of it is home), `standing` what the registers say of the subject.
    """
    where = located(site, filing, standing)
    kind = kind_of(site, filing, standing)
    if where.region and not where.region.startswith(home):
        place = f"登记地 {where.region}（{where.source}）"
        return _sent_to(departments.elsewhere, home, place, where, departments)
    rule = _rule_for(category, kind, departments)
    if not where.region and not rule.binding:
        rule = departments.unknown
    known = f"登记地 {where.region}（{where.source}）" if where.region else "登记地（不明）"
    return _sent_to(rule, where.region or home, known, where, departments)


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


def _sent_to(
    rule: Rule, region: str, place: str, where: Located, departments: Departments
) -> Dispatch:
    lead = _department(rule.lead, region, departments)
    cooperating = [_department(code, region, departments) for code in rule.cooperating]
    joint = tuple(one.code for one in cooperating[: rule.joint])
    said = [rule.name, place]
    if where.street:
        said.append(f"属地 {where.street}")
    for one, source in where.acts_in:
        said.append(f"行为地 {one}（{source}）协办")
        here = _department(rule.lead, one, departments)
        if here.code != lead.code:
            cooperating.append(replace(here, name=f"{here.name}（行为地 {one}）"))
    if joint:
        said.append(f"联合检查 1+{len(joint)}")
    said += [f"存疑：{doubt}，请协调确认" for doubt in where.doubts]
    return Dispatch(
        lead=lead,
        cooperating=tuple({one.code: one for one in cooperating}.values()),
        region=region.ljust(6, "0") if region else "",
        rule=" · ".join(said),
        contested=where.contested,
        joint=joint,
    )


def _department(code: str, region: str, departments: Departments) -> Department:
    return Department(code=f"{region.ljust(6, '0')}-{code}", name=departments.names[code])


def department_coded(code: str, names: Mapping[str, str]) -> Department:
    """A department as people write it, region and short code (310118-GA); BadInput if the rule book
    has none.
    """
    region, _, short = code.partition("-")
    if short not in names or not is_region(region):
        raise BadInput(f"没有部门 {code[:40] or '（空）'}；写法如 310118-GA，代码见派发规则")
    return Department(code=code, name=names[short])


def reassigned(rule: str, actor: str) -> str:
    """The rule that fired, and who sent it elsewhere last; the history has the others."""
    return f"{_REASSIGNED.sub('', rule)} · 经{actor}改派"


def region_after(lead: Department, region: str) -> str:
    """The region of a task once this department leads it: its own, unless it stands over the
    task's (310000 over 310118), which stays then.
    """
    own = lead.code.partition("-")[0]
    return region if region.startswith(own.rstrip("0")) else own


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
        joint=_joint(key, given, path),
    )
    unknown = [code for code in (rule.lead, *rule.cooperating) if code not in names]
    if unknown:
        raise BadInput(f"{path.name}：规则 {key} 提到未列出的部门 {unknown[0]}")
    return rule


def _joint(key: str, given: Any, path: Path) -> int:
    joint = given.get("joint", 0)
    if type(joint) is not int or not 0 <= joint <= min(
        MOST_JOINT, len(_list(given, "cooperating"))
    ):
        raise BadInput(f"{path.name}：规则 {key} 的 joint 须为 0 至协办部门数，最多 {MOST_JOINT}")
    return joint


def _kind(key: str, path: Path) -> SubjectKind:
    try:
        return SubjectKind(key)
    except ValueError:
        raise BadInput(f"{path.name}：没有主体性质 {key}") from None
