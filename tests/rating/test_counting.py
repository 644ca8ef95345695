import numpy as np
import pytest

from rating import counting
from tests.rating import boards


def test_llmfao_gives_the_published_counts_and_average_win_rates() -> None:
    tally, published = boards.llmfao(), boards.golden("llmfao-plain")
    for score, name in ((counting.points, "counting"), (counting.average_win_rate, "average_win_rate")):
        assert score(tally.counts.wins) == pytest.approx(
            [published[name][item] for item in tally.contenders], rel=1e-12
        )


def test_an_opponent_met_often_counts_as_one_met_once() -> None:
    wins = np.array([[0.0, 1, 90], [0, 0, 0], [10, 0, 0]])
    assert counting.points(wins).tolist() == [91, 0, 10]
    assert counting.average_win_rate(wins) == pytest.approx([0.95, 0, 0.1])


def test_the_average_win_rate_of_a_contender_that_met_nobody_is_not_a_number() -> None:
    rates = counting.average_win_rate(np.array([[0.0, 2, 0], [2, 0, 0], [0, 0, 0]]))
    assert np.isnan(rates).tolist() == [False, False, True]
