"""文书 of a case: what their placeholders stand for, by which template, as Word and as PDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alerts.desk import Desk
from alerts.dispatching import Dispatch, dispatch
from alerts.introducing import NATURES
from crawler.domain.alert import AlertState
from crawler.domain.assessment import LEVEL_NAMES, Side
from crawler.domain.capture import Capture, Fetcher
from crawler.domain.errors import BadInput
from crawler.domain.task import TASK_ENDS, SupervisionTask
from crawler.service.catalogue import Catalogue
from crawler.service.console.shown import clipped, exact
from crawler.service.packing import reaching, wording
from crawler.service.packing.archive import Member
from crawler.service.packing.blank_forms import HANDOVER, NOTICE, RECORD, REPORT, blank_form
from crawler.service.packing.filling import LARGEST, filled
from crawler.service.packing.gathering import Dossier
from crawler.service.packing.keepsakes import Broken

# What a form cannot do without, whoever drew it.
NEEDED: Mapping[str, tuple[str, ...]] = {
    RECORD: ("线索编号", "提取时间", "目标网址", "文件.SHA-256", "证据总校验值"),
    REPORT: ("线索编号", "疑似情形", "四性.特征", "主办"),
    NOTICE: ("任务编号", "主办", "疑似情形", "办结时限"),
    HANDOVER: ("线索编号", "文件.SHA-256", "证据总校验值"),
}
_MOST_REASONS, _MOST_YIELDS = 5, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What the papers are made of."""

    of: Dossier
    members: Sequence[Member]
    broken: Sequence[Broken]
    root: str
    desk: Desk
    words: Catalogue
    proxied: bool  # whether the settings of today name an upstream proxy


def papers_of(case: Case, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each paper's name and Word document; a notice only where there is a task."""
    values = values_of(case)
    task = live_task(case.of.tasks)
    for name in (RECORD, REPORT, HANDOVER, *([NOTICE] if task else ())):
        own = {**values, **(notice_values(task) if task and name == NOTICE else {})}
        yield name, filled(template_of(folder, name), name, own, NEEDED[name])


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
        raise BadInput(f"模板 {own} 无法读取：{error.strerror}") from error


def live_task(tasks: Sequence[SupervisionTask]) -> SupervisionTask | None:
    """The task that a notice would be about: the newest that is not at an end, else the newest."""
    open_ones = [one for one in tasks if one.state not in TASK_ENDS]
    chosen = open_ones or list(tasks)
    return chosen[-1] if chosen else None


def values_of(case: Case) -> dict[str, str | Sequence[Mapping[str, str]]]:
    """What every paper may say."""
    of, veil = case.of, case.of.veil
    captures = [one.capture for one in of.shots]
    return {
        **_subject_values(case),
        **_judged_values(case),
        "提取时间": wording.when(captures),
        "提取方法": "；".join(dict.fromkeys(wording.how_seen(one) for one in captures)) or "—",
        "使用工具": "；".join(dict.fromkeys(one.tool for one in captures if one.tool)) or "—",
        "网络环境": reaching.network_of(captures, proxied=case.proxied),
        "域名解析": reaching.names_of(captures, veil),
        "环境检查": _environment(captures),
        "时间校对": _clocks(captures),
        "目标网址": _addresses(case),
        "目标地址": "、".join(dict.fromkeys(p for c in captures for p in wording.peers_of(c)))
        or "—",
        "提取内容": "网站首页的网页源文件、呈现后的网页、截图、证书和全部请求与应答的原始记录",
        "采集": [_capture_row(number, one, case) for number, one in enumerate(captures, 1)],
        "文件": _file_rows(case.members),
        "证据总校验值": case.root,
        "证据链": _links(of),
        "缺损": "；".join(f"{one.capture_id} {veil.text(one.reason)}" for one in case.broken)
        or "无",
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


def _subject_values(case: Case) -> dict[str, str]:
    of, veil = case.of, case.of.veil
    task = live_task(of.tasks)
    category = of.assessment.categories[0] if of.assessment and of.assessment.categories else ""
    known = case.desk.categories.get(category or of.case.category)
    unverified = of.alert.state in (AlertState.OPEN, AlertState.WATCHED)
    return {
        "案由": f"疑似{known.name}" if known else "疑似非法集资",
        "线索编号": of.case.number,
        "类别": known.name if known else "—",
        "等级": LEVEL_NAMES[of.alert.level],
        "得分": f"{of.alert.score:g}",
        "核实状态": "未经人工核实" if unverified else "已经人工核实",
        "主体": wording.subject_of(of.site, veil),
        "主体性质": NATURES[of.site.subject_kind],
        "域名": veil.text(of.site.domain_shown),
        "备案号": veil.text(of.site.service_licence or of.site.main_licence) or "备案号未载明",
        "疑似情形": _sentence(veil.text(of.alert.sentence)),
        "来源": _source(of),
        "首见": wording.day(of.seen[0]),
        "末见": wording.day(of.seen[1]),
        "事项": clipped(veil.text(task.title if task else of.case.title), 120),
        "摘要": clipped(veil.text(task.summary if task else of.alert.sentence), 300),
    }


def _judged_values(case: Case) -> dict[str, str | Sequence[Mapping[str, str]]]:
    of, veil = case.of, case.of.veil
    plan = _plan(case)
    tests = wording.tests_of(of.assessment, veil)
    yields = wording.yields_of(of.assessment, veil)[:_MOST_YIELDS]
    return {
        "四性": [
            {"特征": name, "所见": state, "说明": clipped(told or "—", 70)}
            for name, state, told in tests
        ],
        "收益": [
            {"原文": clipped(raw, 60), "性质": track, "年化": annual}
            for raw, annual, track in yields
        ] or [{"原文": "网页没有写明收益", "性质": "—", "年化": "—"}],
        "支持": _joined(wording.reasons_of(of.assessment, Side.FOR, veil)),
        "相反": _joined(wording.reasons_of(of.assessment, Side.AGAINST, veil)),
        "主办": plan.lead.name,
        "协办": "、".join(one.name for one in plan.cooperating) or "（无）",
        "派发规则": plan.rule,
    }  # fmt: skip


def _plan(case: Case) -> Dispatch:
    of = case.of
    found = of.assessment.categories if of.assessment else ()
    category = found[0] if found else of.case.category
    return dispatch(category, of.site, of.filing, case.desk.departments, case.desk.home)


def _capture_row(number: int, one: Capture, case: Case) -> dict[str, str]:
    return {
        "序号": str(number),
        "时间": exact(one.ended_at),
        "方式": wording.how_seen(one),
        "网址": clipped(case.of.veil.text(one.final_url), 120),
        "实际连接": "、".join(wording.peers_of(one)) or "—",
        "结果": wording.outcome_name(case.words, one.outcome)
        + (f" {one.status}" if one.status else ""),
    }


def _file_rows(members: Sequence[Member]) -> list[dict[str, str]]:
    kept = [one for one in members if one.role == "evidence"]
    return [
        {
            "序号": str(number),
            "文件": one.path,
            "类别": wording.PIECES.get(one.piece, one.piece),
            "字节": f"{one.size:,}",
            "SHA-256": one.sha256,
        }
        for number, one in enumerate(kept, 1)
    ]


def _addresses(case: Case) -> str:
    urls = dict.fromkeys(hop.url for shot in case.of.shots for hop in shot.capture.hops if hop.url)
    return "\n".join(clipped(case.of.veil.text(one), 200) for one in list(urls)[:12]) or "—"


def _environment(captures: Sequence[Capture]) -> str:
    drawn = any(one.fetcher is Fetcher.BROWSER for one in captures)
    parts = ["采集进程不使用本机缓存和账号，每次请求不带前次的会话"]
    if drawn:
        parts.append("浏览器每页使用全新环境，无扩展、无缓存、无登录状态，在沙箱内以无特权用户运行")
    return "；".join(parts)


def _clocks(captures: Sequence[Capture]) -> str:
    told = list(dict.fromkeys(one.clock for one in captures if one.clock))
    return "；".join(told[:3]) or "未记录；请办案人员校对：" + reaching.UNKNOWN


def _links(of: Dossier) -> str:
    linked = [one.linked for one in of.shots if one.linked.chain]
    if not linked:
        return "无"
    seqs = sorted(one.seq for one in linked)
    anchored = f"，链首于 {exact(of.anchors[0].at)} 对外固定" if of.anchors else "，尚无外部锚点"
    return f"第 {seqs[0]} 至 {seqs[-1]} 环，末环 {linked[-1].link}{anchored}"


def _source(of: Dossier) -> str:
    told = "；".join(f"举报线索 {one.id} 号（{of.veil.text(one.channel)}）" for one in of.leads[:3])
    listed = "备案网站巡查" if of.filing is not None else ""
    return "；".join(part for part in (listed, told) if part) or "网站巡查"


def _sentence(text: str) -> str:
    """疑似 stands in front whatever the sentence was."""
    whole = text if text.startswith("疑似") else f"疑似：{text}"
    return whole if whole.endswith("。") else whole + "。"


def _joined(reasons: Sequence[str]) -> str:
    shown = "；".join(clipped(one, 60) for one in reasons[:_MOST_REASONS])
    more = len(reasons) - _MOST_REASONS
    return (shown or "没有找到") + (f"；另有 {more} 条" if more > 0 else "") + "。"


def _limit(at: datetime | None) -> str:
    return wording.moment(at) if at else reaching.UNKNOWN
