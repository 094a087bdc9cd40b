"""The engine that needs no server: FTS5 over pairs of characters, in the store itself."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.domain.errors import TryLater
from crawler.domain.search import Place, start_of, suits
from crawler.store.database import Connection, Database
from crawler.store.fulltext import (
    Entry,
    Wanted,
    begin_new,
    best,
    counted,
    drop,
    entry_count,
    forget_before,
    forget_entries,
    is_building,
    matching,
    prepare,
    put_new_in_use,
    save_entries,
)
from crawler.store.places import places_of
from indexer.documents import OWN_FIELDS, Document
from indexer.engines import (
    FACETS,
    MOST_COUNTED,
    NO_BESIDE,
    EngineState,
    Order,
    Page,
    SearchRequest,
    Taken,
)
from indexer.querying import Part, Phrase, Question, is_character, question_from
from indexer.wording import pairs_of

_KEY = re.compile(r"-?[0-9]{1,19}")
_HIGHEST = (1 << 63) - 1  # that SQLite takes
_PART = " . "  # a word that nobody can ask for: a phrase does not reach over it
_TEXT_COLUMNS = "{title body ocr others}"


class EmbeddedEngine:
    """Same words, same hits as Elasticsearch's `cjk`: both look for neighbouring pairs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prepare(self) -> None:
        """Make the index."""
        with self._database.transaction() as db:
            prepare(db)

    def index(self, documents: Sequence[Document], *, beside: bool = False) -> Taken:
        """Nothing is ever refused here."""
        entries = [_entry(document) for document in documents]
        with self._database.transaction() as db:
            prepare(db)
            if beside:
                _check_beside(db)
            save_entries(db, entries, only_new=beside)
        return Taken(done=tuple(document.digest for document in documents))

    def find(self, request: SearchRequest) -> Page:
        """The newest texts that answer, or the best of the newest 10,000."""
        question = question_from(request.words)
        if not question.alternatives and not question.anything:
            return Page()
        self.prepare()
        wanted = Wanted(expression=expression_of(question), narrowing=request.narrowing)
        with self._database.reading() as db:
            total = counted(db, wanted)
            rows = self._rows(db, wanted, request, total)
            facets = _facets(db, wanted, request) if request.facets else {}
        shown = rows[: request.limit]
        return Page(
            digests=tuple(digest for _, digest in shown),
            total=total,
            next=str(shown[-1][0]) if len(rows) > len(shown) else "",
            facets=facets,
        )

    def count(self) -> int:
        """How many texts are in the index."""
        self.prepare()
        with self._database.reading() as db:
            return entry_count(db)

    def refresh(self) -> None:
        """A transaction that ended is found."""

    def begin_rebuild(self) -> None:
        """A second pair of tables."""
        with self._database.transaction() as db:
            prepare(db)
            begin_new(db)

    def finish_rebuild(self) -> None:
        """Renamed in one transaction."""
        with self._database.transaction() as db:
            _check_beside(db)
            put_new_in_use(db)

    def forget_before(self, moment: datetime) -> None:
        """Older texts are found no more."""
        with self._database.transaction() as db:
            prepare(db)
            forget_before(db, start_of(moment))

    def forget(self, digests: Sequence[str]) -> None:
        """Found no more; their words give their room back when the index is rebuilt."""
        with self._database.transaction() as db:
            prepare(db)
            forget_entries(db, digests)

    def drop(self) -> None:
        """Forget the index."""
        with self._database.transaction() as db:
            drop(db)

    def state(self) -> EngineState:
        """It is as well as the store is."""
        return EngineState(name="FTS5", texts=self.count())

    def _rows(
        self, db: Connection, wanted: Wanted, request: SearchRequest, total: int
    ) -> list[tuple[int, str]]:
        """One more than is shown, to know whether there is a next page."""
        if request.order is Order.RELEVANCE and wanted.expression:
            newest = matching(db, wanted, MOST_COUNTED)[-1:] if total >= MOST_COUNTED else []
            floor = newest[0][0] if newest else None
            return best(db, replace(wanted, floor=floor), request.limit)
        given = int(request.after) if _KEY.fullmatch(request.after) else None
        after = None if given is None else max(-_HIGHEST, min(given, _HIGHEST))
        return matching(db, replace(wanted, after=after), request.limit + 1)


def _check_beside(db: Connection) -> None:
    if not is_building(db):
        raise TryLater(NO_BESIDE)


def expression_of(question: Question) -> str:
    """The question in FTS5's words; every part is quoted, so nothing in it is an operator."""
    return " OR ".join(f"({_all_of(phrases)})" for phrases in question.alternatives)


def _all_of(phrases: tuple[Phrase, ...]) -> str:
    wanted = " AND ".join(_phrase(one) for one in phrases if not one.excluded)
    unwanted = " OR ".join(_phrase(one) for one in phrases if one.excluded)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _phrase(phrase: Phrase) -> str:
    return f"({' AND '.join(_part(part) for part in phrase.parts)})"


def _part(part: Part) -> str:
    if is_character(part):
        return f'characters : "{part[0]}"'
    return f'{_TEXT_COLUMNS} : "{" ".join(pairs_of(part))}"'


def _entry(document: Document) -> Entry:
    own = [" ".join(pairs_of(document.words[name])) for name in OWN_FIELDS]
    others = _PART.join(" ".join(pairs_of(part)) for part in document.others)
    columns = (*own, others, " ".join(document.characters))
    return Entry(order=document.order, digest=document.digest, columns=columns)


def _facets(db: Connection, wanted: Wanted, request: SearchRequest) -> dict[str, dict[str, int]]:
    """Over the newest 10,000 texts, by the places that satisfy the narrowing."""
    digests = [digest for _, digest in matching(db, wanted, MOST_COUNTED)]
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for start in range(0, len(digests), 500):
        found = places_of(db, digests[start : start + 500])
        for places in found.values():
            fitting = [one for one in places if suits(one, request.narrowing)]
            for name in FACETS:
                counts[name].update({value for one in fitting for value in _values(one, name)})
    return {name: dict(count.most_common(50)) for name, count in counts.items()}


def _values(place: Place, name: str) -> tuple[str, ...]:
    if name == "category":
        return place.categories
    return (str(getattr(place, name)),)
