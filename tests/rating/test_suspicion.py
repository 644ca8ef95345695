"""The benchmark tests/benchmarks/audit.py draws these figures at length; here with few boards and looser ends."""

import time
from functools import cache

import numpy as np
import pytest

from rating import suspicion
from rating.detectors import Detector
from rating.suspicion import Grounds
from tests.benchmarks import audit

KINDS = ["honest", *(attack.__name__ for attack in audit.DESIGNED)]


@cache
def shares(votes: int) -> dict[str, float]:
    """How many of each kind of voter are found at 1 % on one board."""
    look = audit.looked(votes, 0, seed=7, voters=2000, attackers=100, pool=40_000)
    flags = np.split(look.flagged(0.01), 2000 + 100 * np.arange(len(audit.DESIGNED)))
    return dict(zip(KINDS, (float(of_kind.mean()) for of_kind in flags), strict=True))


def test_after_twenty_votes_attackers_who_skip_and_bots_that_click_left_are_found_and_the_honest_are_not() -> None:
    found = shares(20)
    assert 0.003 <= found["honest"] <= 0.02
    assert found["skipping"] >= 0.95
    assert found["left"] >= 0.99


def test_after_ten_votes_most_attackers_who_skip_are_found() -> None:
    assert shares(10)["skipping"] >= 0.65


def test_favouring_one_and_honesty_elsewhere_is_the_known_hole() -> None:
    assert shares(20)["camouflaged"] <= 0.06


@pytest.mark.slow
def test_after_a_hundred_votes_most_omnipresent_attackers_are_found() -> None:
    """Of six boards 90 % are found on average; on this one, where strengths lie close, 72 %."""
    assert shares(100)["omnipresent"] >= 0.6


def test_honest_voters_of_a_strong_newcomer_raise_no_case() -> None:
    for board in range(3):
        honest, pushed = audit.newcomers(board, 300, seed=7)
        assert honest <= 0.025
        assert not pushed


def test_p_values_of_what_is_drawn_like_the_replays_are_uniform() -> None:
    rng = np.random.default_rng(1)
    weights = np.array([2.0, 0.9, 0.1])
    p, parts = suspicion.calibrated(rng.standard_normal((4000, 3)), rng.standard_normal((20_000, 3)), weights)
    for level in (0.01, 0.1, 0.5):
        assert np.mean(p <= level) == pytest.approx(level, rel=0.35)
        assert np.mean(parts <= level, axis=0) == pytest.approx([level] * 3, rel=0.4)


def test_a_detector_of_a_larger_share_finds_more() -> None:
    rng = np.random.default_rng(1)
    found, null = rng.standard_normal((4000, 3)) + np.array([2.0, 0.0, 0.0]), rng.standard_normal((20_000, 3))
    alike, favoured = (
        np.mean(suspicion.calibrated(found, null, np.array(weights))[0] <= 0.01)
        for weights in ((1.0, 1.0, 1.0), (2.6, 0.2, 0.2))
    )
    assert favoured >= alike + 0.08


def test_detectors_share_the_level_by_the_number_of_votes() -> None:
    for votes in (1, *suspicion.CHECKPOINTS, 1000):
        assert suspicion.shares(votes).mean() == pytest.approx(1)
    assert np.ptp(suspicion.shares(10)) < 0.4
    assert suspicion.shares(60).tolist() == suspicion.shares(50).tolist()
    assert suspicion.shares(50).argmax() == Detector.LIKELIHOOD


def test_equal_chance_gives_equal_findings() -> None:
    world = audit.World.drawn(np.random.default_rng(3))
    fair = audit.honest(world, 50, 10, np.random.default_rng(4))
    one, other = (suspicion.look(world.grounds, fair, np.random.default_rng(5), pool=2000) for _ in range(2))
    assert one.p.tolist() == other.p.tolist()


def test_without_logged_chances_exposure_tells_nothing() -> None:
    world = audit.World.drawn(np.random.default_rng(3))
    rigged = audit.skipping(world, 50, 10, np.random.default_rng(4))
    grounds = Grounds(world.grounds.expected, world.grounds.tau2, None)
    look = suspicion.look(grounds, rigged, np.random.default_rng(5), pool=2000)
    assert (look.parts[:, Detector.EXPOSURE] == 1).all()


def test_checkpoints_are_due_once() -> None:
    assert suspicion.due(9) == ()
    assert suspicion.due(60) == (10, 20, 50)
    assert suspicion.due(60, looked=20) == (50,)
    assert len(suspicion.CHECKPOINTS) * suspicion.LEVEL == pytest.approx(0.01)


def test_several_p_values_make_one_and_unknown_ones_none() -> None:
    found = suspicion.together(np.array([0.01, 0.5]), np.array([0.2, np.nan]))
    assert found == pytest.approx([1 - 0.99**2, 0.5])


@pytest.mark.slow
def test_twenty_thousand_voters_are_looked_at_within_seconds() -> None:
    world = audit.World.drawn(np.random.default_rng(3))
    fair = audit.honest(world, 20_000, 20, np.random.default_rng(4))
    started = time.process_time()
    suspicion.look(world.grounds, fair, np.random.default_rng(5))
    assert time.process_time() - started < 30


def test_bots_among_real_crowd_workers_are_found_and_few_of_the_workers() -> None:
    """LLMFAO's 124 workers, the halves held against each other's board; 12 bots of each kind after 50 votes."""
    workers, clicking, left, favouring = audit.planted(seed=1)
    assert len(workers) == 37
    # The audit finds 5 of the 37 who cast so many votes, all in one half, whose answers the board doesn't explain.
    assert np.mean(workers) <= 0.2
    assert left.all()
    assert favouring.mean() >= 0.9
    assert clicking.mean() >= 0.5
