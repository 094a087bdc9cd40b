"""Registers of subjects (信息归集): taken in list by list, each with source and date, and asked by
code, by name in normal form, by domain. Only exact matches count; namesakes stay namesakes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    UniqueConstraint,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from crawler.domain.filing import Refusal, uscc_is_consistent
from crawler.domain.site import Site
from crawler.domain.subject import (
    NOBODY_ASKED,
    Listed,
    Outcomes,
    Register,
    RegisterList,
    Standing,
    subject_key,
    usable_uscc,
)
from crawler.domain.task import Conclusion
from crawler.store.database import upsert
from crawler.store.subject_tables import register_lists
from crawler.store.tables import alerts, sites, subjects, tasks
from crawler.store.task_tables import task_alerts
from crawler.store.tasks import ENDS

_BATCH = 2_000
_MOST_SHOWN = 100
_COLUMNS = (
    "register", "name", "name_key", "uscc", "domain", "credit_class", "region", "facts", "source",
    "as_of",
)  # fmt: skip
_FOUNDED = ("rectified", "filed", "referred", "shut_down")
_GRAVE = ("filed", "referred", "shut_down")


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterReport:
    """What became of every row: rows = accepted + merged + refused. `before` is how many lines the
    source had, `after` how many it has now.
    """

    list_id: int
    rows: int
    accepted: int
    merged: int
    refused: int
    before: int
    after: int
    noted: int  # accepted with a note
    refusals: tuple[Refusal, ...]  # the first hundred


_incoming = Table(
    "incoming_subjects",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary(16)),
    Column("noted", Boolean),
    *(Column(name, subjects.c[name].type) for name in _COLUMNS),
    UniqueConstraint("digest", "domain"),
    prefixes=["TEMPORARY"],
)


@dataclass(kw_only=True, slots=True)
class StagedRegister:
    """What waits in the temporary table of one connection, and what was no use."""

    rows: int = 0
    accepted: int = 0
    merged: int = 0
    refused: int = 0
    noted: int = 0
    first: tuple[Refusal, ...] = ()


def import_register(
    db: Connection,
    register_list: RegisterList,
    staged: StagedRegister,
    actor: str,
    region: str,
) -> RegisterReport:
    """Take in what was staged. A whole list replaces its source's last one in this register."""
    mine = _of_source(register_list.register, register_list.source)
    before = _count(db, mine)
    if register_list.whole:
        db.execute(delete(subjects).where(mine))
    waiting = select(*(_incoming.c[name] for name in _COLUMNS)).order_by(_incoming.c.id)
    db.execute(insert(subjects).from_select(list(_COLUMNS), waiting))
    totals = {"rows": staged.rows, "accepted": staged.accepted}
    totals |= {"merged": staged.merged, "refused": staged.refused}
    values = {
        "register": str(register_list.register),
        "source": register_list.source,
        "as_of": register_list.as_of,
        "name": register_list.name,
        "sha256": register_list.sha256,
        "received_at": register_list.received_at,
        "whole": register_list.whole,
        "actor": actor,
        "region": region,
    }
    made = insert(register_lists).values(values | totals).returning(register_lists.c.id)
    list_id = int(db.execute(made).scalar_one())
    return RegisterReport(
        list_id=list_id,
        before=before,
        after=_count(db, mine),
        noted=staged.noted,
        refusals=staged.first,
        **totals,
    )


def newest_list(db: Connection, register: Register, source: str) -> Row[Any] | None:
    """The source's newest list in a register, by the day it speaks of."""
    mine = (register_lists.c.register == str(register)) & (register_lists.c.source == source)
    rows = select(register_lists).where(mine, register_lists.c.dropped_at.is_(None))
    ordered = rows.order_by(register_lists.c.as_of.desc(), register_lists.c.id.desc())
    return db.execute(ordered.limit(1)).first()


def drop_register(db: Connection, register: Register, source: str, at: datetime) -> int:
    """Take a source's lines out of a register; how many there were. Its lists stay on record."""
    gone = db.execute(delete(subjects).where(_of_source(register, source))).rowcount
    mine = (register_lists.c.register == str(register)) & (register_lists.c.source == source)
    db.execute(update(register_lists).where(mine).values(dropped_at=at))
    return gone


def _of_source(register: Register, source: str) -> ColumnElement[bool]:
    return (subjects.c.register == str(register)) & (subjects.c.source == source)


def _count(db: Connection, chosen: ColumnElement[bool]) -> int:
    return db.scalar(select(func.count()).select_from(subjects).where(chosen)) or 0


def stage_register(
    db: Connection, entries: Iterable[Listed | Refusal], region: str
) -> StagedRegister:
    """Stream the lines into a temporary table; nothing of the store is touched or locked. Lines
    that say the same as an earlier one are merged; all others stand, contradictions too.
    """
    _incoming.create(db)
    staged, usable = StagedRegister(), 0
    stream = iter(entries)
    while batch := list(islice(stream, _BATCH)):
        bad = [entry for entry in batch if isinstance(entry, Refusal)]
        good = [entry for entry in batch if isinstance(entry, Listed)]
        staged.rows += len(batch)
        staged.refused += len(bad)
        staged.first += tuple(bad[: _MOST_SHOWN - len(staged.first)])
        usable += len(good)
        rows = [row for entry in good for row in _rows(entry, region)]
        if rows:
            db.execute(upsert(db, _incoming).on_conflict_do_nothing(), rows)
    different = func.count(_incoming.c.digest.distinct())
    staged.accepted = db.scalar(select(different)) or 0
    staged.noted = db.scalar(select(different).where(_incoming.c.noted)) or 0
    staged.merged = usable - staged.accepted
    return staged


def _digest(listed: Listed) -> bytes:
    same = replace(listed, row=0, notes=())
    return hashlib.sha256(msgspec.json.encode(same)).digest()[:16]


def _rows(listed: Listed, region: str) -> list[dict[str, Any]]:
    """One row a domain, so that each is found; one without domain is one row."""
    row = {
        "digest": _digest(listed),
        "noted": bool(listed.notes),
        "register": str(listed.register),
        "name": listed.name[:500],
        "name_key": subject_key(listed.name),
        "uscc": listed.uscc,
        "credit_class": str(listed.credit or ""),
        "region": listed.region or region,
        "facts": msgspec.to_builtins(listed),
        "source": listed.source,
        "as_of": listed.as_of,
    }
    return [row | {"domain": domain} for domain in listed.domains or ("",)]


def list_registers(db: Connection) -> list[Row[Any]]:
    """Every register file, newest first, with its counts."""
    return list(db.execute(select(register_lists).order_by(register_lists.c.id.desc())))


def standing_of(db: Connection, name: str, uscc: str = "", domain: str = "") -> Standing:
    """What the registers say of one subject."""
    key, code = subject_key(name), usable_uscc(uscc)
    asked, lines = _lines(db, {key} - {""}, {code} - {""}, {domain} - {""})
    if not asked:
        return NOBODY_ASKED
    return _standing(asked, lines, key, code, domain)


def standings_of(db: Connection, of: Sequence[Site]) -> dict[int, Standing]:
    """The same for many sites at once, by site id; none at all where no register is loaded."""
    keys = {subject_key(site.unit_name) for site in of} - {""}
    codes = {usable_uscc(site.uscc) for site in of} - {""}
    asked, lines = _lines(db, keys, codes, {site.domain for site in of}) if of else ((), [])
    if not asked:
        return {}
    return {
        site.id: _standing(
            asked, lines, subject_key(site.unit_name), usable_uscc(site.uscc), site.domain
        )
        for site in of
    }


def sites_named_by(db: Connection, register: Register, source: str) -> list[int]:
    """Watched sites whose subject, code or domain a source's lines name. By domain and by code in
    the store; names only meet in their normal form, so each site's is made here.
    """
    mine = _of_source(register, source)
    by_code = select(subjects.c.uscc).where(mine, subjects.c.uscc != "")
    by_domain = select(subjects.c.domain).where(mine, subjects.c.domain != "")
    either = sites.c.uscc.in_(by_code) | sites.c.domain.in_(by_domain)
    found = set(db.scalars(select(sites.c.id).where(either)))
    rows = db.execute(select(sites.c.id, sites.c.unit_name).where(sites.c.unit_name != ""))
    while batch := rows.fetchmany(_BATCH):
        keys = {row.id: subject_key(row.unit_name) for row in batch}
        named = _names_among(db, mine, set(keys.values()))
        found.update(site_id for site_id, key in keys.items() if key in named)
    return sorted(found)


def _names_among(db: Connection, mine: ColumnElement[bool], keys: set[str]) -> set[str]:
    rows = select(subjects.c.name_key).where(mine, subjects.c.name_key.in_(sorted(keys - {""})))
    return set(db.scalars(rows))


def count_listed(db: Connection) -> dict[Register, int]:
    """How many lines each register has."""
    rows = select(subjects.c.register, func.count()).group_by(subjects.c.register)
    return {Register(name): count for name, count in db.execute(rows)}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """A line with what it is matched by, so that nothing is folded twice."""

    listed: Listed
    key: str
    code: str
    domain: str


def _lines(
    db: Connection, keys: set[str], codes: set[str], domains: set[str]
) -> tuple[tuple[Register, ...], list[_Line]]:
    """Which registers are loaded, and their lines: one question, for each alert's page asks it."""
    wanted = subjects.c.name_key.in_(sorted(keys)) | subjects.c.uscc.in_(sorted(codes))
    wanted |= subjects.c.domain.in_(sorted(domains))
    told = (subjects.c.facts, subjects.c.name_key, subjects.c.uscc, subjects.c.domain)
    lines = select(subjects.c.id, literal("").label("register"), *told).where(wanted)
    nothing = cast(null(), subjects.c.facts.type), *(literal("") for _ in told[1:])
    loaded = select(literal(0), register_lists.c.register, *nothing)
    loaded = loaded.where(register_lists.c.dropped_at.is_(None)).distinct()
    rows = db.execute(lines.union_all(loaded).order_by("id")).all()
    names = {row.register for row in rows}
    asked = tuple(one for one in Register if str(one) in names)
    found = [row for row in rows if not row.register]
    return asked, [
        _Line(listed=_listed(row.facts), key=row.name_key, code=row.uscc, domain=row.domain)
        for row in found
    ]


def _standing(
    asked: tuple[Register, ...], lines: Iterable[_Line], key: str, code: str, domain: str
) -> Standing:
    """By code where both sides have one, else by name; a licensed house also by its domain."""
    found: dict[Listed, None] = {}
    notes: dict[str, None] = {}
    for line in lines:
        if code and line.code == code:
            found[line.listed] = None
        elif key and line.key == key:
            if not (code and line.code):
                found[line.listed] = None
            elif uscc_is_consistent(code):
                notes[f"同名主体代码不同：备案为 {code}，名录为 {line.code}"] = None
            else:
                found[line.listed] = None
        elif domain and line.domain == domain:
            notes[f"域名列在“{line.listed.name}”名下，备案主体不同"] = None
    return Standing(asked=asked, found=tuple(found), notes=tuple(notes)[:10])


def _listed(facts: Any) -> Listed:
    return msgspec.convert(facts, Listed)


def outcomes_of(db: Connection, name: str) -> Outcomes:
    """What came of the tasks about a subject's sites, by its name as filed."""
    mine = select(sites.c.id).where(sites.c.unit_name == name)
    about = alerts.join(task_alerts, task_alerts.c.alert_id == alerts.c.id)
    theirs = select(task_alerts.c.task_id).select_from(about).where(alerts.c.site_id.in_(mine))
    rows = db.execute(select(tasks.c.state, tasks.c.conclusion).where(tasks.c.id.in_(theirs))).all()
    ended = [row.conclusion for row in rows if row.state == "closed"]
    relapsed = select(func.coalesce(func.sum(alerts.c.reopened), 0))
    return Outcomes(
        confirmed=sum(one in _FOUNDED for one in ended),
        filed=sum(one in _GRAVE for one in ended),
        relapsed=db.scalar(relapsed.where(alerts.c.site_id.in_(mine))) or 0,
        unfounded=sum(one == Conclusion.UNFOUNDED for one in ended),
        open_tasks=sum(row.state not in ENDS for row in rows),
    )
