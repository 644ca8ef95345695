from dataclasses import replace

import numpy as np
import pytest

from rating import DidNotConverge, NoMaximum, RatingError, jackknife, style
from rating.arrays import Matrix
from rating.covariates import Covariates
from tests.rating.test_style import battles, same, taken, turned, voters_of


def spread(rows: list[Matrix]) -> Matrix:
    away = np.array(rows) - np.mean(rows, axis=0)
    return np.asarray((len(rows) - 1) / len(rows) * (away.T @ away))


@pytest.mark.parametrize("position", [False, True])
def test_one_step_without_each_voter_is_nearly_a_whole_refit(position: bool) -> None:
    tally, told = battles(900, voters=25)
    found = style.fit(tally, told, position=position)
    places, shifts = [], []
    for voter in range(25):
        refit = style.fit(*taken(tally, told, voters_of(tally) != voter), position=position)
        own = [refit.position] if refit.position is not None else []
        places.append(np.concatenate([refit.theta, refit.coefficients, own]))
        shifts.append(refit.shift)
    near = jackknife.of(tally, told, found)
    assert near.method == "CR3 one-step"
    for whole, step in ((spread(places), near.covariance), (spread(shifts), near.shift_covariance)):
        assert np.sqrt(step.diagonal()) == pytest.approx(np.sqrt(whole.diagonal()), rel=0.01)
        assert step == pytest.approx(whole, abs=0.02 * whole.diagonal().max())
    assert (near.covariance.diagonal()[:6] > found.covariance.diagonal()[:6]).all()


def test_the_order_of_votes_their_sides_and_the_names_of_voters_move_no_bit() -> None:
    tally, told = battles(900, voters=25)
    rng = np.random.default_rng(3)
    mixed = turned(*taken(tally, told, rng.permutation(900)), rng.random(900) < 0.5)
    named = replace(mixed[0], voter=7 + 3 * voters_of(mixed[0]))
    one, other = (jackknife.of(*votes, style.fit(*votes)) for votes in ((tally, told), (named, mixed[1])))
    assert same(one, other)


def test_repeating_every_voters_votes_leaves_the_jackknife() -> None:
    tally, told = battles(900, voters=25)
    often = taken(tally, told, np.tile(np.arange(900), 4))
    once, again = (jackknife.of(*votes, style.fit(*votes, prior=0, ridge=0)) for votes in ((tally, told), often))
    assert again.covariance == pytest.approx(once.covariance, abs=1e-5 * once.covariance.max())
    assert again.shift_covariance == pytest.approx(once.shift_covariance, abs=1e-5 * once.shift_covariance.max())


def test_a_silent_feature_keeps_its_row_of_zeros() -> None:
    tally, told = battles(900, voters=25)
    silent = Covariates(
        ("constant", *told.names), np.vstack([np.zeros((1, 900), np.float32), told.values]), np.append(0.0, told.scales)
    )
    found = jackknife.of(tally, silent, style.fit(tally, silent))
    assert not found.covariance[6].any()
    assert np.isinf(found.coefficient_errors[0])
    assert (found.coefficient_errors[1:] > 0).all()


def test_a_voter_who_alone_joins_two_halves_is_missed_without_a_prior() -> None:
    tally, told = battles(3000, voters=25)
    across = (tally.first < 3) != (tally.second < 3)
    voter = np.where(across, 25, voters_of(tally))
    bridged = replace(tally, voter=voter)
    with pytest.raises(NoMaximum, match="No finite strengths"):
        jackknife.of(bridged, told, style.fit(bridged, told, prior=0))
    assert np.isfinite(jackknife.of(bridged, told, style.fit(bridged, told)).covariance).all()


def test_covariates_that_one_voter_alone_tells_apart_are_an_error_without_a_ridge() -> None:
    tally, told = battles(900, voters=25)
    other = np.where(voters_of(tally) == 0, told.values[1], told.values[0])
    twins = Covariates(("one", "two"), np.stack([told.values[0], other]), np.ones(2))
    found = style.fit(tally, twins, ridge=0)
    with pytest.raises(DidNotConverge, match="Once a cluster is left out"):
        jackknife.of(tally, twins, found)


def test_votes_of_one_voter_are_refused() -> None:
    tally, told = battles(900, voters=1)
    with pytest.raises(RatingError, match="needs two"):
        jackknife.of(tally, told, style.fit(tally, told, cluster="none"))


def test_the_certificate_tells_a_fit_from_one_that_stopped_short() -> None:
    tally, told = battles(900)
    found = style.fit(tally, told)
    good = jackknife.certify(tally, told, found)
    assert good.residual < 1e-8
    assert good.bound < 1e-9
    nudged = replace(found, place=found.place + np.eye(len(found.place))[0] * 0.01)
    assert jackknife.certify(tally, told, nudged).bound == pytest.approx(0.01 * 5 / 6, rel=0.05)
