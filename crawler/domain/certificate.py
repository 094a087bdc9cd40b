"""The signed account of what was looked at in a sweep or on a day; anybody can check it offline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crawler.domain.capture import Outcome
from crawler.domain.site import ended_well


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """The register taken apart: seen + each failure + not captured + not due = watched sites; each
    is counted by itself, so that the sum can be wrong. `left` are sites of the sweep that are no
    longer watched; they stand beside the sum.
    """

    watched: int
    outcomes: Mapping[str, int] = field(default_factory=dict)  # of watched sites; "": not yet
    overdue: int = 0  # nobody went there, though it was time
    not_due: int = 0
    left: int = 0
    unrendered: int = 0
    unpictured: int = 0  # of the register, seen at some time and without a picture at this one

    @property
    def seen(self) -> int:
        """Sites of which a visitor's view was kept."""
        return sum(n for name, n in self.outcomes.items() if name and ended_well(Outcome(name)))

    @property
    def failed(self) -> dict[str, int]:
        """Every way in which sites were not seen."""
        return {
            name: n for name, n in self.outcomes.items() if name and not ended_well(Outcome(name))
        }

    @property
    def not_captured(self) -> int:
        """What should have been looked at and was not: not reached in the sweep, or in none."""
        return self.outcomes.get("", 0) + self.overdue

    @property
    def adds_up(self) -> bool:
        """Whether no site is lost between the figures."""
        return sum(self.outcomes.values()) + self.overdue + self.not_due == self.watched


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """`body` are the exact bytes that were signed (Ed25519); `key` is the public key, raw."""

    id: int = 0
    kind: str  # sweep, day
    of: str
    at: datetime
    region: str
    body: bytes
    signature: bytes = b""
    key: bytes = b""


def account(
    kind: str,
    of: str,
    at: datetime,
    region: str,
    coverage: Coverage,
    heads: Mapping[str, object],
    more: Mapping[str, object],
) -> Certificate:
    """Unsigned yet; canonical JSON, so that two makers write the same bytes."""
    said = {
        "kind": kind,
        "of": of,
        "region": region,
        "at": at.astimezone(UTC).isoformat(),
        "coverage": {
            "watched": coverage.watched,
            "seen": coverage.seen,
            "failed": coverage.failed,
            "not_captured": coverage.not_captured,
            "not_due": coverage.not_due,
            "left": coverage.left,
            "unrendered": coverage.unrendered,
            "unpictured": coverage.unpictured,
            "adds_up": coverage.adds_up,
        },
        "heads": heads,
        **more,
    }
    body = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Certificate(kind=kind, of=of, at=at, region=region, body=body.encode())
