"""Saved searches that watch: each new or newly judged text at a site is held against them all.

Our own evaluation in Python, so it needs no search server and misses nothing while one is away.
"""

from datetime import datetime

from crawler.domain.capture import PageText
from crawler.domain.search import Place, suits
from crawler.store.database import Database
from crawler.store.places import mark_watched, unwatched_places
from crawler.store.saved_searches import SavedSearch, save_finds, searches_of
from crawler.store.texts import texts_by_digest
from indexer.matching import answers
from indexer.querying import Question, question_from

_AT_ONCE = 200


def watch(database: Database, now: datetime, limit: int = 2_000) -> int:
    """Up to `limit` places that changed; tells how many answered. Finds and marks are one
    transaction, so each is listed, and once.
    """
    found = looked = 0
    while looked < limit:
        with database.transaction() as db:
            places = unwatched_places(db, _AT_ONCE)
            asking = searches_of(db) if places else ()
            searches = [(one, question_from(one.words)) for one in asking]
            texts = texts_by_digest(db, {one.digest for one in places}) if searches else {}
            hits = [
                (search, place)
                for place in places
                for search, question in searches
                if _answers(place, texts.get(place.digest), search, question)
            ]
            save_finds(db, hits, now)
            mark_watched(db, places)
        found, looked = found + len(hits), looked + len(places)
        if len(places) < _AT_ONCE:
            break
    return found


def _answers(place: Place, text: PageText | None, search: SavedSearch, question: Question) -> bool:
    return (
        text is not None
        and place.region.startswith(search.region)
        and suits(place, search.narrowing)
        and answers(text, question)
    )
