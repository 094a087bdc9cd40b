"""One alert into one zip: gathered, put, explained, listed, recorded."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from alerts.desk import Desk
from crawler.config import CrawlSettings
from crawler.domain.audit import Act
from crawler.domain.errors import NotAllowed
from crawler.domain.user import Role
from crawler.fetching.fonts import find_chinese_font
from crawler.service.catalogue import catalogue
from crawler.service.packing.archive import Member, Pack, evidence_root, new_file
from crawler.service.packing.explaining import explained
from crawler.service.packing.gathering import Dossier, gather
from crawler.service.packing.keepsakes import Keeping
from crawler.service.packing.paging import page_of
from crawler.service.packing.papers import Case as PaperCase
from crawler.service.packing.papers import papers_of
from crawler.service.packing.printing import printed
from crawler.service.packing.stating import (
    alert_stated,
    as_json,
    assessment_stated,
    at,
    chain_stated,
    decisions_stated,
    entries_stated,
    filing_stated,
    token_path,
)
from crawler.service.wiring import House, tool_name
from crawler.store.audit import note

FORMS_FOLDER = "forms"  # where ops put templates of their own
FORMAT = "xunwang-evidence-pack/1"
READER = Path(__file__).parent / "carried" / "verify.py"
MAY_SEE = frozenset({Role.OFFICER, Role.SUPERVISOR})  # whose sight of personal data is an act


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who exports, as what, how far they see, and whether names are to stand in full."""

    actor: str
    role: str
    reach: str = ""
    lifted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written."""

    manifest_sha256: str
    root: str
    members: int
    captures: int
    broken: tuple[str, ...]
    trouble: str = ""  # why there is no PDF


def export_alert(
    house: House, desk: Desk, alert_id: int, destination: Path, asker: Asker, now: datetime
) -> Exported:
    """Write the pack of an alert; it is there whole or not at all, and the trail says so."""
    with house.database.reading() as db:
        dossier = gather(db, alert_id, reach=asker.reach, lifted=asker.lifted)
    with new_file(destination) as file:
        done = write_pack(house, desk, dossier, file, asker, now)
        with house.database.transaction() as db:
            note(db, _act(dossier, asker, done, now))
    return done


def write_pack(
    house: House, desk: Desk, dossier: Dossier, file: IO[bytes], asker: Asker, now: datetime
) -> Exported:
    """All members in their order; the export record is the last, and alone knows who and when."""
    pack = Pack(file)
    keeping = Keeping(pack=pack, folder=house.evidence, font=find_chinese_font())
    keeping.put_shots(dossier.shots)
    warc = f"warc/{dossier.case.number}-{dossier.alert.id}.warc.gz"
    keeping.put_warc(warc, warc.rpartition("/")[2], dossier.shots, dossier.alert.opened_at)
    _put_records(pack, dossier)
    root = evidence_root(pack.members)
    trouble = _put_papers(pack, house, dossier, keeping, root, desk)
    page = explained(dossier, pack.members, keeping, root, desk=desk, words=catalogue("zh"))
    pack.put("核验说明.html", page, "document")
    pack.put("verify.py", READER.read_bytes(), "reader")
    manifest = as_json(_manifest(dossier, pack.members, keeping, root, warc, asker))
    digest = hashlib.sha256(manifest).hexdigest()
    members = len(pack.members)
    pack.put("manifest.json", manifest, "record")
    pack.put("export.json", _export_record(dossier, asker, digest, root, now), "record")
    pack.close()
    return Exported(
        manifest_sha256=digest,
        root=root,
        members=members,
        captures=len(dossier.shots),
        broken=tuple(one.reason for one in keeping.broken),
        trouble=trouble,
    )


def _put_papers(
    pack: Pack, house: House, of: Dossier, keeping: Keeping, root: str, desk: Desk
) -> str:
    """Each paper as Word and, where a browser is, as PDF; one line if it is not."""
    case = PaperCase(
        of=of, members=tuple(pack.members), broken=tuple(keeping.broken), root=root, desk=desk,
        words=catalogue("zh"), network=network_of(house.config.crawl),
    )  # fmt: skip
    papers = dict(papers_of(case, house.home / FORMS_FOLDER))
    pages = {name: page_of(content, Path(name).stem) for name, content in papers.items()}
    pdfs, trouble = printed(pages, house.config.browser)
    for name, content in papers.items():
        pack.put(f"文书/{name}", content, "document")
        if name in pdfs:
            pack.put(f"文书/{Path(name).stem}.pdf", pdfs[name], "document")
    return trouble


def network_of(crawl: CrawlSettings) -> str:
    """How the machine reaches the web, as far as it knows itself."""
    ways = ["经上级代理访问互联网" if crawl.proxy else "直接访问互联网"]
    if crawl.hosts or crawl.hosts_file:
        ways.append("部分域名的地址由本机指定（crawl.hosts）")
    return "；".join(ways) + "；出口地址由办案人员填写：________"


def _put_records(pack: Pack, of: Dossier) -> None:
    for path, value in (
        ("case/alert.json", alert_stated(of)),
        ("case/assessment.json", assessment_stated(of)),
        ("case/filing.json", filing_stated(of)),
        ("case/decisions.json", decisions_stated(of)),
        ("case/audit.json", entries_stated(of.acts)),
        ("chain/chain.json", chain_stated(of.stretches, of.anchors)),
    ):
        pack.put(path, as_json(value), "record")
    for anchor in of.anchors:
        if anchor.token:
            pack.put(token_path(anchor), anchor.token, "record")


def _manifest(
    of: Dossier, members: Sequence[Member], keeping: Keeping, root: str, warc: str, asker: Asker
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_with": tool_name(),
        "case_number": of.case.number,
        "alert": of.alert.id,
        "domain": of.site.domain,
        "personal_data": "shown" if asker.lifted else "masked",
        "evidence_root": root,
        "warc": warc,
        "chain": "chain/chain.json",
        "audit": "case/audit.json",
        "faults": [
            {
                "capture": one.capture_id,
                "kind": one.kind,
                "reason": one.reason,
                "stored_sha256": one.stored_sha256,
            }
            for one in keeping.broken
        ],
        "captures": [
            {
                "id": one.capture.id,
                "folder": one.folder,
                "part": one.part,
                "manifest_sha256": one.linked.manifest_sha256,
                "link": {
                    "chain": one.linked.chain,
                    "seq": one.linked.seq,
                    "link": one.linked.link,
                },
            }
            for one in of.shots
        ],
        "members": [_listed(one) for one in members],
    }


def _listed(one: Member) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": one.path,
        "size": one.size,
        "sha256": one.sha256,
        "sm3": one.sm3,
        "role": one.role,
    }
    more = {"capture": one.capture, "piece": one.piece}
    return told | {name: value for name, value in more.items() if value}


def _export_record(of: Dossier, asker: Asker, digest: str, root: str, now: datetime) -> bytes:
    told: dict[str, Any] = {
        "exported_at": at(now),
        "actor": asker.actor,
        "role": asker.role,
        "personal_data": "shown" if asker.lifted else "masked",
        "manifest_sha256": digest,
        "evidence_root": root,
        "looked_at_before": entries_stated(of.looked),
    }
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return as_json(told | {"record_sha256": hashlib.sha256(plain.encode()).hexdigest()})


def _act(of: Dossier, asker: Asker, done: Exported, now: datetime) -> Act:
    shown = "个人信息未遮盖" if asker.lifted else "个人信息已遮盖"
    return Act(
        at=now,
        actor=asker.actor,
        action="evidence.export",
        object=f"alert:{of.alert.id}",
        region=of.alert.region,
        after=f"manifest {done.manifest_sha256} {shown}",
    )


def allowed(asker: Asker, roles: frozenset[Role]) -> Asker:
    """Names in full only for those whose work it is; for others it is no right."""
    if asker.lifted and not roles & MAY_SEE:
        raise NotAllowed("只有专员和主管可以导出未遮盖个人信息的证据包")
    return asker
