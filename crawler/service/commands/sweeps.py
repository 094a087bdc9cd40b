"""`sweep`: import a list if given one, then visit, judge, warn; the sum adds up at the end."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput, WatchError
from crawler.domain.site import Sweep, SweepState, VisitState
from crawler.service.catalogue import Catalogue
from crawler.service.commands.alerts import show_open_alerts
from crawler.service.commands.lists import show_report
from crawler.service.doors import INTERRUPTED, Door, now
from crawler.service.finishing import finish_sweep
from crawler.service.forecasting import account_line
from crawler.service.holding import held
from crawler.service.importing import import_file
from crawler.service.logbook import logs_aside
from crawler.service.showing import as_json, complain, progress, say, table, warn
from crawler.service.summing import Summary, summary_of
from crawler.service.sweep_building import sweeping_for
from crawler.service.wiring import House
from crawler.store.efforts import accounts_of
from crawler.store.visits import (
    due_sites,
    every_site,
    named_sites,
    start_sweep,
    unfinished_sweep,
    waiting_count,
)


def sweep(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(metavar="[LIST]", help="先导入这份名单")] = None,
    all_: Annotated[bool, typer.Option("--all", help="全部网站")] = False,
    due: Annotated[bool, typer.Option("--due", help="到期的网站（默认）")] = False,
    site: Annotated[list[str] | None, typer.Option(help="只巡查这个域名，可重复")] = None,
    source: Annotated[str, typer.Option(help="名单来源")] = "备案系统",
    part: Annotated[bool, typer.Option("--part", help="名单只是一部分，未列出的不算消失")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="大量网站从名单消失也照样导入")] = False,
    render: Annotated[bool, typer.Option(help="由浏览器查看并截图")] = True,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """巡查网站首页；中断后同样的命令会接着做完。例：xunwang sweep 备案导出.xlsx"""
    door: Door = context.obj
    with door.opened() as (house, words), held(house.home, "sweep"):
        if path is not None:
            report = import_file(
                house,
                path,
                source=source,
                actor=door.actor,
                at=now(),
                whole=not part,
                rehearse=False,
                may_shrink=yes,
            )
            if not json:
                show_report(report, words, rehearsed=False)
        selection = _selection(all_ or path is not None, due, site or [])
        began = now()
        chosen = _sweep_of(house, selection, door.actor, began, words, render=render)
        state = run_sweep(house, chosen, words)
        finish_sweep(house, chosen.id, state, now)
        summary = summary_of(house, chosen.id)
        _show(house, summary, words, chosen.started_at, json=json)
    if state is not SweepState.FINISHED:
        raise typer.Exit(INTERRUPTED)


def _selection(everything: bool, due: bool, domains: list[str]) -> str:
    if everything + due + bool(domains) > 1:
        raise BadInput("--all、--due、--site 只能选一个")
    if domains:
        return "site:" + ",".join(sorted(domains))
    return "all" if everything else "due"


def _sweep_of(
    house: House, selection: str, actor: str, at: datetime, words: Catalogue, *, render: bool
) -> Sweep:
    """The unfinished sweep of this selection, else a new one."""
    with house.database.transaction() as db:
        if earlier := unfinished_sweep(db, selection):
            counts = waiting_count(db, earlier.id)
            left = sum(counts.values()) - counts[VisitState.CLOSED]
            warn(words.say("sweep.going_on", id=earlier.id, left=left))
            return earlier
        kind, _, names = selection.partition(":")
        wanted = {"all": every_site(), "due": due_sites(at)}.get(kind)
        sweep = start_sweep(
            db,
            selection,
            named_sites(names.split(",")) if wanted is None else wanted,
            now=at,
            actor=actor,
            region=house.config.region,
            render=render,
        )
        if not sweep.sites:
            raise BadInput(words.say("sweep.nothing"))
    warn(words.say("sweep.started", id=sweep.id, sites=sweep.sites))
    return sweep


def run_sweep(house: House, sweep: Sweep, words: Catalogue) -> SweepState:
    """Run one to its end, or until it is told to stop, with a bar on the terminal."""
    with logs_aside(house.home) as aside, progress() as bars:
        fetching = bars.add_task(words.say("sweep.fetching"), total=sweep.sites)
        closing = bars.add_task(words.say("sweep.reading"), total=sweep.sites)

        def on_progress(counts: Counter[VisitState]) -> None:
            unfetched = counts[VisitState.WAITING] + counts[VisitState.PATIENT]
            bars.update(fetching, completed=sweep.sites - unfetched)
            bars.update(closing, completed=counts[VisitState.CLOSED])

        aloud = replace(house, errors=aside.children)
        state = asyncio.run(_sweep(aloud, sweep, words, on_progress))
    if aside.troubles:
        warn(words.say("sweep.troubles", count=aside.troubles, file=aside.file))
    return state


async def _sweep(
    house: House,
    sweep: Sweep,
    words: Catalogue,
    on_progress: Callable[[Counter[VisitState]], None],
) -> SweepState:
    sweeping = sweeping_for(house, sweep, words, on_progress, warn)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sweeping.stop)
    state = await sweeping.run()
    if sweeping.gave_up and state is not SweepState.FINISHED:
        raise WatchError(words.say("sweep.gave_up", id=sweep.id, folder=house.home / "logs"))
    return state


def _show(house: House, summary: Summary, words: Catalogue, since: datetime, *, json: bool) -> None:
    if json:
        as_json(summary)
        return
    rows = [[words.name("outcome", name), str(n)] for name, n in summary.outcomes.items()]
    rows.append([words.say("sweep.total"), str(summary.sites)])
    table(words.say("sweep.table"), (words.say("sweep.outcome"), words.say("sweep.sites")), rows)
    parts = " + ".join(f"{words.name('outcome', k)} {n}" for k, n in summary.outcomes.items())
    say(words.say("sweep.adds_up", sites=summary.sites, parts=parts))
    with house.database.reading() as db:
        account = accounts_of(db, [summary.sweep]).get(summary.sweep)
    if account is not None:
        say(account_line(account))
    if summary.unpictured:
        say(words.say("sweep.unpictured", count=summary.unpictured))
    if summary.unrendered:
        warn(words.say("sweep.unrendered", count=summary.unrendered))
    if summary.left:
        complain(words.say("sweep.stopped", left=summary.left))
    show_open_alerts(house, words, since=since)
