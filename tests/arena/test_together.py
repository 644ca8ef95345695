import asyncio

import pytest

from arena.together import Together


async def test_what_comes_while_a_call_is_under_way_goes_together_with_the_next_one() -> None:
    calls: list[list[int]] = []
    begun, first = asyncio.Event(), asyncio.Event()

    async def double(things: list[int]) -> list[int]:
        calls.append(things)
        begun.set()
        await first.wait()
        return [2 * thing for thing in things]

    together = Together(double)
    asking = [asyncio.create_task(together.ask(1))]
    await begun.wait()
    asking += [asyncio.create_task(together.ask(thing)) for thing in (2, 3, 2)]
    await asyncio.sleep(0)
    first.set()
    assert await asyncio.gather(*asking) == [2, 4, 6, 4]
    assert calls == [[1], [2, 3, 2]]


async def test_an_error_is_everybodys_and_the_next_call_goes_on() -> None:
    async def invert(things: list[int]) -> list[float]:
        return [1 / thing for thing in things]

    together = Together(invert)
    answers = await asyncio.gather(together.ask(0), together.ask(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ZeroDivisionError, ZeroDivisionError]
    assert await together.ask(2) == 0.5


async def test_whoever_leaves_takes_nobodys_answer_along() -> None:
    async def same(things: list[int]) -> list[int]:
        await asyncio.sleep(0)
        return things

    together = Together(same)
    leaving, staying = asyncio.create_task(together.ask(1)), asyncio.create_task(together.ask(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_nobody_waits_for_a_call_that_was_cut_off_and_the_next_one_goes_on() -> None:
    begun, cut = asyncio.Event(), asyncio.Event()

    async def call(things: list[int]) -> list[int]:
        if 0 not in things:
            return things
        begun.set()
        await cut.wait()
        raise asyncio.CancelledError

    together = Together(call)
    asking = [asyncio.create_task(together.ask(0))]
    await begun.wait()
    asking.append(asyncio.create_task(together.ask(1)))
    await asyncio.sleep(0)
    cut.set()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(answer) for answer in answers] == [ConnectionAbortedError, ConnectionAbortedError]
        assert await together.ask(1) == 1
