"""Messages of a docked installation, taken in once: a district reports upward what the city then
sees, the city hands tasks down. The newest state of each thing stands, older ones change nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.messages import SPEC_VERSION
from alerts.signing import KeySigner
from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.letters import storable
from crawler.domain.peer import Incoming, Peer
from crawler.domain.signing_key import key_from
from crawler.store.audit import note
from crawler.store.database import Database
from crawler.store.inbox import newest_of, save_incoming

LARGEST_MESSAGE = 256 * 1024


class Intake(StrEnum):
    """What a message did."""

    TAKEN = "taken"
    REPEATED = "repeated"
    OLDER = "older"
    IGNORED = "ignored"  # an event of a later version


def signer_of_peer(peer: Peer) -> KeySigner:
    """Believes what this peer signed with a live key."""
    secrets = [one for one in (peer.secret, peer.former_secret) if one]
    return KeySigner(keys=tuple(key_from(one) for one in secrets))


def take_message(
    database: Database, peer: Peer, message_id: str, body: bytes, now: datetime
) -> Intake:
    """A message whose signature was checked. BadInput: it cannot be read; NotAllowed: the peer
    does not speak for this region.
    """
    given = _object(body)
    version = _needed(given, "spec_version", 20)
    if version.partition(".")[0] != SPEC_VERSION.partition(".")[0]:
        raise BadInput(f"spec_version：不认识的版本 {version}")
    if _needed(given, "event", 60) not in {str(one) for one in EventType}:
        return Intake.IGNORED
    told = _incoming(peer, message_id, given, body, now)
    if peer.regions and not told.region.startswith(peer.regions):
        raise NotAllowed(f"{peer.name} 不能代 {told.region or '（无辖区）'} 上报")
    with database.transaction() as db:
        known = newest_of(db, told.peer, told.subject)
        if known is not None and known.seq >= told.seq:
            return Intake.REPEATED if known.seq == told.seq else Intake.OLDER
        if known is not None:
            told = replace(told, id=known.id)
        save_incoming(db, told)
        act = Act(at=now, actor=peer.name, action=f"incoming.{told.event}"[:60],
                  object=f"{peer.name}/{told.subject}"[:200], region=told.region,
                  before=known.state if known else "", after=told.state)  # fmt: skip
        note(db, act)
    return Intake.TAKEN


def _incoming(
    peer: Peer, message_id: str, given: Mapping[str, Any], body: bytes, now: datetime
) -> Incoming:
    about = _part(given, "task") or _part(given, "alert")
    seq = given.get("seq")
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 < seq < 2**31:
        raise BadInput("seq：须为正整数")
    region = _text(_part(about, "dispatch"), "region") or _text(about, "region")
    return Incoming(
        peer=peer.name,
        subject=_needed(given, "subject_key", 60),
        seq=seq,
        event=_needed(given, "event", 40),
        message_id=message_id,
        region=(region or _region_of(peer, given))[:6],
        level=_level(_text(about, "risk_level")),
        title=_text(about, "title")[:200],
        state=_text(about, "state")[:20],
        domain=_text(_part(given, "site"), "domain")[:253],
        task_no=_text(about, "task_no")[:40],
        received_at=now,
        changed_at=now,
        body=body,
    )


def _region_of(peer: Peer, given: Mapping[str, Any]) -> str:
    """A sweep or a day's coverage says none: it is of the peer's own region."""
    if _part(given, "task") or _part(given, "alert"):
        raise BadInput("region：缺少辖区")
    return peer.regions[0].ljust(6, "0") if peer.regions else ""


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("消息不是 JSON") from None
    if not isinstance(given, dict):
        raise BadInput("消息须为 JSON 对象")
    return given


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    return value if isinstance(value, dict) else {}


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return storable(value) if isinstance(value, str) else ""


def _needed(given: Mapping[str, Any], name: str, longest: int) -> str:
    value = _text(given, name)
    if not 0 < len(value) <= longest:
        raise BadInput(f"{name}：缺少或过长")
    return value


def _level(given: str) -> str:
    return given if given in {str(one) for one in Level} else ""
