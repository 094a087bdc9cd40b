"""How endpoints are doing: failures in a row, until when one is left alone, why one is paused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from crawler.store.audit import take_chain
from crawler.store.database import upsert
from crawler.store.tables import circuits


@dataclass(frozen=True, kw_only=True, slots=True)
class Circuit:
    """One endpoint's state. Paused by 410 or by hand, until somebody resumes it."""

    endpoint: str
    failures: int = 0  # in a row, of the endpoint, not of single messages
    blocked_until: datetime | None = None
    paused: str = ""  # why


def circuit_of(db: Connection, endpoint: str) -> Circuit:
    """How an endpoint is doing; a new one is well."""
    row = db.execute(select(circuits).where(circuits.c.endpoint == endpoint)).first()
    return _circuit(row) if row else Circuit(endpoint=endpoint)


def locked_circuit(db: Connection, endpoint: str) -> Circuit:
    """How an endpoint is doing, which nobody else writes until this transaction ends."""
    take_chain(db)
    return circuit_of(db, endpoint)


def all_circuits(db: Connection) -> dict[str, Circuit]:
    """How all are doing that were ever in trouble, by name."""
    return {row.endpoint: _circuit(row) for row in db.execute(select(circuits))}


def unblock(db: Connection, later_than: datetime) -> int:
    """Leave no endpoint alone until a moment later than any can be. How many were."""
    wrong = circuits.c.blocked_until > later_than
    return db.execute(update(circuits).where(wrong).values(blocked_until=None)).rowcount


def _circuit(row: Row[Any]) -> Circuit:
    return Circuit(
        endpoint=row.endpoint,
        failures=row.failures,
        blocked_until=row.blocked_until,
        paused=row.paused,
    )


def save_circuit(db: Connection, circuit: Circuit, now: datetime) -> None:
    """Write down how an endpoint is doing."""
    take_chain(db)
    values = {
        "failures": circuit.failures,
        "blocked_until": circuit.blocked_until,
        "paused": circuit.paused,
        "changed_at": now,
    }
    statement = upsert(db, circuits).values(endpoint=circuit.endpoint, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["endpoint"], set_=values))
