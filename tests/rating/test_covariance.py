import numpy as np
import pytest

import rating
from rating import RatingError, Tally, covariance
from rating.arrays import Matrix
from rating.bradley_terry import Fit
from tests.rating import boards

STRENGTHS = np.array([0.9, 0.4, 0.1, -0.2, -0.3, -0.9])


def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def sandwich(tally: Tally, fit: Fit) -> Matrix:
    """HC0, vote by vote."""
    design = np.zeros((len(tally), len(fit.theta)))
    rows = np.arange(len(tally))
    design[rows, tally.first], design[rows, tally.second] = 1, -1
    points = np.array([1, 0, 0.5, 0.5])[tally.outcome]
    left = points - fit.chances[tally.first, tally.second]
    bread = covariance.curvature(fit)
    return np.asarray(bread @ (design.T * left**2) @ design @ bread)


def repeated(tally: Tally, times: int) -> Tally:
    return tally.only(np.tile(np.arange(len(tally)), times))


@pytest.mark.parametrize("name", ["citations", "baseball"])
def test_the_textbook_standard_errors_come_out_to_their_printed_digits(name: str) -> None:
    known = boards.golden(name)
    tally = boards.counted(known["pairs"])
    matrix = covariance.curvature(rating.fit(tally.counts.wins, prior=0))
    reference = tally.contenders.index(known["reference"])
    for contender, printed in known["se"].items():
        place = tally.contenders.index(contender)
        error = np.sqrt(matrix[place, place] + matrix[reference, reference] - 2 * matrix[place, reference])
        assert round(error, len(str(printed).partition(".")[2])) == printed


def test_without_a_prior_the_curvature_is_the_pseudo_inverse_of_the_information() -> None:
    fit = rating.fit(boards.simulated(rng(), STRENGTHS, votes=400, voters=9).counts.wins, prior=0)
    assert covariance.curvature(fit) == pytest.approx(np.linalg.pinv(fit.information), abs=1e-12)


def test_with_the_phantom_the_curvature_is_that_of_the_fit_that_has_it_as_a_contender() -> None:
    wins = boards.simulated(rng(), STRENGTHS, votes=60, voters=9).counts.wins
    joined = np.full((7, 7), 0.5)
    joined[:6, :6], joined[6, 6] = wins, 0
    whole = covariance.curvature(rating.fit(joined, prior=0))[:6, :6]
    gauge = np.eye(6) - 1 / 6
    assert covariance.curvature(rating.fit(wins)) == pytest.approx(gauge @ whole @ gauge, abs=1e-9)


def test_doubled_votes_halve_the_variances_of_the_curvature() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=400, voters=9)
    once, twice = (covariance.curvature(rating.fit(k * tally.counts.wins, prior=0)) for k in (1, 2))
    assert twice == pytest.approx(once / 2, rel=1e-9)


def test_with_one_vote_each_clustering_is_the_plain_sandwich_up_to_its_factor() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=300, voters=300, one_each=True)
    fit = rating.fit(tally.counts.wins)
    assert covariance.clustered(tally, fit) == pytest.approx(300 / 299 * sandwich(tally, fit), rel=1e-9)


def test_repeating_every_voters_votes_leaves_clustered_errors_and_divides_naive_ones() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=400, voters=20, taste=0.8)
    often = repeated(tally, 9)
    fit, again = (rating.fit(votes.counts.wins, prior=0) for votes in (tally, often))
    for clustered in (covariance.clustered, covariance.jackknife):
        assert clustered(often, again) == pytest.approx(clustered(tally, fit), rel=1e-6, abs=1e-12)
    assert sandwich(often, again) == pytest.approx(sandwich(tally, fit) / 9, rel=1e-6)


def test_the_jackknife_is_that_of_refits_from_the_votes_left_over() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=200, voters=7, taste=0.8)
    voters = np.asarray(tally.voter)
    left = np.array([rating.fit(tally.only(voters != voter).counts.wins).theta for voter in range(7)])
    away = left - left.mean(axis=0)
    found = covariance.jackknife(tally, rating.fit(tally.counts.wins))
    assert found == pytest.approx(6 / 7 * away.T @ away, abs=1e-8)


def test_the_standard_choice_is_the_jackknife_below_200_voters_and_the_sandwich_from_there() -> None:
    for voters, name in ((1, "none"), (199, "CR3"), (200, "CR1")):
        tally = boards.simulated(rng(), STRENGTHS, votes=voters, voters=voters, one_each=True)
        tally = repeated(tally, 40)
        chosen = covariance.standard(tally, rating.fit(tally.counts.wins))
        assert chosen.name == name
        assert chosen.degrees_of_freedom == pytest.approx(voters - 1)


def test_every_covariance_stays_in_the_gauge_where_strengths_sum_to_zero() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=200, voters=12, taste=0.8)
    fit = rating.fit(tally.counts.wins)
    for matrix in (covariance.curvature(fit), covariance.clustered(tally, fit), covariance.jackknife(tally, fit)):
        assert np.abs(matrix.sum(axis=0)).max() < 1e-9
        assert (matrix == matrix.T).all()


def test_one_voter_cannot_show_how_voters_differ() -> None:
    tally = boards.simulated(rng(), STRENGTHS, votes=50, voters=1)
    for clustered in (covariance.clustered, covariance.jackknife):
        with pytest.raises(RatingError, match="needs two"):
            clustered(tally, rating.fit(tally.counts.wins))
