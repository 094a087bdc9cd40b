"""A sweep in figures: sites = seen + each kind of failure + not yet captured."""

import msgspec

from crawler.domain.capture import Outcome
from crawler.domain.site import Sweep, VisitState
from crawler.service.wiring import House
from crawler.store.coverage import unpictured_in
from crawler.store.visits import outcome_count, sweep_of, unrendered_count, waiting_count


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`outcomes` adds up to `sites`; `left` are not closed yet. Of `unpictured`, though seen, no
    picture was ever taken.
    """

    sweep: int
    sites: int
    left: int
    outcomes: dict[str, int]
    unrendered: int
    unpictured: int


def swept_sweep(house: House, sweep_id: int) -> Sweep:
    """A sweep as its row says it now."""
    with house.database.reading() as db:
        return sweep_of(db, sweep_id)


def summary_of(house: House, sweep_id: int) -> Summary:
    """The figures of one sweep, in the order of the closed list."""
    with house.database.reading() as db:
        sweep = sweep_of(db, sweep_id)
        counts = waiting_count(db, sweep_id)
        ended = outcome_count(db, sweep_id)
        unrendered = unrendered_count(db, sweep_id)
        unpictured = unpictured_in(db, sweep_id)
    outcomes = {str(one): ended[one] for one in Outcome if ended.get(one)}
    if ended.get(""):
        outcomes["waiting"] = ended[""]
    left = sum(n for state, n in counts.items() if state is not VisitState.CLOSED)
    return Summary(
        sweep=sweep_id,
        sites=sweep.sites,
        left=left,
        outcomes=outcomes,
        unrendered=unrendered,
        unpictured=unpictured,
    )
