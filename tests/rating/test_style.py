from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import rating
from rating import DidNotConverge, RatingError, Tally, covariates, design, style
from rating.arrays import Codes, Flags, Integers, Matrix, Vector
from rating.counts import UNITS
from rating.covariates import Covariates
from rating.design import CHUNK
from rating.style import StyleFit

PLANTED = np.array([0.3, -0.1])
NAMES = ("length", "lists")


def battles(votes: int, *, seed: int = 5, voters: int = 40, position: float = 0.0) -> tuple[Tally, Covariates]:
    """Votes on six contenders of which some write at length, with the planted coefficients of style."""
    rng = np.random.default_rng(seed)
    strengths, talk = np.linspace(-0.8, 0.8, 6), np.array([300, 200, 150, 120, 100, 90])
    first = rng.integers(6, size=votes)
    second = (first + rng.integers(1, 6, size=votes)) % 6
    columns = {}
    for side, contender in (("a", first), ("b", second)):
        columns[f"length_{side}"] = rng.poisson(talk[contender] * rng.lognormal(0, 0.5, votes))
        columns[f"lists_{side}"] = rng.poisson(2.0, votes)
    told = covariates.of(columns, NAMES)
    logit = strengths[first] - strengths[second] + PLANTED @ told.values + position
    outcome = np.where(rng.random(votes) < 0.2, 2, rng.random(votes) >= expit(logit / 0.8))
    names = tuple(f"contender {code}" for code in range(6))
    return Tally(names, first, second, outcome, rng.integers(voters, size=votes)), told


def taken(tally: Tally, told: Covariates, rows: Flags | Codes) -> tuple[Tally, Covariates]:
    return tally.only(rows), told.only(rows)


def turned(tally: Tally, told: Covariates, which: Flags) -> tuple[Tally, Covariates]:
    """The same votes with the sides of some battles turned round."""
    first, second = np.where(which, tally.second, tally.first), np.where(which, tally.first, tally.second)
    outcome = np.where(which, tally.swapped.outcome, tally.outcome)
    values = np.where(which, -told.values, told.values)
    return Tally(tally.contenders, first, second, outcome, tally.voter), replace(told, told=values)


def voters_of(tally: Tally) -> Integers:
    assert tally.voter is not None
    return tally.voter


class Dense:
    """The same fit vote by vote in dense matrices: slow and plain."""

    def __init__(self, tally: Tally, told: Covariates, *, position: bool = False) -> None:
        votes = len(tally)
        rows = np.arange(votes)
        self.size = len(tally.contenders)
        self.design = np.zeros((votes, self.size))
        self.design[rows, tally.first], self.design[rows, tally.second] = 1, -1
        extra = [np.ones((votes, 1))] if position else []
        self.whole = np.hstack([self.design, told.values.T.astype(np.float64), *extra])
        self.points = np.array([1, 0, 0.5, 0.5])[tally.outcome]
        self.ridge = np.array([1.0] * len(told.names) + [0.0] * position)
        self.voter = voters_of(tally)
        self.place, self.bread = self._best(self.whole, self.ridge)
        self.plain, self.usual = self._best(self.design, np.zeros(0))

    def _best(self, design: Matrix, ridge: Vector) -> tuple[Vector, Matrix]:
        place = np.zeros(design.shape[1])
        size = self.size
        for _ in range(30):
            chance, drawn = expit(design @ place), expit(place[:size])
            pull = np.concatenate([0.5 - drawn, -ridge * place[size:]])
            own = np.concatenate([drawn * (1 - drawn), ridge])
            information = (design.T * (chance * (1 - chance))) @ design + np.diag(own)
            place = place + np.linalg.solve(information, design.T @ (self.points - chance) + pull)
        gauge = np.eye(len(place))
        gauge[:size, :size] -= 1 / size
        return place, gauge @ np.linalg.inv(information)

    def covariance(self, *, clustered: bool) -> tuple[Matrix, Matrix]:
        """The sandwich of all parameters, and that of the shift from without covariates to with them."""
        left = self.points - expit(self.whole @ self.place)
        apart = self.points - expit(self.design @ self.plain)
        moves = (self.whole * left[:, None]) @ self.bread.T
        usual = (self.design * apart[:, None]) @ self.usual.T
        shift = moves[:, : self.size] - usual
        if not clustered:
            return moves.T @ moves, shift.T @ shift
        voters = np.unique(self.voter)
        summed = np.array([moves[self.voter == voter].sum(axis=0) for voter in voters])
        shifted = np.array([shift[self.voter == voter].sum(axis=0) for voter in voters])
        factor = len(voters) / (len(voters) - 1)
        return factor * summed.T @ summed, factor * shifted.T @ shifted


@cache
def fitted(*, clustered: bool = True, position: bool = False) -> tuple[StyleFit, Dense]:
    tally, told = battles(6000, position=0.3 if position else 0.0)
    found = style.fit(tally, told, cluster="voter" if clustered else "none", position=position)
    return found, Dense(tally, told, position=position)


def same(one: StyleFit, other: StyleFit) -> bool:
    """Whether two fits have the same bits in every number, that of the fit without covariates included."""
    told = [field.name for field in fields(StyleFit) if field.name not in ("unadjusted", "silent", "method", "names")]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in told if name != "position")


@pytest.mark.parametrize("position", [False, True])
def test_strengths_and_coefficients_are_those_of_a_dense_fit_vote_by_vote(position: bool) -> None:
    found, dense = fitted(position=position)
    theta = dense.place[:6] - dense.place[:6].mean()
    assert found.theta == pytest.approx(theta, abs=1e-7)
    assert found.coefficients == pytest.approx(dense.place[6:8], abs=1e-7)
    assert (found.position is None) == (not position)
    if position:
        assert found.position == pytest.approx(dense.place[8], abs=1e-7)


@pytest.mark.parametrize("position", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
def test_standard_errors_are_those_of_the_dense_scores(clustered: bool, position: bool) -> None:
    found, dense = fitted(clustered=clustered, position=position)
    whole, shift = dense.covariance(clustered=clustered)
    assert found.method == ("CR1" if clustered else "HC0")
    assert np.sqrt(found.covariance.diagonal()) == pytest.approx(np.sqrt(whole.diagonal()), rel=1e-4)
    assert found.covariance == pytest.approx(whole, abs=1e-4 * whole.diagonal().max())
    assert np.sqrt(found.shift_covariance.diagonal()) == pytest.approx(np.sqrt(shift.diagonal()), rel=1e-4)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), clustered=st.booleans())
def test_permuted_votes_and_swapped_sides_give_the_same_bits(seed: int, clustered: bool) -> None:
    tally, told = battles(900, seed=seed)
    rng = np.random.default_rng(seed)
    mixed = turned(*taken(tally, told, rng.permutation(900)), rng.random(900) < 0.5)
    assert same(
        style.fit(tally, told, cluster="voter" if clustered else "none"),
        style.fit(*mixed, cluster="voter" if clustered else "none"),
    )


def test_votes_that_fill_many_chunks_permuted_give_the_same_bits() -> None:
    tally, told = battles(70_000, voters=5000)
    rng = np.random.default_rng(8)
    mixed = turned(*taken(tally, told, rng.permutation(70_000)), rng.random(70_000) < 0.5)
    for clustered in (False, True):
        assert same(
            style.fit(tally, told, cluster="voter" if clustered else "none"),
            style.fit(*mixed, cluster="voter" if clustered else "none"),
        )


def test_renamed_voters_give_the_same_bits() -> None:
    tally, told = battles(900)
    renamed = replace(tally, voter=10**15 - 3 * voters_of(tally))
    assert same(style.fit(tally, told), style.fit(renamed, told))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_doubled_votes_halve_the_variances(seed: int) -> None:
    tally, told = battles(900, seed=seed)
    twice = taken(tally, told, np.tile(np.arange(900), 2))
    once, often = (style.fit(*votes, prior=0, ridge=0, cluster="none") for votes in ((tally, told), twice))
    assert often.theta == pytest.approx(once.theta, abs=1e-9)
    assert often.covariance == pytest.approx(once.covariance / 2, rel=1e-6, abs=1e-9)
    assert often.curvature == pytest.approx(once.curvature / 2, rel=1e-6, abs=1e-9)
    assert often.shift_covariance == pytest.approx(once.shift_covariance / 2, rel=1e-6, abs=1e-9)


def test_repeating_every_voters_votes_leaves_errors_clustered_by_voter() -> None:
    tally, told = battles(900)
    often = taken(tally, told, np.tile(np.arange(900), 5))
    once, again = (style.fit(*votes, prior=0, ridge=0) for votes in ((tally, told), often))
    assert again.covariance == pytest.approx(once.covariance, abs=1e-5 * once.covariance.max())
    assert again.degrees_of_freedom == pytest.approx(once.degrees_of_freedom)


def test_planted_coefficients_are_recovered_within_a_tenth() -> None:
    tally, told = battles(200_000)
    plain = np.linspace(-0.8, 0.8, 6)
    decided = tally.outcome < 2
    found = style.fit(*taken(tally, told, decided), cluster="none")
    # The votes were drawn at logits over 0.8.
    assert found.coefficients * 0.8 == pytest.approx(PLANTED, rel=0.1)
    assert found.theta * 0.8 == pytest.approx(plain, abs=0.03)
    # Without covariates the talkative are rated too high; the shift says by how much, and how surely.
    ends = style.shifts(found)
    assert (found.shift == found.theta - found.unadjusted.theta).all()
    assert found.unadjusted.theta[0] - plain[0] / 0.8 > 0.1
    assert ends.upper[0] < -0.1


def test_features_that_never_differ_have_the_coefficient_0_and_change_nothing_else() -> None:
    tally, told = battles(900)
    joined = Covariates(
        ("constant", *told.names), np.vstack([np.zeros((1, 900), np.float32), told.values]), np.append(0.0, told.scales)
    )
    with_it, without = style.fit(tally, joined, position=True), style.fit(tally, told, position=True)
    assert with_it.silent == ("constant",)
    assert with_it.coefficients[0] == 0
    assert np.isinf(with_it.coefficient_errors[0])
    assert (with_it.theta == without.theta).all()
    assert (with_it.coefficients[1:] == without.coefficients).all()
    assert with_it.position == without.position
    kept = np.delete(np.arange(10), 6)
    assert (with_it.covariance[np.ix_(kept, kept)] == without.covariance).all()
    assert not with_it.covariance[6].any()


def test_without_features_it_is_the_fit_without_covariates() -> None:
    tally, _ = battles(900)
    none = covariates.of({}, ())
    empty = replace(none, told=np.empty((0, 900), dtype=np.float32))
    found = style.fit(tally, empty)
    assert found.theta == pytest.approx(rating.fit(tally.counts.wins).theta, abs=1e-9)
    assert np.abs(found.shift_covariance).max() < 1e-15


def test_the_ridge_is_on_the_whole_likelihood() -> None:
    tally, told = battles(900)
    gentle, hard = (style.fit(tally, told, ridge=ridge).coefficients for ridge in (1.0, 1e6))
    assert np.abs(hard).max() < 1e-3 < 0.1 < gentle[0]


def test_a_pair_of_many_votes_is_walked_in_chunks() -> None:
    tally, told = battles(270_000)
    among = (tally.first < 2) & (tally.second < 2)
    pair, small = tally.only(among).among(tally.contenders[:2]), told.only(among)
    assert len(pair) > CHUNK
    found, dense = style.fit(pair, small), Dense(pair, small)
    assert found.theta == pytest.approx(dense.place[:2] - dense.place[:2].mean(), abs=1e-7)
    assert found.covariance == pytest.approx(dense.covariance(clustered=True)[0], rel=1e-3)


def test_a_vote_that_weighs_three_is_three_votes() -> None:
    tally, told = battles(900)
    weighted = replace(tally, weight=np.where(np.arange(900) % 2, 3, 1) * UNITS)
    repeated = taken(tally, told, np.repeat(np.arange(900), np.where(np.arange(900) % 2, 3, 1)))
    once, often = style.fit(weighted, told), style.fit(*repeated)
    assert once.theta == pytest.approx(often.theta, abs=1e-9)
    assert once.coefficients == pytest.approx(often.coefficients, abs=1e-9)
    assert once.covariance == pytest.approx(often.covariance, abs=1e-5 * often.covariance.max())
    assert once.shift_covariance == pytest.approx(often.shift_covariance, abs=1e-5 * often.shift_covariance.max())
    alone = style.fit(weighted, told, cluster="none")
    assert alone.degrees_of_freedom < len(tally) - 100


def test_of_many_contenders_only_the_pairs_that_met_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    tally, told = battles(900)
    kept = np.flatnonzero((tally.first + tally.second) % 4 != 0)
    listed = style.fit(*taken(tally, told, kept))
    monkeypatch.setattr(design, "MOST_LISTED", 0)
    assert same(listed, style.fit(*taken(tally, told, kept)))


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint64])
def test_codes_may_be_of_any_integer_type(kind: type[np.integer[Any]]) -> None:
    tally, told = battles(900)
    columns = {name: getattr(tally, name).astype(kind) for name in ("first", "second", "outcome", "voter")}
    assert same(style.fit(tally, told), style.fit(replace(tally, **columns), told))


def test_no_votes_are_no_fit() -> None:
    tally, told = battles(900)
    with pytest.raises(RatingError, match="no votes"):
        style.fit(*taken(tally, told, np.arange(0)))


def test_separate_groups_share_no_scale() -> None:
    tally = Tally(tuple("abcd"), *(np.array(column) for column in ([0, 2], [1, 3], [0, 1], [0, 1])))
    told = covariates.of({"length_a": [1, 2], "length_b": [2, 1]}, ("length",))
    with pytest.raises(RatingError, match="these are 2; fit each alone"):
        style.fit(tally, told)


def test_covariates_of_other_votes_are_refused() -> None:
    tally, told = battles(900)
    with pytest.raises(RatingError, match="There are 900 votes, and covariates of 899"):
        style.fit(tally, told.only(np.arange(899)))


def test_covariates_that_repeat_one_another_need_a_ridge() -> None:
    tally, told = battles(900)
    same_twice = Covariates(("one", "two"), told.values[[0, 0]], told.scales[[0, 0]])
    with pytest.raises(DidNotConverge, match="can't be told apart"):
        style.fit(tally, same_twice, ridge=0)
    halves = style.fit(tally, same_twice).coefficients
    assert halves[0] == pytest.approx(halves[1])


def test_one_voter_cannot_show_how_voters_differ() -> None:
    tally, told = battles(900, voters=1)
    with pytest.raises(RatingError, match="needs two"):
        style.fit(tally, told)
    assert style.fit(tally, told, cluster="none").method == "HC0"


@pytest.mark.parametrize("ridge", [-1.0, np.nan, np.inf])
def test_a_ridge_is_a_number_of_zero_or_more(ridge: float) -> None:
    with pytest.raises(RatingError, match="A ridge is a number, zero or more"):
        style.fit(*battles(900), ridge=ridge)
