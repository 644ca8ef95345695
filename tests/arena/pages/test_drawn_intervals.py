import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.pages import intervals
from arena.pages.intervals import REFERENCE, Scale
from arena.publishing.releases import Standing
from tests.arena.pages.standings import standing

RATINGS = st.floats(-4000, 6000)
SPREADS = st.none() | st.floats(0, 3000)


@st.composite
def lines(draw: st.DrawFn) -> Standing:
    rating, below, above = draw(RATINGS), draw(SPREADS), draw(SPREADS)
    lower = None if below is None else rating - below
    upper = None if above is None else rating + above
    return standing(rating=rating, lower=lower, upper=upper)


@given(st.lists(lines(), min_size=1, max_size=8))
def test_every_interval_and_the_reference_stand_in_sight_and_in_order(rows: list[Standing]) -> None:
    scale = Scale.of(rows)
    assert 0 < scale.x(REFERENCE) < 100
    for row in rows:
        whisker = intervals.whisker(row, scale)
        assert 0 <= whisker.start <= whisker.point <= whisker.end <= 100
        assert whisker.open_below == (row.lower is None)
        assert whisker.open_above == (row.upper is None)


@given(st.lists(lines(), min_size=1, max_size=8))
def test_the_grid_is_round_within_the_scale_and_always_names_the_reference(rows: list[Standing]) -> None:
    scale = Scale.of(rows)
    ticks = scale.ticks
    assert 1 <= len(ticks) <= intervals.MOST_STEPS + 1
    assert all(0 <= tick.x <= 100 for tick in ticks)
    assert [tick.labelled for tick in ticks if tick.value == REFERENCE] == [True]


def test_one_scale_serves_all_rows() -> None:
    near, far = standing(rating=1000, lower=990, upper=1010), standing(rating=1300, lower=1200, upper=1400)
    scale = Scale.of([near, far])
    drawn = [intervals.whisker(row, scale) for row in (near, far)]
    assert (drawn[1].end - drawn[1].start) / (drawn[0].end - drawn[0].start) == pytest.approx(10, rel=0.01)


def test_an_open_end_reaches_the_edge() -> None:
    row = standing(rating=1100, lower=1050, upper=None)
    whisker = intervals.whisker(row, Scale.of([row]))
    assert (whisker.end, whisker.open_above, whisker.open_below) == (100, True, False)


def test_contenders_that_are_close_are_not_drawn_far_apart() -> None:
    rows = [standing(rating=rating, lower=None, upper=None) for rating in (999, 1001)]
    scale = Scale.of(rows)
    assert scale.high - scale.low >= intervals.LEAST_SPAN
