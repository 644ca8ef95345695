import asyncio

from hypothesis import given
from hypothesis import strategies as st

from arena.config import Pace
from arena.evaluation.pacing import Clock, Pacer

OPEN = (False, False)


def test_the_slower_side_sets_the_pace_of_both() -> None:
    assert Pacer(Pace.LOCKSTEP, 24, tail=375).release((3, 20), OPEN) == (3, 3)


def test_nobody_shows_more_than_the_most() -> None:
    assert Pacer(Pace.LOCKSTEP, 24, tail=375).release((100, 90), OPEN) == (24, 24)
    assert Pacer(Pace.PACED, 24, tail=375).release((100, 5), OPEN) == (24, 5)


def test_a_side_with_nothing_new_holds_the_other_one() -> None:
    assert Pacer(Pace.LOCKSTEP, 24, tail=375).release((0, 50), OPEN) == (0, 0)


def test_after_one_has_shown_all_the_other_goes_on_at_the_mean_pace() -> None:
    pacer = Pacer(Pace.LOCKSTEP, 24, tail=375)
    for _ in range(10):
        pacer.release((4, 100), OPEN)
    shown = [pacer.release((0, 1000), (True, True))[1] for _ in range(10)]
    assert sum(shown) == 40
    assert max(shown) <= 5


def test_a_short_answer_of_a_very_slow_side_does_not_hold_up_a_long_one_for_ever() -> None:
    pacer, left, ticks = Pacer(Pace.LOCKSTEP, 24, tail=375), 4000, 0
    for second in range(200):
        pacer.release((1 if second % 10 == 0 else 0, left), OPEN)
    while left:
        left -= pacer.release((0, left), (True, True))[1]
        ticks += 1
    assert ticks <= 380


def test_a_quick_long_answer_and_a_slow_long_one_go_on_alike() -> None:
    """Who is alone at the end, the one that was done long ago or the one still writing, must not show."""

    def alone(waiting: int, ended: bool) -> list[int]:
        pacer = Pacer(Pace.LOCKSTEP, 24, tail=375)
        for _ in range(20):
            pacer.release((3, 3), OPEN)
        return [pacer.release((0, waiting), (True, ended))[1] for _ in range(20)]

    assert alone(1000, ended=True) == alone(3, ended=False)


@given(
    texts=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    arrivals=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60),
    pace=st.sampled_from(Pace),
)
def test_everything_is_shown_once_and_within_the_most(
    texts: tuple[int, int], arrivals: list[tuple[int, int]], pace: Pace
) -> None:
    pacer, come, shown = Pacer(pace, 24, tail=375), [0, 0], [0, 0]
    for step in range(2000):
        more = arrivals[step] if step < len(arrivals) else texts
        come = [min(have + new, text) for have, new, text in zip(come, more, texts, strict=True)]
        waiting = (come[0] - shown[0], come[1] - shown[1])
        ended = (come[0] == texts[0], come[1] == texts[1])
        released = pacer.release(waiting, ended)
        assert all(0 <= now <= min(left, 24) for now, left in zip(released, waiting, strict=True))
        shown = [done + now for done, now in zip(shown, released, strict=True)]
        if shown == list(texts):
            return
    raise AssertionError(f"{shown} of {texts} shown")


@given(waiting=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=40))
def test_swapping_the_sides_swaps_what_is_shown(waiting: list[tuple[int, int]]) -> None:
    one, other = Pacer(Pace.LOCKSTEP, 24, tail=375), Pacer(Pace.LOCKSTEP, 24, tail=375)
    for first, second in waiting:
        assert one.release((first, second), OPEN) == other.release((second, first), OPEN)[::-1]


async def test_who_comes_later_is_woken_by_the_same_tick() -> None:
    clock = Clock(0.05)
    first = asyncio.create_task(clock.tick())
    await asyncio.sleep(0)
    second = asyncio.create_task(clock.tick())
    await first
    await asyncio.sleep(0)
    assert second.done()


async def test_ticks_are_a_tick_apart() -> None:
    clock, time = Clock(0.002), asyncio.get_running_loop().time
    await clock.tick()
    began = time()
    for _ in range(20):
        await clock.tick()
    assert time() - began > 18 * 0.002


async def test_who_gives_up_waiting_leaves_the_others_their_tick() -> None:
    clock = Clock(0.01)
    gives_up, stays = asyncio.create_task(clock.tick()), asyncio.create_task(clock.tick())
    await asyncio.sleep(0)
    gives_up.cancel()
    async with asyncio.timeout(5):
        await stays
    assert gives_up.cancelled()
