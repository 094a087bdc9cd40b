"""The engine that needs no server: FTS5 over bigrams, in the store itself."""

from collections.abc import Sequence

from crawler.domain.capture import PageText
from crawler.store.database import Database
from crawler.store.fulltext import Chosen, containing, drop, matching, prepare, save_entries
from crawler.store.texts import unpack_text
from indexer.engines import Answer, Refused, SearchRequest, SearchResult
from indexer.querying import Phrase, Question, comparable, ends_alone, grams_of, question_from
from indexer.snippets import snippet_of


class EmbeddedEngine:
    """Same words, same hits as Elasticsearch's `cjk`: both look for neighbouring bigrams."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prepare(self) -> None:
        """Make the index."""
        with self._database.transaction() as db:
            prepare(db)

    def index(self, texts: Sequence[tuple[str, PageText]]) -> tuple[Refused, ...]:
        """Nothing is ever refused here."""
        grams = [(digest, " ".join(_grams(text))) for digest, text in texts]
        with self._database.transaction() as db:
            save_entries(db, grams)
        return ()

    def search(self, request: SearchRequest) -> SearchResult:
        """The newest texts that answer."""
        question = question_from(request.words)
        if not question.alternatives:
            return SearchResult(total=0)
        chosen = Chosen(
            region=request.region,
            levels=request.levels,
            since=request.since,
            limit=request.limit,
        )
        if any(ends_alone(phrase.text) for one in question.alternatives for phrase in one):
            return self._scanned(question, chosen)
        with self._database.transaction() as db:
            prepare(db)
            total, rows = matching(db, expression_of(question), chosen)
        answers = tuple(_answer(row, question) for row in rows)
        return SearchResult(total=total, answers=answers)

    def drop(self) -> None:
        """Forget the index."""
        with self._database.transaction() as db:
            drop(db)

    def _scanned(self, question: Question, chosen: Chosen) -> SearchResult:
        """A single character is no bigram: look at the texts themselves."""
        with self._database.reading() as db:
            rows = containing(db, chosen)
        held = [row for row in rows if _holds(comparable(_whole(row.fields)), question)]
        answers = tuple(_answer(row, question) for row in held[: chosen.limit])
        return SearchResult(total=len(held), answers=answers)


def expression_of(question: Question) -> str:
    """The question in FTS5's words; every part is quoted, so nothing in it is an operator."""
    return " OR ".join(f"({_all_of(phrases)})" for phrases in question.alternatives)


def _all_of(phrases: tuple[Phrase, ...]) -> str:
    wanted = " AND ".join(_quoted(one) for one in phrases if not one.excluded)
    unwanted = " OR ".join(_quoted(one) for one in phrases if one.excluded)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _quoted(phrase: Phrase) -> str:
    grams = grams_of(phrase.text)
    if len(grams) > 1 and not grams[-1].isascii() and len(grams[-1]) == 1:
        grams = grams[:-1]  # the last character alone is in the last pair
    return '"' + " ".join(grams) + '"'


def _holds(text: str, question: Question) -> bool:
    return any(
        all((phrase.text in text) is not phrase.excluded for phrase in phrases)
        for phrases in question.alternatives
    )


def _grams(text: PageText) -> list[str]:
    return [gram for field in text.fields for gram in (*grams_of(field.text), "\x00")]


def _whole(packed: bytes) -> str:
    return "\n".join(field.text for field in unpack_text(packed).fields)


def _answer(row: object, question: Question) -> Answer:
    return Answer(
        digest=row.text_digest,  # type: ignore[attr-defined]
        domain=row.domain,  # type: ignore[attr-defined]
        unit_name=row.unit_name,  # type: ignore[attr-defined]
        title=row.title,  # type: ignore[attr-defined]
        url=row.final_url,  # type: ignore[attr-defined]
        level=row.level or "none",  # type: ignore[attr-defined]
        captured_at=row.ended_at,  # type: ignore[attr-defined]
        snippet=snippet_of(_whole(row.fields), question.phrases),  # type: ignore[attr-defined]
    )
