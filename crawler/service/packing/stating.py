"""What the store says of a case, as JSON for whoever reads a pack by machine. Personal data is
under the veil; the words of the page itself are in the captures.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.introducing import NATURES
from crawler.domain.alert import ALERT_STATE_NAMES
from crawler.domain.assessment import LEVEL_NAMES, TEST_STATE_NAMES, Assessment
from crawler.domain.case import CHINA
from crawler.domain.family import MarkKind
from crawler.domain.filing import Filing
from crawler.domain.personal import masked_contact
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES, SupervisionTask
from crawler.service.packing.gathering import Dossier
from crawler.service.packing.kindred import Kindred, Signal
from crawler.service.packing.veil import Veil
from crawler.store.anchors import Anchor
from crawler.store.audit import Entry
from crawler.store.packs import Stretch

PERSONAL = frozenset(
    {
        MarkKind.MOBILE, MarkKind.PHONE, MarkKind.QQ, MarkKind.WECHAT, MarkKind.TELEGRAM,
        MarkKind.EMAIL,
    }
)  # fmt: skip
KEPT_BACK = "举报内容留在系统内"
WITHHELD = "人工填写的文字未随包提供；散列值按原文计算，可与本系统的审计记录对质"
_OWN_WORDS = ("个人信息未遮盖", "个人信息已遮盖")  # what the program itself writes into the trail
CONTEXT = 40  # characters on each side of a hit


def as_json(value: Any) -> bytes:
    """One spelling for one value."""
    plain = msgspec.to_builtins(value, enc_hook=str)
    return (json.dumps(plain, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def alert_stated(of: Dossier) -> dict[str, Any]:
    """The alert, its case and its site."""
    alert, site, case = of.alert, of.site, of.case
    return {
        "alert": {
            "id": alert.id,
            "level": str(alert.level),
            "level_name": LEVEL_NAMES[alert.level],
            "state": str(alert.state),
            "state_name": ALERT_STATE_NAMES[alert.state],
            "score": alert.score,
            "sentence": of.veil.words(alert.sentence),
            "region": alert.region,
            "opened_at": at(alert.opened_at),
            "last_seen_at": at(alert.last_seen_at),
            "repeats": alert.repeats,
            "reopened": alert.reopened,
            "settled_at": at(alert.settled_at),
        },
        "case": {
            "number": case.number,
            "title": of.veil.words(case.title),
            "category": case.category,
            "opened_at": at(case.opened_at),
            "closed_at": at(case.closed_at),
        },
        "site": {
            "domain": site.domain,
            "domain_shown": site.domain_shown,
            "unit_name": of.veil.words(site.unit_name),
            "nature": NATURES[site.subject_kind],
            "main_licence": site.main_licence,
            "service_licence": site.service_licence,
            "uscc": of.veil.code(site.uscc),
            "region": site.region,
            "first_seen_at": of.seen[0],
            "last_seen_at": of.seen[1],
        },
        "sources": [
            {
                "kind": "lead",
                "number": one.id,
                "channel": of.veil.words(one.channel),
                "told_on": f"{one.told_at.astimezone(CHINA):%Y-%m-%d}",
                "words": KEPT_BACK,
            }
            for one in of.leads  # who told is protected, whoever exports; words tell who told
        ],
        "moments": [
            {"part": one.part, "visit": one.visit.visit_id, "ended_at": at(one.visit.ended_at)}
            for one in of.moments
        ],
    }


def assessment_stated(of: Dossier) -> dict[str, Any]:
    """Level, yields, four tests, reasons on both sides, hits with their spans and sentences."""
    judged = of.assessment
    if judged is None:
        return {}
    tests = judged.tests
    return {
        "level": str(judged.level),
        "score": judged.score,
        "categories": list(judged.categories),
        "sentence": of.veil.words(judged.sentence),
        "lexicon_version": judged.lexicon_version,
        "judged_at": at(judged.judged_at),
        "text_digest": judged.text_digest,
        "four_tests": {
            "非法性": TEST_STATE_NAMES[tests.unlawful],
            "公开性": TEST_STATE_NAMES[tests.public],
            "利诱性": TEST_STATE_NAMES[tests.enticing],
            "社会性": TEST_STATE_NAMES[tests.social],
            "notes": [of.veil.words(one) for one in tests.notes],
        },
        "yields": of.veil.all(msgspec.to_builtins(judged.yields, enc_hook=str)),
        "reasons": of.veil.all(msgspec.to_builtins(judged.reasons, enc_hook=str)),
        "hits": _hits(of, judged),
    }


def filing_stated(of: Dossier) -> dict[str, Any]:
    """The filing as it was imported, and the list that it came in."""
    listed = of.listed
    told: dict[str, Any] = {"filing": _filing(of.filing, of.veil) if of.filing else None}
    if listed is not None:
        told["list"] = {
            "source": listed.source,
            "name": of.veil.words(listed.name),
            "sha256": listed.sha256,
            "received_at": at(listed.received_at),
            "row": listed.row,
            "gone_from_newest_list": listed.gone,
        }
    return told


def decisions_stated(of: Dossier) -> dict[str, Any]:
    """What people decided, and the tasks that came of it."""
    return {
        "reviews": [
            {
                "decision": str(one.decision),
                "actor": one.actor,
                "at": at(one.at),
                "reason": of.veil.words(one.reason),
                "misled_by": list(one.misled_by),
            }
            for one in of.reviews
        ],
        "tasks": [_task(one, of.veil) for one in of.tasks],
    }


def entries_stated(entries: Sequence[Entry], veil: Veil) -> list[dict[str, Any]]:
    """Audit entries with all that their hashes are made of: those whose words may be shown."""
    return [
        _entry(one) | {"before": one.act.before, "after": one.act.after}
        for one in entries
        if _may_show(one, veil)
    ]


def withheld_stated(entries: Sequence[Entry], veil: Veil) -> list[dict[str, Any]]:
    """The others, with their hashes and without their words: what somebody typed may name anybody,
    and masked words would not fit their hash.
    """
    return [_entry(one) | {"withheld": WITHHELD} for one in entries if not _may_show(one, veil)]


def _may_show(one: Entry, veil: Veil) -> bool:
    if veil.lifted:
        return True
    words = f"{one.act.before}\n{one.act.after}"
    for own in _OWN_WORDS:
        words = words.replace(own, "")
    return words.isascii() and veil.words(words) == words


def _entry(one: Entry) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "at": one.act.at.astimezone(UTC).isoformat(),
        "actor": one.act.actor,
        "action": one.act.action,
        "object": one.act.object,
        "region": one.act.region,
        "prev": one.prev,
        "hash": one.hash,
    }


def chain_stated(stretches: tuple[Stretch, ...], anchors: tuple[Anchor, ...]) -> dict[str, Any]:
    """The pieces of the chains, and the anchors that they lead to."""
    return {
        "rule": "link(n) = SHA-256(link(n-1) + '|' + n + '|' + digest(n))，十六进制小写",
        "stretches": [
            {
                "chain": one.chain,
                "from": one.first,
                "previous": one.previous,
                "digests": list(one.digests),
            }
            for one in stretches
        ],
        "anchors": [_anchor(one) for one in anchors],
    }


def family_stated(of: Kindred, *, lifted: bool) -> dict[str, Any]:
    """The members of a family, and what they share."""
    return {
        "case": {"number": of.case.number, "opened_at": at(of.case.opened_at)},
        "members": [
            {
                "letter": one.letter,
                "alert": one.card.alert.id,
                "domain": one.card.site.domain,
                "unit_name": one.veil.words(one.card.site.unit_name),
                "level": str(one.card.alert.level),
                "sentence": one.veil.words(one.card.alert.sentence),
                "first_seen_at": one.first_seen,
                "last_seen_at": one.last_seen,
                "capture": one.shot.capture.id if one.shot else "",
            }
            for one in of.members
        ],
        "members_left_out": of.left_out,
        "turns": [
            {"from": one.left, "to": one.right, "url": Veil(lifted=lifted).words(one.address)}
            for one in of.turns
        ],
        "signals": [
            {"kind": str(one.kind), "value": value_of(one, lifted=lifted), "members": one.letters}
            for one in of.signals
        ],
    }


def value_of(signal: Signal, *, lifted: bool) -> str:
    """What is shared; numbers that reach a person are masked."""
    return signal.value if lifted or signal.kind not in PERSONAL else masked_contact(signal.value)


def token_path(anchor: Anchor) -> str:
    """Where an anchor's time stamp lies in a pack."""
    return f"chain/anchor-{anchor.id}.tsr"


def at(moment: datetime | None) -> str | None:
    """In UTC, as ISO 8601."""
    return moment.astimezone(UTC).isoformat() if moment else None


def _anchor(one: Anchor) -> dict[str, Any]:
    said = one.statement
    return {
        "id": one.id,
        "at": at(one.at),
        "told": one.told,
        "outside": one.outside,
        "heads": {name: list(head) for name, head in one.chains.items()},
        "statement": said,
        "statement_sha256": hashlib.sha256(said.encode()).hexdigest(),
        "token": token_path(one) if one.token else "",
    }


def _hits(of: Dossier, judged: Assessment) -> list[dict[str, Any]]:
    told, page = [], of.veil.page(of.text) if of.text else None
    for hit in judged.hits:
        field = page.field(hit.field) if page else ""
        around = field[max(0, hit.start - CONTEXT) : hit.end + CONTEXT]
        told.append(of.veil.all(msgspec.to_builtins(hit, enc_hook=str)) | {"sentence": around})
    return told


def _filing(filing: Filing, veil: Veil) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(filing, enc_hook=str)
    given = told.pop("given")
    told = veil.all(told)
    for name in ("leader", "uscc", "address"):
        told[name] = veil.cells({name: filing_text})[name] if (filing_text := told[name]) else ""
    return told | {"given": veil.cells(given)}


def _task(task: SupervisionTask, veil: Veil) -> dict[str, Any]:
    return {
        "number": task.number,
        "state": str(task.state),
        "state_name": TASK_STATE_NAMES[task.state],
        "title": veil.words(task.title),
        "summary": veil.words(task.summary),
        "lead": task.lead.name,
        "cooperating": [one.name for one in task.cooperating],
        "rule": task.rule,
        "created_at": at(task.created_at),
        "due_at": at(task.due_at),
        "closed_at": at(task.closed_at),
        "conclusion": CONCLUSION_NAMES[task.conclusion] if task.conclusion else "",
    }
