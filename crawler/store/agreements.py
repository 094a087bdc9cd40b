"""What each sweep's machines agreed on."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, select

from crawler.domain.agreement import Agreement
from crawler.domain.site import Sweep
from crawler.store.agreement_tables import agreements
from crawler.store.database import upsert


def save_agreement(
    db: Connection, sweep: Sweep, agreement: Agreement, *, owner: str, now: datetime
) -> None:
    """Written anew whenever the sweep is taken up again: words may have been published since."""
    said = asdict(agreement) | {"owner": owner, "written_at": now}
    made = upsert(db, agreements).values(said | {"sweep_id": sweep.id, "region": sweep.region})
    db.execute(made.on_conflict_do_update(index_elements=["sweep_id"], set_=said))


def agreement_of(db: Connection, sweep_id: int) -> Agreement | None:
    """None of a sweep that nobody has taken up yet."""
    row = db.execute(select(agreements).where(agreements.c.sweep_id == sweep_id)).first()
    if row is None:
        return None
    return Agreement(program=row.program, lexicon=row.lexicon, endpoints=row.endpoints)
