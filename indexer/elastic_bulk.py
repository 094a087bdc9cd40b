"""Documents in bulks: each item's answer says whether it is in, never will be, or must wait."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from crawler.domain.errors import TryLater
from crawler.domain.search import Place
from indexer.documents import Document
from indexer.elastic_faults import reason_of_item, told_plainly, will_never_be_taken
from indexer.engines import Refused, Taken

_CHUNK, _CHUNK_BYTES = 500, 8 << 20
_RETRIES, _FIRST_PAUSE_S = 2, 0.2  # of a busy server; the loop that feeds us tries again anyway
_MOST_PLACES = 5_000  # of one text; the server refuses more than 10,000


def send(client: Elasticsearch, named: Sequence[tuple[str, Document]]) -> Taken:
    """Documents with the index of each. A bulk that is too large for whoever stands between is
    sent in halves; a single text that is, never will be taken.
    """
    done, refused, too_large, trouble = [], [], set(), ""
    for ok, told in _answers(client, named):
        answer = told["index"]
        digest, status, error = str(answer["_id"]), answer.get("status"), answer.get("error", {})
        if ok or status == 409:  # a newer version is there already
            done.append(digest)
        elif status == 413:
            too_large.add(digest)
        elif isinstance(error, dict) and will_never_be_taken(status, error):
            refused.append(Refused(digest=digest, reason=reason_of_item(status, error)))
        else:
            trouble = _trouble(answer)
    if len(done) + len(refused) + len(too_large) < len(named):
        trouble = trouble or "Elasticsearch 的答复不全"
    taken = Taken(done=tuple(done), refused=tuple(refused), waiting_because=trouble)
    if not too_large:
        return taken
    return _together(
        taken, _in_halves(client, [one for one in named if one[1].digest in too_large])
    )


def _answers(
    client: Elasticsearch, named: Sequence[tuple[str, Document]]
) -> Iterable[tuple[bool, dict[str, Any]]]:
    return streaming_bulk(
        client,
        (_action(index, document) for index, document in named),
        chunk_size=_CHUNK,
        max_chunk_bytes=_CHUNK_BYTES,
        raise_on_error=False,
        raise_on_exception=False,
        max_retries=_RETRIES,
        initial_backoff=_FIRST_PAUSE_S,
    )


def _in_halves(client: Elasticsearch, named: Sequence[tuple[str, Document]]) -> Taken:
    if len(named) == 1:
        bad = Refused(digest=named[0][1].digest, reason="文本过大，Elasticsearch 不收（413）")
        return Taken(refused=(bad,))
    middle = len(named) // 2
    return _together(send(client, named[:middle]), send(client, named[middle:]))


def _together(one: Taken, other: Taken) -> Taken:
    return Taken(
        done=one.done + other.done,
        refused=one.refused + other.refused,
        waiting_because=one.waiting_because or other.waiting_because,
    )


def taken_by_both(one: Taken, other: Taken) -> Taken:
    """Done is what both took."""
    refused = {bad.digest: bad for bad in (*one.refused, *other.refused)}
    done = set(other.done)
    return Taken(
        done=tuple(digest for digest in one.done if digest in done and digest not in refused),
        refused=tuple(refused.values()),
        waiting_because=one.waiting_because or other.waiting_because,
    )


def tie_of(digest: str) -> int:
    """Parts texts whose `order` is the same, which holds the first 32 bits of the digest: the next
    60. A number, because the server would unpack a block of digests for each text that it compares.
    """
    return int(digest[8:23], 16)


def _trouble(answer: dict[str, Any]) -> str:
    if (cause := answer.get("exception")) is not None:
        try:
            with told_plainly():
                raise cause
        except TryLater as trouble:
            return str(trouble)
    status = answer.get("status", 0)
    return reason_of_item(status if isinstance(status, int) else 0, answer.get("error", ""))


def _action(index: str, document: Document) -> dict[str, Any]:
    return {
        "_op_type": "index",
        "_index": index,
        "_id": document.digest,
        "version": document.version,
        "version_type": "external_gte",  # an older look at the text never replaces a newer one
        "_source": dict(_source(document)),
    }


def _source(document: Document) -> Iterator[tuple[str, Any]]:
    yield "order", document.order
    yield "tie", tie_of(document.digest)
    yield "first_seen_at", document.first_seen_at.isoformat()
    for name, words in document.words.items():
        yield name, " ".join(words)
    yield "others", [" ".join(part) for part in document.others]
    yield "characters", " ".join(document.characters)  # one string: a list costs more than the text
    yield "tokens", list(document.tokens)
    yield "places", [_place(one) for one in document.places[:_MOST_PLACES]]


def _place(place: Place) -> dict[str, Any]:
    return {
        "region": place.region,
        "level": place.level,
        "categories": place.categories,
        "kind": place.kind,
        "family": place.family,
        "terms": place.terms,
        "rates": place.rates,
        "domain": place.domain,
        "sites": place.sites,
        "last_seen_at": place.last_seen_at.isoformat(),
    }
