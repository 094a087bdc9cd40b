"""`search` and `index`: over everything captured."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.domain.assessment import Level
from crawler.domain.errors import BadInput
from crawler.service.catalogue import Catalogue
from crawler.service.doors import Door, now
from crawler.service.searching import engine_of
from crawler.service.showing import as_json, escape, out, say
from indexer.engines import Answer, SearchRequest, Snippet
from indexer.indexing import index_pending, rebuild


def search(
    context: typer.Context,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="且 或 非、引号；其余按词组")],
    region: Annotated[str, typer.Option(help="行政区划前缀")] = "",
    level: Annotated[list[Level] | None, typer.Option(help="只看这个级别，可重复")] = None,
    since: Annotated[str, typer.Option(help="自某日起，如 2026-05-01")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """检索全部采集到的文字，新的在前。例：xunwang search '保本 且 年化' --level red"""
    door: Door = context.obj
    request = SearchRequest(
        words=words,
        region=region,
        levels=tuple(str(one) for one in level or ()),
        since=_day(since),
        limit=limit,
    )
    with door.opened() as (house, catalogue):
        engine = engine_of(house)
        index_pending(house.database, engine, now())
        result = engine.search(request)
        if json:
            as_json(result)
            return
        if not result.answers:
            say(catalogue.say("search.none", words=words[:80]))
            return
        say(catalogue.say("search.found", count=result.total))
        for answer in result.answers:
            _show(answer, catalogue)


def index(context: typer.Context, what: Annotated[str, typer.Argument(metavar="rebuild")]) -> None:
    """重建检索索引。例：xunwang index rebuild"""
    if what != "rebuild":
        raise BadInput("index 之后应为 rebuild")
    door: Door = context.obj
    with door.opened() as (house, catalogue):
        done = rebuild(house.database, engine_of(house), now())
        say(catalogue.say("search.rebuilt", count=done.indexed))


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"日期应写作 2026-05-01，不是 {text!r}") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _show(answer: Answer, words: Catalogue) -> None:
    badge = words.name("level", answer.level)
    out.print(
        f"[bold]{escape(answer.domain)}[/] {badge} {answer.captured_at.astimezone():%Y-%m-%d %H:%M}"
        f" {escape(answer.title)}"
    )
    out.print("    " + _marked(answer.snippet))


def _marked(snippet: Snippet) -> str:
    parts, at = [], 0
    for start, end in snippet.marks:
        if start < at:
            continue
        parts += [escape(snippet.text[at:start]), f"[bold red]{escape(snippet.text[start:end])}[/]"]
        at = end
    return "".join([*parts, escape(snippet.text[at:])])
