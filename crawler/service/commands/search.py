"""`search` and `index`: over everything captured."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from crawler.domain.assessment import Level
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput, TryLater
from crawler.domain.filing import SubjectKind
from crawler.service.catalogue import Catalogue
from crawler.service.doors import Door
from crawler.service.holding import rebuilding_alone
from crawler.service.searching import engine_of, state_of
from crawler.service.showing import as_json, escape, moment, out, progress, say, table, warn
from crawler.service.wiring import House
from crawler.store.texts import index_counts, refused_texts
from indexer.engines import Answer, Engine, Order, SearchRequest, SearchResult, Snippet
from indexer.indexing import index_pending, rebuild
from indexer.querying import checked
from indexer.searching import every_answer
from indexer.searching import search as search_texts

_MOST_EXPORTED = 1_000_000


def search(
    context: typer.Context,
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help="且 或 非、引号；其余按词组；空为全部")
    ] = "",
    region: Annotated[str, typer.Option(help="行政区划前缀")] = "",
    level: Annotated[list[Level] | None, typer.Option(help="只看这个级别，可重复")] = None,
    category: Annotated[list[str] | None, typer.Option(help="只看这个类别，可重复")] = None,
    kind: Annotated[list[SubjectKind] | None, typer.Option(help="主办单位性质，可重复")] = None,
    family: Annotated[str, typer.Option(help="同源站群的编号")] = "",
    rate_from: Annotated[float | None, typer.Option(help="年化不低于，%")] = None,
    rate_to: Annotated[float | None, typer.Option(help="年化不高于，%")] = None,
    since: Annotated[str, typer.Option(help="首次见于某日起，如 2026-05-01")] = "",
    until: Annotated[str, typer.Option(help="首次见于某日前（不含）")] = "",
    order: Annotated[Order, typer.Option(help="排序：最新，或最新一万条中最相关")] = Order.NEWEST,
    after: Annotated[str, typer.Option(help="下一页的键，见 --json 的 next")] = "",
    facets: Annotated[bool, typer.Option("--facets", help="按级别、类别、区划、性质计数")] = False,
    everything: Annotated[bool, typer.Option("--all", help="导出全部命中，每行一条 JSON")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="至多几条")] = 20,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """检索全部采集到的文字，新的在前。例：xunwang search '保本 且 年化' --level red"""
    door: Door = context.obj
    request = SearchRequest(
        words=checked(words),
        region=region,
        levels=tuple(str(one) for one in level or ()),
        categories=tuple(category or ()),
        kinds=tuple(str(one) for one in kind or ()),
        family=family,
        rate_from=rate_from,
        rate_to=rate_to,
        since=_day(since),
        until=_day(until),
        order=order,
        after=after,
        facets=facets,
        limit=limit,
    )
    with door.opened() as (house, catalogue):
        engine = engine_of(house)
        _take_in(house, engine, catalogue)
        if everything:
            for answer in every_answer(house.database, engine, request, _MOST_EXPORTED):
                as_json(answer.veiled())
            return
        found = search_texts(house.database, engine, request)
        result = replace(found, answers=tuple(one.veiled() for one in found.answers))
        if json:
            as_json(result)
            return
        for line in _shown(result, words, catalogue):
            out.print(line)


def index(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="rebuild|status", help="重建，或看状况")],
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """重建检索索引，或查看它的状况。例：xunwang index rebuild"""
    door: Door = context.obj
    with door.opened() as (house, catalogue):
        if what == "rebuild":
            _rebuild(house, catalogue, json=json)
        elif what == "status":
            _status(house, catalogue, json=json)
        else:
            raise BadInput("index 之后应为 rebuild 或 status")


def _take_in(house: House, engine: Engine, words: Catalogue) -> None:
    """What was captured a moment ago should be found; what cannot be taken in now is told."""
    hits_only = house.config.search.hits_only
    done = index_pending(house.database, engine, hits_only=hits_only)
    engine.refresh()
    with house.database.reading() as db:
        waiting = index_counts(db).get("waiting", 0)
    if waiting:
        reason = done.waiting_because or words.say("search.much")
        warn(words.say("search.waiting", count=waiting, reason=reason))


def _rebuild(house: House, words: Catalogue, *, json: bool) -> None:
    with house.database.reading() as db:
        total = sum(index_counts(db).values())
    with rebuilding_alone(house.home, house.database), progress() as bar:
        job = bar.add_task(words.say("search.rebuilding"), total=total)
        done = rebuild(
            house.database,
            engine_of(house),
            hits_only=house.config.search.hits_only,
            on_progress=lambda count: bar.advance(job, count),
        )
    if json:
        as_json(done)
        return
    say(words.say("search.rebuilt", count=done.indexed))
    if done.refused:
        warn(words.say("search.refused", count=done.refused))


def _status(house: House, words: Catalogue, *, json: bool) -> None:
    state = state_of(house, engine_of(house))
    with house.database.reading() as db:
        counts, refused = index_counts(db), refused_texts(db)
    if json:
        facts = {"engine": state, "texts": counts, "refused": refused}
        as_json(facts | {"trouble": state.trouble})
    else:
        parts = ", ".join(state.parts)
        say(words.say("search.engine", name=state.name, texts=state.texts, parts=parts))
        for name, count in sorted(counts.items()):
            say(f"  {words.name('index_state', name)}  {count}")
        if refused:
            table(words.name("index_state", "refused"), ("SHA-256", ""), refused)
    if state.trouble:
        raise TryLater(state.trouble)


def _day(text: str) -> datetime | None:
    """The beginning of a day in China, or a moment with its own zone."""
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"日期应写作 2026-05-01，不是 {text[:40]!r}") from error
    return day if day.tzinfo else day.replace(tzinfo=CHINA)


def _shown(result: SearchResult, asked: str, words: Catalogue) -> Iterator[str]:
    if not result.answers and not result.next:
        yield escape(words.say("search.none", words=asked[:80]))
        return
    yield words.say("search.found_more" if result.more else "search.found", count=result.total)
    for answer in result.answers:
        yield from _answer(answer, words)
    for name, counts in result.facets.items():
        told = "  ".join(f"{_named(words, name, one)} {count}" for one, count in counts.items())
        yield f"{words.name('facet', name)}  {told}"
    if result.next:
        yield words.say("search.next", after=result.next)


def _answer(answer: Answer, words: Catalogue) -> Iterator[str]:
    badge = words.name("level", answer.level)
    at = moment(answer.captured_at)
    others = words.say("search.others", count=answer.other_sites) if answer.other_sites else ""
    yield f"[bold]{escape(answer.domain)}[/] {badge} {at} {escape(answer.title)} {others}".rstrip()
    yield "    " + _marked(answer.snippet)


def _named(words: Catalogue, facet: str, value: str) -> str:
    return escape(words.name("level", value) if facet == "level" else value)


def _marked(snippet: Snippet) -> str:
    parts, at = [], 0
    for start, end in snippet.marks:
        parts += [escape(snippet.text[at:start]), f"[bold red]{escape(snippet.text[start:end])}[/]"]
        at = end
    return "".join([*parts, escape(snippet.text[at:])])
