"""Boards whose truth is known, and tallies drawn from them."""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Codes, Matrix, Vector
from rating.chances import Davidson, Grounded
from rating.settings import Setting
from rating.tally import Tally

NO_TIES = Davidson()


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """What a board's votes are drawn from: strengths (M), the tie rule, and what else moves a voter.

    `position` is added to the log-odds of the side shown first, `style` (K) to those of the side whose covariate
    is larger, for each unit.
    """

    strengths: Vector
    rule: Davidson | Grounded = NO_TIES
    position: float = 0.0
    style: tuple[float, ...] = ()


def draw(truth: Truth, setting: Setting, rng: np.random.Generator) -> Tally:
    """Votes on uniform pairs with random sides: votes for each voter are multinomial by log-normal busyness."""
    return draw_styled(truth, setting, rng)[0]


def draw_styled(truth: Truth, setting: Setting, rng: np.random.Generator) -> tuple[Tally, Matrix]:
    """As `draw`, with each vote's covariates (votes x K), N(0, 1): how much more of a style the first side has."""
    first = rng.integers(setting.contenders, size=setting.votes)
    second = (first + rng.integers(1, setting.contenders, size=setting.votes)) % setting.contenders
    voter = _voters(setting, rng)
    covariates = rng.standard_normal((setting.votes, len(truth.style)))
    lead = (truth.position + covariates @ np.array(truth.style, dtype=np.float64)) / 2
    tastes = _tastes(setting, voter, first, second, rng)
    left, right = truth.strengths[first] + tastes[0] + lead, truth.strengths[second] + tastes[1] - lead
    steps = truth.rule.outcomes(left, right, first, second).cumsum(axis=0)[:-1]
    outcome = (rng.random(setting.votes) >= steps).sum(axis=0, dtype=np.int8)
    names = tuple(f"contender {code:03}" for code in range(setting.contenders))
    return Tally(names, first, second, outcome, voter), covariates


def _voters(setting: Setting, rng: np.random.Generator) -> Codes | None:
    if setting.voters is None:
        return None
    busy = rng.lognormal(0.0, setting.activity, setting.voters)
    return np.repeat(np.arange(setting.voters), rng.multinomial(setting.votes, busy / busy.sum()))


def _tastes(setting: Setting, voter: Codes | None, first: Codes, second: Codes, rng: np.random.Generator) -> Matrix:
    """What each vote's voter adds to the strengths of its two sides (2 x votes)."""
    if not setting.taste or voter is None:
        return setting.taste * rng.standard_normal((2, setting.votes))
    each = setting.taste * rng.standard_normal((int(voter.max(initial=0)) + 1, setting.contenders))
    return np.stack([each[voter, first], each[voter, second]])
