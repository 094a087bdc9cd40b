"""A record is believed only if both its digests hold: as it is stored, and unpacked."""

from dataclasses import replace
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.store.evidence import SegmentWriter, open_record
from tests.builders import NOON, an_exchange


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"sha256": "0" * 64}, "内容摘要不符", id="block"),
        pytest.param({"stored_sha256": "0" * 64}, "与登记的摘要不符", id="stored"),
        pytest.param({"segment": "no.warc.gz"}, "无法读取", id="file"),
    ],
)
def test_a_record_must_be_what_its_digests_say(
    tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    writer = SegmentWriter(tmp_path, "w", NOON)
    kept = writer.keep_exchange(an_exchange())[0]
    writer.close()
    assert "保本保息" in open_record(tmp_path, kept).decode()

    with pytest.raises(BadInput, match=said):
        open_record(tmp_path, replace(kept, **changed))  # type: ignore[arg-type]
