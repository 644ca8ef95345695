import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import expit, log_expit

import rating
from rating import NoMaximum, RatingError, Tally
from rating.arrays import Matrix, Vector, summed
from tests.rating import boards


@pytest.mark.parametrize("name", ["citations", "baseball"])
def test_the_textbook_estimates_come_out_to_their_printed_digits(name: str) -> None:
    known = boards.golden(name)
    tally = boards.counted(known["pairs"])
    theta = rating.fit(tally.counts.wins, prior=0).theta
    reference = tally.contenders.index(known["reference"])
    for contender, printed in known["coef"].items():
        estimate = theta[tally.contenders.index(contender)] - theta[reference]
        digits = len(str(printed).partition(".")[2])
        assert round(estimate, digits) == printed


def likeliest(tally: Tally) -> Vector:
    """An independent fit: the log-likelihood vote by vote, handed to a general minimiser."""
    size = len(tally.contenders)
    points = np.array([1.0, 0.0, 0.5, 0.5])[tally.outcome]

    def loss(theta: Vector) -> tuple[float, Vector]:
        away = theta[tally.first] - theta[tally.second]
        value = -np.sum(points * log_expit(away) + (1 - points) * log_expit(-away))
        left = expit(away) - points
        slope = summed(tally.first, left, length=size) - summed(tally.second, left, length=size)
        return float(value), slope

    found = minimize(
        loss,
        np.zeros(size),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 5000, "maxcor": 60, "ftol": 0.0, "gtol": 1e-8},
    )
    return np.asarray(found.x - found.x.mean())


def test_llmfao_equals_an_independent_maximum_likelihood_fit_and_the_published_scores() -> None:
    tally = boards.llmfao()
    theta = rating.fit(tally.counts.wins, prior=0).theta
    assert np.abs(theta - likeliest(tally)).max() < 1e-6
    scores = np.exp(theta) / np.exp(theta).sum()
    published = boards.golden("llmfao-scores")["scores"]
    assert scores == pytest.approx([published[contender] for contender in tally.contenders], abs=1e-6, rel=1e-5)


def test_the_prior_is_a_phantom_contender_that_drew_once_with_everybody() -> None:
    wins = np.array([[0.0, 3, 1], [1, 0, 2], [0, 2, 0]])
    joined = np.full((4, 4), 0.5)
    joined[:3, :3] = wins
    joined[3, 3] = 0
    plain, fit = rating.fit(joined, prior=0).theta, rating.fit(wins)
    assert fit.theta == pytest.approx(plain[:3] - plain[:3].mean(), abs=1e-10)
    assert fit.phantom == pytest.approx(plain[3] - plain[:3].mean(), abs=1e-10)


def test_two_contenders_differ_by_the_log_of_their_odds() -> None:
    theta = rating.fit(np.array([[0.0, 30], [10, 0]]), prior=0).theta
    assert theta[0] - theta[1] == pytest.approx(np.log(3), abs=1e-12)


def test_without_a_prior_an_unbeaten_contender_has_no_finite_strength() -> None:
    with pytest.raises(NoMaximum, match="1 of 3 contenders"):
        rating.fit(np.array([[0.0, 1, 2], [0, 0, 1], [0, 1, 0]]), prior=0)


def test_without_a_prior_contenders_that_never_met_have_no_common_scale() -> None:
    with pytest.raises(NoMaximum, match="2 of 4 contenders"):
        rating.fit(np.kron(np.eye(2), np.array([[0.0, 1], [1, 0]])), prior=0)


def test_a_perfect_order_stays_finite_and_in_order() -> None:
    for size, games in ((2, 1), (20, 100), (60, 1000)):
        theta = rating.fit(np.triu(np.full((size, size), float(games)), 1)).theta
        assert np.isfinite(theta).all()
        assert (np.diff(theta) < 0).all()


def chain(down: list[float], up: list[float]) -> Matrix:
    """Each contender meets the next: wins over it, and losses to it."""
    return np.asarray(np.diag(down, 1) + np.diag(up, -1), dtype=np.float64)


def test_strengths_too_far_apart_for_exponentials_are_still_fitted() -> None:
    assert np.ptp(rating.fit(chain([1e6] * 149, [0] * 149)).theta) > 1500


@pytest.mark.parametrize(
    ("down", "up"),
    [
        # Found by search: whole Newton steps go back and forth on the first, and underflow on the second.
        ([1e4, 1e5, 1e4, 1e4, 1e6, 1e3, 1e5, 1e6, 1], [0, 1, 1, 0, 1, 1, 0, 0, 0]),
        ([1, 1e4, 100, 100, 1e5, 1e4, 1e4, 1e5, 1e3], [0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_chain_of_lopsided_counts_settles(down: list[float], up: list[float]) -> None:
    theta = rating.fit(chain(down, up)).theta
    assert (np.diff(theta) <= 1e-6).all()


@pytest.mark.parametrize(
    ("wins", "prior"),
    [(np.ones((2, 3)), 1.0), (np.ones((2, 2)), 1.0), (np.full((2, 2), np.nan), 1.0), (np.zeros((2, 2)), -1.0)],
)
def test_what_is_no_table_of_wins_is_refused(wins: Matrix, prior: float) -> None:
    with pytest.raises(RatingError, match=r"wins must|prior is"):
        rating.fit(wins, prior=prior)


COUNTS = st.integers(2, 7).flatmap(lambda size: arrays(np.int64, (size, size), elements=st.integers(0, 40)))


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_expected_wins_equal_wins_and_strengths_sum_to_zero(counts: Matrix) -> None:
    wins = np.where(np.eye(len(counts)) > 0, 0.0, counts / 2)
    fit = rating.fit(wins)
    pull = 0.5 - expit(fit.theta - fit.phantom)
    expected = ((wins + wins.T) * expit(fit.theta[:, None] - fit.theta)).sum(axis=1)
    assert np.abs(wins.sum(axis=1) + pull - expected).max() < 1e-8
    assert abs(fit.theta.sum()) < 1e-9


@settings(max_examples=30, deadline=None)
@given(COUNTS)
def test_telling_every_win_as_a_loss_turns_the_strengths_round(counts: Matrix) -> None:
    wins = np.where(np.eye(len(counts)) > 0, 0.0, counts / 2)
    assert rating.fit(wins.T.copy()).theta == pytest.approx(-rating.fit(wins).theta, abs=1e-9)


def test_a_start_nearby_takes_fewer_steps_to_the_same_place() -> None:
    wins = boards.llmfao().counts.wins
    cold = rating.fit(wins)
    moved = wins.copy()
    moved[0, 1] += 1
    warm = rating.fit(moved, start=cold)
    assert warm.steps < cold.steps
    assert warm.theta == pytest.approx(rating.fit(moved).theta, abs=1e-9)
