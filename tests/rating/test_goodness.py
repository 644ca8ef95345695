import numpy as np
import pytest

from rating import RatingError, bradley_terry, chances, goodness, settings, simulate, streams
from rating.arrays import Matrix
from rating.chances import Davidson
from rating.goodness import Check
from rating.settings import Setting
from rating.streams import Purpose
from rating.tally import Tally
from tests.rating import boards

RING = np.array([[0.0, 30, 20], [20, 0, 30], [30, 20, 0]])


def rng(number: int) -> np.random.Generator:
    return streams.opened(56, Purpose.SIMULATION, number)


def independent(wins: Matrix) -> Check:
    return goodness.pairs(wins, bradley_terry.fit(wins, prior=0))


def clustered(tally: Tally) -> Check:
    return goodness.clustered(tally.cells("voter"), bradley_terry.fit(tally.counts.decided, prior=0))


def twisted(number: int, twist: float) -> Matrix:
    """Wins of 12 contenders, some 60 votes a pair; each pair's log-odds is off by N(0, twist), as in no ranking."""
    source = rng(number)
    theta = settings.strengths(source, 12)
    off = source.normal(0, twist, (12, 12))
    games = np.triu(source.poisson(60, (12, 12)), 1)
    won = source.binomial(games, 1 / (1 + np.exp(-(theta[:, None] - theta + off))))
    return np.asarray(won + (games - won).T, dtype=np.float64)


def test_a_ring_of_equals_has_the_chi_square_of_three_coins() -> None:
    # Strengths are equal by symmetry: each pair is 30 heads of 50, (30 - 25)²/(50 · 1/4) = 2.
    found = independent(RING)
    assert found.statistic == pytest.approx(6)
    assert found.degrees_of_freedom == 1
    assert found.chance == pytest.approx(0.014306, abs=1e-6)
    left = goodness.residuals(RING, bradley_terry.fit(RING, prior=0))
    assert left[0, 1] == pytest.approx(np.sqrt(2))
    assert left == pytest.approx(-left.T, nan_ok=True)


def test_citations_leave_three_degrees_of_freedom_and_little_to_explain() -> None:
    # The printed deviance of this fit is 4.29 (golden), of which Pearson's statistic is an approximation.
    known = boards.golden("citations")
    found = independent(boards.counted(known["pairs"]).counts.wins)
    assert found.degrees_of_freedom == 3
    assert found.statistic == pytest.approx(known["deviance"], rel=0.1)


def test_pairs_that_never_met_have_no_residual_and_no_degree_of_freedom() -> None:
    wins = np.zeros((6, 6))
    wins[:3, :3] = wins[3:, 3:] = RING
    found = goodness.pairs(wins, bradley_terry.fit(wins, prior=1e-9))
    assert found.degrees_of_freedom == 2
    assert found.statistic == pytest.approx(12)
    chain = np.array([[0.0, 3, 0], [2, 0, 4], [0, 5, 0]])
    assert independent(chain).degrees_of_freedom == 0
    assert independent(chain).chance == 1
    assert np.isnan(goodness.residuals(chain, bradley_terry.fit(chain, prior=0))[0, 2])


def test_the_chi_square_rejects_one_true_board_in_twenty_and_most_twisted_ones() -> None:
    found = {
        twist: np.mean([independent(twisted(board, twist)).chance < 0.05 for board in range(400)]) for twist in (0, 0.2)
    }
    # 5 % within three standard errors of 1.1 %.
    assert 0.02 < found[0] < 0.083
    assert found[0.2] > 0.6


def test_with_busy_voters_the_clustered_test_holds_where_the_chi_square_does_not() -> None:
    setting = Setting(contenders=5, votes=5000, voters=20, activity=0.5, taste=1.2)
    rejected = []
    for board in range(300):
        source = rng(board)
        truth = simulate.Truth(strengths=np.zeros(5))
        tally = simulate.draw(truth, setting, source)
        rejected.append((independent(tally.counts.wins).chance < 0.05, clustered(tally).chance < 0.05))
    plain, held = np.mean(rejected, axis=0)
    assert plain > 0.1
    assert 0.012 < held < 0.07


def ring(*, repeated: int = 1) -> Tally:
    """The ring of equals four times over, each vote by a voter of its own, who says it as often as told."""
    outcome = np.repeat(np.tile(np.repeat([0, 1], [3, 2]), 120), repeated)
    first = np.repeat(np.arange(3), 200 * repeated)
    return Tally(("ash", "birch", "cedar"), first, (first + 1) % 3, outcome, np.repeat(np.arange(600), repeated))


def test_the_clustered_test_sees_a_ring_and_not_how_often_each_vote_was_repeated() -> None:
    found = clustered(ring())
    assert found.degrees_of_freedom == 1
    # Four rings of 6; the Wald test takes the variance of 3:2 coins, 24 % and not 25 %, as it is.
    assert found.statistic == pytest.approx(24 / 0.96, rel=0.01)
    assert clustered(ring().swapped) == found
    again = clustered(ring(repeated=3))
    assert again.statistic == pytest.approx(found.statistic)
    assert again.chance == pytest.approx(found.chance)


def test_voters_of_one_mind_can_test_nothing() -> None:
    # Each voter brings the same ring: their sums don't vary at all.
    said = np.tile([0, 0, 1] * 3, 10)
    first = np.tile(np.repeat(np.arange(3), 3), 10)
    alike = Tally(("ash", "birch", "cedar"), first, (first + 1) % 3, said, np.repeat(np.arange(10), 9))
    with pytest.raises(RatingError, match="differ in too few ways"):
        clustered(alike)


def test_with_independent_votes_the_wald_test_is_the_chi_square() -> None:
    # What the fit has taken up is taken off the variance; it matters where pairs tell the fit unequally much.
    truth = simulate.Truth(strengths=np.array([3.0, 1.0, 0.5, -0.5, -1.0, -3.0]))
    tally = simulate.draw(truth, Setting(contenders=6, votes=40_000), rng(2))
    assert clustered(tally).statistic == pytest.approx(independent(tally.counts.wins).statistic, rel=0.03)


def test_too_few_clusters_or_nothing_to_test_is_refused() -> None:
    setting = Setting(contenders=5, votes=500, voters=6)
    with pytest.raises(RatingError, match="6 clusters can't test 6 degrees of freedom on 10 pairs"):
        clustered(simulate.draw(simulate.Truth(strengths=np.zeros(5)), setting, rng(1)))
    pair = Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "birch", "b", "bob")])
    with pytest.raises(RatingError, match="0 degrees of freedom"):
        clustered(pair)


def test_ties_are_left_out_and_do_not_disturb_it() -> None:
    # Under Davidson's rule decided votes are Bradley-Terry, whoever is prone to draw.
    rule = Davidson(0.3, np.linspace(-1, 1, 6))
    truth = simulate.Truth(strengths=np.linspace(-1, 1, 6), rule=rule)
    rejected = []
    for board in range(300):
        tally = simulate.draw(truth, Setting(contenders=6, votes=3000), rng(board))
        rejected.append(independent(tally.counts.decided).chance < 0.05)
    assert 0.015 < np.mean(rejected) < 0.09
    assert chances.averaged(truth.strengths, rule)[2].max() > 0.4
