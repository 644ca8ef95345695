import asyncio

import pytest

from arena.alarms import Alarm, Bell


async def _never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_a_wait_that_takes_too_long_ends_and_the_task_goes_on() -> None:
    alarm, time = Alarm(), asyncio.get_running_loop().time
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await alarm.wait(_never, time() + 0.01)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_earlier_time_after_a_later_one_holds() -> None:
    alarm, time = Alarm(), asyncio.get_running_loop().time
    await alarm.wait(lambda: asyncio.sleep(0), time() + 60)
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await alarm.wait(_never, time() + 0.01)


async def test_a_later_time_after_an_earlier_one_holds() -> None:
    alarm, time = Alarm(), asyncio.get_running_loop().time
    await alarm.wait(lambda: asyncio.sleep(0), time() + 0.01)
    await alarm.wait(lambda: asyncio.sleep(0.03), time() + 5)
    alarm.clear()
    await asyncio.sleep(0.01)


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def waiting() -> None:
        await Alarm().wait(_never, asyncio.get_running_loop().time() + 60)

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_bell_wakes_those_who_wait_and_nobody_who_comes_later() -> None:
    bell = Bell()
    early = [bell.wait() for _ in range(3)]
    await asyncio.sleep(0)
    early[1].cancel()
    bell.ring()
    late = bell.wait()
    woken, waiting = await asyncio.wait([*early, late], timeout=0.05)
    assert (woken, waiting) == (set(early), {late})
    bell.ring()
    await late
