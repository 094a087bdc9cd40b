"""A child that ends before it has heard its greeting is a child that ended, and no error."""

import asyncio
from pathlib import Path

import msgspec

from crawler.service.children import Program, start_child
from crawler.service.pipes import Greeting, Upward


def test_it_is_given_back_and_says_nothing(tmp_path: Path) -> None:
    greeting = Greeting(
        worker="w", evidence="", lexicon="", cache="", watch=str(tmp_path / "watch"),
        agent="x" * 4_000_000, slots=1,
    )  # fmt: skip
    program = Program(module="none", environment={}, folder="/", command=("/bin/true",))

    async def heard() -> list[Upward]:
        child = await start_child(program, greeting)
        said = [one async for one in child.records()]
        await child.end()
        return said

    assert asyncio.run(asyncio.wait_for(heard(), 20)) == []
    assert len(msgspec.json.encode(greeting)) > 1 << 20  # more than a pipe holds


def test_what_a_child_prints_goes_where_it_is_told(tmp_path: Path) -> None:
    greeting = Greeting(
        worker="w", evidence="", lexicon="", cache="", watch=str(tmp_path / "watch"), agent="",
        slots=1,
    )  # fmt: skip
    told = ("/bin/sh", "-c", "echo some traceback >&2")
    program = Program(module="none", environment={}, folder="/", command=told)

    async def ended() -> None:
        child = await start_child(program, greeting, tmp_path / "children.log")
        await child.end()

    asyncio.run(asyncio.wait_for(ended(), 20))
    assert (tmp_path / "children.log").read_text() == "some traceback\n"
