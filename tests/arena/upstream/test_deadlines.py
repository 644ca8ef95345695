import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from arena.upstream import deadlines
from arena.upstream.calls import Failure, Limits, UpstreamFailed
from arena.upstream.deadlines import Deadlines


def limits(**changes: Any) -> Limits:
    return Limits(**{"first_byte_seconds": 5, "idle_seconds": 5, "answer_seconds": 10, "answer_bytes": 100, **changes})


async def at_once() -> str:
    return "here"


async def tick() -> str:
    await asyncio.sleep(0.01)
    return "here"


async def never() -> str:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def listen(held: Deadlines, *, pieces: int, characters: int = 0) -> None:
    """Wait for that many pieces, each with so many characters of text."""
    for _ in range(pieces):
        await held.wait(tick)
        if characters:
            held.text(characters)


async def failure(waiting: Coroutine[Any, Any, Any]) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as failed:
        await waiting
    return failed.value


async def test_what_comes_in_time_is_handed_over() -> None:
    assert await Deadlines(limits()).wait(tick) == "here"


async def test_each_deadline_has_its_code_and_its_words() -> None:
    first = Deadlines(limits(first_byte_seconds=0.02))
    idle = Deadlines(limits(idle_seconds=0.02))
    whole = Deadlines(limits(answer_seconds=0.02))
    idle.text(1)
    failures = [await failure(held.wait(never)) for held in (first, idle, whole)]
    assert [failed.code for failed in failures] == [Failure.TIMEOUT, Failure.TIMEOUT, Failure.SLOW]
    assert len({failed.detail for failed in failures}) == 3


async def test_pieces_without_text_do_not_move_the_first_deadline() -> None:
    held = Deadlines(limits(first_byte_seconds=0.05))
    assert (await failure(listen(held, pieces=50))).code is Failure.TIMEOUT


async def test_pieces_without_text_do_not_move_the_idle_deadline() -> None:
    held = Deadlines(limits(idle_seconds=0.05))
    held.text(1)
    assert (await failure(listen(held, pieces=50))).code is Failure.TIMEOUT


async def test_a_text_gives_the_next_one_its_whole_idle_time() -> None:
    await listen(Deadlines(limits(first_byte_seconds=0.5, idle_seconds=0.5)), pieces=60, characters=1)


async def test_pieces_that_lie_ready_do_not_outrun_the_last_deadline() -> None:
    held = Deadlines(limits(answer_seconds=0.01))
    await tick()
    await tick()
    assert (await failure(held.wait(at_once))).code is Failure.SLOW


async def test_few_characters_in_a_long_wait_are_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    # The rule's thirty seconds, in a third of one.
    monkeypatch.setattr(deadlines, "SLOW_AFTER_SECONDS", 0.3)
    monkeypatch.setattr(deadlines, "CHARACTERS_PER_SECOND", 200.0)
    slow = await failure(listen(Deadlines(limits()), pieces=1000, characters=1))
    assert slow.code is Failure.SLOW
    assert "slowly" in slow.detail


@pytest.mark.parametrize("in_vain", [True, False])
async def test_looking_in_vain_is_waiting(monkeypatch: pytest.MonkeyPatch, in_vain: bool) -> None:
    monkeypatch.setattr(deadlines, "SLOW_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(deadlines, "CHARACTERS_PER_SECOND", 200.0)
    held = Deadlines(limits())

    async def look() -> None:
        held.text(1)
        for _ in range(10):
            await tick()
            held.look(in_vain=in_vain)

    if in_vain:
        assert (await failure(look())).code is Failure.SLOW
    else:
        await look()


async def test_enough_characters_in_a_long_wait_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SLOW_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(deadlines, "CHARACTERS_PER_SECOND", 200.0)
    await listen(Deadlines(limits()), pieces=20, characters=1000)


async def test_the_wait_for_the_first_text_does_not_make_an_answer_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SLOW_AFTER_SECONDS", 0.05)
    held = Deadlines(limits())
    await listen(held, pieces=20)
    await listen(held, pieces=1, characters=1)
    await listen(held, pieces=1)


async def test_after_the_end_was_said_little_more_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "TAIL_SECONDS", 0.1)
    held = Deadlines(limits())

    async def trailing() -> None:
        for _ in range(100):
            held.tail()
            await held.wait(tick)

    assert (await failure(trailing())).code is Failure.SLOW
