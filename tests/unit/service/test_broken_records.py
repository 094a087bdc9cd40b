"""What a child says is heard as far as it can be understood."""

import asyncio

import pytest

from crawler.service.pipes import Ready, Upward, framed, records_from_child


@pytest.mark.parametrize(
    "after",
    [b"\x00\x00\x00\x03abc", b"\x00\x00\x00\x02\x81\xa1", b"\x00\x00\x00\x05\x81\xa4\xff\xff\xff"],
)
def test_a_record_that_is_none_ends_the_child_and_nothing_else(after: bytes) -> None:
    async def heard() -> list[Upward]:
        stream = asyncio.StreamReader()
        stream.feed_data(framed(Ready()) + after + framed(Ready()))
        stream.feed_eof()
        return [one async for one in records_from_child(stream)]

    assert asyncio.run(heard()) == [Ready()]
