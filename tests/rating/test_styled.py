from dataclasses import replace

import numpy as np
import pytest

import rating
from rating import RatingError, Standing, Tally, chances, intervals, jackknife, settings, simulate, streams, style
from rating.cells import Cluster
from rating.covariates import Covariates
from rating.scale import PER_LOGIT
from rating.settings import SETTINGS
from rating.simulate import Truth
from rating.standings import Styled
from rating.streams import Purpose
from tests.rating.test_style import battles, taken, turned, voters_of


def styled(board: rating.Standings) -> Styled:
    assert board.style is not None
    return board.style


@pytest.mark.parametrize(
    ("voters", "cluster", "covariance", "test"),
    [(60, "voter", "CR3 one-step", "holm"), (400, "voter", "CR1", "max-t"), (60, "none", "HC0", "max-t")],
)
def test_the_board_is_the_fit_at_equal_style(voters: int, cluster: Cluster, covariance: str, test: str) -> None:
    tally, told = battles(3000, voters=voters)
    board = rating.rate(tally, style=told, cluster=cluster)
    found = style.fit(tally, told, cluster=cluster)
    if voters == 60 and cluster == "voter":
        found = jackknife.of(tally, told, found)
    assert (board.theta == found.theta).all()
    assert (board.covariance == found.covariance[:6, :6]).all()
    ends = intervals.of_ratings(
        found.theta, board.covariance.diagonal(), level=0.95, degrees_of_freedom=tally.effective(cluster) - 1
    )
    assert board.lower == pytest.approx(1000 + PER_LOGIT * ends.lower)
    assert (board.method["covariance"], board.method["ranks"]) == (covariance, test)
    assert (board.method["style"], board.method["ties"], board.method["cluster"]) == ("length, lists", "half", cluster)
    assert board.error_bound < 1e-8
    assert styled(board).coefficients.tolist() == found.coefficients.tolist()
    assert styled(board).errors.tolist() == found.coefficient_errors.tolist()


def test_the_shift_leads_from_the_half_win_board_to_that_at_equal_style() -> None:
    tally, told = battles(3000)
    board, plain = rating.rate(tally, style=told), rating.rate(tally, ties="half")
    assert styled(board).shift == pytest.approx(board.rating - plain.rating)
    assert (styled(board).lower < styled(board).shift).all()
    assert (styled(board).shift < styled(board).upper).all()
    # A strength and its shift vary together: the shift is surer than either board.
    assert (styled(board).upper - styled(board).lower < plain.upper - plain.lower).all()
    assert plain.style is None
    assert "style" not in plain.method
    assert {"shift", "shift_lower", "shift_upper"} <= board.table().keys() - plain.table().keys()


def test_the_order_of_votes_and_their_sides_move_no_bit() -> None:
    tally, told = battles(900)
    rng = np.random.default_rng(4)
    mixed = turned(*taken(tally, told, rng.permutation(900)), rng.random(900) < 0.5)
    one, other = rating.rate(tally, style=told), rating.rate(mixed[0], style=mixed[1])
    for column in ("theta", "lower", "upper", "rank_lower", "covariance"):
        assert (getattr(one, column) == getattr(other, column)).all()
    for column in ("coefficients", "errors", "shift", "lower", "upper"):
        assert (getattr(styled(one), column) == getattr(styled(other), column)).all()


def test_each_group_is_fitted_alone_in_the_units_of_all() -> None:
    tally, told = battles(3000, voters=30)
    apart = (tally.first < 3) == (tally.second < 3)
    tally, told = taken(tally, told, apart)
    board = rating.rate(tally, style=told)
    assert board.group.tolist() in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])
    for names, codes in ((tally.contenders[:3], slice(0, 3)), (tally.contenders[3:], slice(3, 6))):
        inside = np.isin(tally.first, np.arange(6)[codes])
        alone = rating.rate(tally.only(inside).among(names), style=told.only(inside))
        assert board.theta[codes].tolist() == alone.theta.tolist()
        assert styled(board).lower[codes].tolist() == styled(alone).lower.tolist()
    assert not board.covariance[:3, 3:].any()


def test_who_never_lost_and_who_has_no_vote_have_open_ends_and_shifts() -> None:
    tally, told = battles(900)
    first, second = np.append(tally.first, [6, 6, 6]), np.append(tally.second, [0, 1, 2])
    outcome, voter = np.append(tally.outcome, [0, 0, 0]), np.append(voters_of(tally), [0, 1, 2])
    wider = Tally((*tally.contenders, "unbeaten", "unseen"), first, second, outcome, voter)
    values = np.hstack([told.values, np.ones((2, 3), np.float32)])
    board = rating.rate(wider, style=replace(told, told=values))
    assert board.standing[6] is Standing.UNBEATEN
    assert np.isinf(board.upper[6])
    assert np.isinf(styled(board).upper[[6, 7]]).all()
    assert np.isinf(styled(board).lower[[6, 7]]).all()
    assert np.isfinite(styled(board).upper[:6]).all()
    assert (board.group[7], styled(board).shift[7]) == (1, 0.0)


def test_one_voter_bounds_nothing_at_equal_style_either() -> None:
    tally, told = battles(900, voters=1)
    board = rating.rate(tally, style=told)
    assert board.method["covariance"] == "none"
    assert np.isinf(board.upper).all()
    assert np.isinf(styled(board).upper).all()
    assert np.isinf(styled(board).errors).all()


def test_voters_of_one_mind_do_not_make_a_coefficient_sure() -> None:
    codes = np.tile([0, 1, 2], 10)
    alike = Tally(tuple("abc"), codes, (codes + 1) % 3, np.full(30, 2), np.repeat(np.arange(10), 3))
    told = Covariates(("length",), np.ones((1, 30), np.float32), np.ones(1))
    board = rating.rate(alike, style=told)
    assert np.isinf(styled(board).errors).all()
    assert np.isinf(styled(board).upper).all()


def test_votes_without_voters_are_left_out_one_by_one_where_they_are_few() -> None:
    tally, told = battles(150)
    board = rating.rate(replace(tally, voter=None), style=told)
    numbered = rating.rate(replace(tally, voter=np.arange(150)), style=told)
    assert board.method["covariance"] == "CR3 one-step"
    assert (board.covariance == numbered.covariance).all()


def test_no_votes_at_all_are_an_empty_board() -> None:
    nobody = Tally((), *(np.zeros(0, dtype=np.int64) for _ in range(3)))
    board = rating.rate(nobody, style=Covariates(("length",), np.zeros((1, 0), np.float32), np.zeros(1)))
    assert len(styled(board).shift) == 0
    assert styled(board).silent == ("length",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ties": "davidson"}, "a tie is half a win to each"),
        ({"cluster": "both"}, "clustered one way"),
        ({"replicates": 20}, "Replicates are refits without covariates"),
    ],
)
def test_what_has_no_fit_with_covariates_is_refused(options: dict[str, str], words: str) -> None:
    tally, told = battles(900)
    with pytest.raises(RatingError, match=words):
        rating.rate(tally, style=told, **options)  # type: ignore[arg-type]
    assert rating.rate(tally, style=told, ties="half").method["ties"] == "half"


def test_covariates_of_other_votes_are_refused() -> None:
    tally, told = battles(900)
    with pytest.raises(RatingError, match="There are 900 votes, and covariates of 899"):
        rating.rate(tally, style=told.only(np.arange(899)))


def test_intervals_at_equal_style_hold_for_15_voters_and_by_vote_they_do_not() -> None:
    # Three Monte-Carlo errors of 40 boards are 3 %.
    lab, held, by_vote = SETTINGS["lab"], [], []
    for board in range(40):
        rng = streams.opened(11, Purpose.SIMULATION, board)
        truth = Truth(strengths=settings.strengths(rng, lab.contenders), style=(0.4,))
        tally, drawn = simulate.draw_styled(truth, lab, rng)
        scales = np.sqrt((drawn**2).mean(axis=0))
        told = Covariates(("length",), np.ascontiguousarray((drawn / scales).T, dtype=np.float32), scales)
        aim = chances.estimand(chances.averaged(truth.strengths, truth.rule, taste=lab.taste))
        shown = rating.Scale().ratings(aim)
        clustered, alone = rating.rate(tally, style=told), rating.rate(tally, style=told, cluster="none")
        held.append(((clustered.lower <= shown) & (shown <= clustered.upper)).mean())
        by_vote.append(((alone.lower <= shown) & (shown <= alone.upper)).mean())
    assert 0.92 < np.mean(held) < 0.98
    assert np.mean(by_vote) < 0.85
