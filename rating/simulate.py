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
    """Votes on uniform pairs and prompts with random sides; voters' are multinomial by log-normal busyness."""
    return draw_styled(truth, setting, rng)[0]


def draw_styled(truth: Truth, setting: Setting, rng: np.random.Generator) -> tuple[Tally, Matrix]:
    """As `draw`, with each vote's covariates (votes x K), N(0, 1): how much more of a style the first side has."""
    first = rng.integers(setting.contenders, size=setting.votes)
    second = (first + rng.integers(1, setting.contenders, size=setting.votes)) % setting.contenders
    voter = _voters(setting, rng)
    covariates = rng.standard_normal((setting.votes, len(truth.style)))
    lead = (truth.position + covariates @ np.array(truth.style, dtype=np.float64)) / 2
    tastes = _added(setting.taste, voter, first, second, setting, rng)
    prompt = None
    if setting.prompts is not None:
        prompt = rng.integers(setting.prompts, size=setting.votes)
        tastes += _added(setting.affinity, prompt, first, second, setting, rng)
    left, right = truth.strengths[first] + tastes[0] + lead, truth.strengths[second] + tastes[1] - lead
    steps = truth.rule.outcomes(left, right, first, second).cumsum(axis=0)[:-1]
    outcome = (rng.random(setting.votes) >= steps).sum(axis=0, dtype=np.int8)
    names = tuple(f"contender {code:03}" for code in range(setting.contenders))
    return Tally(names, first, second, outcome, voter, prompt), covariates


def _voters(setting: Setting, rng: np.random.Generator) -> Codes | None:
    if setting.voters is None:
        return None
    busy = rng.lognormal(0.0, setting.activity, setting.voters)
    return np.repeat(np.arange(setting.voters), rng.multinomial(setting.votes, busy / busy.sum()))


def _added(
    sd: float, who: Codes | None, first: Codes, second: Codes, setting: Setting, rng: np.random.Generator
) -> Matrix:
    """What each vote's voter, or prompt, adds to the strengths of its two sides (2 x votes)."""
    if not sd or who is None:
        return sd * rng.standard_normal((2, setting.votes))
    each = sd * rng.standard_normal((int(who.max(initial=0)) + 1, setting.contenders))
    return np.stack([each[who, first], each[who, second]])
