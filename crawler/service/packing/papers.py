"""文书 of a case: what their placeholders stand for, by which template, as Word and as PDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alerts.desk import Desk, category_of
from alerts.dispatching import Dispatch
from alerts.introducing import NATURES
from crawler.domain.alert import AlertState
from crawler.domain.assessment import LEVEL_NAMES, Side
from crawler.domain.errors import BadInput, reason_of
from crawler.domain.task import TASK_ENDS, SupervisionTask, TaskState
from crawler.service.console.shown import clipped
from crawler.service.packing import reaching, wording
from crawler.service.packing.blank_forms import (
    HANDOVER,
    KIN_REPORT,
    NOTICE,
    RECORD,
    REPORT,
    blank_form,
)
from crawler.service.packing.filling import LARGEST, filled
from crawler.service.packing.gathering import Dossier
from crawler.service.packing.recounting import Taken, Values, extraction_values

# What a form cannot do without, whoever drew it.
NEEDED: Mapping[str, tuple[str, ...]] = {
    RECORD: ("线索编号", "提取时间", "目标网址", "文件.SHA-256", "证据总校验值"),
    REPORT: ("线索编号", "疑似情形", "四性.特征", "主办"),
    NOTICE: ("任务编号", "主办", "疑似情形", "办结时限"),
    KIN_REPORT: ("线索编号", "成员.网站", "信号.内容", "主办"),
    HANDOVER: ("线索编号", "文件.SHA-256", "证据总校验值"),
}
_MOST_REASONS, _MOST_YIELDS = 5, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What the papers are made of."""

    of: Dossier
    taken: Taken
    desk: Desk


def papers_of(case: Case, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each paper's name and Word document; a notice only where there is a task."""
    values = values_of(case)
    task = live_task(case.of.tasks)
    for name in (RECORD, REPORT, HANDOVER, *([NOTICE] if task else ())):
        own = {**values, **(notice_values(task) if task and name == NOTICE else {})}
        yield name, _paper(name, own, folder)


def report_of(case: Case, folder: Path) -> bytes:
    """The 线索报告 alone, the same that lies in the pack."""
    return _paper(REPORT, values_of(case), folder)


def _paper(name: str, values: Values, folder: Path) -> bytes:
    return filled(template_of(folder, name), name, values, NEEDED[name])


def template_of(folder: Path, name: str) -> bytes:
    """Ops' own template of that name, else the one that came with the program."""
    own = folder / name
    if not own.exists():
        return blank_form(name)
    try:
        if own.stat().st_size > LARGEST:
            raise BadInput(f"模板 {name} 过大")
        return own.read_bytes()
    except OSError as error:
        raise BadInput(f"模板 {own} 无法读取：{reason_of(error)}") from error


def live_task(tasks: Sequence[SupervisionTask]) -> SupervisionTask | None:
    """The task that a notice would be about: the newest that is not at an end, else the newest that
    was not withdrawn.
    """
    open_ones = [one for one in tasks if one.state not in TASK_ENDS]
    chosen = open_ones or [one for one in tasks if one.state is not TaskState.CANCELLED]
    return chosen[-1] if chosen else None


def values_of(case: Case) -> Values:
    """What every paper may say."""
    return {
        **_subject_values(case),
        **_judged_values(case),
        **extraction_values(case.taken),
    }


def notice_values(task: SupervisionTask) -> dict[str, str]:
    """What only a notice says."""
    return {
        "任务编号": task.number,
        "主办": task.lead.name,
        "协办": "、".join(one.name for one in task.cooperating) or "（无）",
        "派发规则": task.rule or "—",
        "签收时限": _limit(task.acknowledge_by),
        "反馈时限": _limit(task.answer_by),
        "办结时限": wording.moment(task.due_at),
    }


_VERIFIED = {
    AlertState.CONFIRMED: "已经人工核实",
    AlertState.DISMISSED: "已经人工核实，为误报",
    AlertState.WATCHED: "未经人工核实，观察中",
}


def _subject_values(case: Case) -> dict[str, str]:
    of, veil = case.of, case.of.veil
    task = live_task(of.tasks)
    category = of.assessment.categories[0] if of.assessment and of.assessment.categories else ""
    known = case.desk.categories.get(category or of.case.category)
    return {
        "案由": f"疑似{known.name}" if known else "疑似非法集资",
        "线索编号": of.case.number,
        "类别": known.name if known else "—",
        "等级": LEVEL_NAMES[of.alert.level],
        "得分": f"{of.alert.score:g}",
        "核实状态": _VERIFIED.get(of.alert.state, "未经人工核实"),
        "主体": wording.subject_of(of.site, veil),
        "主体性质": NATURES[of.site.subject_kind],
        "域名": veil.text(of.site.domain_shown),
        "备案号": veil.text(of.site.service_licence or of.site.main_licence) or "备案号未载明",
        "疑似情形": suspected(veil.text(of.alert.sentence)),
        "来源": _source(of),
        "首见": wording.day(of.seen[0]),
        "末见": wording.day(of.seen[1]),
        "事项": clipped(veil.text(_matter(of, task)), 120),
        "摘要": clipped(veil.text(task.summary if task else of.alert.sentence), 300),
    }


def _matter(of: Dossier, task: SupervisionTask | None) -> str:
    """As an officer worded it; else of this site: a family's case is named after its first."""
    if task and task.title != of.case.title:
        return task.title
    return f"{of.site.unit_name or of.site.domain_shown}：{of.alert.sentence}"


def _judged_values(case: Case) -> Values:
    of, veil = case.of, case.of.veil
    plan = _plan(case)
    tests = wording.tests_of(of.assessment, veil)
    return {
        "四性": [
            {"特征": name, "所见": state, "说明": clipped(told or "—", 70)}
            for name, state, told in tests
        ],
        "收益": _yield_rows(wording.yields_of(of.assessment, veil)),
        "支持": _joined(wording.reasons_of(of.assessment, Side.FOR, veil)),
        "相反": _joined(wording.reasons_of(of.assessment, Side.AGAINST, veil)),
        "主办": plan.lead.name,
        "协办": "、".join(one.name for one in plan.cooperating) or "（无）",
        "派发规则": plan.rule,
    }  # fmt: skip


def _yield_rows(yields: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    rows = [
        {"原文": clipped(raw, 60), "性质": track, "年化": annual}
        for raw, annual, track in yields[:_MOST_YIELDS]
    ]
    more = len(yields) - len(rows)
    last = {"原文": f"另有 {more} 条，见 case/assessment.json", "性质": "—", "年化": "—"}
    none = {"原文": "网页没有写明收益", "性质": "—", "年化": "—"}
    return [*rows, *([last] if more > 0 else [])] or [none]


def _plan(case: Case) -> Dispatch:
    of = case.of
    category = category_of(of.assessment, of.case)
    return case.desk.sends(category, of.site, of.filing, of.standing)


def _source(of: Dossier) -> str:
    told = "；".join(f"举报线索 {one.id} 号（{of.veil.text(one.channel)}）" for one in of.leads[:3])
    listed = "备案网站巡查" if of.filing is not None else ""
    return "；".join(part for part in (listed, told) if part) or "网站巡查"


def suspected(text: str) -> str:
    """疑似 stands in front whatever the sentence was."""
    whole = text if text.startswith("疑似") else f"疑似：{text}"
    return whole if whole.endswith("。") else whole + "。"


def _joined(reasons: Sequence[str]) -> str:
    shown = "；".join(clipped(one, 60) for one in reasons[:_MOST_REASONS])
    more = len(reasons) - _MOST_REASONS
    return (shown or "没有找到") + (f"；另有 {more} 条" if more > 0 else "") + "。"


def _limit(at: datetime | None) -> str:
    return wording.moment(at) if at else reaching.UNKNOWN
