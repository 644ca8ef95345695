"""The clustered covariances by every rule for ties, vote by vote and by resampling of the definitions."""

from dataclasses import replace

import numpy as np
import pytest

import rating
from rating import NoMaximum, RatingError, Tally, acceptability, bradley_terry, covariance
from rating.arrays import Matrix
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.counts import UNITS
from rating.likelihood import Ties
from tests.rating import boards

STRENGTHS = np.array([0.9, 0.3, 0.0, -0.3, -0.9])
RULES = list(Ties)


def tied(rng: np.random.Generator, *, votes: int, voters: int, prompts: int | None = None) -> Tally:
    """Votes of voters with tastes, of which some were made ties and both-bads."""
    tally = boards.simulated(rng, STRENGTHS, votes=votes, voters=voters, taste=0.7)
    said = np.where(rng.random(votes) < 0.3, rng.integers(2, 4, votes), tally.outcome)
    return replace(tally, outcome=said, prompt=None if prompts is None else rng.integers(prompts, size=votes))


def scored(tally: Tally, fit: Fit) -> Matrix:
    """The score of every vote (N x P), by differences of the gradient of tables that hold it and don't."""
    empty = np.zeros_like(tally.counts.table)

    def gradient(table: Matrix) -> Matrix:
        return bradley_terry.slopes_at(table, fit.place, ties=fit.ties, layout=fit.layout, prior=fit.prior).gradient

    nothing, rows = gradient(empty), []
    for first, second, outcome in zip(tally.first, tally.second, tally.outcome, strict=True):
        one = empty.copy()
        one[outcome, first, second] = 1
        rows.append(gradient(one) - nothing)
    return np.array(rows)


def by_definition(tally: Tally, fit: Fit, cluster: Cluster) -> Matrix:
    """T H⁻¹ Σ U U' H⁻¹ T' with its factor, every sum as it is written."""
    votes = np.arange(len(tally))
    known = {"voter": tally.voter, "prompt": tally.prompt, "none": None}[cluster]
    codes = votes if known is None else known
    codes = np.unique(np.asarray(codes), return_inverse=True)[1]
    groups = int(codes.max()) + 1
    sums = np.zeros((groups, fit.layout.size))
    np.add.at(sums, codes, scored(tally, fit))
    center = np.eye(fit.layout.size)
    center[: len(fit.theta), : len(fit.theta)] -= 1 / len(fit.theta)
    bread = center @ np.linalg.inv(fit.information)
    factor = 1.0 if cluster == "none" else groups / (groups - 1)
    return np.asarray(factor * bread @ sums.T @ sums @ bread.T)


@pytest.mark.parametrize("ties", RULES)
@pytest.mark.parametrize("cluster", ["voter", "prompt", "none"])
def test_the_sandwich_is_that_of_its_definition_over_all_parameters(ties: str, cluster: Cluster) -> None:
    tally = tied(np.random.default_rng(1), votes=250, voters=30, prompts=40)
    fit = rating.fit(tally, ties=ties)
    found = covariance.clustered(tally, fit, cluster)
    assert found.shape == (fit.layout.size, fit.layout.size)
    assert found == pytest.approx(by_definition(tally, fit, cluster), rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("ties", RULES)
def test_with_one_vote_a_voter_clustering_is_hc0_up_to_its_factor(ties: str) -> None:
    tally = replace(tied(np.random.default_rng(2), votes=400, voters=9), voter=np.arange(400))
    fit = rating.fit(tally, ties=ties)
    plain = covariance.clustered(tally, fit, "none")
    assert covariance.clustered(tally, fit) == pytest.approx(400 / 399 * plain, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("ties", ["davidson-common", "rao-kupper", "half", "drop"])
def test_repeating_every_voters_votes_leaves_clustered_errors_and_divides_those_by_vote(ties: str) -> None:
    tally = tied(np.random.default_rng(3), votes=600, voters=25)
    often = tally.only(np.tile(np.arange(600), 5))
    fit, again = (rating.fit(votes, ties=ties, prior=0) for votes in (tally, often))
    for clustered in (covariance.clustered, covariance.jackknife):
        assert clustered(often, again) == pytest.approx(clustered(tally, fit), rel=1e-6, abs=1e-10)
    for plain, once in zip(
        (covariance.clustered(often, again, "none"), covariance.curvature(again)),
        (covariance.clustered(tally, fit, "none"), covariance.curvature(fit)),
        strict=True,
    ):
        assert plain == pytest.approx(once / 5, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("ties", RULES)
def test_the_jackknife_is_that_of_refits_from_the_votes_left_over(ties: str) -> None:
    tally = tied(np.random.default_rng(4), votes=200, voters=8)
    voters = np.asarray(tally.voter)
    left = np.array([rating.fit(tally.only(voters != voter), ties=ties).theta for voter in range(8)])
    away = left - left.mean(axis=0)
    found = covariance.jackknife(tally, rating.fit(tally, ties=ties))
    assert found == pytest.approx(7 / 8 * away.T @ away, abs=1e-8)


def test_without_a_prior_a_contender_that_one_voter_knows_has_no_jackknife() -> None:
    known = [(a, b, o, v) for v in "xyz" for a, b, o in (("ash", "birch", "a"), ("birch", "ash", "a"))]
    tally = Tally.of_votes([*known, ("ash", "cedar", "a", "x"), ("cedar", "ash", "a", "x")])
    with pytest.raises(NoMaximum):
        covariance.jackknife(tally, rating.fit(tally, prior=0))


def test_weights_of_two_are_votes_said_twice_by_one_voter() -> None:
    tally = tied(np.random.default_rng(5), votes=300, voters=25)
    twice = replace(tally, weight=np.full(300, 2 << 20))
    often = tally.only(np.tile(np.arange(300), 2))
    assert (rating.fit(twice).theta == rating.fit(often).theta).all()
    fit = rating.fit(often)
    assert (covariance.clustered(twice, fit) == covariance.clustered(often, fit)).all()
    # By vote the two differ: one vote of weight 2 is not two independent ones.
    assert covariance.clustered(twice, fit, "none") == pytest.approx(2 * covariance.clustered(often, fit, "none"))


def test_two_way_clustering_is_the_sum_less_the_intersection() -> None:
    tally = tied(np.random.default_rng(6), votes=3000, voters=400, prompts=300)
    fit = rating.fit(tally)
    size = len(fit.theta)
    voter, prompt, both = (covariance.clustered(tally, fit, way)[:size, :size] for way in ("voter", "prompt", "both"))
    chosen = covariance.standard(tally, fit)
    assert chosen.name == "CR1 two-way"
    assert chosen.matrix == pytest.approx(voter + prompt - both, abs=1e-12)
    fewer = min(tally.effective("voter"), tally.effective("prompt"))
    assert chosen.degrees_of_freedom == pytest.approx(fewer - 1)


def test_a_negative_direction_of_a_two_way_covariance_becomes_zero() -> None:
    found = covariance.two_way(np.diag([2.0, 0.0, 0.0]), np.zeros((3, 3)), np.diag([0.0, 1.0, 0.0]))
    assert np.linalg.eigvalsh(found).min() > -1e-12


def test_prompts_that_never_repeat_or_never_change_leave_the_clustering_by_voter() -> None:
    tally = tied(np.random.default_rng(7), votes=900, voters=300)
    apart = replace(tally, prompt=np.arange(900))
    fit = rating.fit(tally)
    assert (covariance.standard(apart, fit).matrix == covariance.standard(tally, fit).matrix).all()
    one = replace(tally, prompt=np.zeros(900, dtype=np.int64))
    assert {covariance.standard(votes, fit).cluster for votes in (tally, apart, one)} == {"voter"}


def test_judged_battles_are_clustered_by_prompt_when_asked() -> None:
    tally = tied(np.random.default_rng(8), votes=1200, voters=300, prompts=60)
    found = rating.rate(tally, cluster="prompt")
    assert (found.method["cluster"], found.method["clusters"], found.method["covariance"]) == ("prompt", 60, "CR3")
    assert rating.rate(tally).method["covariance"] == "CR3 two-way"
    assert rating.rate(tally, cluster="none").method["covariance"] == "HC0"


@pytest.mark.parametrize("ties", RULES)
def test_counts_tell_of_votes_that_stand_alone_what_a_walk_over_them_tells(ties: str) -> None:
    voted = tied(np.random.default_rng(9), votes=2000, voters=30)
    alone = replace(voted, voter=None)
    walked = replace(alone, weight=np.full(len(alone), UNITS))
    fit, found = rating.fit(alone, ties=ties), acceptability.fit(alone.counts)
    assert (alone.alone("voter"), walked.alone("voter"), voted.alone("voter")) == (True, False, False)
    assert alone.effective_each("voter") == pytest.approx(walked.effective_each("voter"), rel=1e-12)
    assert covariance.clustered(alone, fit) == pytest.approx(covariance.clustered(walked, fit), rel=1e-9, abs=1e-15)
    assert covariance.clustered(alone, fit) == pytest.approx(by_definition(alone, fit, "voter"), rel=1e-6, abs=1e-12)
    assert (covariance.clustered(alone, fit) == covariance.clustered(alone.counts, fit)).all()
    with pytest.raises(RatingError, match="Weighted votes can't be told apart"):
        covariance.clustered(walked.counts, fit)
    assert acceptability.covariance(found, alone) == pytest.approx(acceptability.covariance(found, walked), rel=1e-9)
