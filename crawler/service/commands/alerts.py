"""`alerts`, `confirm`, `dismiss`, `watch`: the review, from a terminal."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from alerts.reviewing import confirm as confirm_alert
from alerts.reviewing import dismiss as dismiss_alert
from alerts.reviewing import reopen as reopen_alert
from alerts.reviewing import watch as watch_alert
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Assessment, Side
from crawler.domain.capture import Capture, EvidenceKind
from crawler.domain.errors import BadInput
from crawler.domain.family import MARK_NAMES
from crawler.domain.site import Site
from crawler.fetching.fonts import find_chinese_font
from crawler.fetching.picture import with_banner
from crawler.service.catalogue import Catalogue
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.opening import open_kept
from crawler.service.showing import as_json, escape, level, out, say, table
from crawler.service.wiring import House
from crawler.store.alerts import alert_of, list_alerts
from crawler.store.assessments import assessment_of
from crawler.store.captures import captures_of_visit
from crawler.store.database import Connection
from crawler.store.discrepancies import discrepancies_of
from crawler.store.families import family_of, relatives
from crawler.store.picture_texts import PictureWords, picture_words_of
from crawler.store.sites import sites_by_id


def alerts(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="[list|show]", help="列出，或看一条")] = "list",
    number: Annotated[int, typer.Argument(metavar="[N]", help="预警编号（show）")] = 0,
    state: Annotated[AlertState, typer.Option(help="只列这个状态的")] = AlertState.OPEN,
    all_: Annotated[bool, typer.Option("--all", help="所有状态")] = False,
    picture: Annotated[Path | None, typer.Option(help="把截图写入这个文件（show）")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """预警列表，或一条预警的全部理由。例：xunwang alerts show 3 --picture 截图.png"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if what == "list":
            states = () if all_ else (state,)
            with house.database.reading() as db:
                found = list_alerts(db, states=states, limit=1_000)
                rows = told_alerts(db, found)
            _list(rows, words, json=json)
        elif what == "show":
            _show(house, words, number, picture, json=json)
        else:
            raise BadInput("alerts 之后应为 list 或 show")


def confirm(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="预警编号")],
    reason: Annotated[str, typer.Option(help="核实意见")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """核实预警，生成督办任务。例：xunwang confirm 3"""
    door: Door = context.obj
    with door.opened() as (house, words):
        task = confirm_alert(house.database, number, door.actor, now(), desk_of(house), reason)
        told = words.say("alerts.confirmed", id=number, task=task.number)
        _answer(told, {"alert": number, "state": "confirmed", "task": task.number}, json=json)


def dismiss(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="预警编号")],
    reason: Annotated[str, typer.Option(help="为什么是误报（必填）")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """记为误报，须写明理由。例：xunwang dismiss 3 --reason 银行持牌产品"""
    door: Door = context.obj
    with door.opened() as (house, words):
        dismiss_alert(house.database, number, door.actor, now(), desk_of(house), reason)
        told = words.say("alerts.dismissed", id=number)
        _answer(told, {"alert": number, "state": "dismissed"}, json=json)


def reopen(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="预警编号")],
    reason: Annotated[str, typer.Option(help="为什么重新打开（必填）")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """重新打开已处理的预警，回到待核实；任务不随之撤销。例：xunwang reopen 3 --reason 误立"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if not reason.strip():
            raise BadInput("重新打开须写明理由")
        reopen_alert(house.database, number, door.actor, now(), desk_of(house), reason)
        told = words.say("alerts.reopened", id=number)
        _answer(told, {"alert": number, "state": "open"}, json=json)


def watch(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="预警编号")],
    reason: Annotated[str, typer.Option(help="观察什么")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """转为观察：页面一有变化就再看。例：xunwang watch 3"""
    door: Door = context.obj
    with door.opened() as (house, words):
        watch_alert(house.database, number, door.actor, now(), desk_of(house), reason)
        told = words.say("alerts.watched", id=number)
        _answer(told, {"alert": number, "state": "watched"}, json=json)


def _answer(told: str, facts: dict[str, object], *, json: bool) -> None:
    if json:
        as_json(facts)
    else:
        say(told)


def show_open_alerts(house: House, words: Catalogue, since: datetime) -> None:
    """What a sweep found, the gravest first."""
    with house.database.reading() as db:
        found = list_alerts(db, states=(AlertState.OPEN,), limit=1_000)
        fresh = [one for one in found if one.last_seen_at >= since]
        rows = told_alerts(db, fresh)
    if not rows:
        say(words.say("sweep.no_alerts"))
        return
    say(words.say("sweep.alerts", count=len(rows)))
    _list(rows, words, json=False)


def told_alerts(db: Connection, found: list[Alert]) -> list[dict[str, Any]]:
    """Alerts with the names of their sites."""
    sites = sites_by_id(db, [one.site_id for one in found])
    return [_told(one, sites[one.site_id]) for one in found]


def _told(alert: Alert, site: Site) -> dict[str, Any]:
    return {
        "id": alert.id,
        "level": alert.level,
        "state": alert.state,
        "domain": site.domain,
        "unit_name": site.unit_name,
        "sentence": alert.sentence,
        "score": alert.score,
        "region": alert.region,
        "opened_at": alert.opened_at,
        "last_seen_at": alert.last_seen_at,
        "repeats": alert.repeats,
        "case_id": alert.case_id,
    }


def _list(rows: list[dict[str, Any]], words: Catalogue, *, json: bool) -> None:
    if json:
        as_json(rows)
        return
    if not rows:
        say(words.say("alerts.none"))
        return
    names = ("number", "level", "domain", "unit", "sentence")
    table(
        words.say("alerts.title"),
        [words.say(f"alerts.{name}") for name in names],
        [
            [
                str(row["id"]),
                words.name("level", row["level"]),
                row["domain"],
                row["unit_name"],
                row["sentence"],
            ]
            for row in rows
        ],
    )


def _show(house: House, words: Catalogue, number: int, picture: Path | None, *, json: bool) -> None:
    with house.database.reading() as db:
        alert = alert_of(db, number)
        if alert is None:
            raise BadInput(words.say("alerts.no_such", id=number))
        site = sites_by_id(db, [alert.site_id])[alert.site_id]
        assessment = assessment_of(db, alert.visit_id)
        captures = captures_of_visit(db, alert.visit_id)
        found = discrepancies_of(db, [alert.visit_id]).get(alert.visit_id, [])
        pictured = picture_words_of(db, [alert.visit_id]).get(alert.visit_id, [])
        family = told_family(db, site)
    if picture is not None:
        _save_picture(house, words, alert, captures, picture)
    if json:
        told = _told(alert, site) | {
            "assessment": msgspec.to_builtins(assessment),
            "captures": [msgspec.to_builtins(one) for one in captures],
            "discrepancies": msgspec.to_builtins(found),
            "family": family,
            "picture_words": msgspec.to_builtins(pictured),
        }
        as_json(told)
        return
    badge = level(alert.level, words.name("level", alert.level))
    unit = escape(f"{site.domain_shown}  {site.unit_name}")
    out.print(f"{badge} {unit}  {words.name('alert', alert.state)}")
    say(alert.sentence)
    if assessment is not None:
        _show_reasons(assessment, words)
    for kin in family:
        say(f"  {words.say('alerts.family')}  {kin['domain_shown']}  {'、'.join(kin['shared'])}")
    for read in pictured:
        _show_picture_words(read, words)
    for capture in captures:
        _show_capture(capture, words)


def _show_reasons(assessment: Assessment, words: Catalogue) -> None:
    for side, key in ((Side.FOR, "alerts.for"), (Side.AGAINST, "alerts.against")):
        reasons = [one for one in assessment.reasons if one.side is side]
        for one in reasons:
            say(f"  {words.say(key)}  {one.text}")
    for promised in assessment.yields:
        annual = promised.annual
        say(f"  {words.say('alerts.yields')}  {promised.raw} → {annual or '?'}")


def told_family(db: Connection, site: Site) -> list[dict[str, Any]]:
    """The site's relatives: sites of the same kit, with what they share."""
    family = family_of(db, site.id)
    kin = relatives(db, family) if family is not None else []
    return [
        {
            "family": family,
            "domain": one.domain,
            "domain_shown": one.domain_shown,
            "shared": [MARK_NAMES[kind] for kind in one.shared],
        }
        for one in kin
        if one.site_id != site.id
    ]


def _show_picture_words(read: PictureWords, words: Catalogue) -> None:
    """Derived: read by a machine, written by nobody."""
    if read.field.text:
        shown = " ".join(read.field.text.split())[:300]
        out.print(f"  {words.say('alerts.in_picture')}  {escape(shown)}")
    for code in read.qr_codes:
        out.print(f"  {words.say('alerts.qr')}  {escape(code)}")


def _show_capture(capture: Capture, words: Catalogue) -> None:
    outcome = words.name("outcome", capture.outcome)
    say(f"  {words.say('alerts.evidence')}  {capture.id} {capture.fetcher} {outcome}")
    for one in capture.evidence:
        say(f"      {one.kind}  {one.segment}@{one.offset}  SHA-256 {one.sha256}")


def _save_picture(
    house: House, words: Catalogue, alert: Alert, captures: list[Capture], path: Path
) -> None:
    """The newest picture, with its banner outside the page's pixels."""
    kept = [
        (capture, one)
        for capture in captures
        for one in capture.evidence
        if one.kind is EvidenceKind.PICTURE
    ]
    if not kept:
        raise BadInput(words.say("picture.none", id=alert.id))
    capture, evidence = kept[-1]
    page = open_kept(house, evidence)
    font = find_chinese_font()
    path.write_bytes(with_banner(page, url=capture.final_url, at=capture.ended_at, font=font))
    say(words.say("picture.saved", path=path))
