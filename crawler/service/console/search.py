"""检索: every text that was ever captured, asked in plain words; saved questions that watch."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from crawler.domain.assessment import LEVEL_NAMES, Level, per_cent
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput, TryLater
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.domain.region import region_name
from crawler.service.console.access import READERS, get, post
from crawler.service.console.calls import Call, Missing, cleaned
from crawler.service.console.keeping import Notice
from crawler.service.reporting import harmless
from crawler.service.searching import engine_of
from crawler.store.places import alerts_at
from crawler.store.saved_searches import SavedSearch, end_search, finds_of, save_search, searches_of
from crawler.store.texts import index_counts
from indexer.engines import Answer, Order, SearchRequest, SearchResult, Snippet
from indexer.querying import checked
from indexer.searching import every_answer, search

PAGE_SIZE = 20
MOST_EXPORTED = 10_000
FINDS = 100
ORDER_NAMES = {Order.NEWEST: "最新的在前", Order.RELEVANCE: "最相关的在前"}
KIND_NAMES = {
    SubjectKind.ENTERPRISE: "企业",
    SubjectKind.PERSON: "个人",
    SubjectKind.GOVERNMENT: "政府机关",
    SubjectKind.INSTITUTION: "事业单位",
    SubjectKind.ASSOCIATION: "社会团体",
    SubjectKind.LAW_SERVICE: "法律服务",
    SubjectKind.MEDICAL: "医疗",
    SubjectKind.COLLECTIVE: "农村集体",
    SubjectKind.RELIGIOUS: "宗教",
    SubjectKind.FOREIGN: "境外",
    SubjectKind.OTHER: "其他",
    SubjectKind.UNKNOWN: "不明",
}
FACET_NAMES = {"level": "等级", "category": "类别", "region": "区划", "kind": "主体性质"}


def show(call: Call) -> Response:
    """The question, what answers it, and how the answers divide."""
    request = request_of(call)
    refused = _refusal(request.words)
    asked = _asks(call) and not refused
    result, trouble = _found(call, request) if asked else (SearchResult(total=0), "")
    with call.house.database.reading() as db:
        waiting = index_counts(db).get("waiting", 0)
        saved = searches_of(db, call.actor)
        alerts = alerts_at(db, {one.site_id for one in result.answers}, call.reach)
    return call.page(
        "search.html",
        alerts=alerts,
        asked=asked,
        request=request,
        query=str(call.query),
        result=result,
        trouble=trouble,
        refused=refused,
        waiting=waiting,
        saved=saved,
        answers=[
            (one, _pieces(one.snippet), one.unit_name)
            for one in (answer.veiled() for answer in result.answers)
        ],
        facets=_facets(call, result),
        address=lambda **changes: address(call, changes),
        levels=LEVEL_NAMES,
        kinds=KIND_NAMES,
        orders=ORDER_NAMES,
        categories=_categories(call),
        given=call.query,
        most=MOST_EXPORTED,
    )


def export(call: Call) -> Response:
    """What answers, as a table; that it was taken is noted."""
    request = request_of(call)
    if not _asks(call):
        raise BadInput("没有检索条件，不导出")
    checked(request.words)
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ("域名", "主体", "区划", "等级", "类别", "年化", "标题", "网址", "首次见到", "摘录")
    )
    engine = engine_of(call.house)
    count = 0
    for one in every_answer(call.house.database, engine, request, MOST_EXPORTED):
        writer.writerow(harmless(cell) for cell in _row(one.veiled(), _categories(call)))
        count += 1
    with call.house.database.transaction() as db:
        call.note(
            db, "search.export", f"search:{request.words[:80]}", call.user.region, f"{count} 条"
        )
    return Response(
        out.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="xunwang-search.csv"'},
    )


def keep(call: Call) -> Response:
    """A question that watches from now on, whatever days it was asked about."""
    name, query = call.field("name", 40), call.field("query", 2_000)
    asked = _request(call, dict(_pairs(query)), _lists(query))
    if not name:
        raise BadInput("检索要有名字")
    if not (asked.words or asked.narrowing.of_place):
        raise BadInput("没有检索条件，没有什么可守")
    checked(asked.words)
    with call.house.database.transaction() as db:
        lasting = replace(asked.narrowing, since=None, until=None)
        number = save_search(db, call.actor, call.reach, name, (asked.words, lasting), call.now)
        call.note(db, "search.save", f"search:{number}", call.user.region)
    said = call.console.say("已存“{name}”，今后新采集到的答案会列在这里。", name=name)
    return call.go(f"/search/saved/{number}", Notice(text=said))


def drop(call: Call) -> Response:
    """It watches no more."""
    number = call.number("id")
    with call.house.database.transaction() as db:
        if not end_search(db, call.actor, number, call.now):
            raise Missing
        call.note(db, "search.end", f"search:{number}", call.user.region)
    return call.go("/search", Notice(text=call.console.say("这个检索不再守着。")))


def finds(call: Call) -> Response:
    """What one saved question found since it was saved."""
    number = call.number("id")
    with call.house.database.reading() as db:
        mine = next((one for one in searches_of(db, call.actor) if one.id == number), None)
        if mine is None:
            raise Missing
        found = finds_of(db, number, call.reach, FINDS)
        alerts = alerts_at(db, {one.site_id for one in found}, call.reach)
    names = {one.site_id: shown_unit_name(one.unit_name, SubjectKind(one.kind)) for one in found}
    return call.page(
        "search_saved.html",
        alerts=alerts,
        saved=mine,
        finds=found,
        names=names,
        again=_again(mine),
        most=FINDS,
    )


ROUTES = (
    get("/search", show, READERS),
    get("/search/file", export, READERS),
    post("/search/saved", keep, READERS),
    get("/search/saved/{id}", finds, READERS),
    post("/search/saved/{id}/drop", drop, READERS),
)


def request_of(call: Call) -> SearchRequest:
    """What the address asks for; the region never reaches beyond the person's own."""
    lists = {name: call.query.getlist(name) for name in ("level", "category", "kind")}
    return _request(call, dict(call.query), lists)


def address(call: Call, changes: Mapping[str, object]) -> str:
    """The same question with something changed; another question begins at its first page."""
    kept = [
        (key, value)
        for key, value in call.query.multi_items()
        if key not in changes and key != "after" and value
    ]
    more = [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
    return f"/search?{urlencode(kept + more)}"


def _request(call: Call, given: Mapping[str, str], lists: Mapping[str, list[str]]) -> SearchRequest:
    return SearchRequest(
        words=cleaned(given.get("q", "")),
        region=_region(call, cleaned(given.get("region", ""))),
        levels=_closed(lists.get("level", []), Level),
        categories=tuple(cleaned(one)[:40] for one in lists.get("category", []) if one),
        kinds=_closed(lists.get("kind", []), SubjectKind),
        family=cleaned(given.get("family", ""))[:20],
        rate_from=_rate(given.get("rate_from", "")),
        rate_to=_rate(given.get("rate_to", "")),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", ""), days=1),
        order=_closed([given.get("order", "")], Order)[0] if given.get("order") else Order.NEWEST,
        after=given.get("after", "")[:100],
        facets=True,
        limit=PAGE_SIZE,
    )


def _asks(call: Call) -> bool:
    return any(value.strip() for key, value in call.query.multi_items() if key != "order")


def _refusal(words: str) -> str:
    try:
        checked(words)
    except BadInput as why:
        return str(why)
    return ""


def _found(call: Call, request: SearchRequest) -> tuple[SearchResult, str]:
    """Away is said, never shown as nothing."""
    try:
        return search(call.house.database, engine_of(call.house), request), ""
    except TryLater as trouble:
        return SearchResult(total=0), str(trouble)


def _region(call: Call, wanted: str) -> str:
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 6):
        raise BadInput("区划是至多六位数字")
    return wanted if wanted.startswith(call.reach) else call.reach


def _closed(given: list[str], of: type) -> tuple:  # type: ignore[type-arg]
    try:
        return tuple(of(one) for one in given if one)
    except ValueError:
        raise BadInput("筛选条件无法使用") from None


def _rate(given: str) -> float | None:
    if not given.strip():
        return None
    try:
        rate = float(given)
    except ValueError:
        raise BadInput("年化是一个数，如 12") from None
    if not 0 <= rate <= 1_000_000:
        raise BadInput("年化是一个数，如 12")
    return rate


def _day(given: str, days: int = 0) -> datetime | None:
    """The beginning of a day in China, or of the one after it."""
    if not given.strip():
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=CHINA) + timedelta(days=days)
    except (ValueError, OverflowError):
        raise BadInput("日期应写作 2026-05-01") from None


def _pieces(snippet: Snippet) -> Iterator[tuple[str, bool]]:
    """A piece of text and whether it is marked, one after the other."""
    at = 0
    for start, end in snippet.marks:
        yield snippet.text[at:start], False
        yield snippet.text[start:end], True
        at = end
    yield snippet.text[at:], False


def _facets(call: Call, result: SearchResult) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """Name in the address, title, and each value with its name and count."""
    names: dict[str, Mapping[str, str]] = {
        "level": {str(level): name for level, name in LEVEL_NAMES.items()},
        "category": _categories(call),
        "kind": {str(kind): name for kind, name in KIND_NAMES.items()},
    }
    told = []
    for name, title in FACET_NAMES.items():
        counts = result.facets.get(name, {})
        shown = names.get(name) or {code: region_name(code) or code for code in counts}
        values = [(one, shown.get(one, one), count) for one, count in counts.items()]
        told.append((name, title, values[:12]))
    return [one for one in told if len(one[2]) > 1 or (one[2] and one[0] in call.query)]


def _categories(call: Call) -> dict[str, str]:
    return {key: one.name for key, one in call.console.desk().categories.items()}


def _row(one: Answer, categories: Mapping[str, str]) -> Iterator[str]:
    yield one.domain
    yield one.unit_name
    yield region_name(one.region) or one.region
    yield LEVEL_NAMES[Level(one.level)]
    yield "、".join(categories.get(name, name) for name in one.categories)
    yield "、".join(per_cent(rate, rate) for rate in one.rates)
    yield one.title
    yield one.url
    yield f"{one.first_seen_at.astimezone(CHINA):%Y-%m-%d %H:%M}" if one.first_seen_at else ""
    yield one.snippet.text


def _again(saved: SavedSearch) -> str:
    """The address that asks the same of everything there is."""
    narrowing = saved.narrowing
    pairs = [("q", saved.words), ("region", narrowing.region), ("family", narrowing.family)]
    pairs += [("level", one) for one in narrowing.levels]
    pairs += [("category", one) for one in narrowing.categories]
    pairs += [("kind", one) for one in narrowing.kinds]
    rates = {"rate_from": narrowing.rate_from, "rate_to": narrowing.rate_to}
    pairs += [(name, f"{rate:g}") for name, rate in rates.items() if rate is not None]
    return f"/search?{urlencode([(name, value) for name, value in pairs if value])}"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, max_num_fields=100)


def _lists(query: str) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in _pairs(query):
        made.setdefault(name, []).append(value)
    return made
