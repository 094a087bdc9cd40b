"""名录: which registers are loaded and how old they are, what they say of one subject, and the
exceptions that a person proposes and another approves.
"""

import shutil
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from alerts.excepting import Wish, approve_exemption, end_exemption, propose
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.exception import SCOPE_NAMES, ExemptionState, state_of
from crawler.domain.filing import shown_unit_name
from crawler.domain.subject import (
    CREDIT_NAMES,
    REGISTER_NAMES,
    Register,
    proposed_class,
    usable_uscc,
)
from crawler.domain.user import reach_of
from crawler.service.console.access import (
    DECIDERS,
    LOOKERS,
    OPERATORS,
    READERS,
    SUPERVISORS,
    get,
    post,
)
from crawler.service.console.assigning import masked_lines
from crawler.service.console.calls import Call, Refused, whole_number
from crawler.service.console.keeping import Notice
from crawler.service.registering import Handed, take_back, take_register
from crawler.service.standing import day_from, told_lists
from crawler.store.exceptions import list_exemptions
from crawler.store.sites import site_of_domain
from crawler.store.subjects import (
    count_listed,
    list_registers,
    outcomes_of,
    standing_of,
)

MOST_BYTES = 32 * 1024 * 1024
_DAYS = 180


def show(call: Call) -> Response:
    """The registers, and what they say of the subject asked for."""
    asked = call.query.get("q", "").strip()[:200]
    with call.house.database.reading() as db:
        rows = [row for row in list_registers(db) if _sees(call, row.region)]
        counts = count_listed(db)
    return call.page(
        "registers.html",
        asked=asked,
        answer=_answer(call, asked) if asked else None,
        lists=told_lists(rows, _today(call)),
        counts={REGISTER_NAMES[one]: count for one, count in counts.items()},
        kinds=REGISTER_NAMES,
        today=_today(call),
        may_load=call.may(OPERATORS),
        may_decide=call.may(DECIDERS),
    )


def load(call: Call) -> Response:
    """A register file in; whole lists replace their source's last."""
    upload = call.upload("file")
    if upload is None or not upload.filename:
        raise BadInput("请选择名录文件")
    _check_holds(call)
    with closing(upload.file), TemporaryDirectory(dir=call.house.run) as folder:
        handed = Handed(
            path=_kept(upload, Path(folder)),
            register=_register(call),
            source=call.field("source", 100),
            as_of=day_from(call.field("as_of", 10)),
            whole=call.field("part") != "yes",
            shrinks=call.field("shrinks") == "yes",
            name=upload.filename[:200],
        )
        report, changed = take_register(call.house, handed, call.actor, call.now)
    said = call.console.say(
        "{rows} 行 = 采用 {accepted} + 合并 {merged} + 拒绝 {refused}；{changed} 个网站须重新研判",
        rows=report.rows,
        accepted=report.accepted,
        merged=report.merged,
        refused=report.refused,
        changed=changed,
    )
    refused = [
        Notice(
            text=call.console.say(
                "第 {row} 行 {column}：{value}，{reason}",
                row=one.row,
                column=one.column,
                value=one.value,
                reason=one.reason,
            )
        )
        for one in report.refusals[:5]
    ]
    return call.go("/registers", Notice(text=said), *refused)


def drop(call: Call) -> Response:
    """A source's lines out of a register."""
    register, source = _register(call), call.field("source", 200)
    _check_holds(call)
    gone, changed = take_back(
        call.house, register, source, call.field("reason", 500), call.actor, call.now
    )
    said = call.console.say(
        "已撤下“{source}”的 {gone} 条，{changed} 个网站的核对结果改变",
        source=source, gone=gone, changed=changed,
    )  # fmt: skip
    return call.go("/registers", Notice(text=said))


def _check_holds(call: Call) -> None:
    """A register speaks of the subjects of all of this installation."""
    if not call.sees_all:
        raise Refused(call.console.say("你的辖区小于本系统的辖区，不能改动名录。"))


def exceptions(call: Call) -> Response:
    """What is excepted now, what waits, what has ended."""
    ended = call.query.get("ended") == "yes"
    states = () if ended else (ExemptionState.PROPOSED, ExemptionState.IN_FORCE)
    with call.house.database.reading() as db:
        found = list_exemptions(db, call.now, states=states, region=call.reach)
    return call.page(
        "exceptions.html",
        found=[(one, state_of(one, call.now)) for one in found],
        ended=ended,
        scopes=SCOPE_NAMES,
        States=ExemptionState,
        may_decide=call.may(DECIDERS),
        may_approve=call.may(SUPERVISORS),
        domain=call.query.get("site", "")[:253],
        days=_DAYS,
    )


def add_exception(call: Call) -> Response:
    """A proposal; somebody else has to approve it."""
    wish = Wish(
        domain=call.field("site", 253),
        subject=call.field("subject", 500),
        term=call.field("term", 100),
        reason=call.field("reason", 1_000),
        days=whole_number(call.field("days", 4)) or 0,
    )
    made = propose(call.house.database, wish, call.actor, call.now, call.reach)
    said = call.console.say("例外 {id} 已提出，待另一人批准。", id=made.id)
    return call.go("/registers/exceptions", Notice(text=said))


def approve(call: Call) -> Response:
    """The second person's yes."""
    made = approve_exemption(
        call.house.database, call.number("id"), call.actor, call.now, call.reach
    )
    said = call.console.say(
        "例外 {id} 已批准，至 {day} 有效。", id=made.id, day=_day(call, made.expires_at)
    )
    return call.go("/registers/exceptions", Notice(text=said))


def end(call: Call) -> Response:
    """Over."""
    because = call.field("reason", 1_000)
    made = end_exemption(
        call.house.database, call.number("id"), call.actor, call.now, because, call.reach
    )
    said = call.console.say("例外 {id} 已终止。", id=made.id)
    return call.go("/registers/exceptions", Notice(text=said))


ROUTES = (
    get("/registers", show, LOOKERS),
    post("/registers", load, OPERATORS, most_bytes=MOST_BYTES),
    post("/registers/drop", drop, OPERATORS),
    get("/registers/exceptions", exceptions, READERS),
    post("/registers/exceptions", add_exception, DECIDERS),
    post("/registers/exceptions/{id}/approve", approve, SUPERVISORS),
    post("/registers/exceptions/{id}/end", end, DECIDERS),
)


def _answer(call: Call, asked: str) -> dict[str, Any]:
    """What the registers say of a name, a code, or the subject of a site."""
    with call.house.database.reading() as db:
        site = site_of_domain(db, asked.lower())
        if site is not None and not site.region.startswith(call.reach):
            site = None
        code = site.uscc if site else usable_uscc(asked)
        name = site.unit_name if site else ("" if code else asked)
        standing = standing_of(db, name, code, asked.lower())
        proposal = proposed_class(outcomes_of(db, name)) if name else None
    found = [(one, shown_unit_name(one.name, one.kind)) for one in standing.found]
    return {
        "shown": shown_unit_name(name, site.subject_kind) if site else asked,
        "lines": masked_lines(standing),
        "found": found,
        "proposal": proposal,
        "proposed": CREDIT_NAMES[proposal.credit] if proposal else "",
    }


def _sees(call: Call, region: str) -> bool:
    """One's own lists, and those of the city above one."""
    return region.startswith(call.reach) or call.reach.startswith(reach_of(region or "000000"))


def _kept(upload: UploadFile, folder: Path) -> Path:
    path = folder / "register"
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)
    return path


def _register(call: Call) -> Register:
    try:
        return Register(call.field("kind", 20))
    except ValueError:
        raise BadInput("没有这种名录") from None


def _today(call: Call) -> date:
    return call.now.astimezone(CHINA).date()


def _day(call: Call, at: Any) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d}"
