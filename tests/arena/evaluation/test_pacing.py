import asyncio
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.evaluation.pacing import RESERVE_TICKS, Clock, Pace, Pacer

TAIL = 375
OPEN = (False, False)
Arrivals = Sequence[int]


def _shown(one: Arrivals, other: Arrivals, *, pace: Pace = Pace.LOCKSTEP) -> Iterator[tuple[int, ...]]:
    """What each tick shows of two answers of which so many characters come with each tick, until all is shown."""
    pacer, come, shown = Pacer(pace, 24, tail=TAIL), [0, 0], [0, 0]
    for tick in range(5000):
        come = [
            before + (side[tick] if tick < len(side) else 0) for before, side in zip(come, (one, other), strict=True)
        ]
        ended = (tick >= len(one) - 1, tick >= len(other) - 1)
        now = pacer.release((come[0] - shown[0], come[1] - shown[1]), ended)
        shown = [before + more for before, more in zip(shown, now, strict=True)]
        yield now
        if shown == [sum(one), sum(other)]:
            return
    raise AssertionError(f"{shown} of {[sum(one), sum(other)]} shown")


def _uneven(mean: float, ticks: int, *, seed: int) -> list[int]:
    chance = Random(seed)
    return [max(0, round(chance.gauss(mean, mean / 3))) for _ in range(ticks)]


def test_the_slower_side_sets_the_pace_of_both() -> None:
    shown = list(_shown([3] * 100, [20] * 100))
    both = shown[RESERVE_TICKS : sum(1 for now in shown if now[0])]
    assert {one == other for one, other in both} == {True}
    assert {one for one, _ in both} == {3}


def test_nobody_shows_more_than_the_most() -> None:
    assert max(max(now) for now in _shown([100] * 10, [90] * 10)) == 24
    assert Pacer(Pace.PACED, 24, tail=TAIL).release((100, 5), OPEN) == (24, 5)


def test_paced_each_side_shows_what_has_come() -> None:
    assert list(_shown([3, 4, 0], [9, 0, 0], pace=Pace.PACED)) == [(3, 9), (4, 0)]


def test_buffered_nobody_shows_anything_until_both_have_ended() -> None:
    assert list(_shown([3, 4], [900, 900, 900], pace=Pace.BUFFERED)) == [(0, 0), (0, 0), (7, 2700)]


def test_a_side_with_nothing_new_holds_the_other_one() -> None:
    shown = list(_shown([30, *[0] * 70, 30], [10] * 72))
    assert sum(one for one, _ in shown[:71]) == sum(other for _, other in shown[:71]) == 30


def test_an_uneven_slower_side_is_shown_evenly() -> None:
    shown = list(_shown(_uneven(6, 200, seed=1), [20] * 100))
    steady = [one for one, _ in shown[30:200]]
    assert max(steady) - min(steady) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_who_is_alone_at_the_end_does_not_tell_whether_it_is_still_writing(seed: int) -> None:
    """A quick side's rest has long come, a slow one's is still being written, unevenly; both are shown alike."""
    quick_alone = list(_shown(_uneven(6, 60, seed=seed), [16] * 50))
    slow_alone = list(_shown(_uneven(6, 134, seed=seed), [16] * 23))
    rests = [[max(now) for now in shown[95:115]] for shown in (quick_alone, slow_alone)]
    assert all(now[0] == 0 for now in quick_alone[92:])
    assert all(now[1] == 0 for now in slow_alone[92:])
    assert [max(rest) - min(rest) <= 2 for rest in rests] == [True, True]
    assert abs(sum(rests[0]) - sum(rests[1])) < 0.15 * sum(rests[0])


def test_the_end_of_the_slower_side_is_not_hurried_and_not_held_up() -> None:
    """Its last characters come at the pace it had, so that nobody sees that it has ended before it is all shown."""
    shown = [one for one, _ in _shown([6] * 60, [16] * 60)]
    last = max(place for place, now in enumerate(shown) if now)
    assert set(shown[last - 15 : last]) == {6}


def test_a_short_answer_of_a_very_slow_side_does_not_hold_up_a_long_one_for_ever() -> None:
    shown = list(_shown([1 if tick % 10 == 0 else 0 for tick in range(200)], [16] * 250))
    assert len(shown) <= 200 + RESERVE_TICKS * 2 + TAIL + 5


def test_answers_that_came_at_once_are_shown_soon() -> None:
    assert len(list(_shown([4], [5]))) <= 3
    assert len(list(_shown([100], [3]))) <= 40


def test_the_last_words_after_a_long_silence_come_at_once_with_the_end() -> None:
    assert len(list(_shown([24, *[0] * 500, 7], [24, *[0] * 500, 7]))) <= 501 + 30
    assert len(list(_shown([24, *[0] * 500, 7, 0], [24, *[0] * 500, 7]))) <= 501 + 60


def test_an_answer_goes_on_after_one_that_had_stopped_writing_for_long() -> None:
    assert len(list(_shown([20, *[0] * 100], [16] * 50))) <= 101 + TAIL


@given(
    texts=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    arrivals=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60),
    pace=st.sampled_from(Pace),
)
def test_everything_is_shown_once_and_within_the_most(
    texts: tuple[int, int], arrivals: list[tuple[int, int]], pace: Pace
) -> None:
    pacer, come, shown = Pacer(pace, 24, tail=TAIL), [0, 0], [0, 0]
    for step in range(2000):
        more = arrivals[step] if step < len(arrivals) else texts
        come = [min(have + new, text) for have, new, text in zip(come, more, texts, strict=True)]
        waiting = (come[0] - shown[0], come[1] - shown[1])
        ended = (come[0] == texts[0], come[1] == texts[1])
        released = pacer.release(waiting, ended)
        most = 24 if pace is not Pace.BUFFERED else 400
        assert all(0 <= now <= min(left, most) for now, left in zip(released, waiting, strict=True))
        shown = [done + now for done, now in zip(shown, released, strict=True)]
        if shown == list(texts):
            return
    raise AssertionError(f"{shown} of {texts} shown")


@given(waiting=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=40))
def test_swapping_the_sides_swaps_what_is_shown(waiting: list[tuple[int, int]]) -> None:
    one, other = Pacer(Pace.LOCKSTEP, 24, tail=TAIL), Pacer(Pace.LOCKSTEP, 24, tail=TAIL)
    for first, second in waiting:
        assert one.release((first, second), OPEN) == other.release((second, first), OPEN)[::-1]


async def test_who_comes_later_is_woken_by_the_same_tick() -> None:
    clock = Clock(0.05)
    first = clock.tick()
    await asyncio.sleep(0)
    second = clock.tick()
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
    gives_up, stays = clock.tick(), clock.tick()
    await asyncio.sleep(0)
    gives_up.cancel()
    async with asyncio.timeout(30):
        await stays
    assert gives_up.cancelled()
