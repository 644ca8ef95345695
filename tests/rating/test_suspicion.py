"""The benchmark tests/benchmarks/audit.py draws these figures at length; here with few boards and looser ends."""

import time
from functools import cache

import numpy as np
import pytest

from rating import bradley_terry, suspicion, taste
from rating.arrays import Flags
from rating.detectors import Battles
from rating.expectation import Expectation
from rating.exposure import Draws
from rating.suspicion import Grounds
from rating.tally import Tally
from tests.benchmarks import audit
from tests.rating import boards

KINDS = ["honest", *(attack.__name__ for attack in audit.DESIGNED)]


@cache
def shares(votes: int) -> dict[str, float]:
    """How many of each kind of voter are found at 1 %, over three boards."""
    found = []
    for board in range(3):
        look = audit.looked(votes, board, seed=7, voters=1500, attackers=60)
        flags = np.split(look.flagged(0.01), 1500 + 60 * np.arange(len(audit.DESIGNED)))
        found.append([float(of_kind.mean()) for of_kind in flags])
    return dict(zip(KINDS, np.mean(found, axis=0).tolist(), strict=True))


def test_after_twenty_votes_attackers_who_skip_and_bots_that_click_left_are_found_and_the_honest_are_not() -> None:
    found = shares(20)
    assert 0.003 <= found["honest"] <= 0.02
    assert found["skipping"] >= 0.95
    assert found["left"] >= 0.99
    assert 0.15 <= found["omnipresent"] <= 0.45


def test_after_ten_votes_most_attackers_who_skip_are_found() -> None:
    assert shares(10)["skipping"] >= 0.65


def test_favouring_one_and_honesty_elsewhere_is_the_known_hole() -> None:
    assert shares(20)["camouflaged"] <= 0.06


@pytest.mark.slow
def test_after_a_hundred_votes_nearly_all_omnipresent_attackers_are_found() -> None:
    assert shares(100)["omnipresent"] >= 0.8


def test_honest_voters_of_a_strong_newcomer_raise_no_case() -> None:
    for board in range(2):
        honest, pushed = audit.newcomers(board, 300, seed=7)
        assert honest <= 0.025
        assert not pushed


def test_p_values_of_what_is_drawn_like_the_replays_are_uniform() -> None:
    rng = np.random.default_rng(1)
    p, parts = suspicion.calibrated(rng.standard_normal((4000, 3)), rng.standard_normal((20_000, 3)))
    for level in (0.01, 0.1, 0.5):
        assert np.mean(p <= level) == pytest.approx(level, rel=0.35)
        assert np.mean(parts <= level, axis=0) == pytest.approx([level] * 3, rel=0.4)


def test_equal_chance_gives_equal_findings() -> None:
    world = audit.World.drawn(np.random.default_rng(3))
    fair = audit.honest(world, 50, 10, np.random.default_rng(4))
    one, other = (suspicion.look(world.grounds, fair, np.random.default_rng(5), pool=2000) for _ in range(2))
    assert one.p.tolist() == other.p.tolist()


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
    assert time.process_time() - started < 20


def test_bots_among_real_crowd_workers_are_found_and_few_of_the_workers() -> None:
    """LLMFAO's 124 workers, the halves held against each other's board; 12 bots of each kind after 50 votes."""
    tally = boards.llmfao()
    workers, bots = [], []
    for half in (0, 1):
        found, kinds = planted(tally, half)
        workers += found[kinds == 0].tolist()
        bots.append([found[kinds == kind].mean() for kind in (1, 2, 3)])
    clicking, left, favouring = np.mean(bots, axis=0)
    assert len(workers) > 60
    assert np.mean(workers) <= 0.15
    assert left == 1.0
    assert favouring >= 0.9
    assert clicking >= 0.2


def planted(tally: Tally, half: int) -> tuple[Flags, np.ndarray]:
    """Who of the other half's workers (0) and the bots (1 random, 2 always left, 3 for one contender) is found."""
    assert tally.voter is not None
    rng = np.random.default_rng(half)
    history = tally.only(tally.voter % 2 == half)
    expected = Expectation.of(bradley_terry.fit(history.counts, position=True))
    assert history.voter is not None
    tau2 = taste.History(expected, history.voter, history.first, history.second, history.outcome).variance(rng)
    met = np.zeros((1, len(tally.contenders), len(tally.contenders)))
    np.add.at(met[0], (tally.first, tally.second), 1 / len(tally))
    votes = np.bincount(tally.voter)
    audited = [code for code in range(len(votes)) if votes[code] >= 50 and code % 2 != half]
    rows = np.stack([np.flatnonzero(tally.voter == code)[:50] for code in audited])
    draws = Draws(met)
    real = Battles(tally.first[rows], tally.second[rows], tally.outcome[rows])
    first, second = draws.drawn(np.zeros((24, 50), dtype=int), rng)
    clicking = Battles(first[:12], second[:12], rng.integers(2, size=(12, 50)))
    left = Battles(first[12:], second[12:], np.zeros((12, 50), dtype=int))
    target, rivals = np.full((12, 50), 7), rng.choice([code for code in range(59) if code != 7], size=(12, 50))
    favouring = Battles(target, rivals, np.zeros((12, 50), dtype=int))
    turned = rng.random((12, 50)) < 0.5
    favouring = Battles(np.where(turned, rivals, target), np.where(turned, target, rivals), turned.astype(int))
    found = suspicion.look(
        Grounds(expected, tau2, draws), audit.together([real, clicking, left, favouring]), rng, pool=20_000
    )
    return found.flagged(0.01), np.repeat([0, 1, 2, 3], [len(audited), 12, 12, 12])
