"""A kept record, wherever it lies now."""

from crawler.domain.capture import Evidence
from crawler.service.wiring import House
from crawler.store.evidence import open_member, open_record
from crawler.store.rewrites import now_of


def open_kept(house: House, evidence: Evidence) -> bytes:
    """Its block, checked; BadInput says what broke."""
    return open_record(house.evidence, _now(house, evidence))


def open_kept_member(house: House, evidence: Evidence) -> bytes:
    """The record as it lies in its file, checked."""
    return open_member(house.evidence, _now(house, evidence))


def _now(house: House, evidence: Evidence) -> Evidence:
    if (house.evidence / evidence.segment).exists():  # as nearly always: nothing to ask for
        return evidence
    with house.database.reading() as db:
        [place] = now_of(db, [evidence])
    return place
