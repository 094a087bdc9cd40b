"""名单: which filing lists were taken, what each refused and changed; and a new one, rehearsed
before anything is written.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from crawler.domain.errors import BadInput
from crawler.domain.filing import Change, Filing, SubjectKind, shown_unit_name
from crawler.service.catalogue import catalogue
from crawler.service.console.access import LOOKERS, OPERATORS, get, post
from crawler.service.console.calls import Call, Missing, Refused, whole_number
from crawler.service.console.keeping import Notice
from crawler.service.importing import Shrunk
from crawler.service.rehearsing import FIRST, HOLDS, KINDS, Handed, drop, held_of, rehearse, take
from crawler.store.dockings import WAITING, all_docked
from crawler.store.lists import Changed, changed_by, known_sources, newest_lists
from crawler.store.platform_views import change_counts, refusals_after

MOST_BYTES = 64 * 1024 * 1024
PAGE, PREVIEW = "/lists", "/lists/preview"
MOST_LISTS, MOST_ROWS = 50, 100
_FIGURE_S = 3_600  # a list stays as it is; to count 400,000 changes takes 0.3 s
CHANGE_NAMES: Mapping[str, str] = catalogue("zh").words["change"]
_FACTS = {
    "unit_name": "主体",
    "nature": "主体性质",
    "main_licence": "主体备案号",
    "service_licence": "网站备案号",
    "site_name": "网站名称",
    "home_url": "首页网址",
    "domains": "域名",
    "approved_on": "审核通过",
    "restricted": "限制接入",
    "pre_approval": "前置审批",
    "uscc": "统一社会信用代码",
    "address": "住所",
}
_OF_PERSONS = frozenset({"uscc", "address"})  # that it changed is told, not what it says


def show(call: Call) -> Response:
    """The history, and the form."""
    before = whole_number(call.query.get("before", "")) or 0
    ops = call.may(OPERATORS)
    with call.house.database.reading() as db:
        rows = newest_lists(db, call.reach, MOST_LISTS + 1, before=before)
        sources = known_sources(db) if ops else []
        waiting = [one for one in all_docked(db) if one.state == WAITING] if ops else []
    return call.page(
        "lists.html",
        rows=rows[:MOST_LISTS],
        older=rows[MOST_LISTS - 1].id if len(rows) > MOST_LISTS else 0,
        newest=not before,
        may_import=ops and call.sees_all,
        is_ops=ops,
        held=held_of(call.house, call.user.id, call.now) if ops else None,
        sources=sources,
        source=call.house.config.ops.list_source,
        most_mib=MOST_BYTES >> 20,
        minutes=_minutes(),
        waiting=len([one for one in waiting if one.region.startswith(call.reach)]),
    )


def show_one(call: Call) -> Response:
    """One list: its difference to the one before, as far as one's region goes, and its refusals."""
    number = call.number("id")
    asked = call.query.get("change", "")
    with call.house.database.reading() as db:
        one = next(iter(newest_lists(db, call.reach, 1, only=number)), None) if number else None
        if one is None:
            raise Missing
        counts = call.console.keeping.figure(
            ("list", number, call.reach), call.now, _FIGURE_S,
            lambda: change_counts(db, number, call.reach),
        )  # fmt: skip
        first = next((kind for kind in KINDS if counts.get(kind)), Change.NEW)
        kind = Change(asked) if asked in KINDS else first
        rows = changed_by(
            db, number, kind, MOST_ROWS + 1, reach=call.reach, after=_after(call, "after")
        )
        mine = one.region.startswith(call.reach)
        refused = refusals_after(db, number, _after(call, "refused"), MOST_ROWS + 1) if mine else []
    return call.page(
        "list.html",
        one=one,
        mine=mine,
        counts={kind: counts.get(kind, 0) for kind in KINDS},
        names=CHANGE_NAMES,
        kind=kind,
        changed=[_line(row) for row in rows[:MOST_ROWS]],
        more=rows[MOST_ROWS - 1].id if len(rows) > MOST_ROWS else 0,
        refused=refused[:MOST_ROWS],
        more_refused=refused[MOST_ROWS - 1].id if len(refused) > MOST_ROWS else 0,
        begun=bool(_after(call, "after") or _after(call, "refused")),
    )


def preview(call: Call) -> Response:
    """What would become of the list that this person handed over."""
    held = held_of(call.house, call.user.id, call.now)
    if held is None:
        said = call.console.say("没有等待导入的预览：留 {n} 分钟，过期请重新上传", n=_minutes())
        return call.go(PAGE, Notice(text=said, bad=True))
    changes = held.said.report.changes
    return call.page(
        "list_preview.html",
        held=held,
        report=held.said.report,
        counts={kind: changes.get(kind, 0) for kind in KINDS},
        unchanged=changes.get(Change.UNCHANGED, 0),
        names=CHANGE_NAMES,
        changed=[_line(row) for row in held.said.changed],
        first=FIRST,
        until=held.said.at + HOLDS,
    )


def hand_over(call: Call) -> Response:
    """A file in; nothing is written but the preview."""
    upload = call.upload("file")
    if upload is None or not upload.filename:
        raise BadInput(call.console.say("请选择名单文件"))
    _check_reach(call)
    handed = Handed(name=_name_of(upload), source=_source(call), whole=call.field("part") != "yes")
    with call.console.keeping.reading(call.user.id) as tell:
        rehearse(
            call.house, upload.file, handed, call.user.id, call.actor, call.now, tell=tell
        )  # fmt: skip
    return call.go(PREVIEW)


def accept(call: Call) -> Response:
    """Take the list of the preview, and no other."""
    key = call.field("key", 64)
    may_shrink = call.field("shrinks") == "yes"
    if key:
        _check_reach(call)
    try:
        with call.console.keeping.reading(call.user.id) as tell:
            report = take(
                call.house, call.user.id, key, call.actor, call.now, may_shrink=may_shrink,
                tell=tell,
            )  # fmt: skip
    except Shrunk as shrunk:
        how = call.console.say("确属如此请在预览页勾选后再导入")
        raise BadInput(f"{shrunk.loss}；{how}") from None
    said = call.console.say(
        "已导入：{rows} 行 = 采用 {accepted} + 合并 {merged} + 拒绝 {refused}",
        rows=report.rows,
        accepted=report.accepted,
        merged=report.merged,
        refused=report.refused,
    )
    return call.go(f"{PAGE}/{report.list_id}", Notice(text=said))


def progress(call: Call) -> Response:
    """How far the list is that this person waits for: a part of the page that sent it."""
    known = call.console.keeping.read_of(call.user.id)
    if known is None:
        return Response(status_code=204)
    page = call.console.templates.get_template("list_progress.html")
    return HTMLResponse(page.render(read=known[0], there=known[1]))


def discard(call: Call) -> Response:
    """Forget the preview and its file."""
    drop(call.house, call.user.id)
    return call.go(PAGE, Notice(text=call.console.say("预览已丢弃，什么也没有导入")))


ROUTES = (
    get(PAGE, show, LOOKERS),
    post(PAGE, hand_over, OPERATORS, most_bytes=MOST_BYTES),
    get(PREVIEW, preview, OPERATORS),
    get(f"{PAGE}/progress", progress, OPERATORS),
    post(f"{PREVIEW}/take", accept, OPERATORS),
    post(f"{PREVIEW}/drop", discard, OPERATORS),
    get(f"{PAGE}/{{id}}", show_one, LOOKERS),
)


def _check_reach(call: Call) -> None:
    """A list may name sites of the whole house, and retire them."""
    if not call.sees_all:
        raise Refused(call.console.say("你的辖区小于本系统的辖区，不能导入名单。"))


def _minutes() -> int:
    return int(HOLDS.total_seconds() // 60)


def _after(call: Call, name: str) -> int:
    return whole_number(call.query.get(name, "")) or 0


def _name_of(upload: UploadFile) -> str:
    return (upload.filename or "").replace("\\", "/").rpartition("/")[2][:200]


def _source(call: Call) -> str:
    source = " ".join(call.field("source", 101).split())
    if not 1 <= len(source) <= 100:
        raise BadInput(call.console.say("来源须为 1 至 100 个字"))
    return source


def _line(one: Changed) -> dict[str, Any]:
    """One change as it is read: whose site, and what is now written otherwise."""
    now, was = one.after or one.before, one.before
    moved = one.change is Change.TRANSFERRED  # from whom to whom stands beside it
    told = []
    if one.before and one.after:
        told = [
            _told(name, one.before, one.after)
            for name in _FACTS
            if _differs(name, one) and not (moved and name == "unit_name")
        ]
    return {
        "change": one.change,
        "domain": one.domain,
        "unit": _unit(now),
        "was": _unit(was) if moved else "",
        "licence": now.service_licence if now else "",
        "told": told,
    }


def _differs(name: str, one: Changed) -> bool:
    return bool(getattr(one.before, name) != getattr(one.after, name))


def _told(name: str, before: Filing, after: Filing) -> tuple[str, str, str]:
    if name == "unit_name":
        return _FACTS[name], _unit(before), _unit(after)
    if name in _OF_PERSONS and SubjectKind.PERSON in (before.subject_kind, after.subject_kind):
        return _FACTS[name], "*", "*"
    return _FACTS[name], _written(getattr(before, name)), _written(getattr(after, name))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(value) or "—"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value else "—"


def _unit(filing: Filing | None) -> str:
    return shown_unit_name(filing.unit_name, filing.subject_kind) if filing else ""
