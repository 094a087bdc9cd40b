"""Codings come off as far as they can, in bounded room, and every failing is told."""

import gzip
import time
import tracemalloc
import zlib
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.capture import Flag
from crawler.fetching.inflating import inflate

CAP = 8 * 1024 * 1024
PAGE = ("<p>" + "".join(f"保本保息第{n}期，年化{n * 7 % 31}%。" for n in range(900))).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACK = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
BOMBS = PACK | {"br": partial(brotli.compress, quality=2)}


@pytest.mark.parametrize("coding", PACK)
def test_each_coding_comes_off(coding: str) -> None:
    done = inflate(PACK[coding](PAGE), [coding.upper()], CAP)

    assert (done.body, done.flags) == (PAGE, ())


def test_raw_deflate_several_members_and_rubbish_at_the_end_come_off() -> None:
    assert inflate(raw_deflate(PAGE), ["deflate"], CAP).body == PAGE
    assert inflate(gzip.compress(PAGE) * 2, ["gzip"], CAP).body == PAGE * 2
    assert inflate(gzip.compress(PAGE) + b"rubbish", ["gzip"], CAP).body == PAGE


def test_members_without_end_cost_no_minute_and_hide_no_page() -> None:
    wire = gzip.compress(b"") * 100_000 + gzip.compress(PAGE)
    start = time.process_time()

    done = inflate(wire, ["gzip"], CAP)

    assert (done.body, done.flags) == (PAGE, ())
    assert time.process_time() - start < 3


@given(parts=st.lists(st.binary(max_size=2_000), min_size=1, max_size=5), room=st.integers(1, 4000))
def test_members_come_off_as_their_parts_put_together(parts: list[bytes], room: int) -> None:
    wire, page = b"".join(map(gzip.compress, parts)), b"".join(parts)

    assert inflate(wire, ["gzip"], CAP).body == page
    assert inflate(wire, ["gzip"], room).body == page[:room]


def test_layers_come_off_from_the_last() -> None:
    wire = brotli.compress(gzip.compress(PAGE))

    assert inflate(wire, ["gzip", "br"], CAP).body == PAGE
    assert inflate(wire, ["gzip,br , identity"], CAP).body == PAGE


@pytest.mark.fault("W09")
def test_after_three_layers_it_stops() -> None:
    wire = PAGE
    for _ in range(60):
        wire = gzip.compress(wire)

    done = inflate(wire, ["gzip"] * 60, CAP)

    assert done.flags == (Flag.DECODE_LIMIT,)
    assert done.body.startswith(b"\x1f\x8b")


@pytest.mark.fault("W08")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_fills_its_room_and_no_more(coding: str) -> None:
    wire = BOMBS[coding](b"\0" * 40_000_000)

    tracemalloc.start()
    done = inflate(wire, [coding], CAP)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert done.flags == (Flag.DECODE_LIMIT,)
    assert 0 < len(done.body) <= CAP
    assert peak < 5 * CAP


@pytest.mark.fault("W10")
@pytest.mark.parametrize("coding", PACK)
def test_what_is_not_packed_stays_as_it_is(coding: str) -> None:
    done = inflate(PAGE, [coding], CAP)

    assert (done.body, done.flags) == (PAGE, (Flag.DECODE_ERROR,))


@pytest.mark.fault("W11")
@pytest.mark.parametrize("coding", PACK)
def test_of_a_cut_stream_the_prefix_is_read(coding: str) -> None:
    wire = PACK[coding](PAGE)

    done = inflate(wire[: len(wire) * 2 // 3], [coding], CAP)

    assert done.flags == (Flag.DECODE_TRUNCATED,)
    assert PAGE.startswith(done.body)
    assert coding == "zstd" or len(done.body) > len(PAGE) // 3


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_came_before_a_fault_is_read(coding: str) -> None:
    wire = bytearray(PACK[coding](PAGE))
    wire[-3] ^= 255  # its checksum

    done = inflate(bytes(wire), [coding], CAP)

    assert (done.body, done.flags) == (PAGE, (Flag.DECODE_ERROR,))


@pytest.mark.fault("W12")
def test_an_unknown_coding_leaves_the_page_as_it_is() -> None:
    done = inflate(PAGE, ["evil"], CAP)

    assert (done.body, done.flags) == (PAGE, (Flag.DECODE_ERROR,))


CODINGS = st.sampled_from([*PACK, "evil", "identity", ""])


@given(st.lists(CODINGS, max_size=5), st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_raise_and_nothing_grows_past_its_room(
    codings: list[str], noise: bytes, cut: int
) -> None:
    wire = noise
    for coding in codings:
        wire = PACK[coding](wire) if coding in PACK else wire
    wire = wire[:cut] + noise + wire[cut:]

    done = inflate(wire, codings, 1000)

    assert len(done.body) <= max(1000, len(wire))
