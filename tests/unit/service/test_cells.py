"""Cells of tables that leave the house."""

import pytest

from crawler.service.reporting import harmless


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@x", " \t=1", "\r\n=1", "\u3000=1", "＝1+1", "＋1", "－1", "＠x"]
)
def test_what_a_spreadsheet_would_compute_stays_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["a=1", "", "保本", -1, -0.5, None])
def test_what_is_none_stays_as_it_is(cell: str | float | None) -> None:
    assert harmless(cell) == cell
