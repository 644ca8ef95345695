import numpy as np
import pytest
from scipy.special import expit

import rating
from rating import NoMaximum, RatingError, categories, intervals
from rating.arrays import Matrix, Vector

STRENGTHS = np.linspace(-0.8, 0.8, 30)


def played(rng: np.random.Generator, theta: Vector, *, times: int) -> Matrix:
    """Each pair meets so often; no ties."""
    size = len(theta)
    won = rng.binomial(times, expit(theta[:, None] - theta)).astype(np.float64)
    wins = np.triu(won, 1)
    return np.asarray(wins + np.tril(times - won.T, -1) * (1 - np.eye(size)))


def boards(spread: float, *, seed: int, times: int = 40) -> tuple[Matrix, Matrix, Vector]:
    """All wins, those of a category whose strengths differ by N(0, spread), and these strengths."""
    rng = np.random.default_rng(seed)
    inside = STRENGTHS + spread * rng.standard_normal(30)
    category = played(rng, inside, times=times)
    return category + played(rng, STRENGTHS, times=3 * times), category, inside - inside.mean()


@pytest.mark.parametrize("spread", [0.15, 0.4, 1.0])
def test_a_planted_spread_is_recovered(spread: float) -> None:
    found = [categories.fit(*boards(spread, seed=seed)[:2]).spread for seed in range(6)]
    # Six boards of 30 contenders: the standard error of the mean spread is 5 %.
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(spread, rel=0.15)


def test_a_category_that_says_the_same_has_the_board_of_all_votes() -> None:
    outside = played(np.random.default_rng(1), STRENGTHS, times=30)
    found = categories.fit(1.5 * outside, outside / 2)
    overall = rating.fit(1.5 * outside)
    assert found.spread == 0
    assert found.gain == 0
    assert found.theta == pytest.approx(overall.theta, abs=1e-9)
    assert found.covariance == pytest.approx(rating.covariance.curvature(overall), abs=1e-9)


def test_a_category_drawn_from_the_same_strengths_stays_near_the_board_of_all_votes() -> None:
    for seed in range(4):
        wins, inside, _ = boards(0.0, seed=seed)
        found, own = categories.fit(wins, inside), rating.fit(inside)
        assert found.gain < 3
        assert np.abs(found.theta - found.overall).max() < np.abs(own.theta - found.overall).max() / 2


def test_a_large_spread_gives_the_categorys_own_fit() -> None:
    wins, inside, _ = boards(1.0, seed=3)
    found = categories.fit(wins, inside, spread=1000.0)
    own = rating.fit(inside, prior=0)
    assert found.theta == pytest.approx(own.theta, abs=1e-4)
    assert found.covariance == pytest.approx(rating.covariance.curvature(own), rel=1e-3, abs=1e-6)


def test_with_a_spread_of_zero_it_is_the_board_of_all_votes_without_a_prior_too() -> None:
    wins, inside, _ = boards(1.0, seed=3)
    found, overall = categories.fit(wins, inside, spread=0.0, prior=0), rating.fit(wins, prior=0)
    assert found.theta == pytest.approx(overall.theta, abs=1e-9)
    assert found.covariance == pytest.approx(rating.covariance.curvature(overall), abs=1e-9)


def test_shrinking_is_nearer_to_the_truth_than_either_board_and_its_intervals_hold() -> None:
    errors, covered = np.zeros(3), []
    for seed in range(12):
        wins, inside, truth = boards(0.2, seed=seed, times=6)
        found = categories.fit(wins, inside)
        own = rating.fit(inside)
        errors += [((theta - truth) ** 2).sum() for theta in (found.theta, own.theta, found.overall)]
        ends = intervals.of_ratings(found.theta, found.covariance.diagonal(), level=0.95, degrees_of_freedom=1e9)
        covered.append((ends.lower <= truth) & (truth <= ends.upper))
    assert errors[0] < 0.8 * errors[1:].min()
    assert 0.91 < np.mean(covered) < 0.98


def test_the_evidence_is_laplaces_integral() -> None:
    # Two contenders: the integral over θ and δ of one difference can be done on a grid.
    inside, outside = np.array([[0, 150.0], [60, 0]]), np.array([[0, 200.0], [220, 0]])
    votes, start = categories._Votes(inside, outside, 1.0), np.zeros(4)
    difference = np.linspace(-4, 4, 801)

    def integral(spread: float) -> float:
        # θ is (x, y) with a phantom at 0, and δ's difference is N(0, 2 s²).
        x = np.linspace(-6, 6, 241)
        one, other = np.meshgrid(x, x)
        d = one - other
        drawn = np.exp((_log(one) + _log(-one) + _log(other) + _log(-other)) / 2)
        says = np.array([np.exp(150 * _log(e) + 60 * _log(-e) + 130) for e in difference])
        nodes = np.polynomial.hermite_e.hermegauss(60)
        mean = sum(
            weight * np.interp(d + np.sqrt(2) * spread * node, difference, says)
            for node, weight in zip(*nodes, strict=True)
        )
        return float(np.log((np.exp(200 * _log(d) + 220 * _log(-d) + 290) * drawn * mean).sum()))

    exact = integral(0.6) - integral(0.2)
    assert categories._evidence(votes, 0.6, start) - categories._evidence(votes, 0.2, start) == pytest.approx(
        exact, abs=0.02
    )


def _log(values: Vector) -> Vector:
    return np.asarray(-np.logaddexp(0, -values))


def test_a_contender_that_the_category_does_not_know_keeps_its_overall_strength_and_the_spreads_doubt() -> None:
    wins, inside, _ = boards(0.5, seed=2)
    wins[0], wins[:, 0] = wins[0] - inside[0], wins[:, 0] - inside[:, 0]
    inside[0], inside[:, 0] = 0, 0
    found = categories.fit(wins, inside)
    assert found.covariance[0, 0] > 0.9 * found.spread**2
    assert found.covariance[0, 0] > 4 * found.covariance[1, 1]


def test_a_category_needs_200_votes_that_are_among_all() -> None:
    wins, inside, _ = boards(0.5, seed=2)
    few = inside * (199 / inside.sum())
    with pytest.raises(RatingError, match="takes 200 votes, and this one has 199"):
        categories.fit(wins, few)
    with pytest.raises(RatingError, match="must be among all wins"):
        categories.fit(inside, wins)
    with pytest.raises(RatingError, match="of one shape"):
        categories.fit(wins, inside[1:, 1:])
    with pytest.raises(RatingError, match="A spread is a number"):
        categories.fit(wins, inside, spread=-1.0)


def test_without_a_prior_all_votes_must_have_a_maximum() -> None:
    wins, inside, _ = boards(0.5, seed=2)
    wins[:, 0] = inside[:, 0] = 0
    with pytest.raises(NoMaximum):
        categories.fit(wins, inside, prior=0)
