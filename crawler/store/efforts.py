"""What each sweep was foreseen to take, and what it took."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Label, func, select, update

from crawler.domain.forecast import Effort
from crawler.domain.site import Sweep
from crawler.store.album_tables import pictures
from crawler.store.database import upsert
from crawler.store.sweep_tables import sweep_accounts
from crawler.store.tables import segments, sweeps


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The two side by side. `measured`: foreseen by an earlier sweep, not by rule of thumb."""

    foreseen: Effort
    taken: Effort
    measured: bool


def open_account(
    db: Connection, sweep: Sweep, foreseen: Effort, region: str, *, measured: bool
) -> None:
    """Before the first page; one that goes on keeps what was foreseen for it."""
    row = {
        "sweep_id": sweep.id,
        "region": sweep.region or region,
        "foreseen_s": round(foreseen.seconds),
        "foreseen_bytes": foreseen.bytes,
        "foreseen_traffic": foreseen.traffic,
        "foreseen_pictures": foreseen.pictures,
        "measured": measured,
        "busy_s": 0,
        "traffic": 0,
    }
    db.execute(upsert(db, sweep_accounts).values(row).on_conflict_do_nothing())


def add_to_account(db: Connection, sweep_id: int, *, seconds: int, traffic: int) -> None:
    """What was used since the last time."""
    mine = update(sweep_accounts).where(sweep_accounts.c.sweep_id == sweep_id)
    grown = {
        "busy_s": sweep_accounts.c.busy_s + seconds,
        "traffic": sweep_accounts.c.traffic + traffic,
    }
    db.execute(mine.values(grown))


def drawn_and_grown() -> tuple[Label[int], Label[int]]:
    """Of each row of a query over sweeps: the pictures it took, `drawn`, and what lies on the disk
    of the segments begun during it, `grown`; of one under way not all yet.
    """
    drawn = select(func.count()).where(pictures.c.sweep_id == sweeps.c.id)
    grown = select(func.coalesce(func.sum(segments.c.committed), 0)).where(
        segments.c.created_at >= sweeps.c.started_at,
        segments.c.created_at <= func.coalesce(sweeps.c.finished_at, segments.c.created_at),
    )
    return drawn.scalar_subquery().label("drawn"), grown.scalar_subquery().label("grown")


def accounts_of(db: Connection, sweep_ids: Sequence[int]) -> dict[int, Account]:
    """By sweep; those made before accounts were kept have none."""
    rows = select(sweep_accounts, sweeps.c.sites, *drawn_and_grown()).join(
        sweeps, sweeps.c.id == sweep_accounts.c.sweep_id
    )
    return {
        row.sweep_id: Account(
            measured=row.measured,
            foreseen=Effort(
                sites=row.sites,
                seconds=row.foreseen_s,
                bytes=row.foreseen_bytes,
                traffic=row.foreseen_traffic,
                pictures=row.foreseen_pictures,
            ),
            taken=Effort(
                sites=row.sites,
                seconds=row.busy_s,
                bytes=int(row.grown),
                traffic=row.traffic,
                pictures=row.drawn,
            ),
        )
        for row in db.execute(rows.where(sweep_accounts.c.sweep_id.in_(sweep_ids)))
    }
