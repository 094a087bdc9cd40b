"""A store with texts at sites, made by the house's own functions, and an engine beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from crawler.domain.assessment import Level, Yield
from crawler.domain.capture import PageText
from crawler.domain.ids import ulid
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, save_captures
from crawler.store.database import Database
from crawler.store.finding_tables import families, family_members
from crawler.store.places import note_kinship
from crawler.store.tables import sites, sweeps, visits
from crawler.store.texts import ReadText, save_texts
from indexer.engines import Engine, SearchRequest, SearchResult
from indexer.indexing import index_pending
from indexer.searching import search
from tests.builders import NOON, a_capture, a_text, an_assessment

_numbers = count(1)


@dataclass
class SearchHouse:
    """`shows` puts a text at a site, as a sweep would; `found` asks for it."""

    database: Database
    engine: Engine
    _sites: dict[str, int] = field(default_factory=dict)

    def shows(
        self,
        text: PageText | str,
        domain: str = "a.example.cn",
        *,
        region: str = "310118",
        kind: str = "enterprise",
        level: Level | None = None,
        categories: Sequence[str] = (),
        rate: float | None = None,
        tokens: Sequence[str] = (),
        unit: str = "某某有限公司",
        at: datetime = NOON,
    ) -> str:
        """One visit that saw this text; gives its digest."""
        read = a_text(text) if isinstance(text, str) else text
        with self.database.transaction() as db:
            site_id = self._site(db, domain, region, (kind, unit))
            visit_id = db.execute(insert(visits).values(
                sweep_id=self._sweep(db), site_id=site_id, region=region, state="closed",
                outcome="seen",
            ).returning(visits.c.id)).scalar_one()  # fmt: skip
            capture = a_capture(
                id=ulid(_ms(at), next(_numbers).to_bytes(10, "big")), visit_id=visit_id,
                site_id=site_id, started_at=at, ended_at=at, text_digest=read.digest,
                final_url=f"http://{domain}/",
            )  # fmt: skip
            save_captures(db, [Kept(capture=capture, region=region)])
            save_texts(db, [ReadText(text=read, tokens=tuple(tokens))], at)
            if level is not None:
                judged = an_assessment(
                    visit_id=visit_id, level=level, categories=tuple(categories),
                    text_digest=read.digest, judged_at=at,
                    yields=(_a_yield(rate),) if rate is not None else (),
                )  # fmt: skip
                save_assessment(db, judged, site_id, region)
        return read.digest

    def index(self) -> None:
        done = index_pending(self.database, self.engine)
        assert not done.waiting_because, done.waiting_because
        self.engine.refresh()

    def found(self, words: str, **asked: Any) -> list[str]:
        """Digests of what answers, in the order given."""
        return [one.digest for one in self.search(words, **asked).answers]

    def search(self, words: str, **asked: Any) -> SearchResult:
        return search(self.database, self.engine, SearchRequest(words=words, **asked))

    def join_family(self, domain: str) -> int:
        """A family with this site in it."""
        with self.database.transaction() as db:
            site = db.execute(select(sites).where(sites.c.domain == domain)).one()
            family = int(db.execute(
                insert(families).values(region=site.region, made_at=NOON).returning(families.c.id)
            ).scalar_one())  # fmt: skip
            db.execute(insert(family_members).values(
                site_id=site.id, family_id=family, region=site.region, shared=[], joined_at=NOON,
            ))  # fmt: skip
            note_kinship(db, [site.id])
        return family

    def _site(self, db: Any, domain: str, region: str, subject: tuple[str, str]) -> int:
        if (known := db.scalar(select(sites.c.id).where(sites.c.domain == domain))) is not None:
            return int(known)
        return int(db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region=region, unit_name=subject[1],
            subject_kind=subject[0], site_name="", main_licence="", service_licence="",
            state="watched", created_at=NOON, actor="test",
        ).returning(sites.c.id)).scalar_one())  # fmt: skip

    def _sweep(self, db: Any) -> int:
        return int(db.execute(insert(sweeps).values(
            selection="all", state="finished", render=False, actor="test", region="310000",
            started_at=NOON, finished_at=NOON, sites=1,
        ).returning(sweeps.c.id)).scalar_one())  # fmt: skip


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _a_yield(rate: float) -> Yield:
    return Yield(raw=f"年化{rate}%", annual_low=rate, annual_high=rate, pattern="test")
