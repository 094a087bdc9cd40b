"""文书 of a family: its own 线索报告, and 笔录 and 移交清单 over the captures of all members."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.desk import Desk, category_of
from alerts.dispatching import Dispatch
from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.family import MARK_NAMES
from crawler.service.console.shown import clipped
from crawler.service.packing import wording
from crawler.service.packing.blank_forms import HANDOVER, KIN_REPORT, RECORD
from crawler.service.packing.filling import filled
from crawler.service.packing.kindred import Kindred, Member
from crawler.service.packing.papers import NEEDED, suspected, template_of
from crawler.service.packing.recounting import Taken, Values, extraction_values
from crawler.service.packing.stating import value_of

_MOST_SIGNALS, _MOST_NAMED = 40, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class KinCase:
    """What the papers are made of."""

    of: Kindred
    taken: Taken
    desk: Desk


def kin_papers_of(case: KinCase, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each paper's name and Word document."""
    values = kin_values_of(case)
    for name in (RECORD, KIN_REPORT, HANDOVER):
        yield name, filled(template_of(folder, name), name, values, NEEDED[name])


def kin_values_of(case: KinCase) -> Values:
    """What every paper of a family may say."""
    return {**_family_values(case), **_plan_values(case), **extraction_values(case.taken)}


def _family_values(case: KinCase) -> Values:
    of, members = case.of, case.of.members
    known = case.desk.categories.get(of.case.category)
    seen = sorted(one.first_seen for one in members if one.first_seen)
    last = sorted(one.last_seen for one in members if one.last_seen)
    left_out = f"，另有 {of.left_out} 个未列入" if of.left_out else ""
    return {
        "案由": f"疑似{known.name}" if known else "疑似非法集资",
        "线索编号": of.case.number,
        "类别": known.name if known else "—",
        "等级": LEVEL_NAMES[of.case.level],
        "网站数": f"{len(members)} 个{left_out}",
        "主体": f"{len(members)} 个疑似同源网站的备案主体，见同族线索报告",
        "备案号": _named([_licence(one) for one in members]),
        "域名": _named([one.veil.text(one.card.site.domain_shown) for one in members]),
        "首见": wording.day(seen[0] if seen else ""),
        "末见": wording.day(last[-1] if last else ""),
        "成员": [_member_row(one) for one in members],
        "信号": _signal_rows(of, lifted=case.taken.veil.lifted),
        "关联": _ties(of),
    }


def _plan_values(case: KinCase) -> Values:
    """The department that leads most of the members; all the others cooperate."""
    plans = [_plan(one, case) for one in case.of.members]
    leads = [one.lead.name for one in plans]
    chosen = max(dict.fromkeys(leads), key=leads.count)
    others = [*leads, *(name.name for one in plans for name in one.cooperating)]
    cooperating = [one for one in dict.fromkeys(others) if one != chosen]
    rules = dict.fromkeys(one.rule for one in plans if one.lead.name == chosen)
    return {
        "主办": chosen,
        "协办": "、".join(cooperating) or "（无）",
        "派发规则": "；".join(list(rules)[:3]) or "—",
    }


def _plan(member: Member, case: KinCase) -> Dispatch:
    category = category_of(member.card.assessment, case.of.case)
    return case.desk.sends(category, member.card.site, member.filing, member.standing)


def _member_row(one: Member) -> dict[str, str]:
    return {
        "代号": one.letter,
        "网站": one.veil.text(one.card.site.domain_shown),
        "主体": wording.subject_of(one.card.site, one.veil),
        "备案号": _licence(one),
        "等级": LEVEL_NAMES[one.card.alert.level],
        "首见": wording.day(one.first_seen),
        "末见": wording.day(one.last_seen),
        "疑似情形": clipped(suspected(one.veil.text(one.card.alert.sentence)), 120),
    }


def _licence(one: Member) -> str:
    site = one.card.site
    return one.veil.text(site.service_licence or site.main_licence) or "备案号未载明"


def _signal_rows(of: Kindred, *, lifted: bool) -> list[dict[str, str]]:
    rows = [
        {
            "种类": MARK_NAMES[one.kind],
            "内容": clipped(value_of(one, lifted=lifted), 80),
            "成员": "、".join(one.letters),
        }
        for one in of.signals[:_MOST_SIGNALS]
    ]
    turned = [
        {"种类": "转向", "内容": f"{one.said}，所见为 {one.right} 的网页",
         "成员": f"{one.left}、{one.right}"}
        for one in of.turns
    ]  # fmt: skip
    more = len(of.signals) - len(rows)
    last = {"种类": "另有", "内容": f"{more} 项，见 case/family.json", "成员": "—"}
    return [*turned, *rows, *([last] if more > 0 else [])]


def _ties(of: Kindred) -> str:
    """The closest pairs in one line each: what the drawn graph shows, for paper."""
    closest = sorted(of.ties, key=lambda tie: -tie.strength)[:_MOST_NAMED]
    told = [f"{tie.left} 与 {tie.right}：{'、'.join(tie.names)}" for tie in closest]
    more = len(of.ties) - len(told)
    shown = "；".join(told) + (f"；另有 {more} 对" if more > 0 else "")
    return shown or "登记的信号里没有两个网站共有的，因备案主体相同归为一条线索"


def _named(names: Sequence[str]) -> str:
    shown = "、".join(dict.fromkeys(names[:_MOST_NAMED]))
    return shown + (f" 等 {len(names)} 个" if len(names) > _MOST_NAMED else "")
