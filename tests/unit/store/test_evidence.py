"""A record is believed only if both its digests hold: as it is stored, and unpacked."""

import gzip
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.store.evidence import SegmentWriter, open_member, open_record
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


def test_a_record_says_what_it_lacks_and_a_full_segment_is_followed_by_another(
    tmp_path: Path,
) -> None:
    writer = SegmentWriter(tmp_path, "w", NOON, limit=1_000)
    cut = writer.keep_exchange(an_exchange(truncated="length", response_body=os.urandom(2_000)))
    whole = writer.keep_exchange(an_exchange())
    writer.close()

    heads = [gzip.decompress(open_member(tmp_path, one[0])) for one in (cut, whole)]
    assert b"\r\nWARC-Truncated: length\r\n" in heads[0]
    assert b"WARC-Truncated" not in heads[1]
    assert [one.segment for one in cut] == ["w-0000.warc.gz"] * 2
    assert [one.segment for one in whole] == ["w-0001.warc.gz"] * 2


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk: a file grows so far and no further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.fault("D17")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # left to go
def test_a_writer_that_was_dropped_on_a_full_disk_writes_no_more(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "w", NOON)
    writer.sync()
    path = tmp_path / writer.name
    writer.keep_exchange(an_exchange())
    with no_file_above(path.stat().st_size), pytest.raises(OSError, match="too large"):
        writer.sync()
    sealed = path.read_bytes()
    del writer  # there is room again, and the segment may have been sealed meanwhile
    assert path.read_bytes() == sealed


def test_after_a_full_disk_the_same_writer_goes_on_where_it_was(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "w", NOON)
    writer.sync()
    path = tmp_path / writer.name
    kept = writer.keep_exchange(an_exchange())
    with no_file_above(path.stat().st_size + 7), pytest.raises(OSError, match="too large"):
        writer.sync()
    writer.close()
    assert path.stat().st_size == kept[-1].offset + kept[-1].length
    assert [open_record(tmp_path, one) for one in kept]
