"""Concentration: how much of a board few voters make, and whether one alone moves a rank."""

from dataclasses import dataclass

import numpy as np

from rating import bradley_terry, covariance, intervals, reweighting
from rating.arrays import Codes, Vector
from rating.bradley_terry import Fit
from rating.errors import NoMaximum
from rating.likelihood import Ties
from rating.tally import Tally

FEW = 30.0
TRIED = 50  # Voters that are left out in a whole refit, those with the most influence.
TOP = 0.01
BLOCK = 4096  # Voters held as rows of a matrix at once.


@dataclass(frozen=True)
class Shared:
    """How votes are shared out among voters: Gini's coefficient (0: equally) with its 95 % interval.

    `effective` is Kish's number of voters, `busiest` the share of votes of the busiest one, and `top` that of the
    busiest hundredth of them, one at the least.
    """

    voters: int
    votes: int
    gini: float
    lower: float
    upper: float
    effective: float
    busiest: float
    top: float

    @property
    def few(self) -> bool:
        """Whether the board rests on fewer voters than intervals by voter need to be trusted."""
        return self.effective < FEW


@dataclass(frozen=True)
class Alone:
    """What the votes of one voter do: without them `contender` would hold rank `rank_without` and not `rank`."""

    voter: int
    votes: int
    contender: int
    rank: int
    rank_without: int


def shared(votes: Codes) -> Shared:
    """How `votes` (V, each voter's, one or more) are shared out.

    Gini's coefficient and its standard error are those of Davidson (2009, Journal of Econometrics 150):
    G = 2 Σ y₍ᵢ₎ (i - 1/2) / (μ n²) - 1, times n / (n - 1), and the variance that of Zᵢ = -(G + 1) y₍ᵢ₎ +
    (2i - 1)/n · y₍ᵢ₎ - 2/n Σ_{j ≤ i} y₍ⱼ₎ over (n μ)².
    """
    ordered = np.sort(votes).astype(np.float64)
    number, total = len(ordered), float(ordered.sum())
    busy = max(1, round(TOP * number))
    gini, error = _gini(ordered) if number > 1 else (0.0, np.inf)
    reach = intervals.quantile(0.95, number - 1) * error if number > 1 else np.inf
    return Shared(
        voters=number,
        votes=int(total),
        gini=gini,
        lower=max(0.0, gini - reach),
        upper=min(1.0, gini + reach),
        effective=total**2 / float(ordered @ ordered) if total else 0.0,
        busiest=float(ordered[-1]) / total if total else 0.0,
        top=float(ordered[-busy:].sum()) / total if total else 0.0,
    )


def _gini(ordered: Vector) -> tuple[float, float]:
    number, mean = len(ordered), float(ordered.mean())
    places = np.arange(1, number + 1)
    biased = float(2 * (ordered @ (places - 0.5)) / (mean * number**2) - 1)
    spread = -(biased + 1) * ordered + (2 * places - 1) / number * ordered - 2 / number * np.cumsum(ordered)
    error = float(np.sqrt(((spread - spread.mean()) ** 2).sum())) / (number * mean)
    return biased * number / (number - 1), error * number / (number - 1)


def alone(tally: Tally, *, ties: str = Ties.DAVIDSON, prior: float = 1.0) -> Alone | None:
    """The voter without whom a contender's rank changes most, and that contender; None where no voter moves a rank.

    By a refit without each of the 50 voters that move a strength most, to first order. Without voters, or with only
    one, there is nobody to leave out.
    """
    numbers = tally.numbered("voter")
    if numbers is None or tally.clusters("voter") < covariance.FEWEST_CLUSTERS:
        return None
    fit = bradley_terry.fit(tally, ties=ties, prior=prior)
    ranks = _ranks(fit.theta)
    found: Alone | None = None
    for voter in _influential(tally, fit, numbers):
        try:
            without = _ranks(bradley_terry.fit(tally.only(numbers != voter), ties=ties, prior=prior, start=fit).theta)
        except NoMaximum:
            continue  # Without a prior there may be no board without this voter's votes to compare with.
        contender = int(np.argmax(np.abs(without - ranks)))
        moved = abs(int(without[contender] - ranks[contender]))
        if moved > (abs(found.rank_without - found.rank) if found else 0):
            own = int(np.count_nonzero(numbers == voter))
            found = Alone(int(voter), own, contender, int(ranks[contender]), int(without[contender]))
    return found


def _influential(tally: Tally, fit: Fit, numbers: Codes) -> Codes:
    """The voters, by their number, whose votes move any strength most, the most influential first."""
    bread = covariance.curvature(fit)[:, : len(fit.theta)]
    sums = reweighting.summed(tally, fit, numbers)
    blocks = range(0, sums.shape[0], BLOCK)
    moves = np.concatenate([np.abs(sums[start : start + BLOCK] @ bread).max(axis=1) for start in blocks])
    return np.argsort(-moves, kind="stable")[:TRIED]


def _ranks(theta: Vector) -> Codes:
    ranks = np.empty(len(theta), dtype=np.int64)
    ranks[np.argsort(-theta, kind="stable")] = np.arange(1, len(theta) + 1)
    return ranks
