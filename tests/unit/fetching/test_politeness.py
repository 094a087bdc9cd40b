"""One address bears so many exchanges at a time; whoever leaves makes room, however it leaves."""

import asyncio
from ipaddress import ip_address

from crawler.fetching.politeness import AddressGate

HERE, THERE = ip_address("1.1.1.1"), ip_address("9.9.9.9")


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_are_inside_than_may_be_and_the_first_come_is_the_next() -> None:
    gate, came, leave = AddressGate(2), list[int](), asyncio.Event()

    async def go(number: int) -> None:
        async with gate.turn(HERE):
            came.append(number)
            await leave.wait()

    tasks = [asyncio.create_task(go(number)) for number in range(4)]
    await settled()
    assert came == [0, 1]

    tasks[0].cancel()
    await settled()
    assert came == [0, 1, 2]

    leave.set()
    await asyncio.wait(tasks)
    assert came == [0, 1, 2, 3]
    assert len(gate) == 0


async def test_one_address_keeps_no_other_waiting() -> None:
    gate = AddressGate(1)

    async with gate.turn(HERE), asyncio.timeout(1), gate.turn(THERE):
        assert len(gate) == 2


async def test_who_is_called_off_in_the_moment_of_being_let_in_hands_the_place_on() -> None:
    gate, done = AddressGate(1), list[str]()

    async def go(name: str) -> None:
        async with gate.turn(HERE):
            done.append(name)

    async with gate.turn(HERE):
        second, third = asyncio.create_task(go("second")), asyncio.create_task(go("third"))
        await settled()
    second.cancel()  # let in by now, and not yet awake
    await asyncio.wait([second, third], timeout=1)

    assert done == ["third"]
    assert len(gate) == 0
