"""What rules of pairing cost and save: the figures of rating/README.md, and that chance comes from the seed alone."""

from typing import Any

import numpy as np
import pytest

from rating import RatingError, allocation, savings
from rating.arrays import Matrix, Vector
from rating.savings import RULES, Saving, Trial

DEFAULT = {name: RULES[name] for name in ("uniform", "mixture")}


def compared(trial: Trial) -> tuple[Saving, Saving]:
    uniform, mixture = savings.compare(trial, DEFAULT)
    return uniform, mixture


def test_uniform_votes_are_worth_what_they_are_and_a_seed_gives_one_result() -> None:
    trial = Trial(contenders=6, votes=400, boards=10, seed=4)
    once, again = compared(trial), compared(trial)
    assert once == again
    assert (once[0].worth, once[0].worth_error) == (400, 0)
    assert once != compared(Trial(contenders=6, votes=400, boards=10, seed=5))


def test_a_rating_errs_by_what_the_planning_formula_says() -> None:
    # sd of a rating ≈ 173.7 √(2M/n) for near equals: 12.3 points with 20 contenders and 8,000 votes.
    [uniform] = savings.compare(Trial(votes=8000, spread=20, boards=40), {"uniform": RULES["uniform"]})
    assert uniform.error == pytest.approx(12.3, rel=0.06)


def test_a_rule_that_draws_one_pair_alone_is_worth_next_to_nothing() -> None:
    def stubborn(theta: Vector, *_: object) -> Matrix:
        drawn = 0.05 * allocation.uniform(len(theta))
        drawn[0, 1] = drawn[1, 0] = drawn[0, 1] + 0.95
        return drawn

    stuck = savings.compare(Trial(contenders=8, boards=20), {"stubborn": stubborn})[0]
    assert stuck.worth < 1000


@pytest.mark.parametrize("wrong", [{"contenders": 1}, {"votes": 5}, {"boards": 1}, {"spread": 0.0}])
def test_a_trial_of_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RatingError, match="A trial takes 2 contenders"):
        Trial(**wrong)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_tried(name: str) -> None:
    [found] = savings.compare(Trial(contenders=6, votes=200, boards=3), {name: RULES[name]})
    assert np.isfinite([found.error, found.worth, found.order_worth, found.newcomer]).all()


def test_a_newcomer_takes_a_quarter_fewer_votes_by_the_default_mixture_which_costs_no_more_than_three_percent() -> None:
    uniform, mixture = compared(Trial(boards=60))
    assert mixture.newcomer < 0.75 * uniform.newcomer
    assert mixture.error < 1.03 * uniform.error


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "error", "newcomer"), [(104, 1.00, 0.91), (260, 0.96, 0.65)])
def test_the_default_mixture_on_two_thousand_boards(spread: float, error: float, newcomer: float) -> None:
    uniform, mixture = compared(Trial(spread=spread, boards=2000))
    assert mixture.error / uniform.error == pytest.approx(error, abs=0.015)
    assert mixture.error < 1.03 * uniform.error
    assert mixture.newcomer / uniform.newcomer == pytest.approx(newcomer, abs=0.015)
