"""What follows a sweep, whoever asked for it: its account, the heads of the chains told outside,
what alerts rest on copied into their cases.
"""

from collections.abc import Callable
from datetime import datetime

from crawler.domain.site import SweepState
from crawler.service.anchoring import Anchored, anchor_heads
from crawler.service.case_keeping import keep_cases
from crawler.service.certifying import certify_sweep
from crawler.service.summing import swept_sweep
from crawler.service.wiring import House
from crawler.store.anchors import TRAIL


def finish_sweep(
    house: House,
    sweep_id: int,
    state: SweepState,
    clock: Callable[[], datetime],
    told: str = TRAIL,
) -> Anchored | None:
    """End a sweep, or what there is of one that was stopped; the anchor, if a head has moved.
    Nobody else may write the cases meanwhile.
    """
    if state is SweepState.FINISHED:
        certify_sweep(house, swept_sweep(house, sweep_id), clock())
    anchored = anchor_heads(house, clock(), told=told)
    keep_cases(house, clock())
    return anchored
