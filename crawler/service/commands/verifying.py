"""`verify`: is the evidence what it was?"""

from typing import Annotated

import typer

from crawler.service.doors import Door
from crawler.service.holding import evidence_at_rest
from crawler.service.showing import as_json, complain, say, warn
from crawler.store.verifying import verify as verify_all


def verify(
    context: typer.Context,
    captures: Annotated[
        list[str] | None, typer.Argument(metavar="CAPTURE", help="只核验这些采集；不给则全部")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """核验存证：存证目录的每一个字节、证据链、锚点。例：xunwang verify"""
    door: Door = context.obj
    with (
        door.opened() as (house, words),
        evidence_at_rest(house.home),
        house.database.reading() as db,
    ):
        result = verify_all(db, house.evidence, captures or [])
    if json:
        as_json(result)
    elif not result.faults:
        counts = {"captures": result.captures, "records": result.records, "links": result.links}
        say(words.say("verify.clean", **counts))
        if result.removed:
            say(words.say("verify.removed", captures=result.removed))
    for notice in () if json else result.notices:
        key = "verify.broken" if notice.capture else "verify.notice"
        warn(words.say(key, reason=notice.reason, segment=notice.segment, capture=notice.capture))
    for fault in () if json else result.faults:
        if fault.capture:
            complain(words.say("verify.broken", reason=fault.reason, capture=fault.capture))
        elif fault.segment:
            complain(words.say("verify.segment", reason=fault.reason, segment=fault.segment))
        else:
            complain(fault.reason)
    if result.faults:
        raise typer.Exit(1)
