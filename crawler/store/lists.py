"""Filing lists: what each one said, row by row, and the difference it made to its source's last.

Temporary tables take the rows as they stream in, while others may write; then the comparison is
done by the engine in one transaction, and nothing is half-imported.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from crawler.domain.filing import Change, Filing, FilingList, Refusal
from crawler.domain.site import SiteState, sites_from
from crawler.store.database import upsert
from crawler.store.lead_tables import leads
from crawler.store.regions import around, within
from crawler.store.tables import filing_changes, filing_lists, filings, refusals, sites

_BATCH = 2_000
_TOLD = 100  # refusals and notes in a report

_incoming = Table(
    "incoming",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("row", Integer),
    Column("domain", String(253), index=True),
    Column("service_licence", String(100)),
    Column("unit_name", String(500)),
    Column("region", String(6)),
    Column("approved_on", String(10)),
    Column("filing", Text),
    Column("digest", String(64)),
    Column("domain_shown", String(253)),
    Column("subject_kind", String(20)),
    Column("site_name", String(500)),
    Column("home_url", Text),
    Column("main_licence", String(100)),
    Column("uscc", String(18)),
    prefixes=["TEMPORARY"],
)


_refused = Table(
    "refused",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("row", Integer),
    Column("column", String(100)),
    Column("value", Text),
    Column("reason", Text),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What is odd about a row that was taken all the same."""

    row: int
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """One filing that a list made another; `before` of a new one and `after` of a gone one are
    None.
    """

    id: int
    change: Change
    domain: str
    before: Filing | None
    after: Filing | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What became of every row: rows = accepted + merged + refused."""

    list_id: int
    rows: int
    accepted: int
    merged: int
    refused: int
    noted: int  # of the accepted and merged: rows with something to look at
    changes: dict[Change, int]
    refusals: tuple[Refusal, ...]  # the first hundred; all are in the store
    notes: tuple[Note, ...]  # the first hundred, as well


@dataclass(kw_only=True, slots=True)
class Staged:
    """How many rows wait in the temporary tables of one connection, and how many were no use."""

    rows: int = 0
    refused: int = 0
    noted: int = 0
    first: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()


def stage_list(db: Connection, entries: Iterable[Filing | Refusal], region: str) -> Staged:
    """Stream the rows into temporary tables; nothing of the store is touched or locked. A row is
    refused if any of its cells made it unusable. `region` is for rows that name none.
    """
    _incoming.create(db)
    _refused.create(db)
    staged, refused_rows = Staged(), set[int]()
    for batch in _in_batches(entries):
        bad = [entry for entry in batch if isinstance(entry, Refusal)]
        good = [entry for entry in batch if isinstance(entry, Filing)]
        before = len(refused_rows)
        refused_rows |= {entry.row for entry in bad}
        staged.refused = len(refused_rows)
        staged.rows += len(good) + staged.refused - before
        staged.first += tuple(bad[: _TOLD - len(staged.first)])
        odd = [entry for entry in good if entry.notes]
        staged.noted += len(odd)
        staged.notes += tuple(map(_note_on, odd[: _TOLD - len(staged.notes)]))
        rows = [row for entry in good for row in _incoming_rows(entry, region)]
        if rows:
            db.execute(insert(_incoming), rows)
        if bad:
            db.execute(insert(_refused), [asdict(entry) for entry in bad])
    return staged


def import_list(
    db: Connection, filing_list: FilingList, staged: Staged, actor: str, region: str
) -> ImportReport:
    """Take in what `stage_list` staged on this connection: refusals, changes, filings, sites."""
    list_id = _open_list(db, filing_list, actor, region)
    kept_rows = _drop_repeats(db)
    changes = _compare(db, list_id, filing_list)
    _save_refusals(db, list_id, region)
    _save_filings(db, list_id, filing_list.source)
    _save_sites(db, filing_list, actor)
    totals = {
        "rows": staged.rows,
        "refused": staged.refused,
        "accepted": kept_rows,
        "merged": staged.rows - staged.refused - kept_rows,
    }
    db.execute(update(filing_lists).where(filing_lists.c.id == list_id).values(totals))
    return ImportReport(
        list_id=list_id,
        noted=staged.noted,
        changes=changes,
        refusals=staged.first,
        notes=staged.notes,
        **totals,
    )


def vanishing(db: Connection, source: str) -> tuple[int, int]:
    """How many sites of a source what was staged no longer names, and how many it had named. A
    site whose filing got another number has not vanished.
    """
    old = and_(filings.c.source == source, filings.c.gone_list_id.is_(None))
    named = select(_incoming.c.id).where(_incoming.c.domain == filings.c.domain)
    stood = select(func.count(filings.c.domain.distinct())).where(old)
    gone = stood.where(~named.correlate(filings).exists())
    return db.scalar(gone) or 0, db.scalar(stood) or 0


def _note_on(filing: Filing) -> Note:
    return Note(row=filing.row, note="；".join(filing.notes))


def _open_list(db: Connection, filing_list: FilingList, actor: str, region: str) -> int:
    values = {
        "source": filing_list.source,
        "name": filing_list.name,
        "sha256": filing_list.sha256,
        "size_bytes": filing_list.size_bytes,
        "received_at": filing_list.received_at,
        "whole": filing_list.whole,
        "actor": actor,
        "region": region,
    }
    none_yet = dict.fromkeys(("rows", "accepted", "merged", "refused"), 0)
    made = db.execute(insert(filing_lists).values(values | none_yet))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def _in_batches(entries: Iterable[Filing | Refusal]) -> Iterator[list[Filing | Refusal]]:
    stream = iter(entries)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _save_refusals(db: Connection, list_id: int, region: str) -> None:
    columns = ["row", "column", "value", "reason"]
    rows = select(*(_refused.c[name] for name in columns), literal(list_id), literal(region))
    statement = insert(refusals).from_select(
        [*columns, "list_id", "region"], rows.order_by(_refused.c.id)
    )
    db.execute(statement)


def _incoming_rows(filing: Filing, region: str) -> list[dict[str, Any]]:
    whole = msgspec.json.encode(filing).decode()
    digest = _digest(filing)
    return [
        {
            "row": filing.row,
            "domain": site.domain,
            "service_licence": filing.service_licence,
            "unit_name": filing.unit_name,
            "region": site.region,
            "approved_on": filing.approved_on.isoformat() if filing.approved_on else "",
            "filing": whole,
            "digest": digest,
            "domain_shown": site.domain_shown,
            "subject_kind": site.subject_kind,
            "site_name": site.site_name,
            "home_url": site.home_url,
            "main_licence": site.main_licence,
            "uscc": site.uscc,
        }
        for site in sites_from(filing, region)
    ]


def _digest(filing: Filing) -> str:
    """Of what a reader of two lists would call a change; row numbers and notes are none."""
    facts = (
        filing.unit_name,
        filing.nature,
        filing.main_licence,
        filing.service_licence,
        filing.site_name,
        filing.home_url,
        filing.domains,
        filing.approved_on,
        filing.restricted,
        filing.pre_approval,
        filing.uscc,
        filing.address,
    )
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def _drop_repeats(db: Connection) -> int:
    """Of several rows with one key the newest approval stays, then the later row. Rows left."""
    place = (
        func.row_number()
        .over(
            partition_by=(_incoming.c.domain, _incoming.c.service_licence),
            order_by=(_incoming.c.approved_on.desc(), _incoming.c.row.desc()),
        )
        .label("place")
    )
    ranked = select(_incoming.c.id, place).subquery()
    repeats = select(ranked.c.id).where(ranked.c.place > 1)
    db.execute(delete(_incoming).where(_incoming.c.id.in_(repeats)))
    return db.scalar(select(func.count(_incoming.c.row.distinct()))) or 0


def _same_key() -> Any:
    return and_(
        filings.c.domain == _incoming.c.domain,
        filings.c.service_licence == _incoming.c.service_licence,
    )


def _compare(db: Connection, list_id: int, filing_list: FilingList) -> dict[Change, int]:
    old = and_(filings.c.source == filing_list.source, filings.c.gone_list_id.is_(None))
    joined = _incoming.outerjoin(filings, and_(old, _same_key()))
    unknown, same_unit = filings.c.id.is_(None), filings.c.unit_name == _incoming.c.unit_name
    elsewhere = _under_another_subject(filing_list.source)
    differs = filings.c.digest != _incoming.c.digest
    found = {
        Change.NEW: and_(unknown, ~elsewhere),
        Change.CHANGED: and_(same_unit, differs),
        Change.TRANSFERRED: or_(and_(unknown, elsewhere), ~same_unit),
    }
    counts = {
        change: _note(db, list_id, change, _changed_rows(joined, condition))
        for change, condition in found.items()
    }
    same = select(func.count()).select_from(joined).where(filings.c.digest == _incoming.c.digest)
    counts[Change.UNCHANGED] = db.scalar(same) or 0
    counts[Change.GONE] = _note_gone(db, list_id, old) if filing_list.whole else 0
    return counts


def _under_another_subject(source: str) -> Any:
    other = filings.alias("other")
    return (
        select(other.c.id)
        .where(
            other.c.source == source,
            other.c.gone_list_id.is_(None),
            other.c.domain == _incoming.c.domain,
            other.c.unit_name != _incoming.c.unit_name,
        )
        .correlate(_incoming)
        .exists()
    )


def _changed_rows(source: Any, condition: Any) -> Select[Any]:
    return (
        select(
            _incoming.c.domain,
            _incoming.c.service_licence,
            _incoming.c.region,
            func.coalesce(filings.c.filing, ""),
            _incoming.c.filing,
        )
        .select_from(source)
        .where(condition)
    )


def _note(db: Connection, list_id: int, change: Change, rows: Select[Any]) -> int:
    named = rows.add_columns(literal(list_id), literal(str(change)))
    columns = ["domain", "service_licence", "region", "before", "after", "list_id", "change"]
    return db.execute(insert(filing_changes).from_select(columns, named)).rowcount


def _note_gone(db: Connection, list_id: int, old: Any) -> int:
    listed = select(_incoming.c.id).where(_same_key()).correlate(filings).exists()
    missing = and_(old, ~listed)
    rows = select(
        filings.c.domain,
        filings.c.service_licence,
        filings.c.region,
        filings.c.filing,
        literal(""),
    ).where(missing)
    count = _note(db, list_id, Change.GONE, rows)
    db.execute(update(filings).where(missing).values(gone_list_id=list_id))
    return count


def _save_filings(db: Connection, list_id: int, source: str) -> None:
    columns = ["domain", "service_licence", "unit_name", "region", "filing", "digest", "row"]
    rows = select(
        *(_incoming.c[name] for name in columns),
        literal(source),
        literal(list_id),
        literal(list_id),
    ).where(literal(True))
    statement = upsert(db, filings).from_select(
        [*columns, "source", "first_list_id", "last_list_id"], rows
    )
    new = {name: statement.excluded[name] for name in [*columns[2:], "last_list_id"]}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "domain", "service_licence"],
            set_=new | {"gone_list_id": None},
        )
    )


_SITE_COLUMNS = (
    "domain",
    "domain_shown",
    "region",
    "unit_name",
    "subject_kind",
    "site_name",
    "home_url",
    "main_licence",
    "service_licence",
    "uscc",
)


def _save_sites(db: Connection, filing_list: FilingList, actor: str) -> None:
    """One site a domain, after its newest filing; a watched one without any filing left is
    retired.
    """
    now = filing_list.received_at
    place = func.row_number().over(
        partition_by=_incoming.c.domain,
        order_by=(_incoming.c.approved_on.desc(), _incoming.c.row.desc()),
    )
    ranked = select(_incoming, place.label("place")).subquery()
    rows = select(
        *(ranked.c[name] for name in _SITE_COLUMNS),
        literal(str(SiteState.WATCHED)),
        literal(now, sites.c.due_at.type),
        literal(now, sites.c.due_at.type),
        literal(actor),
    ).where(ranked.c.place == 1)
    statement = upsert(db, sites).from_select(
        [*_SITE_COLUMNS, "state", "due_at", "created_at", "actor"], rows
    )
    new = {name: statement.excluded[name] for name in _SITE_COLUMNS[1:]}
    db.execute(statement.on_conflict_do_update(index_elements=["domain"], set_=new))
    _set_states(db)


def _set_states(db: Connection) -> None:
    filing = select(filings.c.id).where(
        filings.c.domain == sites.c.domain, filings.c.gone_list_id.is_(None)
    )
    filed = filing.correlate(sites).exists()
    retired = sites.c.state == str(SiteState.RETIRED)
    db.execute(update(sites).where(filed, retired).values(state=str(SiteState.WATCHED)))
    led = select(leads.c.id).where(leads.c.site_id == sites.c.id).correlate(sites).exists()
    watched = sites.c.state == str(SiteState.WATCHED)  # a pause is a person's word and stays one
    gone = update(sites).where(~filed, watched, ~led)  # what somebody told of is watched on
    db.execute(gone.values(state=str(SiteState.RETIRED)))


def lists(db: Connection) -> list[dict[str, Any]]:
    """All lists, newest first, with their counts."""
    rows = db.execute(select(filing_lists).order_by(filing_lists.c.id.desc()))
    return [dict(row) for row in rows.mappings()]


def changes_of(db: Connection, list_id: int) -> list[dict[str, Any]]:
    """The difference one list made, in the order of its rows."""
    rows = select(filing_changes).where(filing_changes.c.list_id == list_id)
    return [dict(row) for row in db.execute(rows.order_by(filing_changes.c.id)).mappings()]


def changed_by(
    db: Connection, list_id: int, change: Change, limit: int, *, reach: str = "", after: int = 0
) -> list[Changed]:
    """What a list did in one way to filings under a region prefix, page by page by id."""
    table = filing_changes
    mine = (table.c.list_id == list_id) & (table.c.change == str(change)) & (table.c.id > after)
    rows = select(table).where(mine, within(table.c.region, reach)).order_by(table.c.id)
    return [
        Changed(
            id=row.id,
            change=change,
            domain=row.domain,
            before=filing_from(row.before),
            after=filing_from(row.after),
        )
        for row in db.execute(rows.limit(limit))
    ]


def newest_lists(
    db: Connection, reach: str, limit: int, *, before: int = 0, only: int = 0
) -> list[Row[Any]]:
    """Lists of one's region and of those above it, the newest first; older than the one numbered
    `before`, or the one numbered `only`.
    """
    rows = select(filing_lists).where(around(filing_lists.c.region, reach))
    rows = rows.where(filing_lists.c.id < before) if before else rows
    rows = rows.where(filing_lists.c.id == only) if only else rows
    return list(db.execute(rows.order_by(filing_lists.c.id.desc()).limit(limit)))


def known_sources(db: Connection, limit: int = 20) -> list[str]:
    """Where lists came from so far, by name."""
    named = select(filing_lists.c.source).distinct().order_by(filing_lists.c.source)
    return list(db.scalars(named.limit(limit)))


def refusals_of(db: Connection, list_id: int) -> list[Refusal]:
    """The rows of a list that could not be used, in their order."""
    rows = select(refusals).where(refusals.c.list_id == list_id).order_by(refusals.c.id)
    return [
        Refusal(row=row.row, column=row.column, value=row.value, reason=row.reason)
        for row in db.execute(rows)
    ]


def notes_of(db: Connection, list_id: int) -> list[Note]:
    """What is odd about the rows that a list last brought, in their order."""
    odd = filings.c.filing.not_like('%"notes":[]%')
    rows = select(filings.c.filing).where(filings.c.last_list_id == list_id, odd)
    found = (msgspec.json.decode(row, type=Filing) for row in db.scalars(rows))
    return sorted({_note_on(filing) for filing in found}, key=lambda note: note.row)


def filing_of(db: Connection, domain: str) -> Filing | None:
    """The newest filing that names a domain."""
    return filing_from(db.scalar(newest_filing(domain)))


def newest_filing(domain: str | ColumnElement[str]) -> Select[str]:
    """What `filing_from` reads, of one domain or of each row's."""
    rows = select(filings.c.filing).where(filings.c.domain == domain)
    newest = rows.order_by(filings.c.gone_list_id.is_not(None), filings.c.last_list_id.desc())
    return newest.limit(1)


def filing_from(kept: str | None) -> Filing | None:
    """The noun behind what is kept of a filing."""
    return msgspec.json.decode(kept, type=Filing) if kept else None
