"""Alerts, tasks and pictures for the console's tests, made by the house's own functions."""

from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

import msgspec
from PIL import Image
from sqlalchemy import insert

from alerts.reviewing import confirm
from crawler.domain.assessment import Assessment, Level, Reason, Side, Yield
from crawler.domain.capture import (
    Box,
    EvidenceKind,
    Fetcher,
    PageText,
    Run,
)
from crawler.domain.case import Case
from crawler.domain.ids import ulid
from crawler.domain.lexicon import Hit
from crawler.domain.task import SupervisionTask
from crawler.service.desks import desk_of
from crawler.service.wiring import House
from crawler.store.alerts import save_alert
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, commit_segments, save_captures
from crawler.store.cases import save_case
from crawler.store.evidence import Resource, SegmentWriter
from crawler.store.tables import sites, sweeps, visits
from crawler.store.texts import ReadText, save_texts
from tests.builders import NOON, a_capture, a_text, an_alert, an_assessment

LICENCE = "沪ICP备2099000118号"
BODY = "颐享金卡\n季季返息 3.95%\n保·本·保·息\n投资有风险"


@dataclass(frozen=True)
class Seeded:
    alert_id: int
    site_id: int
    case_id: int
    capture_id: str
    segment: str


def seed_alert(
    house: House,
    domain: str,
    *,
    region: str = "310118",
    level: Level = Level.RED,
    unit: str = "云湖颐享养老服务有限公司",
    kind: str = "enterprise",
    body: str = BODY,
    title: str = "颐享云湖康养",
    case: Case | None = None,
    at: datetime = NOON,
    picture: bool = True,
    sentence: str = "疑似承诺保本高收益：网站公开承诺按季返息，折合年化15.8%，请核查。",
) -> Seeded:
    """One site, seen once, with an open alert."""
    text = a_text(body, title=title)
    with house.database.transaction() as db:
        site_id = db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region=region, unit_name=unit, subject_kind=kind,
            site_name="", main_licence=LICENCE, service_licence=f"{LICENCE}-1",
            state="watched", created_at=at, actor="test",
        ).returning(sites.c.id)).scalar_one()  # fmt: skip
        sweep_id = db.execute(insert(sweeps).values(
            selection="all", state="finished", render=True, actor="test", region=region,
            started_at=at, finished_at=at, sites=1,
        ).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        visit_id = db.execute(insert(visits).values(
            sweep_id=sweep_id, site_id=site_id, region=region, state="closed", outcome="seen",
        ).returning(visits.c.id)).scalar_one()  # fmt: skip
        kept, segment = _capture(house, visit_id, site_id, region, text, at, picture=picture)
        save_captures(db, [kept])
        commit_segments(db, [kept], at)
        save_texts(db, [ReadText(text=text)], at)
        save_assessment(db, _assessment(visit_id, level, text, sentence, at), site_id, region)
        own = case or save_case(db, Case(
            key=f"site:{domain}", title=f"{unit}：疑似", category="yield_promise", level=level,
            region=region, opened_at=at,
        ))  # fmt: skip
        alert = save_alert(db, an_alert(
            id=0, site_id=site_id, visit_id=visit_id, case_id=own.id, level=level, region=region,
            sentence=sentence, opened_at=at, last_seen_at=at, text_digest=text.digest,
            found=("yield_promise:", "yield_promise:返息"),
        ))  # fmt: skip
    return Seeded(alert.id, site_id, own.id, kept.capture.id, segment)


def seed_task(house: House, domain: str, *, region: str = "310118") -> SupervisionTask:
    """A drafted task behind a confirmed alert."""
    seeded = seed_alert(house, domain, region=region)
    return confirm(house.database, seeded.alert_id, "someone", NOON, desk_of(house))


def a_picture(colour: str = "white") -> bytes:
    out = BytesIO()
    Image.new("RGB", (1280, 800), colour).save(out, "JPEG")
    return out.getvalue()


def _capture(
    house: House, visit_id: int, site_id: int, region: str, text: PageText, at: datetime, *,
    picture: bool,
) -> tuple[Kept, str]:  # fmt: skip
    evidence = ()
    segment = ""
    if picture:
        writer = SegmentWriter(house.evidence, f"t-{visit_id}", at)
        segment = writer.name
        evidence = (writer.keep_resource(Resource(
            kind=EvidenceKind.PICTURE, url="http://x/", media_type="image/jpeg",
            content=a_picture(), at=at,
        )),)  # fmt: skip
        writer.close()
    capture = a_capture(
        id=ulid(int(at.timestamp() * 1000) + visit_id, visit_id.to_bytes(10, "big")),
        visit_id=visit_id, site_id=site_id, fetcher=Fetcher.BROWSER, started_at=at, ended_at=at,
        text_digest=text.digest, evidence=evidence,
    )  # fmt: skip
    body = text.field("body")
    boxes = {"body": _runs(body)}
    kept = Kept(capture=capture, region=region, runs=msgspec.msgpack.encode(boxes))
    return kept, segment


def _runs(body: str) -> tuple[Run, ...]:
    runs, at = [], 0
    for row, line in enumerate(body.split("\n")):
        box = Box(x=60.0, y=100.0 + 60 * row, width=20.0 * len(line), height=30.0)
        runs.append(Run(start=at, end=at + len(line), box=box))
        at += len(line) + 1
    return tuple(runs)


def _assessment(
    visit_id: int, level: Level, text: PageText, sentence: str, at: datetime
) -> Assessment:
    body = text.field("body")
    promise, disguised = body.find("季季返息 3.95%"), body.find("保·本·保·息")
    made = an_assessment(
        visit_id=visit_id, level=level, sentence=sentence, text_digest=text.digest, judged_at=at,
        categories=("yield_promise", "principal_guarantee"), lexicon_version="test",
        reasons=(Reason(side=Side.FOR, rule="category:yield", text="承诺收益", points=9.0),),
    )  # fmt: skip
    if promise < 0 or disguised < 0:
        return made
    return replace(
        made,
        yields=(Yield(
            raw="季季返息 3.95%", annual_low=15.8, annual_high=15.8, pattern="quarterly",
            start=promise, end=promise + 10,
        ),),
        hits=(Hit(
            word="保本保息", category="principal_guarantee", weight=5.0, field="body",
            start=disguised, end=disguised + 7, raw="保·本·保·息", obfuscated=True,
        ),),
    )  # fmt: skip
