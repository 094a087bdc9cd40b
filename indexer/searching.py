"""The one search function: an engine finds, the store says what stands there; region filters."""

from collections.abc import Iterator
from dataclasses import replace

from crawler.domain.capture import PageText
from crawler.domain.search import Place, suits
from crawler.store.database import Database
from crawler.store.places import pages_of, places_of
from crawler.store.texts import texts_by_digest
from indexer.engines import MOST_COUNTED, Answer, Engine, Order, SearchRequest, SearchResult
from indexer.querying import Question, question_from
from indexer.snippets import snippet_of

_BULK = 500


def search(database: Database, engine: Engine, request: SearchRequest) -> SearchResult:
    """Texts that answer, newest first. TryLater says that the engine is away.

    What the engine found is looked up in the store under the same narrowing, so an index that
    lags behind can never show a region what is not its own.
    """
    page = engine.find(request)
    question = question_from(request.words)
    answers = tuple(_answers(database, page.digests, question, request))
    return SearchResult(
        total=page.total,
        answers=answers,
        more=page.total >= MOST_COUNTED,
        next=page.next,
        facets=page.facets,
    )


def every_answer(
    database: Database, engine: Engine, request: SearchRequest, most: int
) -> Iterator[Answer]:
    """All pages one after the other, in flat memory: for an export."""
    left = most
    page = replace(request, order=Order.NEWEST, facets=False)
    while left > 0:
        result = search(database, engine, replace(page, limit=min(left, _BULK)))
        yield from result.answers
        left -= min(left, _BULK)
        if not result.next:
            return
        page = replace(page, after=result.next)


def _answers(
    database: Database, digests: tuple[str, ...], question: Question, request: SearchRequest
) -> Iterator[Answer]:
    with database.reading() as db:
        places = places_of(db, digests)
        texts = texts_by_digest(db, digests)
        chosen = {
            digest: fitting
            for digest in digests
            if (fitting := [p for p in places.get(digest, ()) if suits(p, request.narrowing)])
        }
        pages = pages_of(db, [fitting[0].capture_id for fitting in chosen.values()])
    for digest, fitting in chosen.items():
        title, url = pages.get(fitting[0].capture_id, ("", ""))
        answer = _answer(fitting[0], texts[digest], question)
        others = sum(one.sites for one in fitting) - 1
        yield replace(answer, title=title, url=url, other_sites=others)


def _answer(place: Place, text: PageText, question: Question) -> Answer:
    return Answer(
        digest=place.digest,
        domain=place.domain,
        unit_name=place.unit_name,
        title="",
        url="",
        level=place.level,
        captured_at=place.last_seen_at,
        snippet=snippet_of("\n".join(field.text for field in text.fields), question.phrases),
        capture_id=place.capture_id,
        site_id=place.site_id,
        region=place.region,
        kind=place.kind,
        categories=place.categories,
        rates=place.rates,
        first_seen_at=place.first_seen_at,
    )
