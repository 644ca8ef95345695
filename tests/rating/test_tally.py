from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rating
from rating import Counts, Outcome, RatingError, Tally, VotesWrong
from rating.arrays import Codes, Matrix
from rating.cells import Cluster
from rating.tally import Vote

VOTES: list[Vote] = [
    ("ash", "birch", Outcome.A, "ann"),
    ("birch", "ash", Outcome.B, "ann"),
    ("cedar", "ash", Outcome.TIE, "bob"),
    ("birch", "cedar", "both_bad", "ann"),
]


def test_contenders_are_sorted_and_wins_count_ties_and_both_bad_as_halves() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.contenders == ("ash", "birch", "cedar")
    assert tally.counts.wins.tolist() == [[0, 2, 0.5], [0, 0, 0.5], [0.5, 0.5, 0]]
    assert tally.counts.games.tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]
    assert tally.counts.votes.tolist() == [3, 3, 2]
    assert len(tally) == 4


def test_turning_every_battle_round_leaves_the_wins_as_they_were() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.swapped.first.tolist() == tally.second.tolist()
    assert tally.swapped.outcome.tolist() == [1, 0, 2, 3]
    assert (tally.swapped.counts.wins == tally.counts.wins).all()


def test_kish_counts_voters_by_how_evenly_they_vote() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.clusters("voter") == 2
    assert tally.effective("voter") == pytest.approx(4**2 / (3**2 + 1**2))
    assert tally.effective_each("voter") == pytest.approx([9 / 5, 1, 2])


def test_cells_sum_a_voters_votes_on_a_pair_whichever_side_came_first() -> None:
    cells = Tally.of_votes(VOTES).cells("voter")
    rows = zip(cells.cluster.tolist(), cells.low.tolist(), cells.high.tolist(), strict=True)
    assert list(rows) == [(0, 0, 1), (0, 1, 2), (1, 0, 2)]
    assert cells.counts.tolist() == [[2, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert (cells.games.tolist(), cells.wins.tolist()) == ([2, 1, 1], [2, 0.5, 0.5])


def test_part_of_the_votes_keeps_the_contenders_and_a_part_of_these_is_coded_anew() -> None:
    tally = Tally.of_votes(VOTES)
    assert len(tally.only(tally.outcome < 2)) == 2
    assert tally.only(tally.outcome < 2).contenders == tally.contenders
    pair = tally.among(["birch", "cedar"])
    assert pair.contenders == ("birch", "cedar")
    assert pair.counts.wins.tolist() == [[0, 0.5], [0.5, 0]]


def test_no_votes_make_an_empty_tally() -> None:
    tally = Tally.of_votes([])
    assert (len(tally), tally.clusters("voter"), tally.effective("voter"), tally.contenders) == (0, 0, 0.0, ())
    assert tally.counts.wins.shape == (0, 0)
    assert tally.effective_each("voter").shape == (0,)


def test_an_unknown_outcome_is_refused_by_its_row() -> None:
    with pytest.raises(VotesWrong, match="Row 2 has the outcome 'left'; it must be one of a, b, tie, both_bad"):
        Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "birch", "left", "ann")])


def test_a_contender_against_itself_is_refused_by_its_row() -> None:
    with pytest.raises(VotesWrong, match="Row 2 sets a contender against itself"):
        Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "ash", "a", "ann")])


def test_a_row_far_down_is_named_as_well() -> None:
    first, second = np.zeros(300_000, dtype=np.int8), np.ones(300_000, dtype=np.int8)
    second[250_000] = 0
    with pytest.raises(VotesWrong, match="Row 250001 sets a contender against itself"):
        Tally.of(first, second, np.zeros(300_000, dtype=np.int8), contenders=["ash", "birch"])


def test_codes_that_stand_for_nothing_are_refused() -> None:
    one, two = np.array([0]), np.array([1])
    with pytest.raises(VotesWrong, match="isn't listed"):
        Tally(("ash",), one, two, one, one)
    with pytest.raises(VotesWrong, match="unknown outcome code"):
        Tally(("ash", "birch"), one, two, np.array([4]), one)
    with pytest.raises(VotesWrong, match="one length"):
        Tally(("ash", "birch"), one, two, one, np.array([0, 1]))
    with pytest.raises(VotesWrong, match="twice"):
        Tally(("ash", "ash"), one, two, one, one)


def test_large_voter_codes_are_as_good_as_small_ones() -> None:
    two = np.array([0, 0])
    cells = Tally(("ash", "birch"), two, two + 1, two, np.array([2**60, 7])).cells("voter")
    assert cells.cluster.tolist() == [0, 1]
    assert cells.high.tolist() == [1, 1]


CLUSTERS: tuple[Cluster, ...] = ("voter", "prompt", "both", "none")


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Up to 60 votes on up to 6 contenders, with or without voters, prompts and weights in units of 2^-20."""
    size, votes = draw(st.integers(2, 6)), draw(st.integers(0, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    first = rng.integers(0, size, votes)
    voter, prompt = (rng.integers(0, 4, votes) * draw(st.sampled_from([1, 2**40])) for _ in range(2))
    return Tally(
        tuple(f"contender {code}" for code in range(size)),
        first.astype(draw(st.sampled_from([np.int8, np.uint8, np.int64]))),
        (first + rng.integers(1, size, votes)) % size,
        rng.integers(0, 4, votes).astype(np.int8),
        voter if draw(st.booleans()) else None,
        prompt if draw(st.booleans()) else None,
        rng.integers(0, 5 << 20, votes) if draw(st.booleans()) else None,
    )


def bits(tally: Tally) -> list[bytes]:
    """All that is computed of a tally."""
    found: list[Matrix | Codes] = [
        tally.counts.wins,
        tally.counts.decided,
        tally.counts.ties,
        tally.counts.both_bad,
        tally.counts.games,
    ]
    for cluster in CLUSTERS:
        cells = tally.cells(cluster)
        found += [cells.cluster, cells.low, cells.high, cells.counts, tally.effective_each(cluster)]
        found.append(np.array([tally.clusters(cluster), tally.effective(cluster)]))
    return [part.tobytes() for part in found]


@settings(deadline=None, max_examples=40)
@given(tallies(), st.integers(0, 2**32))
def test_neither_the_order_of_votes_nor_the_positions_move_a_bit(tally: Tally, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = rng.random(len(tally)) < 0.5
    turned = replace(
        tally,
        first=np.where(turn, tally.second, tally.first),
        second=np.where(turn, tally.first, tally.second),
        outcome=np.where(turn, tally.swapped.outcome, tally.outcome),
    )
    assert bits(turned.only(rng.permutation(len(tally)))) == bits(tally)


@settings(deadline=None, max_examples=40)
@given(tallies())
def test_all_votes_twice_double_the_counts_and_leave_kishs_number(tally: Tally) -> None:
    twice = tally.only(np.tile(np.arange(len(tally)), 2))
    assert (twice.counts.table == 2 * tally.counts.table).all()
    if tally.voter is not None:
        assert (twice.cells("voter").counts == 2 * tally.cells("voter").counts).all()
        assert twice.effective("voter") == pytest.approx(tally.effective("voter"))
    assert twice.effective("none") == pytest.approx(2 * tally.effective("none"))


@settings(deadline=None, max_examples=40)
@given(tallies())
def test_counts_and_cells_are_the_sums_that_fractions_give(tally: Tally) -> None:
    size = len(tally.contenders)
    units = np.full(len(tally), 1 << 20) if tally.weight is None else tally.weight
    exact: dict[tuple[int, int, int], Fraction] = {}
    rows = zip(tally.outcome.tolist(), tally.first.tolist(), tally.second.tolist(), units.tolist(), strict=True)
    for said, first, second, weight in rows:
        exact[said, first, second] = exact.get((said, first, second), Fraction(0)) + Fraction(weight, 1 << 20)
    for said, first, second in np.ndindex(4, size, size):
        assert Fraction(float(tally.counts.table[said, first, second])) == exact.get((said, first, second), 0)
    for cluster in CLUSTERS:
        cells, summed = tally.cells(cluster), np.zeros((4, size, size))
        np.add.at(summed[0], (cells.low, cells.high), cells.counts[:, 0])
        np.add.at(summed[0], (cells.high, cells.low), cells.counts[:, 1])
        np.add.at(summed[2], (cells.low, cells.high), cells.counts[:, 2] + cells.counts[:, 3])
        assert (summed[0] == tally.counts.decided).all()
        assert (summed[2] + summed[2].T == tally.counts.ties).all()
        assert (cells.low < cells.high).all()
        assert len(np.unique(cells.cluster)) == tally.clusters(cluster)
        order = np.lexsort((cells.high, cells.low, cells.cluster))
        assert (order == np.arange(len(order))).all()


@settings(deadline=None, max_examples=40)
@given(tallies(), st.floats(0, 1))
def test_counts_of_two_parts_add_up_to_those_of_the_whole(tally: Tally, share: float) -> None:
    begun = int(share * len(tally))
    old, new = tally.only(np.arange(begun)), tally.only(np.arange(begun, len(tally)))
    assert ((old.counts + new.counts).table == tally.counts.table).all()
    plain = replace(tally, weight=None).counts
    assert (plain + tally.counts).weighted is (tally.counts + plain).weighted is (tally.weight is not None)


def test_counts_among_more_contenders_can_be_added_and_refitted_from_the_fit_before() -> None:
    old = Tally.of(["ash", "birch", "ash"], ["birch", "ash", "birch"], ["a", "a", "tie"]).counts
    new = Tally.of(["cedar", "ash"], ["ash", "birch"], ["a", "b"]).counts
    with pytest.raises(RatingError, match=r"make them so with among\(\)"):
        old + new
    names = ("ash", "birch", "cedar")
    both = old.among(names) + new.among(names)
    whole = Tally.of(*zip(*VOTES_OF_BOTH, strict=True))
    assert both.contenders == whole.contenders
    assert (both.table == whole.counts.table).all()
    start = rating.fit(old.among(names).wins)
    assert rating.fit(both.wins, start=start).theta == pytest.approx(rating.fit(both.wins).theta, abs=1e-10)


VOTES_OF_BOTH = [
    ("ash", "birch", "a"),
    ("birch", "ash", "a"),
    ("ash", "birch", "tie"),
    ("cedar", "ash", "a"),
    ("ash", "birch", "b"),
]


def test_counts_among_fewer_contenders_are_those_of_their_battles() -> None:
    tally = Tally.of_votes(VOTES)
    for names in (["cedar", "ash"], ["birch"], [], ["dogwood", "ash", "birch"]):
        assert (tally.counts.among(names).table == tally.among(names).counts.table).all()
        assert tally.among(names).contenders == tally.counts.among(names).contenders == tuple(names)
    with pytest.raises(RatingError, match="listed twice"):
        tally.counts.among(["ash", "ash"])
    assert tally.among(tally.contenders) is tally


def test_votes_are_counted_alike_in_one_chunk_and_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    first, said, weight = rng.integers(0, 9, 1000), rng.integers(0, 4, 1000), rng.random(1000)
    for given_weight in (None, weight):
        monkeypatch.setattr("rating.counts.CHUNK", 1 << 17)
        names = [str(code) for code in range(10)]
        whole = Tally.of(first, first + 1, said, contenders=names, weight=given_weight).counts
        monkeypatch.setattr("rating.counts.CHUNK", 64)
        chunks = Tally.of(first, first + 1, said, contenders=names, weight=given_weight).counts
        assert whole.table.tobytes() == chunks.table.tobytes()
        assert whole.weighted is (given_weight is not None)


def test_keys_beyond_64_bits_are_told_apart_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Tally.of_votes(VOTES).cells("voter")
    monkeypatch.setattr("rating.cells.LARGEST_KEY", 1)
    narrow = Tally.of_votes(VOTES).cells("voter")
    for part in ("cluster", "low", "high", "counts"):
        assert getattr(narrow, part).tolist() == getattr(wide, part).tolist()


def test_without_voters_every_vote_stands_alone() -> None:
    tally = Tally.of(["x", "y", "x"], ["y", "x", "y"], ["a", "a", "tie"], weight=[1, 1, 2])
    assert tally.clusters("voter") == tally.clusters("both") == tally.clusters("none") == 3
    assert tally.effective("voter") == pytest.approx(16 / 6)
    assert tally.cells("voter").counts.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]]


def test_both_counts_a_voters_votes_on_one_prompt() -> None:
    tally = Tally.of(["x"] * 4, ["y"] * 4, ["a"] * 4, voter=["ann", "ann", "bob", "bob"], prompt=[7, 7, 7, 9])
    assert tally.clusters("both") == 3
    assert tally.cells("both").counts[:, 0].tolist() == [2, 1, 1]
    with pytest.raises(RatingError, match="A cluster is voter, prompt, both or none"):
        tally.clusters("judge")  # type: ignore[arg-type]


def test_empty_counts_add_up() -> None:
    empty = Tally.of([], [], []).counts
    assert (empty + empty).contenders == ()
    assert isinstance(empty.among(["ash"]), Counts)


def test_a_column_has_one_value_a_row() -> None:
    codes = np.zeros((2, 2), dtype=np.int64)
    with pytest.raises(VotesWrong, match="one value a row"):
        Tally.of(codes, codes + 1, codes, contenders=["ash", "birch"])
