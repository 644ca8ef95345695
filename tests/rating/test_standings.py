import dataclasses
from random import Random

import numpy as np
import pandas
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

import rating
from rating import NoMaximum, Outcome, RatingError, Standings, Tally, covariance, standings
from rating.tally import Vote
from tests.rating import boards

CIRCLE: list[Vote] = [
    (first, second, outcome, voter)
    for voter, outcomes in (("ann", "aab"), ("bob", "aba"), ("cleo", "baa"), ("dan", ("a", "tie", "a")))
    for (first, second), outcome in zip((("ash", "birch"), ("birch", "cedar"), ("cedar", "ash")), outcomes, strict=True)
]


def bits(standings: Standings) -> dict[str, object]:
    """Every number of the standings, to the last bit; the position effect aside, which is about who came first."""
    names = {field.name for field in dataclasses.fields(standings)} - {"position"}
    values = {name: getattr(standings, name) for name in names}
    return {name: value.tobytes() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def row(standings: Standings, contender: str) -> tuple[float, float, float, int, int, str]:
    code = standings.contenders.index(contender)
    columns = (standings.rating, standings.lower, standings.upper, standings.rank_lower, standings.rank_upper)
    rating_, lower, upper, best, worst = (column[code] for column in columns)
    return float(rating_), float(lower), float(upper), int(best), int(worst), standings.standing[code]


VOTE = st.tuples(
    st.sampled_from(["ash", "birch", "cedar", "doum"]),
    st.sampled_from(["elm", "fir", "gum", "ash "]),
    st.sampled_from(Outcome),
    st.sampled_from([f"voter {number}" for number in range(6)]),
)
VOTES = st.lists(VOTE, max_size=30)


@settings(max_examples=40, deadline=None)
@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_of_votes_moves_no_bit(votes: list[Vote], random: Random) -> None:
    shuffled = list(votes)
    random.shuffle(shuffled)
    first, second = (rating.rate(Tally.of_votes(given_), replicates=3) for given_ in (votes, shuffled))
    assert bits(first) == bits(second)


@settings(max_examples=40, deadline=None)
@given(VOTES, st.data())
def test_turning_some_battles_round_with_their_outcomes_moves_no_bit(votes: list[Vote], data: st.DataObject) -> None:
    turned = [
        (b, a, Outcome(outcome).swapped, voter) if data.draw(st.booleans()) else (a, b, outcome, voter)
        for a, b, outcome, voter in votes
    ]
    assert bits(rating.rate(Tally.of_votes(votes))) == bits(rating.rate(Tally.of_votes(turned)))


@settings(max_examples=60, deadline=None)
@given(VOTES)
@example([("ash", "elm", "tie", "voter 0"), ("birch", "elm", "a", "voter 1")])  # a variance of zero, less rounding
def test_every_number_is_finite_or_a_stated_infinity(votes: list[Vote]) -> None:
    found = rating.rate(Tally.of_votes(votes))
    assert np.isfinite(found.rating).all()
    assert np.isfinite(found.covariance).all()
    assert (found.lower <= found.rating).all()
    assert (found.rating <= found.upper).all()
    assert (found.rank_lower <= found.rank_upper).all()
    for group in np.unique(found.group):
        assert found.rating[found.group == group].mean() == pytest.approx(1000)


def test_a_large_board_gives_the_same_bits_in_any_order_and_position() -> None:
    rng = np.random.default_rng(8)
    tally = boards.simulated(rng, np.linspace(-1, 1, 9), votes=3000, voters=400, activity=1.0)
    order, turn = rng.permutation(len(tally)), rng.random(len(tally)) < 0.5
    swapped = tally.swapped
    other = Tally(
        tally.contenders,
        np.where(turn, swapped.first, tally.first),
        np.where(turn, swapped.second, tally.second),
        np.where(turn, swapped.outcome, tally.outcome),
        tally.voter,
    ).only(order)
    found = rating.rate(tally)
    assert bits(found) == bits(rating.rate(other))
    assert (found.method["covariance"], found.method["ranks"]) == ("CR1", "max-t")


def test_a_turned_board_is_the_board_turned() -> None:
    strengths = np.linspace(-1, 1, 6)
    tally = boards.simulated(np.random.default_rng(9), strengths, votes=900, voters=30, taste=0.5)
    opposite = Tally(tally.contenders, tally.second, tally.first, tally.outcome, tally.voter)
    found, turned = rating.rate(tally), rating.rate(opposite)
    assert turned.theta == pytest.approx(-found.theta, abs=1e-9)
    assert turned.lower - 1000 == pytest.approx(1000 - found.upper, abs=1e-6)
    assert turned.rank_lower.tolist() == (7 - found.rank_upper).tolist()


def test_an_empty_tally_has_empty_standings() -> None:
    found = rating.rate(Tally.of_votes([]), replicates=5)
    assert (found.contenders, found.rating.shape, found.covariance.shape) == ((), (0,), (0, 0))
    assert (found.voters, found.effective_voters, found.bootstrap_ratio) == (0, 0.0, None)
    assert found.method["covariance"] == "none"


def test_one_vote_is_rated_and_nothing_is_sure() -> None:
    found = rating.rate(Tally.of_votes([("ash", "birch", "a", "ann")]))
    best, worst = row(found, "ash"), row(found, "birch")
    assert 1000 < best[0] < 1300
    assert best[1:] == (-np.inf, np.inf, 1, 2, "unbeaten")
    assert worst[1:] == (-np.inf, np.inf, 1, 2, "winless")


def test_the_votes_of_one_voter_give_ratings_without_intervals() -> None:
    found = rating.rate(Tally.of_votes([(a, b, said, "ann") for a, b, said, _ in CIRCLE]))
    assert np.isinf(found.lower).all()
    assert np.isinf(found.upper).all()
    assert set(found.standing) == {"settled"}
    assert (found.voters, found.effective_voters, found.method["covariance"]) == (1, 1.0, "none")
    assert found.rank_upper.tolist() == [3, 3, 3]


def test_voters_that_all_say_tie_cannot_be_told_apart() -> None:
    found = rating.rate(Tally.of_votes([("ash", "birch", "tie", f"voter {number}") for number in range(9)]))
    assert found.rating.tolist() == [1000, 1000]
    assert np.isinf(found.upper).all()
    assert found.rank_upper.tolist() == [2, 2]


def test_an_unbeaten_contender_has_a_floor_and_no_ceiling_and_a_winless_one_the_reverse() -> None:
    names = [f"voter {number}" for number in range(12)]
    votes = [*CIRCLE, *[("star", "ash", "a", name) for name in names], *[("stone", "ash", "b", name) for name in names]]
    found = rating.rate(Tally.of_votes(votes))
    star, stone = row(found, "star"), row(found, "stone")
    assert 0 < star[1] < star[0] < 2000
    assert star[2:] == (np.inf, 1, 5, "unbeaten")
    assert stone[1] == -np.inf
    assert 0 < stone[0] < stone[2] < 2000
    assert stone[5] == "winless"
    assert {row(found, tree)[5] for tree in ("ash", "birch", "cedar")} == {"settled"}


def test_the_floor_of_an_unbeaten_contender_is_no_narrower_than_the_curvature_says() -> None:
    # Everybody says the same of the star: the clustered error mirrors the prior alone.
    votes = [*CIRCLE, *[("star", "ash", "a", f"voter {number}") for number in range(40)]]
    tally = Tally.of_votes(votes)
    found, fit = rating.rate(tally, ties="half"), rating.fit(tally, ties="half")
    error = np.sqrt(covariance.curvature(fit)[3, 3])
    assert np.sqrt(found.covariance[3, 3]) < error / 2
    assert found.rating[3] - found.lower[3] > 1.96 * error * 173.7


def test_a_contender_that_one_voter_knows_has_no_interval_and_the_others_have_theirs() -> None:
    votes: list[Vote] = [*CIRCLE, *[("new", "ash", outcome, "ann") for outcome in "abab"]]
    found = rating.rate(Tally.of_votes(votes))
    assert row(found, "new")[1:3] == (-np.inf, np.inf)
    assert row(found, "new")[5] == "settled"
    assert np.isfinite(row(found, "cedar")[1:3]).all()


def test_a_contender_that_one_voter_knows_decides_no_rank() -> None:
    # Its jackknife is all but zero: without its one voter the prior puts it where it was.
    tally = boards.simulated(np.random.default_rng(6), np.array([1.5, 0.0, -1.5]), votes=1500, voters=40)
    names = dict(enumerate(tally.contenders))
    columns = (tally.first, tally.second, tally.outcome, np.asarray(tally.voter))
    votes: list[Vote] = [
        (names[a], names[b], "ab"[said], f"{voter}") for a, b, said, voter in zip(*columns, strict=True)
    ]
    found = rating.rate(Tally.of_votes([*votes, *[("new", names[1], "ab"[turn % 2], "0") for turn in range(60)]]))
    assert row(found, "new")[3:5] == (1, 4)
    assert row(found, names[0])[3:5] == (1, 2)


@pytest.mark.parametrize("voters", [7, 9, 10, 13])
def test_a_difference_in_which_all_voters_are_alike_decides_no_rank(voters: int) -> None:
    # All say the same of ash and birch; of birch and cedar each says something else.
    votes: list[Vote] = []
    for voter in range(voters):
        votes += [("ash", "birch", outcome, f"voter {voter}") for outcome in "aabab"]
        votes += [("birch", "cedar", outcome, f"voter {voter}") for outcome in "ab" + "ab"[voter % 2] * (voter // 2)]
    found = rating.rate(Tally.of_votes(votes), prior=0)
    assert np.isfinite(found.upper).all()
    assert (found.rank_lower[0], found.rank_upper[1]) == (1, 3)
    assert found.rank_lower[1] == 1


def test_groups_that_never_met_share_no_scale() -> None:
    votes = [*CIRCLE, *[(f"x{a}", f"x{b}", said, f"{voter} x") for a, b, said, voter in CIRCLE if "ash" in (a, b)]]
    found = rating.rate(Tally.of_votes(votes))
    assert found.group.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.rank_upper.max() == 3
    assert found.rating[3:].mean() == pytest.approx(1000)
    assert not found.covariance[:3, 3:].any()
    alone = rating.rate(Tally.of_votes(CIRCLE))
    assert (alone.rating == found.rating[:3]).all()
    assert (alone.lower == found.lower[:3]).all()


def test_a_contender_nobody_voted_on_is_a_group_of_its_own() -> None:
    tally = Tally.of_votes(CIRCLE)
    wider = Tally((*tally.contenders, "new"), tally.first, tally.second, tally.outcome, tally.voter)
    found = rating.rate(wider)
    assert row(found, "new") == (1000, -np.inf, np.inf, 1, 1, "separated")
    assert found.votes.tolist() == [8, 8, 8, 0]
    assert (found.rating[:3] == rating.rate(tally).rating).all()


def test_without_a_prior_an_unbeaten_contender_is_an_error() -> None:
    with pytest.raises(NoMaximum):
        rating.rate(Tally.of_votes([("ash", "birch", "a", "ann")]), prior=0)


def test_intervals_are_those_of_the_covariance_and_students_t_on_kishs_voters() -> None:
    tally = boards.llmfao()
    found = rating.rate(tally, replicates=40)
    assert found.method["covariance"] == "CR3"
    assert found.method["ranks"] == "holm"
    assert found.method["degrees_of_freedom"] == pytest.approx(tally.effective("voter") - 1)
    errors = np.sqrt(found.covariance.diagonal()) * 400 / np.log(10)
    for level in (0.95, 0.99):
        times = student.ppf((1 + level) / 2, tally.effective("voter") - 1)
        wide = rating.rate(tally, level=level)
        assert wide.upper - wide.rating == pytest.approx(times * errors)
        assert wide.rating - wide.lower == pytest.approx(times * errors)
    assert found.bootstrap_ratio is not None
    assert abs(found.bootstrap_ratio - 1) < 0.15


def test_a_plain_difference_is_certain_and_a_close_one_is_not() -> None:
    strengths = np.array([1.5, 0.0, 0.0, -1.5])
    for voters in (40, 400):
        tally = boards.simulated(np.random.default_rng(5), strengths, votes=1500, voters=voters)
        found = rating.rate(tally)
        assert found.rank_lower.tolist() == [1, 2, 2, 4]
        assert found.rank_upper.tolist() == [1, 3, 3, 4]


def test_one_replicate_is_no_spread() -> None:
    for count in (1, -1):
        with pytest.raises(RatingError, match="two replicates or more"):
            rating.rate(Tally.of_votes(CIRCLE), replicates=count)


def test_a_table_is_a_data_frame_in_one_call() -> None:
    found = rating.rate(Tally.of_votes(CIRCLE))
    frame = pandas.DataFrame(found.table()).set_index("contender")
    assert frame.loc["ash", "rating"] == found.rating[0]
    assert frame.loc["ash", "standing"] == "settled"
    assert {"lower", "upper", "rank_lower", "rank_upper", "votes", "standard_error"} <= {*frame.columns}


def test_the_method_names_every_choice() -> None:
    found = rating.rate(Tally.of_votes(CIRCLE), ties="rao-kupper", prior=2.0, level=0.9, seed=7)
    chosen = {"ties": "rao-kupper", "prior": 2.0, "level": 0.9, "seed": 7, "cluster": "voter", "covariance": "CR3"}
    assert chosen.items() <= found.method.items()
    assert found.method["tie_level"] is not None
    assert rating.rate(Tally.of_votes(CIRCLE[:3])).method["tie_level"] is None


def test_dropped_ties_join_no_groups() -> None:
    votes: list[Vote] = [("ash", "birch", "a", "ann"), ("birch", "cedar", "tie", "bob")]
    assert rating.rate(Tally.of_votes(votes)).group.tolist() == [0, 0, 0]
    assert rating.rate(Tally.of_votes(votes), ties="drop").group.tolist() == [0, 0, 1]


def test_half_wins_shrink_the_board_that_counts_ties_as_an_outcome() -> None:
    tally = boards.simulated(np.random.default_rng(12), np.linspace(-1, 1, 6), votes=4000, voters=400)
    said = np.where(np.random.default_rng(13).random(4000) < 0.4, 2, tally.outcome)
    found = standings.sensitivity(dataclasses.replace(tally, outcome=said))
    assert {*found} == {"davidson", "davidson-common", "rao-kupper", "half", "drop"}
    assert np.ptp(found["half"]) < 0.7 * np.ptp(found["davidson"])
    assert np.ptp(found["davidson"]) == pytest.approx(np.ptp(found["drop"]), rel=0.1)
