"""`leads`: 举报线索 by hand or as a file, visited at once, answered."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.domain.errors import BadInput, TryLater
from crawler.domain.filing import Refusal
from crawler.domain.lead import LEAD_STATE_NAMES, Lead
from crawler.domain.site import SweepState
from crawler.reading.lead_list import moment_of, place_of, read_leads
from crawler.service.catalogue import Catalogue
from crawler.service.commands.lists import SHOWN
from crawler.service.commands.sweeps import run_sweep
from crawler.service.doors import INTERRUPTED, Door, now
from crawler.service.finishing import finish_sweep
from crawler.service.holding import held
from crawler.service.importing import rules_of
from crawler.service.leading import Complaint, Standing, answer_lead, standings_of, take_lead
from crawler.service.showing import as_json, say, table, warn
from crawler.service.wiring import House
from crawler.store.leads import lead_of, list_leads, mark_visited
from crawler.store.visits import named_sites, start_sweep

NOTHING_TAKEN = 2  # as any input that cannot be used


def leads(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="[list|add|import|answer]", help="做什么")
    ] = "list",
    given: Annotated[
        str, typer.Argument(metavar="[URL|FILE|N]", help="网址、线索文件或线索编号")
    ] = "",
    channel: Annotated[str, typer.Option(help="渠道：12345、来信、来访…")] = "",
    words: Annotated[str, typer.Option(help="举报内容（留在系统内，不进证据包）")] = "",
    reporter: Annotated[str, typer.Option(help="举报人（受保护，不随证据包外传）")] = "",
    reference: Annotated[str, typer.Option(help="来件编号，同一渠道同一编号只收一次")] = "",
    told: Annotated[str, typer.Option(help="举报时间，如 2026-05-12 09:30")] = "",
    text: Annotated[str, typer.Option(help="答复的话；不写则按处理情况（answer）")] = "",
    visit: Annotated[bool, typer.Option(help="立即采集")] = True,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """举报线索：收下、立即采集、答复。例：xunwang leads add http://a.cn/ --channel 12345"""
    door: Door = context.obj
    with door.opened() as (house, catalogue):
        match what:
            case "list":
                _list(house, catalogue, json=json)
            case "add":
                complaint = Complaint(
                    place=place_of(given, rules_of(house)), channel=channel, words=words,
                    reporter=reporter, reference=reference, told_at=moment_of(told),
                )  # fmt: skip
                taken = [_taken(house, catalogue, complaint, door.actor)[0]]
                _visit(house, catalogue, taken, door.actor, wanted=visit, json=json)
            case "import":
                taken = _import(house, catalogue, Path(given), channel, door.actor, json=json)
                _visit(house, catalogue, taken, door.actor, wanted=visit, json=json)
                if not taken:
                    raise typer.Exit(NOTHING_TAKEN)
            case "answer":
                number = int(given) if given.isascii() and given.isdigit() else 0
                lead = answer_lead(house, number, text, door.actor, now())
                say(catalogue.say("leads.answered", id=lead.id, text=lead.answer))
            case _:
                raise BadInput("leads 之后应为 list、add、import 或 answer")


def _taken(house: House, words: Catalogue, given: Complaint, actor: str) -> tuple[Lead, bool]:
    lead, fresh = take_lead(house, given, actor, now())
    if not fresh:
        warn(words.say("leads.known", id=lead.id, reference=lead.reference))
    elif lead.joined:
        warn(words.say("leads.joined", id=lead.id, domain=lead.domain))
    else:
        warn(words.say("leads.taken", id=lead.id, domain=lead.domain))
    return lead, fresh


def _import(
    house: House, words: Catalogue, path: Path, channel: str, actor: str, *, json: bool
) -> list[Lead]:
    taken, refused, known = [], [], 0
    for row in read_leads(path, rules_of(house)):
        if isinstance(row, Refusal):
            refused.append((row.row, row.reason))
            continue
        complaint = Complaint(
            place=row.place, channel=row.channel or channel, words=row.words,
            reporter=row.reporter, reference=row.reference, told_at=row.told_at,
        )  # fmt: skip
        try:
            lead, fresh = _taken(house, words, complaint, actor)
            taken.append(lead)
            known += not fresh
        except BadInput as error:
            refused.append((row.row, str(error)))
    counts = {
        "told": len(taken) + len(refused), "taken": len(taken) - known, "known": known,
        "refused": len(refused),
    }  # fmt: skip
    (warn if json else say)(words.say("leads.counted", **counts))
    for number, reason in refused[:SHOWN]:
        warn(words.say("leads.refused", row=number, reason=reason))
    if len(refused) > SHOWN:
        warn(words.say("leads.more_refused", count=len(refused) - SHOWN))
    return taken


def _visit(
    house: House, words: Catalogue, taken: list[Lead], actor: str, *, wanted: bool, json: bool
) -> None:
    domains = sorted({one.domain for one in taken})
    if wanted and domains:
        try:
            with held(house.home, "sweep"):
                _sweep(house, words, domains, actor)
        except TryLater as busy:
            warn(words.say("leads.later", reason=str(busy)))
    with house.database.transaction() as db:
        mark_visited(db)
        found = [lead_of(db, one.id) for one in taken]
        standings = standings_of(db, [one for one in found if one is not None])
    if json:
        as_json([_told(one) for one in standings])
        return
    for one in standings:
        say(words.say("leads.stands", id=one.lead.id, domain=one.lead.domain, text=one.told))


def _sweep(house: House, words: Catalogue, domains: list[str], actor: str) -> None:
    with house.database.transaction() as db:
        sweep = start_sweep(
            db, "site:" + ",".join(domains), named_sites(domains), now=now(), actor=actor,
            region=house.config.region, render=True,
        )  # fmt: skip
    if not sweep.sites:
        return
    state = run_sweep(house, sweep, words)
    finish_sweep(house, sweep.id, state, now)
    if state is not SweepState.FINISHED:
        raise typer.Exit(INTERRUPTED)


def _list(house: House, words: Catalogue, *, json: bool) -> None:
    with house.database.transaction() as db:
        mark_visited(db)
        standings = standings_of(db, list_leads(db, limit=500))
    if json:
        as_json([_told(one) for one in standings])
        return
    names = ("id", "url", "channel", "state", "text")
    table(
        words.say("leads.title"),
        [words.say(f"leads.column_{name}") for name in names],
        [
            [
                str(one.lead.id),
                one.lead.url,
                one.lead.channel,
                LEAD_STATE_NAMES[one.lead.state],
                one.told,
            ]
            for one in standings
        ],
    )


def _told(one: Standing) -> dict[str, Any]:
    """For scripts; who told is not among it."""
    lead = one.lead
    return {
        "id": lead.id,
        "url": lead.url,
        "domain": lead.domain,
        "joined": lead.joined,
        "channel": lead.channel,
        "reference": lead.reference,
        "state": str(lead.state),
        "told": one.told,
        "alert": one.alert_id,
        "received_at": lead.received_at,
    }
