"""One alert, or one family, into one zip: gathered, put, explained, listed, recorded."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from alerts.desk import Desk
from crawler.domain.audit import Act
from crawler.domain.capture import Evidence
from crawler.domain.errors import NotAllowed
from crawler.fetching.fonts import find_chinese_font
from crawler.service.catalogue import catalogue
from crawler.service.holding import evidence_at_rest
from crawler.service.packing.archive import Pack, evidence_root, new_file
from crawler.service.packing.explaining import explained, family_explained
from crawler.service.packing.gathering import Dossier, Shot, gather
from crawler.service.packing.keepsakes import Keeping
from crawler.service.packing.kin_papers import KinCase, kin_papers_of
from crawler.service.packing.kindred import Kindred, gather_family
from crawler.service.packing.listing import AUDIT, CHAIN, WITHHELD, Asker, Exported, close_pack
from crawler.service.packing.paging import page_of
from crawler.service.packing.papers import Case, papers_of, report_of
from crawler.service.packing.printing import printed
from crawler.service.packing.recounting import Taken
from crawler.service.packing.report_annex import report_page
from crawler.service.packing.stating import (
    alert_stated,
    as_json,
    assessment_stated,
    chain_stated,
    decisions_stated,
    entries_stated,
    family_stated,
    filing_stated,
    token_path,
    withheld_stated,
)
from crawler.service.packing.veil import Veil
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.case_files import copies_of
from crawler.store.database import Connection
from crawler.store.removals import removal_of
from crawler.store.rewrites import now_of
from crawler.store.verifying import removed_words

FORMS_FOLDER = "forms"  # where ops put templates of their own
READER = Path(__file__).parent / "carried" / "verify.py"
EXPLANATION = "核验说明.html"


def export_alert(
    house: House, desk: Desk, alert_id: int, destination: Path, asker: Asker, now: datetime
) -> Exported:
    """Write the pack of an alert; it is there whole or not at all, and the trail says so."""
    with house.database.reading() as db:
        dossier = gather(db, alert_id, reach=asker.reach, lifted=asker.lifted)
    about = f"alert:{dossier.alert.id}"
    with evidence_at_rest(house.home), new_file(destination) as file:
        done = write_pack(house, desk, dossier, file, asker, now)
    _note(
        house,
        destination,
        _act(about, dossier.alert.region, asker, f"manifest {done.manifest_sha256}", now),
    )
    return done


def export_family(
    house: House, desk: Desk, case_id: int, destination: Path, asker: Asker, now: datetime
) -> Exported:
    """The same for all sites of a case: what they share, and one capture of each."""
    with house.database.reading() as db:
        kindred = gather_family(db, case_id, reach=asker.reach, lifted=asker.lifted)
    with evidence_at_rest(house.home), new_file(destination) as file:
        done = _write_family(house, desk, kindred, file, asker, now)
    told = f"manifest {done.manifest_sha256}"
    _note(house, destination, _act(f"case:{case_id}", kindred.case.region, asker, told, now))
    return done


def print_report(house: House, desk: Desk, alert_id: int, asker: Asker, now: datetime) -> bytes:
    """The 线索报告 of an alert as PDF, with its pictures and the digests of its evidence: the paper
    that lies in its pack. NotAllowed where there is no browser; the trail tells of each.
    """
    with house.database.reading() as db:
        dossier = gather(db, alert_id, reach=asker.reach, lifted=asker.lifted)
    with evidence_at_rest(house.home), tempfile.TemporaryFile(dir=house.cache) as file:
        pack, keeping = _begun(house, file, dossier.shots)
        root = _put_evidence(pack, keeping, dossier)
        taken = _taken(house, pack, dossier, keeping, root, dossier.veil)
        paper = report_of(Case(of=dossier, taken=taken, desk=desk), house.home / FORMS_FOLDER)
        page = report_page(paper, dossier, taken, keeping)
    made, trouble = printed({"report": page}, house.config.browser)
    if trouble:
        raise NotAllowed(trouble)
    digest = hashlib.sha256(made["report"]).hexdigest()
    with house.database.transaction() as db:
        note(db, _act(f"alert:{alert_id}", dossier.alert.region, asker, f"sha256 {digest}", now,
                      action="evidence.report"))  # fmt: skip
    return made["report"]


def write_pack(
    house: House, desk: Desk, dossier: Dossier, file: IO[bytes], asker: Asker, now: datetime
) -> Exported:
    """All members in their order; the export record is the last, and alone knows who and when."""
    pack, keeping = _begun(house, file, dossier.shots)
    root = _put_evidence(pack, keeping, dossier)
    _put_records(pack, dossier)
    taken = _taken(house, pack, dossier, keeping, root, dossier.veil)
    papers = papers_of(Case(of=dossier, taken=taken, desk=desk), house.home / FORMS_FOLDER)
    trouble = _put_papers(pack, house, dict(papers))
    page = explained(dossier, pack.members, keeping, root, desk=desk, words=catalogue("zh"))
    pack.put(EXPLANATION, page, "document")
    pack.put("verify.py", READER.read_bytes(), "reader")
    about = {
        "case_number": dossier.case.number,
        "alert": dossier.alert.id,
        "domain": dossier.site.domain,
        "warc": _warc_path(dossier),
    }
    return close_pack(
        pack, about, dossier.shots, keeping, root=root, looked=dossier.looked, asker=asker,
        now=now, trouble=trouble,
    )  # fmt: skip


def _put_evidence(pack: Pack, keeping: Keeping, of: Dossier) -> str:
    """All of it, and the one value for it."""
    keeping.put_shots(of.shots)
    path = _warc_path(of)
    keeping.put_warc(path, Path(path).name, of.shots, of.alert.opened_at)
    return evidence_root(pack.members)


def _warc_path(of: Dossier) -> str:
    return f"warc/{of.case.number}-{of.alert.id}.warc.gz"


def _write_family(
    house: House, desk: Desk, kindred: Kindred, file: IO[bytes], asker: Asker, now: datetime
) -> Exported:
    pack, keeping = _begun(house, file, kindred.shots)
    keeping.put_shots(kindred.shots)
    warc = f"{kindred.case.number}.warc.gz"
    keeping.put_warc(f"warc/{warc}", warc, kindred.shots, kindred.case.opened_at)
    pack.put("case/family.json", as_json(family_stated(kindred, lifted=asker.lifted)), "record")
    veil = Veil(lifted=asker.lifted, tellers=kindred.tellers)
    _put_trail(pack, kindred, veil)
    _put_chain(pack, kindred)
    root = evidence_root(pack.members)
    taken = _taken(house, pack, kindred, keeping, root, veil)
    papers = kin_papers_of(KinCase(of=kindred, taken=taken, desk=desk), house.home / FORMS_FOLDER)
    trouble = _put_papers(pack, house, dict(papers))
    page = family_explained(kindred, pack.members, keeping, root, lifted=asker.lifted)
    pack.put(EXPLANATION, page, "document")
    pack.put("verify.py", READER.read_bytes(), "reader")
    about = {
        "case_number": kindred.case.number,
        "case": kindred.case.id,
        "domains": [one.card.site.domain for one in kindred.members],
        "warc": f"warc/{warc}",
    }
    return close_pack(
        pack, about, kindred.shots, keeping, root=root, looked=kindred.looked, asker=asker,
        now=now, trouble=trouble,
    )  # fmt: skip


def _begun(house: House, file: IO[bytes], shots: Sequence[Shot]) -> tuple[Pack, Keeping]:
    pack = Pack(file)
    ids = [one.capture.id for one in shots]
    with house.database.reading() as db:
        copies = copies_of(db, ids) | _moved(db, shots)
        gone = {one: found for one in ids if (found := removal_of(db, one))}
    keeping = Keeping(
        pack=pack, folder=house.evidence, font=find_chinese_font(), copies=copies,
        removed={one: removed_words(*found) for one, found in gone.items()},
    )  # fmt: skip
    return pack, keeping


def _moved(db: Connection, shots: Sequence[Shot]) -> dict[str, Evidence]:
    """Records whose segment was written anew, by the digest they are stored under."""
    records = [record for shot in shots for record in shot.capture.evidence]
    places = zip(records, now_of(db, records), strict=True)
    return {old.stored_sha256: now for old, now in places if now != old}


def _taken(
    house: House, pack: Pack, of: Dossier | Kindred, keeping: Keeping, root: str, veil: Veil
) -> Taken:
    settings = house.config
    return Taken(
        shots=of.shots, anchors=of.anchors, members=tuple(pack.members),
        broken=tuple(keeping.broken), root=root, veil=veil, words=catalogue("zh"),
        proxied=bool(settings.crawl.proxy), sandboxed=settings.browser.sandbox == "on",
    )  # fmt: skip


def _put_papers(pack: Pack, house: House, papers: Mapping[str, bytes]) -> str:
    """Each paper as Word and, where a browser is, as PDF; one line if it is not."""
    pages = {name: page_of(content, Path(name).stem) for name, content in papers.items()}
    pdfs, trouble = printed(pages, house.config.browser)
    for name, content in papers.items():
        pack.put(f"文书/{name}", content, "document")
        if name in pdfs:
            pack.put(f"文书/{Path(name).stem}.pdf", pdfs[name], "document")
    return trouble


def _put_records(pack: Pack, of: Dossier) -> None:
    for path, value in (
        ("case/alert.json", alert_stated(of)),
        ("case/assessment.json", assessment_stated(of)),
        ("case/filing.json", filing_stated(of)),
        ("case/decisions.json", decisions_stated(of)),
    ):
        pack.put(path, as_json(value), "record")
    _put_trail(pack, of, of.veil)
    _put_chain(pack, of)


def _put_trail(pack: Pack, of: Dossier | Kindred, veil: Veil) -> None:
    """Apart from the others what is without its words: a reader makes no hash of it."""
    pack.put(AUDIT, as_json(entries_stated(of.acts, veil)), "record")
    if withheld := withheld_stated(of.acts, veil):
        pack.put(WITHHELD, as_json(withheld), "record")


def _put_chain(pack: Pack, of: Dossier | Kindred) -> None:
    pack.put(CHAIN, as_json(chain_stated(of.stretches, of.anchors)), "record")
    for anchor in of.anchors:
        if anchor.token:
            pack.put(token_path(anchor), anchor.token, "record")


def _note(house: House, destination: Path, act: Act) -> None:
    """The trail tells of packs that stand, and of every one: what it cannot tell of goes away."""
    try:
        with house.database.transaction() as db:
            note(db, act)
    except BaseException:
        destination.unlink(missing_ok=True)
        raise


def _act(
    about: str, region: str, asker: Asker, told: str, now: datetime, action: str = "evidence.export"
) -> Act:
    shown = "个人信息未遮盖" if asker.lifted else "个人信息已遮盖"
    return Act(
        at=now,
        actor=asker.actor,
        action=action,
        object=about,
        region=region,
        after=f"{told} {shown}",
    )
