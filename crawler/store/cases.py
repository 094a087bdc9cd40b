"""Cases: the open ones that an alert may belong to, each with its number."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crawler.domain.assessment import Level
from crawler.domain.case import Case, case_number
from crawler.store.audit import take_chain
from crawler.store.tables import cases


def save_case(db: Connection, case: Case) -> Case:
    """A new case gets its id and number, a known one is written over."""
    take_chain(db)
    if case.id:
        db.execute(update(cases).where(cases.c.id == case.id).values(_values(case)))
        return case
    # The number holds the id, which is known only after the row is there.
    made = insert(cases).values(_values(case) | {"number": _provisional(case)})
    case_id = int(db.execute(made.returning(cases.c.id)).scalar_one())
    numbered = replace(case, id=case_id, number=case_number(case.region, case.opened_at, case_id))
    db.execute(update(cases).where(cases.c.id == case_id).values(number=numbered.number))
    return numbered


def open_cases_with(db: Connection, keys: Iterable[str]) -> list[Case]:
    """Open cases under any of these keys."""
    wanted = cases.c.key.in_(list(keys)) & cases.c.closed_at.is_(None)
    return [case_from(row) for row in db.execute(select(cases).where(wanted).order_by(cases.c.id))]


def case_of(db: Connection, case_id: int) -> Case | None:
    """One case by id."""
    row = db.execute(select(cases).where(cases.c.id == case_id)).first()
    return case_from(row) if row else None


def _provisional(case: Case) -> str:
    once = f"{case.key}\n{case.opened_at.isoformat()}"
    return hashlib.sha256(once.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _values(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "key": case.key[:300],
        "title": case.title,
        "category": case.category,
        "level": str(case.level),
        "region": case.region,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
    }


def case_from(row: Row[Any]) -> Case:
    """The noun behind one row of `cases`."""
    return Case(
        id=row.id,
        number=row.number,
        key=row.key,
        title=row.title,
        category=row.category,
        level=Level(row.level),
        region=row.region,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
