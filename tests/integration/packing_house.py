"""A case with captures, links and a trail, made by the house's own functions; and its pack."""

import itertools
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import msgspec
from PIL import Image
from sqlalchemy import insert, update

from alerts.desk import Desk
from crawler.config import Config
from crawler.domain.audit import Act
from crawler.domain.capture import Capture, EvidenceKind, Fetcher, PageText, Profile
from crawler.domain.case import Case
from crawler.domain.ids import ulid
from crawler.service.desks import desk_of
from crawler.service.packing.exporting import export_alert
from crawler.service.packing.listing import Asker, Exported
from crawler.service.wiring import LEXICONS, House, open_house
from crawler.store.alerts import save_alert
from crawler.store.assessments import save_assessment
from crawler.store.audit import note
from crawler.store.captures import Kept, commit_segments, save_captures
from crawler.store.cases import save_case
from crawler.store.chain import append_links
from crawler.store.evidence import Resource, SegmentWriter
from crawler.store.tables import alerts, sites, sweeps, visits
from crawler.store.texts import ReadText, save_texts
from tests.builders import NOON, a_capture, a_hop, a_text, an_alert, an_exchange
from tests.integration.console_seeds import BODY, LICENCE, _assessment, _runs

READER = Path("crawler/service/packing/carried/verify.py").resolve()
OFFICER = Asker(actor="zhang", role="officer")
_serial = itertools.count(1)


@dataclass(frozen=True)
class Seeded:
    alert_id: int
    case_id: int
    site_id: int
    captures: tuple[Capture, ...]


def a_house(folder: Path, settings: str = "", *, browser: bool = False) -> House:
    """Without a browser: papers are printed in the one test that is about them."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = f'region = "310118"\n[browser]\nenabled = {str(browser).lower()}\n'
    (folder / "xunwang.toml").write_text(plain + settings, "utf-8")
    return open_house(folder)


def seed_case(
    house: House,
    domain: str,
    *,
    unit: str = "云湖颐享养老服务有限公司",
    kind: str = "enterprise",
    body: str = BODY,
    title: str = "颐享云湖康养",
    pictures: int = 1,
    size: tuple[int, int] = (1280, 800),
    case: Case | None = None,
    at: datetime = NOON,
) -> Seeded:
    """One site seen once: by a plain request, and by a browser as often as wanted."""
    text = a_text(body, title=title)
    with house.database.transaction() as db:
        site_id = db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region="310118", unit_name=unit,
            subject_kind=kind, site_name="", main_licence=LICENCE,
            service_licence=f"{LICENCE}-1", state="watched", created_at=at, actor="test",
        ).returning(sites.c.id)).scalar_one()  # fmt: skip
    visit_id, kept = visit(house, site_id, text, at, pictures=pictures, size=size)
    with house.database.transaction() as db:
        judged = _assessment_of(visit_id, text, at)
        save_assessment(db, judged, site_id, "310118")
        own = case or save_case(db, Case(
            key=f"site:{domain}", title=f"{unit}：疑似", category="yield_promise",
            level=judged.level, region="310118", opened_at=at,
        ))  # fmt: skip
        alert = save_alert(db, an_alert(
            id=0, site_id=site_id, visit_id=visit_id, case_id=own.id, opened_at=at,
            last_seen_at=at, text_digest=text.digest,
        ))  # fmt: skip
        note(db, Act(
            at=at, actor="system", action="alert.opened", object=f"alert:{alert.id}",
            region="310118", after="red",
        ))  # fmt: skip
    return Seeded(alert.id, own.id, site_id, kept)


def visit(
    house: House,
    site_id: int,
    text: PageText,
    at: datetime,
    *,
    pictures: int = 1,
    size: tuple[int, int] = (1280, 800),
    colour: str = "white",
    into: SegmentWriter | None = None,
) -> tuple[int, tuple[Capture, ...]]:
    """A closed visit with its captures kept, linked and committed."""
    with house.database.transaction() as db:
        sweep_id = db.execute(insert(sweeps).values(
            selection="all", state="finished", render=True, actor="test", region="310118",
            started_at=at, finished_at=at, sites=1,
        ).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        visit_id = db.execute(insert(visits).values(
            sweep_id=sweep_id, site_id=site_id, region="310118", state="closed", outcome="seen",
        ).returning(visits.c.id)).scalar_one()  # fmt: skip
        writer = into or SegmentWriter(house.evidence, f"p-{next(_serial)}", at)
        made = [_plain(writer, visit_id, site_id, text, at)]
        made += [
            _drawn(writer, visit_id, site_id, text, at + timedelta(seconds=n + 1), size, colour)
            for n in range(pictures)
        ]
        writer.sync() if into else writer.close()
        boxes = msgspec.msgpack.encode({"body": _runs(text.field("body"))})
        kept = [Kept(capture=one, region="310118", runs=boxes) for one in made]
        save_captures(db, kept)
        append_links(db, "test:chain", kept)
        commit_segments(db, kept, at)
        save_texts(db, [ReadText(text=text)], at)
    return visit_id, tuple(made)


def clean_visit(house: House, seeded: Seeded, body: str, at: datetime) -> int:
    """The site again, with nothing to say against it."""
    text = a_text(body, title="颐享云湖康养")
    visit_id, _ = visit(house, seeded.site_id, text, at, colour="grey")
    with house.database.transaction() as db:
        judged = replace(_assessment_of(visit_id, text, at), level="none", reasons=(), yields=())
        save_assessment(db, judged, seeded.site_id, "310118")
    return visit_id


def relapse(house: House, seeded: Seeded, body: str, at: datetime) -> None:
    """Found again: the alert shows the newest visit."""
    text = a_text(body, title="颐享云湖康养")
    visit_id, _ = visit(house, seeded.site_id, text, at)
    with house.database.transaction() as db:
        save_assessment(db, _assessment_of(visit_id, text, at), seeded.site_id, "310118")
        db.execute(
            update(alerts)
            .where(alerts.c.id == seeded.alert_id)
            .values(visit_id=visit_id, reopened=1, text_digest=text.digest)
        )


@cache
def desk() -> Desk:
    return desk_of(SimpleNamespace(config=Config(region="310118"), lexicon=LEXICONS))  # type: ignore[arg-type]


def exported(
    house: House, alert_id: int, path: Path, asker: Asker = OFFICER, now: datetime = NOON
) -> Exported:
    return export_alert(house, desk(), alert_id, path, asker, now)


def verified(
    path: Path, reader: Path = READER, python: str = sys.executable
) -> tuple[int, list[str]]:
    """What the reader says: run as a stranger would, with nothing of ours to import."""
    done = subprocess.run(
        [python, "-S", "-I", str(reader), str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def old_python() -> str | None:
    """A Python 3.8, the oldest that the reader promises to run on, where this machine has one."""
    kept = sorted(Path.home().glob(".pyenv/versions/3.8.*/bin/python3.8"))
    kept += sorted(Path.home().glob(".local/share/uv/python/cpython-3.8.*/bin/python3.8"))
    return next(filter(_is_3_8, [shutil.which("python3.8") or "", *map(str, kept)]), None)


def _is_3_8(python: str) -> bool:
    if not python:
        return False
    command = [python, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 8))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def changed_pack(
    path: Path, out: Path, change: Callable[[list[tuple[str, bytes]]], Sequence[tuple[str, bytes]]]
) -> Path:
    """A pack in the same layout with other members, as a careful forger would write it."""
    with zipfile.ZipFile(path) as pack:
        members = [(one.filename, pack.read(one)) for one in pack.infolist()]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        for name, content in change(members):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            pack.writestr(info, content)
    return out


def a_picture(size: tuple[int, int], colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def _assessment_of(visit_id: int, text: PageText, at: datetime):  # type: ignore[no-untyped-def]
    level = an_alert().level
    return _assessment(visit_id, level, text, "疑似承诺保本高收益，请核查。", at)


def _plain(
    writer: SegmentWriter, visit_id: int, site_id: int, text: PageText, at: datetime
) -> Capture:
    body = text.field("body").encode()
    exchange = an_exchange(response_body=body, at=at)
    return a_capture(
        id=ulid(int(at.timestamp() * 1000), next(_serial).to_bytes(10, "big")), visit_id=visit_id,
        site_id=site_id, started_at=at, ended_at=at, text_digest=text.digest,
        hops=(a_hop(status=200, peer="127.0.0.2:80"),), evidence=writer.keep_exchange(exchange),
        body_sha256=sha256(body).hexdigest(), body_size=len(body), tool="xunwang/test",
    )  # fmt: skip


def _drawn(
    writer: SegmentWriter, visit_id: int, site_id: int, text: PageText, at: datetime,
    size: tuple[int, int], colour: str,
) -> Capture:  # fmt: skip
    kept = [
        writer.keep_resource(Resource(
            kind=kind, url="http://a.example.cn/", media_type=media, content=content, at=at
        ))
        for kind, media, content in (
            (EvidenceKind.DOM, "text/html", f"<p>{text.field('body')}</p>".encode()),
            (EvidenceKind.PICTURE, "image/jpeg", a_picture(size, colour)),
        )
    ]  # fmt: skip
    return a_capture(
        id=ulid(int(at.timestamp() * 1000), next(_serial).to_bytes(10, "big")), visit_id=visit_id,
        site_id=site_id, fetcher=Fetcher.BROWSER, profile=Profile.DESKTOP, started_at=at,
        ended_at=at, text_digest=text.digest, evidence=tuple(kept), tool="xunwang/test",
        hops=(a_hop(status=200),),
    )  # fmt: skip
