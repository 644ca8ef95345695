import numpy as np
import pytest

from rating import DidNotConverge, leanings
from rating.arrays import Codes, Matrix, Vector, expit

RNG = np.random.default_rng(17)


def battles(rng: np.random.Generator, true: Vector, number: int) -> tuple[Vector, Vector, Matrix, Codes]:
    offset = rng.normal(0, 1, number)
    features = np.column_stack([np.ones(number), rng.normal(0, 1, number), rng.integers(-1, 2, number)])
    points = (rng.random(number) < expit(offset + features @ true)).astype(float)
    return points, offset, features, rng.integers(0, number // 5, number)


def test_planted_leanings_are_found_within_their_intervals() -> None:
    """First slot, length and own family, 200 boards of 600 verdicts: each interval holds about 95 times of 100."""
    true = np.array([0.3, 0.5, 0.8])
    held = np.zeros(3)
    for _ in range(200):
        found = leanings.measure(*battles(RNG, true, 600))
        assert found is not None
        held += (found.lower <= true) & (true <= found.upper)
    assert (held / 200 >= 0.90).all()
    assert (held / 200 <= 0.99).all()


def test_sides_turned_round_turn_the_first_slot_alone() -> None:
    points, offset, features, cluster = battles(RNG, np.array([0.3, 0.5, 0.8]), 500)
    one = leanings.measure(points, offset, features, cluster)
    turned = np.column_stack([features[:, 0], -features[:, 1], -features[:, 2]])
    other = leanings.measure(1 - points, -offset, turned, cluster)
    assert one is not None
    assert other is not None
    assert other.coefficients[1:] == pytest.approx(one.coefficients[1:], abs=0.35)
    assert other.coefficients[0] == pytest.approx(-one.coefficients[0], abs=0.35)
    exact = leanings.measure(1 - points, -offset, -features, cluster)
    assert exact is not None
    assert exact.coefficients == pytest.approx(one.coefficients)


def test_what_cannot_be_told_is_said_to_be_so() -> None:
    points, offset, features, cluster = battles(RNG, np.zeros(3), 50)
    assert leanings.measure(points, offset, np.column_stack([features, features[:, 0]]), cluster) is None
    assert leanings.measure(points, offset, features, np.zeros(50, dtype=np.int64)) is None
    assert leanings.measure(points[:0], offset[:0], features[:0], cluster[:0]) is None


def test_a_feature_that_decides_every_battle_has_no_finite_leaning() -> None:
    side = np.repeat([1.0, -1.0], 20)
    with pytest.raises(DidNotConverge):
        leanings.measure((side > 0).astype(float), np.zeros(40), side[:, None], np.arange(40))
