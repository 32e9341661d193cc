"""Commands of one caller run one after the other; those of several run as they come."""

import asyncio

import pytest

from crmkit.db.turns import Turns, goes_in_turn, in_turn


async def test_one_callers_commands_run_in_the_order_in_which_they_came() -> None:
    turns, told = Turns(), list[tuple[str, int]]()

    async def run(key: str, number: int) -> None:
        async with turns.turn(key):
            told.append((key, number))
            await asyncio.sleep(0)
            told.append((key, number))

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            for key in "ab":
                group.create_task(run(key, number))
    for key in "ab":
        own = [number for each, number in told if each == key]
        assert own == [0, 0, 1, 1, 2, 2]
    assert {key for key, _ in told[:2]} == {"a", "b"}
    assert turns.open == 0


async def test_who_fails_or_gives_up_waiting_keeps_nobody_else_from_their_turn() -> None:
    turns, go = Turns(), asyncio.Event()

    async def fail() -> None:
        async with turns.turn("a"):
            await go.wait()
            raise ValueError("no")

    async def run() -> str:
        async with turns.turn("a"):
            return "done"

    first = asyncio.create_task(fail())
    await asyncio.sleep(0)
    gone, last = asyncio.create_task(run()), asyncio.create_task(run())
    await asyncio.sleep(0)
    gone.cancel()
    go.set()
    with pytest.raises(ValueError, match="no"):
        await first
    assert await last == "done"
    assert gone.cancelled()
    assert turns.open == 0


def test_only_what_is_marked_goes_in_turn() -> None:
    async def command() -> None: ...

    assert not goes_in_turn(command)
    assert goes_in_turn(in_turn(command))
