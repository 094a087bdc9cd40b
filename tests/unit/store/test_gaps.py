"""Where a byte comes to lie once what lay before it is gone."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.store.gaps import length, merged, moved_to, rest

STRETCHES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8)


@given(content=st.binary(min_size=80, max_size=80), stretches=STRETCHES)
def test_every_byte_that_stays_is_found_at_its_new_place(
    content: bytes, stretches: list[tuple[int, int]]
) -> None:
    gaps = merged((start, start + size) for start, size in stretches)
    left = b"".join(content[start:end] for start, end in rest(gaps, len(content)))

    assert len(left) == len(content) - length(gaps)
    for offset in range(len(content)):
        place = moved_to(gaps, offset)
        inside = any(start <= offset < end for start, end in gaps)
        assert (place is None) is inside
        assert place is None or left[place] == content[offset]


def test_stretches_that_touch_are_one() -> None:
    assert merged([(5, 9), (0, 5), (20, 20), (8, 12)]) == [(0, 12)]
