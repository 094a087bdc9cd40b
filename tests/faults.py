"""`python -m tests.faults [W B …]`: the cases of the fault catalogue, each with the tests that bear
its number and what docs/faults.md says of it.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

STATED = Path("docs/faults.md")


class Collected:
    """What pytest found, by the number of the case."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, int]] = defaultdict(dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Rows of one table of answers are one test with a count."""
        for item in items:
            for mark in item.iter_markers("fault"):
                name = item.nodeid.partition("[")[0]
                self.tests[mark.args[0]][name] = self.tests[mark.args[0]].get(name, 0) + 1


def stated(text: str) -> dict[str, str]:
    """What the tables of the page say in place of a test, or of an outcome, by number."""
    rows = re.findall(r"^\| ([A-Z]\d\d(?: [A-Z]\d\d)*) \| (.+?) \|(?: (.+?) \|)?$", text, re.M)
    return {
        number: "；".join(filter(None, said))
        for numbers, *said in rows
        for number in numbers.split()
    }


def main(letters: Sequence[str]) -> None:
    """Print the table, for these letters or for all."""
    collected = Collected()
    with redirect_stdout(StringIO()):
        pytest.main(["--collect-only", "-q", "tests"], plugins=[collected])
    told = stated(STATED.read_text("utf-8"))
    for number in sorted({*collected.tests, *told}):
        if letters and number[0] not in letters:
            continue
        print(number, told.get(number, ""))
        for test, count in collected.tests[number].items():
            print(f"    {test}{f' ×{count}' if count > 1 else ''}")


if __name__ == "__main__":
    main(sys.argv[1:])
