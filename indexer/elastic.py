"""The engine for a city: Elasticsearch. Everything it says of itself is checked, item by item."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError
from elasticsearch.serializer import JsonSerializer

from crawler.domain.errors import TryLater
from indexer.documents import Document
from indexer.elastic_asking import facets_from, search_of
from indexer.elastic_bulk import send, taken_by_both, tie_of
from indexer.elastic_faults import told_plainly
from indexer.elastic_indices import Layout, beside_alias, layout_from, template_of
from indexer.engines import (
    MOST_COUNTED,
    NO_BESIDE,
    EngineState,
    Order,
    Page,
    SearchRequest,
    Taken,
)
from indexer.querying import Question, question_from

_KEY = re.compile(r"(-?\d{1,19})-([0-9a-f]{64})")
_NEWEST = ("-order", "-tie")


@dataclass(frozen=True, kw_only=True, slots=True)
class ElasticServer:
    """Where the server is and how to come in."""

    url: str
    alias: str
    user: str = ""
    password: str = ""
    ca_file: Path | None = None
    timeout_s: float = 10.0


class _QuickJson(JsonSerializer):
    """The client's own takes a seventh of what a text costs from store to index."""

    def json_dumps(self, data: Any) -> bytes:
        try:
            return msgspec.json.encode(data)
        except (TypeError, UnicodeError):
            return super().json_dumps(data)


class ElasticEngine:
    """Same words, same hits as the embedded engine: `cjk` makes the same pairs."""

    def __init__(self, server: ElasticServer) -> None:
        self._alias = server.alias
        trust: dict[str, Any] = {"ca_certs": str(server.ca_file)} if server.ca_file else {}
        with told_plainly():
            self._client = Elasticsearch(
                server.url,
                basic_auth=(server.user, server.password) if server.user else None,
                request_timeout=server.timeout_s,
                max_retries=1,
                serializer=_QuickJson(),
                **trust,
            )

    def prepare(self) -> None:
        """Template, and the first index behind the alias."""
        with told_plainly():
            self._layout()

    def index(self, documents: Sequence[Document], *, beside: bool = False) -> Taken:
        """In bulks; each item's answer is read."""
        with told_plainly():
            layout = self._layout()
            if beside and not layout.beside:
                raise TryLater(NO_BESIDE)
            generations = [layout.beside] if beside else [layout.live, layout.beside]
            taken = Taken(done=tuple(one.digest for one in documents))
            for generation in filter(None, generations):
                _of_ours(layout, generation)
                self._make_months(layout, generation, documents)
                named = [(layout.name(generation, one.first_seen_at), one) for one in documents]
                taken = taken_by_both(taken, send(self._client, named))
        return taken

    def find(self, request: SearchRequest) -> Page:
        """The newest texts that answer, or the best of the newest 10,000."""
        question = question_from(request.words)
        if not question.alternatives and not question.anything:
            return Page()
        with told_plainly():
            if request.order is Order.RELEVANCE and question.alternatives:
                return self._best(question, request)
            return self._newest(question, request)

    def count(self) -> int:
        """How many texts are in the index."""
        with told_plainly():
            told = self._client.count(index=self._alias, ignore_unavailable=True)
        return int(told["count"])

    def refresh(self) -> None:
        """What was taken in is found from now on."""
        with told_plainly():
            for name in (self._alias, beside_alias(self._alias)):
                self._client.indices.refresh(index=name, ignore_unavailable=True)

    def begin_rebuild(self) -> None:
        """The next generation; a half-built one is forgotten."""
        with told_plainly():
            layout = self._layout()
            if layout.beside:
                self._delete(layout.of(layout.beside))
            self._begin(layout, layout.newest + 1, beside_alias(self._alias))

    def finish_rebuild(self) -> None:
        """One request moves the alias and lets the old generation go."""
        with told_plainly():
            layout = self._layout()
            if not layout.beside:
                raise TryLater(NO_BESIDE)
            new, beside = layout.of(layout.beside), beside_alias(self._alias)
            old = [one for one in layout.indices if one not in new]
            self._client.indices.refresh(index=",".join(new))
            actions: list[dict[str, Any]] = [{"remove_index": {"index": one}} for one in old]
            for one in new:
                actions.append({"add": {"index": one, "alias": self._alias}})
                actions.append({"remove": {"index": one, "alias": beside}})
            self._client.indices.update_aliases(actions=actions)

    def forget_before(self, moment: datetime) -> None:
        """Whole months at once, then what is left of the month it falls into."""
        with told_plainly():
            layout = self._layout()
            self._delete(layout.before(moment))
            older = {"range": {"first_seen_at": {"lt": moment.isoformat()}}}
            self._delete_where(layout, older)

    def forget(self, digests: Sequence[str]) -> None:
        """In every generation."""
        with told_plainly():
            self._delete_where(self._layout(), {"ids": {"values": list(digests)}})

    def drop(self) -> None:
        """Forget everything."""
        with told_plainly():
            self._delete(sorted(self._read_layout().indices))
            self._client.options(ignore_status=404).indices.delete_index_template(name=self._alias)

    def state(self) -> EngineState:
        """How it is. Never an error."""
        state = EngineState(name="Elasticsearch")
        try:
            with told_plainly():
                version = self._client.info()["version"]["number"]
                state = replace(state, name=f"Elasticsearch {version}")
                layout = self._read_layout()
                parts = tuple(sorted(layout.indices))
                state = replace(state, texts=self.count(), parts=parts)
                _of_ours(layout, layout.live)
                health = self._client.cluster.health(index=f"{self._alias}-g*")["status"]
        except TryLater as trouble:
            return replace(state, trouble=str(trouble))
        return replace(
            state, trouble="Elasticsearch 为红：部分索引不可用" if health == "red" else ""
        )

    def _layout(self) -> Layout:
        """What there is now: another machine may have begun a rebuild a moment ago."""
        layout = self._read_layout()
        if not layout.live:
            self._begin(layout, layout.newest + 1, self._alias)
            layout = self._read_layout()
        return layout

    def _read_layout(self) -> Layout:
        told = self._client.indices.get(
            index=f"{self._alias}-g*", filter_path="*.aliases,*.mappings._meta"
        )
        return layout_from(self._alias, told.body)

    def _begin(self, layout: Layout, generation: int, alias: str) -> None:
        self._make(layout.base(generation), alias)

    def _make_months(self, layout: Layout, generation: int, documents: Sequence[Document]) -> None:
        alias = self._alias if generation == layout.live else beside_alias(self._alias)
        wanted = {layout.name(generation, one.first_seen_at) for one in documents}
        for name in sorted(wanted - layout.indices):
            self._make(name, alias)

    def _make(self, index: str, alias: str) -> None:
        """By our template, which a server that was wiped has no more."""
        self._client.indices.put_index_template(name=self._alias, **template_of(self._alias))
        try:
            self._client.indices.create(index=index, aliases={alias: {}})
        except BadRequestError as error:  # another machine was first
            if error.error != "resource_already_exists_exception":
                raise

    def _delete_where(self, layout: Layout, query: dict[str, Any]) -> None:
        """In every generation, what was taken in a moment ago too: only what is searchable goes."""
        self._client.indices.refresh(index=layout.patterns, ignore_unavailable=True)
        self._client.delete_by_query(
            index=layout.patterns,
            query=query,
            conflicts="proceed",
            ignore_unavailable=True,
            refresh=True,
        )

    def _delete(self, indices: Sequence[str]) -> None:
        for one in indices:
            self._client.indices.delete(index=one, ignore_unavailable=True)

    def _newest(self, question: Question, request: SearchRequest) -> Page:
        asked = search_of(question, request).sort(*_NEWEST).extra(size=request.limit + 1)
        if key := _KEY.fullmatch(request.after):
            asked = asked.extra(search_after=[int(key[1]), tie_of(key[2])])
        told = self._ask(asked.to_dict())
        hits = told["hits"]["hits"]
        shown = hits[: request.limit]
        last = shown[-1] if len(hits) > len(shown) else None
        return _page(told, shown, next_key=f"{last['sort'][0]}-{last['_id']}" if last else "")

    def _best(self, question: Question, request: SearchRequest) -> Page:
        asked = search_of(question, request, scored=True)
        if (floor := self._floor(question, request)) is not None:
            asked = asked.filter("range", order={"gte": floor})
        asked = asked.sort("_score", *_NEWEST).extra(size=request.limit)
        told = self._ask(asked.to_dict())
        return _page(told, told["hits"]["hits"], next_key="")

    def _floor(self, question: Question, request: SearchRequest) -> int | None:
        """The 10,000th newest answer's number, if there are so many."""
        plain = replace(request, facets=False)
        # ten thousand are sorted for this: by one number, and without counting them too
        asked = search_of(question, plain).sort(_NEWEST[0]).extra(track_total_hits=False)
        told = self._ask(asked.extra(size=1, from_=MOST_COUNTED - 1).to_dict())
        hits = told["hits"]["hits"]
        return int(hits[0]["sort"][0]) if hits else None

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        body = {("from" if name == "from_" else name): value for name, value in body.items()}
        try:
            told = self._client.search(
                index=self._alias,
                ignore_unavailable=True,
                allow_partial_search_results=False,  # a part that is away must not look like none
                body=body,
            )
        except NotFoundError:
            return {"hits": {"total": {"value": 0}, "hits": []}}
        return dict(told.body)


def _page(told: dict[str, Any], hits: Sequence[dict[str, Any]], next_key: str) -> Page:
    return Page(
        digests=tuple(hit["_id"] for hit in hits),
        total=min(int(told["hits"]["total"]["value"]), MOST_COUNTED),
        next=next_key,
        facets=facets_from(told["aggregations"]) if "aggregations" in told else {},
    )


def _of_ours(layout: Layout, generation: int) -> None:
    """An index of another mapping would refuse every text for good."""
    if not layout.strangers.isdisjoint(layout.of(generation)):
        raise TryLater("Elasticsearch 中的索引结构与本程序不符，请运行 xunwang index rebuild")
