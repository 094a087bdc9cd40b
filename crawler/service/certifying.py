"""After a sweep, and once a day: the account of what was seen, what was not and why, signed with
the key of this installation, told to the platform, and bound to the heads of the chains.
"""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from alerts.messages import Occasion, coverage_told, messages_of, sweep_told
from crawler.domain.case import CHINA
from crawler.domain.certificate import Certificate, Coverage, account
from crawler.domain.errors import BadInput
from crawler.domain.site import RECAPTURES, Sweep
from crawler.domain.user import reach_of
from crawler.service.summing import swept_sweep
from crawler.service.wiring import House, endpoints_of, tool_name
from crawler.store.anchors import anchor_now, save_anchor
from crawler.store.audit import trail_bounds
from crawler.store.certificates import (
    coverage_between,
    coverage_of_sweep,
    has_certificate,
    save_certificate,
    sweeps_without_certificate,
)
from crawler.store.database import Connection
from crawler.store.outbox import put
from crawler.store.visits import outcome_count

KEY_FILE = "certificate.pem"
ALGORITHM = "Ed25519"
RECENT = timedelta(days=7)

_Count = Annotated[int, msgspec.Meta(ge=0)]
_OutcomeName = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]  # printed where unknown


class _Parts(msgspec.Struct):
    watched: _Count
    seen: _Count
    failed: dict[_OutcomeName, _Count]
    not_captured: _Count
    not_due: _Count


class _Said(msgspec.Struct):
    kind: str
    of: str
    at: str
    region: str
    coverage: _Parts


def certify_sweep(house: House, sweep: Sweep, now: datetime) -> Certificate:
    """Of a finished sweep; making it twice gives the first again."""
    assert sweep.finished_at is not None
    more = {
        "sweep": {
            "id": sweep.id,
            "selection": sweep.selection[:300],
            "sites": sweep.sites,
            "actor": sweep.actor,
            "started_at": sweep.started_at.isoformat(),
            "finished_at": sweep.finished_at.isoformat(),
        }
    }
    with house.database.transaction() as db:
        coverage = coverage_of_sweep(db, sweep.id, reach_of(house.config.region))
        counts = {name or "waiting": n for name, n in outcome_count(db, sweep.id).items()}
        # one site looked at again because somebody asked is no sweep to a platform
        again = sweep.selection.startswith(RECAPTURES)
        told = None if again else sweep_told(sweep, counts)
        return _kept(house, db, "sweep", str(sweep.id), coverage, told, more, now)


def certify_day(house: House, day: date, now: datetime) -> Certificate:
    """Of one day by the clock of China: each site by its last visit of that day."""
    since = datetime.combine(day, time(), CHINA)
    with house.database.transaction() as db:
        coverage = coverage_between(
            db, since, since + timedelta(days=1), reach_of(house.config.region)
        )
        region = house.config.region
        counts = {name or "waiting": n for name, n in coverage.outcomes.items()}
        counts |= {"watched": coverage.watched, "not_due": coverage.not_due}
        if coverage.not_captured:
            counts["waiting"] = coverage.not_captured
        told = coverage_told(day, region, counts)
        return _kept(house, db, "day", day.isoformat(), coverage, told, {}, now)


def certify_missing(house: House, now: datetime) -> None:
    """Every sweep of the last days that came to its end and has none: also one after which the
    process died at once.
    """
    with house.database.reading() as db:
        without = sweeps_without_certificate(db, now - RECENT)
    for sweep_id in without:
        certify_sweep(house, swept_sweep(house, sweep_id), now)


def certify_days(house: House, now: datetime) -> None:
    """Every day of the last ones that is over and has none, once, however often it is called: also
    those on which no process ran. None before the first act of the trail, and none later than the
    day after its newest: a certificate stands for ever, and this clock may be ahead.
    """
    with house.database.reading() as db:
        bounds = trail_bounds(db)
        if bounds is None:
            return
        first, newest = (at.astimezone(CHINA).date() for at in bounds)
        today = now.astimezone(CHINA).date()
        begin, end = max(first, today - RECENT), min(today, newest + timedelta(days=2))
        days = [begin + timedelta(days=n) for n in range((end - begin).days)]
        region = house.config.region
        without = [one for one in days if not has_certificate(db, "day", f"{one}", region)]
    for day in without:
        certify_day(house, day, now)


def _kept(
    house: House,
    db: Connection,
    kind: str,
    of: str,
    coverage: Coverage,
    told: Occasion | None,
    more: Mapping[str, object],
    now: datetime,
) -> Certificate:
    anchor = anchor_now(db, now)
    heads = json.loads(anchor.statement)
    made = account(
        kind, of, now, house.config.region, coverage, heads, dict(more) | {"tool": tool_name()}
    )
    kept = save_certificate(db, signed(made, signing_key(house.home)))
    if kept.body == made.body:
        save_anchor(db, anchor)
        if told is not None:
            put(db, messages_of(told, endpoints_of(house.config), now, os.urandom))
    return kept


def signing_key(home: Path) -> Ed25519PrivateKey:
    """The installation's, made at first use, readable by its owner alone."""
    file = home / "keys" / KEY_FILE
    try:
        made = load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        return _new_key(file)
    except (OSError, ValueError) as error:
        raise BadInput(f"签名密钥 {file} 无法读取：{error}") from None
    if not isinstance(made, Ed25519PrivateKey):
        raise BadInput(f"签名密钥 {file} 不是 Ed25519")
    return made


def public_key(home: Path) -> bytes:
    """The half of it that others check with, raw."""
    return signing_key(home).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _new_key(file: Path) -> Ed25519PrivateKey:
    """Whole or not at all; of two who make one at once both have the same."""
    made = Ed25519PrivateKey.generate()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(beside, file)
    except FileExistsError:
        return signing_key(file.parent.parent)
    finally:
        Path(beside).unlink()
    return made


def signed(one: Certificate, key: Ed25519PrivateKey) -> Certificate:
    """With signature and public key."""
    return Certificate(
        kind=one.kind,
        of=one.of,
        at=one.at,
        region=one.region,
        body=one.body,
        signature=key.sign(one.body),
        key=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    )


def fingerprint(key: bytes) -> str:
    """What is read out over the telephone."""
    return hashlib.sha256(key).hexdigest()[:32]


def as_file(one: Certificate) -> bytes:
    """A certificate as it leaves the house: the signed text stands in it as it was signed."""
    said = {
        "xunwang_certificate": 1,
        "algorithm": ALGORITHM,
        "body": one.body.decode(),
        "signature": base64.b64encode(one.signature).decode(),
        "public_key": base64.b64encode(one.key).decode(),
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def checked_file(content: bytes, trusted: str = "") -> dict[str, Any]:
    """What a sound certificate says; BadInput says what is wrong. `trusted` is the fingerprint
    that somebody gave by another way; without it only its own key vouches for it.
    """
    try:
        given = json.loads(content)
        body, signature = (
            given["body"].encode(),
            base64.b64decode(given["signature"], validate=True),
        )
        key = base64.b64decode(given["public_key"], validate=True)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, body)
        parts = msgspec.json.decode(body, type=_Said).coverage
        total = parts.seen + sum(parts.failed.values()) + parts.not_captured + parts.not_due
        said = json.loads(body)
        for name in ("kind", "of", "at", "region"):
            said[name] = "".join(one for one in said[name][:100] if one.isprintable())
    except InvalidSignature:
        raise BadInput("签名不符：证书被改动，或不是这把钥匙签的") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"不是覆盖证书：{type(error).__name__}") from None
    if trusted and fingerprint(key) != trusted.replace(" ", "").lower():
        raise BadInput(f"签名的钥匙不是所信任的：{fingerprint(key)}")
    if total != parts.watched:
        raise BadInput(f"各项之和 {total} 不等于在册网站数 {parts.watched}")
    return dict(said) | {"fingerprint": fingerprint(key)}
