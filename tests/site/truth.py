"""What is true of the made-up web: for every domain, what a visit must end in and how high its
level may, or must, be.
"""

import json
from dataclasses import dataclass
from pathlib import Path

TRUTH = Path(__file__).parent / "truth.jsonl"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The truth about one domain. `level` is the least one for label `risk`, the highest one for
    all others. `rates` are all annual percentages that a careful reader finds.
    """

    domain: str
    unit: str  # as filed
    outcome: str
    label: str  # risk, benign, dead
    level: str
    category: str
    rates: tuple[float, ...]
    note: str
    browser: bool = False  # only a browser sees what there is to see
    flags: tuple[str, ...] = ()
    kind: str = ""  # of page, where it is not an ordinary one
    family: str = ""  # what the look-alikes share
    page: str = ""  # the file under pages/ that speaks, where it is not the folder's index.html
    final: str = ""  # where a redirect ends, if on another site

    @property
    def risky(self) -> bool:
        return self.label == "risk"


def truth() -> dict[str, Expected]:
    """Every domain of the web with its truth."""
    lines = map(json.loads, TRUTH.read_text(encoding="utf-8").splitlines())
    return {line["domain"]: _expected(line) for line in lines}


def _expected(line: dict[str, object]) -> Expected:
    lists = {key: tuple(value) for key, value in line.items() if isinstance(value, list)}
    return Expected(**(line | lists))  # type: ignore[arg-type]
