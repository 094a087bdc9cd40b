"""What all machines of one sweep must have alike, else their findings would not mean the same."""

from dataclasses import dataclass, fields

NAMES = {"program": "程序版本", "lexicon": "词库版本", "endpoints": "接收端（delivery.endpoints）"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """The machine that starts a sweep writes it down; who joins compares."""

    program: str
    lexicon: str
    endpoints: str  # digest of their names, events, levels and regions: an alert is told to them


def differing(ours: Agreement, theirs: Agreement) -> tuple[str, ...]:
    """What is not alike, as people call it."""
    return tuple(
        NAMES[one.name]
        for one in fields(Agreement)
        if getattr(ours, one.name) != getattr(theirs, one.name)
    )
