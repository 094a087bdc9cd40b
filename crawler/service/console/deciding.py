"""What an officer does to an alert. Each is a form of our own pages; whoever comes second is told,
and pressing twice does nothing more.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from starlette.responses import Response

from alerts.dispatching import department_coded, reassigned
from alerts.reviewing import Edit, take_back
from alerts.reviewing import confirm as confirm_alert
from alerts.reviewing import dismiss as dismiss_alert
from alerts.reviewing import merge as merge_alert
from alerts.reviewing import reopen as reopen_alert
from alerts.reviewing import watch as watch_alert
from alerts.supervising import joined
from crawler.domain.alert import ALERT_STATE_NAMES, AlertState, Decision, may_take_back
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.region import names_a_district, region_name
from crawler.domain.task import SupervisionTask, TaskState
from crawler.service.console.access import DECIDERS, SUPERVISORS, post
from crawler.service.console.calls import Call, Missing, whole_number
from crawler.service.console.keeping import Notice
from crawler.service.console.looking import name_of
from crawler.store.alerts import alerts_of_case
from crawler.store.audit import take_chain
from crawler.store.capture_checks import broken_records
from crawler.store.captures import captures_of_visit
from crawler.store.cards import Card, Decided, card_of, decisions_on_site
from crawler.store.handovers import hand_over

MOST_AT_ONCE = 200
LONGEST_REASON = 500  # as the forms say
REASONS = (
    "反诈宣传或普法",
    "词语误读",
    "持牌机构合规表述",
    "网站被篡改，非主体所为",
    "其他",
)


def confirm(call: Call) -> Response:
    """确认 · 生成督办任务, by the rule's form or as it was changed."""
    card = _card(call)
    _stands_on_sound_evidence(call, card)
    return _decided(
        call, card, Decision.CONFIRM, lambda: _confirmed(call, card, call.field("reason"))
    )


def dismiss(call: Call) -> Response:
    """误报, with a reason, and what misled."""
    card = _card(call)
    reason = _reason(call)

    def act() -> Notice:
        dismiss_alert(
            call.house.database, card.alert.id, call.actor, call.now, call.console.desk(),
            reason, call.fields("misled", 20),
        )  # fmt: skip
        said = call.console.say(
            "{name} 已记为误报：{reason}。", name=name_of(card.site), reason=reason
        )
        return Notice(text=said, undo=f"/alerts/{card.alert.id}/undo")

    return _decided(call, card, Decision.DISMISS, act)


def watch(call: Call) -> Response:
    """观察."""
    card = _card(call)

    def act() -> Notice:
        watch_alert(
            call.house.database, card.alert.id, call.actor, call.now, call.console.desk(),
            call.field("reason"),
        )  # fmt: skip
        said = call.console.say("{name} 转为观察，页面一变就再看。", name=name_of(card.site))
        return Notice(text=said, undo=f"/alerts/{card.alert.id}/undo")

    return _decided(call, card, Decision.WATCH, act)


def merge(call: Call) -> Response:
    """合并: the same matter as another alert."""
    card = _card(call)
    given = whole_number(call.field("into", 12))
    if given is None:
        raise BadInput("请填要并入的预警编号")
    with call.house.database.reading() as db:
        other = card_of(db, given, call.reach)
    if other is None:
        raise BadInput(f"没有编号为 {given} 的预警")

    def act() -> Notice:
        merge_alert(
            call.house.database, card.alert.id, other.alert.id, call.actor, call.now,
            call.console.desk(),
        )  # fmt: skip
        said = call.console.say(
            "{name} 已并入线索 {number}。", name=name_of(card.site), number=other.case.number
        )
        return Notice(text=said, link=f"/alerts/{other.alert.id}")

    return _decided(call, card, Decision.MERGE, act)


def confirm_family(call: Call) -> Response:
    """整族确认: one task for all that go to the same departments. Whose evidence is broken is left,
    and said.
    """
    card = _card(call)
    with call.house.database.reading() as db:
        members = alerts_of_case(db, card.case.id)
    waiting = [
        one.id
        for one in members
        if one.state is AlertState.OPEN and one.region.startswith(call.reach)
    ][:MOST_AT_ONCE]
    if not waiting:
        raise NotAllowed("这一族没有待核实的预警")
    made: list[SupervisionTask] = []
    refused: list[str] = []
    for number in waiting:
        try:
            one = card_here(call, number)
            _stands_on_sound_evidence(call, one)
            made.append(
                confirm_alert(
                    call.house.database, number, call.actor, call.now, call.console.desk(),
                    call.field("reason"),
                )
            )  # fmt: skip
        except NotAllowed as refusal:
            refused.append(f"{name_of(one.site)}：{refusal}")
    return call.go(call.back("/today"), *_told_of_family(call, made, refused))


def _told_of_family(
    call: Call, made: Sequence[SupervisionTask], refused: Sequence[str]
) -> list[Notice]:
    notices = []
    if made:
        numbers = "、".join(dict.fromkeys(one.number for one in made))
        said = call.console.say("整族 {n} 个已确认，任务 {task}。", n=len(made), task=numbers)
        notices.append(Notice(text=said, link=f"/tasks/{made[-1].id}"))
    if refused:
        said = call.console.say("{n} 个没有确认：{why}", n=len(refused), why=refused[0])
        notices.append(Notice(text=said, bad=True))
    return notices


def bulk(call: Call) -> Response:
    """Several at once, as 误报 only: each with the same reason, each with its own entry."""
    typed = (whole_number(one) for one in call.fields("id", MOST_AT_ONCE + 1))
    numbers = [one for one in typed if one is not None]
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise BadInput(f"请选 1 至 {MOST_AT_ONCE} 条")
    reason = _reason(call)
    with call.house.database.reading() as db:
        if not all(card_of(db, number, call.reach) for number in numbers):
            raise Missing  # before any is decided
    done, late = 0, 0
    for number in numbers:
        try:
            dismiss_alert(
                call.house.database, number, call.actor, call.now, call.console.desk(), reason
            )
            done += 1
        except NotAllowed:
            late += 1
    said = call.console.say("{n} 条记为误报：{reason}。", n=done, reason=reason)
    notices = [Notice(text=said)]
    if late:
        told = call.console.say("另有 {n} 条已被他人处理，没有改动。", n=late)
        notices.append(Notice(text=told))
    return call.go(call.back("/alerts"), *notices)


def give_away(call: Call) -> Response:
    """转交: the site is another region's. It goes there with its pictures and history."""
    card = _card(call)
    region, reason = call.field("region", 6), call.field("reason", 500)
    if whole_number(region) is None or not names_a_district(region):
        raise BadInput("转交须选一个区")
    if region == card.site.region:
        raise BadInput("这个网站已经在那个区")
    if not reason:
        raise BadInput("转交须写明理由")
    with call.house.database.transaction() as db:
        take_chain(db)  # whoever decides meanwhile waits for this, or this for them
        now = card_of(db, card.alert.id, call.reach)
        if now is None or now.alert.state not in (AlertState.OPEN, AlertState.WATCHED):
            raise NotAllowed("已处理的预警不能转交")
        hand_over(db, card.site.id or 0, region)
        moved = f"{card.site.region} → {region}：{reason}"
        call.note(db, "alert.transfer", f"alert:{card.alert.id}", card.alert.region, moved)
        call.note(db, "alert.receive", f"alert:{card.alert.id}", region, moved)
    said = call.console.say(
        "{name} 已转交{region}。", name=name_of(card.site), region=region_name(region)
    )
    return call.go(call.back("/today"), Notice(text=said))


def undo(call: Call) -> Response:
    """撤回, one's own, within ten minutes. A task that nobody outside has heard of goes with it."""
    card = _card(call)
    take_back(call.house.database, card.alert.id, call.actor, call.now, call.console.desk())
    said = call.console.say("已撤回，{name} 回到待核实。", name=name_of(card.site))
    return call.go(f"/today?case={card.case.id}", Notice(text=said))


def reopen(call: Call) -> Response:
    """重新打开, with a reason; for the supervisor."""
    card = _card(call)
    reason = call.field("reason")
    if not reason:
        raise BadInput("重新打开须写明理由")
    reopen_alert(
        call.house.database, card.alert.id, call.actor, call.now, call.console.desk(), reason
    )
    said = call.console.say("{name} 回到待核实。", name=name_of(card.site))
    return call.go(f"/alerts/{card.alert.id}", Notice(text=said))


def may_undo(last: Decided, call: Call) -> bool:
    """Whether a decision is one's own and fresh."""
    return may_take_back(last.decision, own=last.actor == call.actor, age=call.now - last.at)


ROUTES = (
    post("/alerts/bulk", bulk, DECIDERS),
    post("/alerts/{id}/confirm", confirm, DECIDERS),
    post("/alerts/{id}/family", confirm_family, DECIDERS),
    post("/alerts/{id}/dismiss", dismiss, DECIDERS),
    post("/alerts/{id}/watch", watch, DECIDERS),
    post("/alerts/{id}/merge", merge, DECIDERS),
    post("/alerts/{id}/transfer", give_away, DECIDERS),
    post("/alerts/{id}/undo", undo, DECIDERS),
    post("/alerts/{id}/reopen", reopen, SUPERVISORS),
)


def card_here(call: Call, alert_id: int) -> Card:
    """An alert within reach; one elsewhere does not exist, and the attempt is noted."""
    with call.house.database.reading() as db:
        card = card_of(db, alert_id, call.reach)
    if card is None:
        with call.house.database.transaction() as db:
            call.note(db, "console.miss", f"alert:{alert_id}", call.user.region)
        raise Missing
    return card


def _card(call: Call) -> Card:
    return card_here(call, call.number("id"))


def _confirmed(call: Call, card: Card, reason: str) -> Notice:
    task = confirm_alert(
        call.house.database, card.alert.id, call.actor, call.now, call.console.desk(), reason,
        edited=_edited(call),
    )  # fmt: skip
    waits = task.state is TaskState.DRAFTED
    told = "待主管审核后派发" if waits else "已派发"
    said = call.console.say(
        "{name} 已确认，任务 {task}，{told}。",
        name=name_of(card.site),
        task=task.number,
        told=call.console.say(told),
    )
    undo_path = f"/alerts/{card.alert.id}/undo" if waits else ""
    return Notice(text=said, link=f"/tasks/{task.id}", undo=undo_path)


def _stands_on_sound_evidence(call: Call, card: Card) -> None:
    with call.house.database.reading() as db:
        captures = captures_of_visit(db, card.alert.visit_id)
        faults = list(broken_records(db, call.house.evidence, captures))
    if faults:
        raise NotAllowed(f"证据与登记的摘要不一致，确认已停用：{faults[0]}")


def _edited(call: Call) -> Edit | None:
    """What the form changed of the rule's task; None where it was left alone."""
    if call.field("edited") != "yes":
        return None
    names = call.console.desk().departments.names
    lead = department_coded(call.field("lead", 40), names)
    others = [department_coded(one, names) for one in call.fields("cooperating", 20)]
    title, summary = call.field("title", 200), call.field("summary", 300)
    if not title:
        raise BadInput("任务要有标题")

    def edit(task: SupervisionTask) -> SupervisionTask:
        written = {one.code: one for one in (task.lead, *task.cooperating)}
        leads = written.get(lead.code, lead)
        helping = tuple(written.get(one.code, one) for one in others if one.code != lead.code)
        changed = (leads, helping) != (task.lead, task.cooperating)
        other = replace(
            task,
            lead=leads,
            cooperating=helping,
            title=title,
            summary=summary or task.summary,
            rule=reassigned(task.rule, call.actor) if changed else task.rule,
        )
        partners = [one for one in helping if one.code in task.joint]
        return other if len(partners) == len(task.joint) else joined(other, partners)

    return edit


def _reason(call: Call) -> str:
    chosen, own = call.field("reason", 200), call.field("other")
    if len(own) > LONGEST_REASON:
        raise BadInput(f"理由最多 {LONGEST_REASON} 个字，现有 {len(own)} 个")
    reason = own if chosen in ("", "其他") else "：".join(one for one in (chosen, own) if one)
    if not reason.strip():
        raise BadInput("误报须写明理由")
    return reason


def _decided(call: Call, card: Card, decision: Decision, act: Callable[[], Notice]) -> Response:
    """Do it, or say who was quicker. The same decision of the same person again is the same."""
    otherwise = f"/alerts/{card.alert.id}"
    try:
        notice = act()
    except NotAllowed as refusal:
        with call.house.database.reading() as db:
            last = next(iter(decisions_on_site(db, card.site.id, 1)), None)
        return call.go(otherwise, _too_late(call, card, last, decision, refusal))
    return call.go(call.back("/today"), notice)


def _too_late(
    call: Call, card: Card, last: Decided | None, decision: Decision, refusal: NotAllowed
) -> Notice:
    if last is None or last.alert_id != card.alert.id:
        return Notice(text=str(refusal), bad=True)
    if last.actor == call.actor and last.decision is decision:
        return Notice(text=call.console.say("这一步已经记录过了，没有重复。"))
    with call.house.database.reading() as db:
        now = card_of(db, card.alert.id, call.reach)
    state = ALERT_STATE_NAMES[now.alert.state] if now else ""
    said = call.console.say(
        "{who} 已先处理了这一条，现为“{state}”。你的选择没有记录。",
        who=last.who,
        state=call.console.say(state),
    )
    return Notice(text=said, bad=True)
