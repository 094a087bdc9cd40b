"""A search as Elasticsearch takes it. Every value stands in its own place: nothing is parsed."""

from typing import Any

from elasticsearch.dsl import A, Q, Search
from elasticsearch.dsl.query import Bool, MatchAll, MatchNone, Nested, Query

from crawler.domain.search import Narrowing, start_of
from indexer.engines import FACETS, MOST_COUNTED, SearchRequest
from indexer.querying import Part, Phrase, Question, is_character

TEXT_FIELDS = ("title", "body", "ocr", "others")
_FACET_FIELDS = {"category": "categories"}
_MOST_VALUES = 50


def search_of(question: Question, request: SearchRequest, *, scored: bool = False) -> Search:
    """Words and narrowing, without order or page."""
    words = _words(question)
    filters = _filters(request.narrowing)
    query = Bool(must=[words], filter=filters) if scored else Bool(filter=[words, *filters])
    asked = Search().query(query).extra(track_total_hits=MOST_COUNTED).source(False)
    return _with_facets(asked, request.narrowing) if request.facets else asked


def facets_from(aggregations: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Texts a value, as `_with_facets` asked for them."""
    values = aggregations.get("places", {}).get("chosen", aggregations)
    return {
        name: {
            str(bucket["key"]): int(bucket.get("texts", bucket)["doc_count"])
            for bucket in values.get(name, {}).get("buckets", ())
        }
        for name in FACETS
    }


def _words(question: Question) -> Query:
    if question.anything:
        return MatchAll()
    if not question.alternatives:
        return MatchNone()
    return Bool(should=[_all_of(one) for one in question.alternatives], minimum_should_match=1)


def _all_of(phrases: tuple[Phrase, ...]) -> Query:
    return Bool(
        must=[_phrase(one) for one in phrases if not one.excluded],
        must_not=[_phrase(one) for one in phrases if one.excluded],
    )


def _phrase(phrase: Phrase) -> Query:
    return Bool(must=[_part(part) for part in phrase.parts])


def _part(part: Part) -> Query:
    if is_character(part):
        return Q("term", characters=part[0])
    words = " ".join(part)
    # one query a field: a phrase stands within one
    return Bool(
        should=[Q("match_phrase", **{name: {"query": words}}) for name in TEXT_FIELDS],
        minimum_should_match=1,
    )


def _filters(narrowing: Narrowing) -> list[Query]:
    bounds: dict[str, int] = {}
    if narrowing.since is not None:
        bounds["gte"] = start_of(narrowing.since)
    if narrowing.until is not None:
        bounds["lt"] = start_of(narrowing.until)
    made = [Q("range", order=bounds)] if bounds else []
    if narrowing.of_place:
        made.append(Nested(path="places", query=_of_place(narrowing)))
    return made


def _of_place(narrowing: Narrowing) -> Query:
    asked: list[Query] = []
    if narrowing.region:
        asked.append(Q("prefix", **{"places.region": narrowing.region}))
    lists = {
        "level": narrowing.levels,
        "categories": narrowing.categories,
        "kind": narrowing.kinds,
        "family": (narrowing.family,) if narrowing.family else (),
    }
    asked += [Q("terms", **{f"places.{name}": list(v)}) for name, v in lists.items() if v]
    rates = {"gte": narrowing.rate_from, "lte": narrowing.rate_to}
    if bounds := {name: value for name, value in rates.items() if value is not None}:
        asked.append(Q("range", **{"places.rates": bounds}))
    return Bool(filter=asked) if asked else MatchAll()


def _with_facets(asked: Search, narrowing: Narrowing) -> Search:
    """Counted are texts, not places; only places that satisfy the narrowing give values. Where it
    says nothing of places all of them do: then the text itself, which holds what its places say,
    is counted in half the time.
    """
    values = {
        name: A("terms", field=f"places.{_FACET_FIELDS.get(name, name)}", size=_MOST_VALUES)
        for name in FACETS
    }
    if not narrowing.of_place:
        for name, one in values.items():
            asked.aggs.bucket(name, one)
        return asked
    chosen = A("filter", _of_place(narrowing))
    for name, one in values.items():
        one.bucket("texts", "reverse_nested")
        chosen.bucket(name, one)
    asked.aggs.bucket("places", "nested", path="places").bucket("chosen", chosen)
    return asked
