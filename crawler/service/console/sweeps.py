"""巡查: when sweeps start by themselves, what they saw and did not, who is due and why, and what
needs a person of operations.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from crawler.domain.certificate import Certificate
from crawler.domain.errors import BadInput
from crawler.domain.pace import LEVER_NAMES
from crawler.domain.rhythm import DUE_NAMES
from crawler.domain.schedule import (
    FIRING_NAMES,
    GOING,
    STATE_NAMES,
    Schedule,
    ScheduleState,
    selection_name,
)
from crawler.service.certifying import as_file
from crawler.service.console.access import LOOKERS, OPERATORS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.service.docking import decide
from crawler.service.forecasting import FAR_DAYS, GROWTH_DAYS, foretold, room_of
from crawler.service.holding import holder_of
from crawler.service.planning import names_in, plan
from crawler.service.scheduler import next_fires
from crawler.store.certificates import certificate_of, latest_certificates
from crawler.store.database import Connection
from crawler.store.dockings import all_docked, docked_like
from crawler.store.efforts import accounts_of
from crawler.store.notices import open_notices
from crawler.store.paces import latest_steps
from crawler.store.rhythms import due_by
from crawler.store.schedules import (
    all_schedules,
    ask_run,
    ask_stop,
    change_state,
    schedule_by_id,
)
from crawler.store.sweep_lists import LastFiring, latest_firings, latest_sweeps
from crawler.store.visits import sweep_of

PAGE = "/sweeps"
MOST_STEPS = 50
_STATES = {
    "pause": ScheduleState.PAUSED,
    "resume": ScheduleState.ACTIVE,
    "remove": ScheduleState.REMOVED,
}


def show(call: Call) -> Response:
    """All of it on one page."""
    ops = call.may(OPERATORS)
    with call.house.database.reading() as db:
        plans = all_schedules(db, call.reach)
        last = latest_firings(db, [one.id for one in plans])
        due_now, due_week = due_by(db, (call.now, call.now + timedelta(days=7)), call.reach)
        effort, measured = foretold(db, sum(due_now.values()))
        facts: dict[str, Any] = {
            "plans": [_plan(one, last.get(one.id), call.now) for one in plans],
            "sweeps": latest_sweeps(db, call.reach),
            "room": room_of(call.house, db, call.now) if ops else None,
            "certificates": [_proof(one) for one in latest_certificates(db, call.reach, 12)],
            "due_now": due_now,
            "due_week": due_week,
            "troubles": open_notices(db) if ops else [],
            "lists": [one for one in all_docked(db) if one.state == "waiting"] if ops else [],
        }
    return call.page(
        "sweeps.html",
        effort=effort,
        growth_days=GROWTH_DAYS,
        far_days=FAR_DAYS,
        minutes=max(1, round(effort.seconds / 60)),
        measured=measured,
        served="serve" in holder_of(call.house.home),
        may_change=ops,
        due_names=DUE_NAMES,
        firing_names=FIRING_NAMES,
        state_names=STATE_NAMES,
        called=selection_name,
        **facts,
    )


def show_one(call: Call) -> Response:
    """One sweep: what it was foreseen to take, what it took, how it adjusted itself."""
    number = call.number("id")
    with call.house.database.reading() as db:
        try:
            one = sweep_of(db, number)
        except BadInput:
            raise Missing from None
        account = accounts_of(db, [number]).get(number)
        steps = latest_steps(db, number, limit=MOST_STEPS)
    if not one.region.startswith(call.reach):
        raise Missing
    facts: dict[str, Any] = {"one": one, "account": account, "steps": steps}
    return call.page("sweep.html", lever_names=LEVER_NAMES, called=selection_name, **facts)


def add(call: Call) -> Response:
    """A new schedule."""
    kind = call.field("kind", 10)
    rest = call.field("rest", 20)
    wanted = Schedule(
        name=call.field("name", 60),
        cron=call.field("cron", 100),
        selection=f"{kind}:{rest}" if kind in ("list", "sample") else kind,
        quiet=call.field("quiet", 20),
        officers=names_in(call.field("officers", 500)),
        region=call.user.region if call.user.reach else call.house.config.region,
        actor=call.actor,
    )
    made = plan(call.house, wanted, call.now)
    return call.go(PAGE, Notice(text=call.console.say("计划“{name}”已建立", name=made.name)))


def change(call: Call) -> Response:
    """Run, stop, pause, resume or remove one."""
    what = str(call.parts.get("what", ""))
    with call.house.database.transaction() as db:
        one = _mine(call, db)
        said = _changed(call, db, one, what)
    return call.go(PAGE, Notice(text=said))


def carry(call: Call) -> Response:
    """A certificate as a file."""
    with call.house.database.reading() as db:
        try:
            one = certificate_of(db, call.number("id"))
        except BadInput:
            raise Missing from None
    if not one.region.startswith(call.reach):
        raise Missing
    name = f"coverage-{one.kind}-{one.of}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(as_file(one), media_type="application/json", headers=headers)


def dock(call: Call) -> Response:
    """A person's word about a list that came by itself and waits."""
    with call.house.database.reading() as db:
        one = docked_like(db, call.field("digest", 64))
    if not one.region.startswith(call.reach):
        raise Missing
    made = decide(call.house, one, call.actor, call.now, accept=call.field("accept") == "yes")
    said = call.console.say("名单已采用") if made.list_id else call.console.say("名单不予采用")
    return call.go(PAGE, Notice(text=said))


def _changed(call: Call, db: Connection, one: Schedule, what: str) -> str:
    if what == "run":
        ask_run(db, one, call.actor, call.now)
        return call.console.say("计划“{name}”已排队，几秒内开始", name=one.name)
    if what == "stop":
        if not ask_stop(db, one, call.actor, call.now):
            raise BadInput(call.console.say("没有正在进行或等待的巡查"))
        return call.console.say("计划“{name}”已请求停止，已采集的保留", name=one.name)
    if what not in _STATES:
        raise Missing
    made = change_state(db, one.name, _STATES[what], call.actor, call.now)
    state = call.console.say(STATE_NAMES[made.state])
    return call.console.say("计划“{name}”：{state}", name=one.name, state=state)


def _mine(call: Call, db: Connection) -> Schedule:
    one = next((s for s in all_schedules(db, call.reach) if s.id == call.number("id")), None)
    if one is None:
        raise Missing
    return schedule_by_id(db, one.id)


def _plan(one: Schedule, last: LastFiring | None, now: datetime) -> dict[str, Any]:
    coming = next_fires(one, now) if one.state is ScheduleState.ACTIVE else []
    going = last is not None and last.state in GOING
    return {"of": one, "next": coming[0] if coming else None, "last": last, "going": going}


def _proof(one: Certificate) -> dict[str, Any]:
    return {"id": one.id, "kind": one.kind, "of": one.of, "at": one.at} | {
        "said": json.loads(one.body)
    }


ROUTES = (
    get(PAGE, show, LOOKERS),
    post(PAGE, add, OPERATORS),
    post(f"{PAGE}/lists", dock, OPERATORS),
    get(f"{PAGE}/{{id}}", show_one, LOOKERS),
    get(f"{PAGE}/certificates/{{id}}", carry, LOOKERS),
    post(f"{PAGE}/{{id}}/{{what}}", change, OPERATORS),
)
