"""The two lists that close a pack: the manifest, which is the same each time, and the export
record, which alone knows who and when.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.domain.errors import NotAllowed
from crawler.domain.user import Role
from crawler.service.packing.archive import Member, Pack
from crawler.service.packing.gathering import Shot
from crawler.service.packing.keepsakes import Keeping
from crawler.service.packing.stating import as_json, at, entries_stated, withheld_stated
from crawler.service.packing.veil import Veil
from crawler.service.wiring import tool_name
from crawler.store.audit import Entry

FORMAT = "xunwang-evidence-pack/1"
CHAIN, AUDIT = "chain/chain.json", "case/audit.json"
WITHHELD = "case/audit-withheld.json"
MAY_SEE = frozenset({Role.OFFICER, Role.SUPERVISOR})  # whose sight of personal data is an act


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who exports, as what, how far they see, and whether names are to stand in full."""

    actor: str
    role: str
    reach: str = ""
    lifted: bool = False

    @property
    def personal(self) -> str:
        """What becomes of personal data, by its machine name."""
        return "shown" if self.lifted else "masked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written."""

    manifest_sha256: str
    root: str
    members: int
    captures: int
    broken: tuple[str, ...]
    trouble: str = ""  # why there is no PDF


def allowed(asker: Asker, roles: frozenset[Role]) -> Asker:
    """Names in full only for those whose work it is; for others it is no right."""
    if asker.lifted and not roles & MAY_SEE:
        raise NotAllowed("只有专员和主管可以导出未遮盖个人信息的证据包")
    return asker


def close_pack(
    pack: Pack,
    about: Mapping[str, Any],
    shots: Sequence[Shot],
    keeping: Keeping,
    *,
    root: str,
    looked: Sequence[Entry],
    asker: Asker,
    now: datetime,
    trouble: str = "",
) -> Exported:
    """Put manifest and export record, and close. `about` is what the pack is of."""
    told = {**about, **_manifest(pack.members, shots, keeping, root, asker)}
    manifest, members = as_json(told), len(pack.members)
    digest = hashlib.sha256(manifest).hexdigest()
    pack.put("manifest.json", manifest, "record")
    pack.put("export.json", _export_record(looked, asker, digest, root, now), "record")
    pack.close()
    return Exported(
        manifest_sha256=digest,
        root=root,
        members=members,
        captures=len(shots),
        broken=tuple(one.reason for one in keeping.broken),
        trouble=trouble,
    )


def _manifest(
    members: Sequence[Member], shots: Sequence[Shot], keeping: Keeping, root: str, asker: Asker
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_with": tool_name(),
        "personal_data": asker.personal,
        "evidence_root": root,
        "chain": CHAIN,
        "audit": AUDIT,
        "faults": [
            {
                "capture": one.capture_id,
                "kind": one.kind,
                "reason": one.reason,
                "stored_sha256": one.stored_sha256,
            }
            for one in keeping.broken
        ],
        "captures": [_capture(one) for one in shots],
        "members": [_listed(one) for one in members],
    }


def _capture(one: Shot) -> dict[str, Any]:
    link = {"chain": one.linked.chain, "seq": one.linked.seq, "link": one.linked.link}
    return {
        "id": one.capture.id,
        "folder": one.folder,
        "part": one.part,
        "manifest_sha256": one.linked.manifest_sha256,
        "link": link if one.linked.chain else None,
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


def _export_record(
    looked: Sequence[Entry], asker: Asker, digest: str, root: str, now: datetime
) -> bytes:
    told: dict[str, Any] = {
        "exported_at": at(now),
        "actor": asker.actor,
        "role": asker.role,
        "personal_data": asker.personal,
        "manifest_sha256": digest,
        "evidence_root": root,
        "looked_at_before": _looks(looked, Veil(lifted=asker.lifted)),
    }
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return as_json(told | {"record_sha256": hashlib.sha256(plain.encode()).hexdigest()})


def _looks(looked: Sequence[Entry], veil: Veil) -> list[dict[str, Any]]:
    told = [*entries_stated(looked, veil), *withheld_stated(looked, veil)]
    return sorted(told, key=lambda one: int(one["seq"]))
