from typing import Any

import numpy as np
import pytest

import rating
from rating import NoMaximum, RatingError, Tally, covariance, redraws, replicates, streams
from rating.arrays import Vector
from rating.streams import Purpose
from tests.rating import boards


def board(**options: Any) -> Tally:
    given: dict[str, Any] = {"votes": 300, "voters": 40, **options}
    return boards.simulated(np.random.default_rng(3), np.linspace(-1, 1, 5), **given)


@pytest.mark.parametrize("cluster", ["voter", "none"])
def test_a_replicate_recomputed_alone_is_that_of_the_run(cluster: Any) -> None:
    tally = board()
    fit = rating.fit(tally.counts.wins)
    thetas = replicates.run(tally, fit, seed=5, count=20, cluster=cluster)
    for replicate in (0, 7, 8, 17):
        alone = replicates.draw(tally, fit, seed=5, replicate=replicate, cluster=cluster)
        assert alone.tobytes() == thetas[replicate].tobytes()
    assert not (replicates.draw(tally, fit, seed=6, replicate=17, cluster=cluster) == thetas[17]).any()
    assert len(np.unique(thetas[:, 0])) == 20


def test_a_replicate_is_a_fit_to_voters_drawn_whole_from_its_own_stream() -> None:
    tally = Tally.of_votes([("ash", "birch", "a", "ann")] * 3 + [("ash", "birch", "b", "bob")] * 3)
    fit = rating.fit(tally.counts.wins)
    for replicate, theta in enumerate(replicates.run(tally, fit, seed=0, count=30)):
        drawn = streams.opened(0, Purpose.REPLICATES, replicate).integers(2, size=2)
        wins = np.array([[0.0, 3 * (drawn == 0).sum()], [3 * (drawn == 1).sum(), 0]])
        assert theta == pytest.approx(rating.fit(wins).theta, abs=1e-8)


@pytest.mark.parametrize("cluster", ["voter", "none"])
def test_a_replicate_is_the_fit_of_its_own_redraw_by_newtons_method(cluster: Any) -> None:
    tally = board(votes=4000, voters=400)
    fit = rating.fit(tally.counts.wins)
    drawn: redraws.ByVote | redraws.ByCluster = redraws.by_vote(tally.counts)
    if cluster == "voter":
        drawn = redraws.by_cluster(tally.cells("voter"), clusters=tally.clusters("voter"), size=5)
    thetas = replicates.run(tally, fit, seed=1, count=9, cluster=cluster)
    for amounts, theta in zip(drawn.amounts(1, range(9)), thetas, strict=True):
        decided, ties = drawn.places.tables(amounts)
        assert theta == pytest.approx(rating.fit(decided + ties / 2).theta, abs=1e-8)


def test_replicates_spread_as_the_analytic_error_says_where_votes_are_independent() -> None:
    rng = np.random.default_rng(4)
    tally = boards.simulated(rng, rng.normal(0, 0.6, 8), votes=4000, voters=4000, one_each=True)
    fit = rating.fit(tally.counts.wins)
    thetas = replicates.run(tally, fit, seed=0, count=300)
    ratios = replicates.ratio(thetas, covariance.clustered(tally, fit).diagonal())
    assert abs(ratios.mean() - 1) < 0.06
    assert np.isnan(replicates.ratio(thetas, np.zeros(8))).all()


def test_votes_redrawn_from_their_counts_spread_as_the_curvature_says() -> None:
    rng = np.random.default_rng(4)
    tally = boards.simulated(rng, rng.normal(0, 0.6, 8), votes=4000, voters=4000, one_each=True)
    fit = rating.fit(tally.counts.wins)
    by_counts = replicates.run(tally.counts, fit, seed=0, count=1000)
    assert abs(replicates.ratio(by_counts, covariance.curvature(fit).diagonal()).mean() - 1) < 0.03
    assert by_counts.tobytes() == replicates.run(tally, fit, seed=0, count=1000, cluster="none").tobytes()


@pytest.mark.parametrize("mean", [1, 3, 15, 16, 63, 1000])
def test_a_count_is_redrawn_with_the_mean_variance_and_skewness_of_a_poisson_law(mean: int) -> None:
    # Cumulants of the Poisson law are all equal to its mean (Johnson, Kemp & Kotz 2005, 4.3).
    table = np.zeros((4, 50, 50))
    table[0] = mean * (1 - np.eye(50))
    names = tuple(f"contender {place:02}" for place in range(50))
    redrawn = redraws.by_vote(rating.Counts(names, table)).amounts(2, range(60))
    drawn = np.concatenate([amounts.copy() for amounts in redrawn])
    away = drawn - drawn.mean()
    assert drawn.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / drawn.size))
    assert drawn.var() == pytest.approx(mean, rel=0.02)
    assert (away**3).mean() / drawn.var() ** 1.5 == pytest.approx(mean**-0.5, abs=0.04)
    assert drawn.min() >= 0


def test_strata_keep_their_numbers_of_voters() -> None:
    # Each of two strata holds one opinion, so that redrawing within them redraws nothing.
    votes = [("ash", "birch", "ab"[voter % 2], f"voter {voter}") for voter in range(20)]
    tally = Tally.of_votes([(a, b, said, voter) for a, b, said, voter in votes])
    fit = rating.fit(tally.counts.wins)
    within = replicates.run(tally, fit, seed=0, count=8, strata=[said for _, _, said, _ in votes])
    assert within == pytest.approx(np.zeros((8, 2)), abs=1e-8)
    assert np.ptp(replicates.run(tally, fit, seed=0, count=8)) > 0.1


def test_a_voter_is_in_one_stratum() -> None:
    tally = Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "birch", "b", "bob"), ("ash", "birch", "a", "ann")])
    fit = rating.fit(tally.counts.wins)
    with pytest.raises(RatingError, match=r"Row 1 and another of its voter are in different strata\."):
        replicates.run(tally, fit, seed=0, count=2, strata=["en", "en", "zh"])
    with pytest.raises(RatingError, match="There are 2 strata for 3 votes"):
        replicates.run(tally, fit, seed=0, count=2, strata=["en", "en"])
    with pytest.raises(RatingError, match="Strata are of voters"):
        replicates.run(tally.counts, fit, seed=0, count=2, strata=["en", "en", "zh"])


def test_a_replicate_without_a_maximum_is_named() -> None:
    tally = Tally.of_votes([("ash", "birch", "ab"[turn % 2], f"voter {turn}") for turn in range(4)])
    fit = rating.fit(tally.counts.wins, prior=0)
    with pytest.raises(NoMaximum, match=r"Replicate \d+: No finite strengths fit best"):
        replicates.run(tally, fit, seed=0, count=60)


@pytest.mark.parametrize("ties", ["half", "davidson"])
def test_a_contender_whose_votes_were_not_drawn_is_no_number_without_a_prior(ties: str) -> None:
    said = [("ash", "birch", "ab"[turn % 2], f"voter {turn}") for turn in range(200)]
    said += [("birch", "elm", outcome, "ann") for outcome in ("a", "b", "tie")]
    tally = Tally.of_votes(said)
    fit = rating.fit(tally, ties=ties, prior=0)
    drawn = [redraws.by_cluster(tally.cells("voter"), clusters=201, size=3).amounts(0, [turn]) for turn in range(60)]
    unseen = [turn for turn, amounts in enumerate(drawn) if np.count_nonzero(amounts) == 2]
    assert unseen
    for turn in unseen:
        with pytest.raises(NoMaximum, match=f"Replicate {turn}: No finite strengths fit best"):
            replicates.draw(tally, fit, seed=0, replicate=turn)


def test_an_unbeaten_replicate_rests_on_the_prior_and_not_on_a_step_too_far() -> None:
    tally = Tally.of_votes([("ash", "birch", "ab"[turn == 0], f"voter {turn}") for turn in range(60)])
    fit = rating.fit(tally.counts.wins)
    thetas = replicates.run(tally, fit, seed=0, count=60)
    unbeaten = rating.fit(np.array([[0.0, 60.0], [0.0, 0.0]])).theta
    assert thetas[:, 0].max() == pytest.approx(unbeaten[0], abs=1e-8)


def test_weighted_votes_are_redrawn_one_by_one() -> None:
    def with_weight(weight: Vector) -> Tally:
        return Tally.of(["ash"] * 40, ["birch"] * 40, ["a", "b"] * 20, weight=weight)

    tally = with_weight(np.full(40, 0.25))
    fit = rating.fit(tally.counts.wins)
    amounts = redraws.by_cluster(tally.cells("voter"), clusters=40, size=2).amounts(0, range(5))
    assert (amounts.sum(axis=1) == 10).all()
    assert replicates.run(tally, fit, seed=0, count=5).shape == (5, 2)
    with pytest.raises(RatingError, match="Weighted votes can't be redrawn from their counts"):
        replicates.run(tally.counts, fit, seed=0, count=5)


def test_a_board_without_contenders_has_empty_replicates() -> None:
    tally = Tally.of_votes([])
    assert replicates.run(tally, rating.fit(tally.counts.wins), seed=0, count=3).shape == (3, 0)
