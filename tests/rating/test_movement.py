from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from rating import RatingError, Scale, Tally, covariates, movement, rate
from rating.arrays import Codes, Flags, Vector
from rating.counts import UNITS
from rating.movement import End, Fate, Method, Movement, Part, Shared
from rating.scale import of_reference, shares
from tests.rating import boards

DAVIDSON = Method()
OTHERS: dict[str, Any] = {"style": Method(style=("words",)), "anchor": Method(reference={"anna": 1.0}, level=1200.0)}
OTHERS |= {"ties": Method(ties="half"), "prior": Method(prior=2.0)}
NAMES = ("anna", "berta", "clara", "dora", "edda", "frida")


@dataclass
class Board:
    """Votes of two releases, and how each is rated."""

    shared: Shared
    methods: tuple[Method, Method] = (DAVIDSON, DAVIDSON)

    def split(self) -> Movement:
        first, second = (End(method, self.ratings(side)) for side, method in enumerate(self.methods))
        return movement.split(self.shared, first, second)

    def swapped(self) -> "Board":
        turned = replace(self.shared, counted=self.shared.counted[::-1], weights=self.shared.weights[::-1])
        return Board(turned, self.methods[::-1])

    def ratings(self, side: int) -> Vector:
        """The ratings of one release as `rate`, which has no part in a split, gives them."""
        rows, weight = self.shared.counted[side], self.shared.weights[side]
        return _rated(self.shared, rows, weight, self.methods[side])


def _rated(shared: Shared, rows: Flags, weight: Codes | None, method: Method) -> Vector:
    votes = replace(shared.votes.only(rows), weight=None if weight is None else weight[rows])
    there = [
        name for place, name in enumerate(votes.contenders) if ((votes.first == place) | (votes.second == place)).any()
    ]
    style = None
    if method.style:
        style = covariates.of({name: column[rows] for name, column in shared.columns.items()}, method.style)
    ties = None if method.style else method.ties
    standings = rate(votes.among(there), ties=ties, prior=method.prior, style=style, cluster="none")
    found = np.full(len(shared.votes.contenders), np.nan)
    for group in range(standings.group.max() + 1):
        members = [place for place, number in enumerate(standings.group) if number == group]
        names, theta = tuple(there[place] for place in members), standings.theta[members]
        known = {name: share for name, share in method.reference.items() if name in names}
        scale = of_reference(theta, shares(names, known), level=method.level) if known else Scale()
        found[[shared.votes.contenders.index(name) for name in names]] = scale.ratings(theta)
    return found


def _board(rng: np.random.Generator, *, votes: int = 160, contenders: int = 6) -> Board:
    """Two releases that share most of their votes."""
    first = rng.integers(contenders, size=votes)
    second = (first + rng.integers(1, contenders, size=votes)) % contenders
    outcome = rng.choice(4, size=votes, p=[0.45, 0.3, 0.15, 0.1])
    counted = (rng.random(votes) < 0.85, rng.random(votes) < 0.85)
    columns = {f"words_{side}": rng.integers(1, 300, size=votes).astype(np.float64) for side in "ab"}
    return Board(Shared(Tally(NAMES[:contenders], first, second, outcome), counted, columns=columns))


def _without(board: Board, side: int, contender: int) -> Board:
    votes, counted = board.shared.votes, list(board.shared.counted)
    counted[side] = counted[side] & (votes.first != contender) & (votes.second != contender)
    return replace(board, shared=replace(board.shared, counted=(counted[0], counted[1])))


def _random(seed: int) -> Board:
    """A board on which anything may have changed."""
    rng = np.random.default_rng(seed)
    board = _board(rng, votes=int(rng.integers(12, 200)), contenders=int(rng.integers(3, 7)))
    for side in (0, 1):
        if rng.random() < 0.5:
            board = _without(board, side, int(rng.integers(1, len(board.shared.votes.contenders))))
    methods = [OTHERS[str(rng.choice(list(OTHERS)))] if rng.random() < 0.5 else DAVIDSON for _ in range(2)]
    weights = [
        rng.integers(1, 3 * UNITS, size=len(board.shared.votes)) if rng.random() < 0.4 else None for _ in range(2)
    ]
    return Board(replace(board.shared, weights=(weights[0], weights[1])), (methods[0], methods[1]))


def _only(found: Movement, part: Part) -> None:
    """All of the change is in one part, and the others are nothing at all."""
    for place, each in enumerate(Part):
        moved = found.parts[place, [fate is Fate.SPLIT for fate in found.fates]]
        assert np.abs(moved).max() > 0.1 if each is part else not moved.any(), each


@pytest.mark.parametrize("seed", range(60))
def test_the_parts_add_up_to_the_change_whatever_changed_and_in_either_order(seed: int) -> None:
    for board in (_random(seed), _random(seed).swapped()):
        found = board.split()
        before, after = board.ratings(0), board.ratings(1)
        split = np.array([fate is Fate.SPLIT for fate in found.fates])
        known = ~np.isnan(found.change)
        np.testing.assert_allclose(found.change[known], (after - before)[known], rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.parts[:, split].sum(axis=0), found.change[split], rtol=0, atol=1e-9)
        assert not np.isnan(found.parts[:, split]).any()
        assert np.isnan(found.parts[:, ~split]).all()


def test_the_change_of_the_way_back_is_that_of_the_way_there() -> None:
    board = _board(np.random.default_rng(3))
    np.testing.assert_allclose(board.swapped().split().change, -board.split().change, rtol=0, atol=1e-9)


def test_what_only_adds_votes_moves_by_new_votes_alone() -> None:
    board = _board(np.random.default_rng(4))
    shared = replace(board.shared, counted=(board.shared.counted[0], np.ones(160, dtype=np.bool_)))
    _only(Board(shared).split(), Part.NEW)
    _only(Board(shared).swapped().split(), Part.REMOVED)


def test_what_only_weighs_votes_anew_moves_by_reweighting_alone() -> None:
    rng = np.random.default_rng(5)
    board = _board(rng)
    weight = rng.integers(1, 2 * UNITS, size=160)
    shared = replace(board.shared, counted=(board.shared.counted[0],) * 2, weights=(None, weight))
    _only(Board(shared).split(), Part.REWEIGHTED)
    ones = np.full(160, UNITS)
    assert not np.nan_to_num(Board(replace(shared, weights=(None, ones))).split().parts).any()


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_what_only_rates_otherwise_moves_by_method_alone(other: Method) -> None:
    board = _board(np.random.default_rng(6))
    _only(Board(replace(board.shared, counted=(board.shared.counted[0],) * 2), (DAVIDSON, other)).split(), Part.METHOD)


def test_a_newcomer_moves_the_others_by_its_entry_alone() -> None:
    board = _board(np.random.default_rng(7))
    every = replace(board.shared, counted=(np.ones(160, dtype=np.bool_),) * 2)
    found = _without(Board(every), 0, 5).split()
    assert found.fates == (*[Fate.SPLIT] * 5, Fate.ENTERED)
    _only(found, Part.OTHERS)
    gone = _without(Board(every), 1, 5).split()
    assert gone.fates == (*[Fate.SPLIT] * 5, Fate.LEFT)
    assert np.isnan([found.change[5], gone.change[5]]).all()
    _only(gone, Part.OTHERS)


def test_each_part_is_the_difference_of_two_fits_that_anybody_can_make() -> None:
    board = _without(_board(np.random.default_rng(8)), 0, 5)
    board = Board(board.shared, (DAVIDSON, OTHERS["ties"]))
    votes, (old, new) = board.shared.votes, board.shared.counted
    inner = (votes.first != 5) & (votes.second != 5)
    common = old & new
    steps = [
        (old, DAVIDSON),
        (old, OTHERS["ties"]),
        (common, OTHERS["ties"]),
        (common | (new & ~inner), OTHERS["ties"]),
        (new, OTHERS["ties"]),
    ]
    ratings = [_rated(board.shared, rows, None, method)[:5] for rows, method in steps]
    found = board.split()
    expected = np.diff(ratings, axis=0)
    np.testing.assert_allclose(found.parts[[0, 1, 3, 4], :5], expected, rtol=0, atol=1e-9)
    assert not found.parts[2, :5].any()


def test_a_reference_that_enters_is_the_scale_from_its_entry_on() -> None:
    board = _without(_board(np.random.default_rng(9)), 0, 0)
    found = Board(board.shared, (DAVIDSON, OTHERS["anchor"])).split()
    assert not np.nan_to_num(found.parts[0]).any()
    assert np.abs(found.parts[3, 1:]).min() > 1


def _told(pairs: list[tuple[str, bool, bool]]) -> Shared:
    names = tuple(sorted({letter for pair, _, _ in pairs for letter in pair}))
    first, second = (np.array([names.index(pair[side]) for pair, _, _ in pairs]) for side in (0, 1))
    counted = tuple(np.array([row[place] for row in pairs]) for place in (1, 2))
    outcome = np.arange(len(pairs)) % 3
    return Shared(Tally(names, first, second, outcome), (counted[0], counted[1]))


def test_who_was_in_another_group_is_not_given_a_change() -> None:
    joined = ("cd", False, True)
    apart = [("ab", True, True), ("bc", True, True), ("ac", True, True), ("de", True, True)]
    found = Board(_told([*apart, joined])).split()
    assert found.fates == (*[Fate.SPLIT] * 3, Fate.REGROUPED, Fate.REGROUPED)
    assert np.isnan(found.change[3:]).all()


def test_who_is_joined_by_other_votes_than_before_has_a_change_without_parts() -> None:
    kept = [("ab", True, True), ("bc", True, True), ("ca", True, True)]
    found = Board(_told([*kept, ("ad", True, False), ("bd", False, True)])).split()
    assert found.fates == (*[Fate.SPLIT] * 3, Fate.REPLACED)
    assert not np.isnan(found.change).any()
    assert np.abs(found.parts[3, :3]).max() > 0


def test_two_releases_without_a_vote_in_common_are_split_as_far_as_that_goes() -> None:
    found = Board(_told([("ab", True, False), ("bc", True, False), ("ab", False, True), ("bc", False, True)])).split()
    assert sorted(found.fates) == [Fate.REPLACED, Fate.REPLACED, Fate.SPLIT]


def test_releases_that_share_no_contender_are_told_apart_and_nothing_more() -> None:
    found = Board(_told([("ab", True, False), ("cd", False, True)])).split()
    assert found.fates == (Fate.LEFT, Fate.LEFT, Fate.ENTERED, Fate.ENTERED)


def test_ratings_of_other_votes_are_refused() -> None:
    board = _board(np.random.default_rng(10))
    wrong = End(DAVIDSON, board.ratings(0) + np.array([0.1, -0.1, 0, 0, 0, 0]))
    with pytest.raises(RatingError, match="do not give the ratings"):
        movement.split(board.shared, wrong, End(DAVIDSON, board.ratings(1)))


def test_the_crowd_of_llmfao_is_split_as_two_boards_rate_it() -> None:
    votes = boards.llmfao()
    counted = np.random.default_rng(11).random(len(votes)) < 0.9
    board = Board(Shared(votes, (counted, np.ones(len(votes), dtype=np.bool_))))
    found = board.split()
    _only(found, Part.NEW)
    np.testing.assert_allclose(found.change, board.ratings(1) - board.ratings(0), rtol=0, atol=1e-9)
