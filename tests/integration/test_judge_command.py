"""Texts and pages judged from a terminal, one JSON object a line."""

import json
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.service.cli import COMMANDS, app_of
from crawler.service.doors import Door

GOOD = '{"id": 1, "text": "保本保息，年化15%，立即投资"}'
LAST = '{"id": "last", "html": "<p>五金配件</p>"}'


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"{", "JSON"),
        (b'{"id": 2}', "text"),
        (b'{"id": 2, "text": "a", "html": "b"}', "html"),
        (b'{"id": 2, "text": "\xff\xfe"}', "JSON"),
        (b"[1]", "JSON"),
    ],
)
def test_a_bad_line_is_told_and_the_next_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: bytes, why: str
) -> None:
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes(b"\n".join([GOOD.encode(), b"", bad, LAST.encode()]) + b"\n")
    door = Door(home=tmp_path / "home", config=None, actor="ops")

    with pytest.raises(BadInput, match="1 行未能研判"):
        app_of(COMMANDS)(args=["judge", str(batch)], obj=door, standalone_mode=False)

    first, fault, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["id"], last["id"]) == (1, "last")
    assert first["level"] != "none"
    assert fault["line"] == 3
    assert why in fault["error"]
