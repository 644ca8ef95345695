"""Saturation: whether a category still tells contenders apart, or ends in ties."""

from dataclasses import dataclass

import numpy as np

from rating import cells, estimates, graph, proportions, ranks
from rating.arrays import Codes
from rating.effects import LEVEL
from rating.estimates import Estimate
from rating.likelihood import Ties
from rating.proportions import Proportion
from rating.tally import Tally

FEWEST_VOTES = 200
TIE = 2
WORST = 0.5  # Of the differences between ratings less than half is then more than chance.


@dataclass(frozen=True)
class Saturation:
    """What the votes of one category tell.

    `ties` is the share of votes in which both were good, `both_bad` that in which neither was, with intervals clustered
    by voter (None where fewer than two voted). `separation` is the share of the ratings' variance that is no error,
    1 - mean(se²) / var(θ̂) (0 to 1), `decided` that of pairs that are surely told apart (Holm). Both are None with fewer
    than 200 votes or contenders that never met.
    """

    votes: int
    ties: Proportion | None
    both_bad: Proportion | None
    separation: float | None
    decided: float | None

    @property
    def saturated(self) -> bool:
        """Whether enough votes were cast and contenders still are not told apart."""
        return self.separation is not None and self.separation < WORST


def measure(tally: Tally, *, prior: float = 1.0) -> Saturation:
    """Measure the votes of one category; contenders that nobody voted on there are left out."""
    met = [name for name, votes in zip(tally.contenders, tally.counts.votes, strict=True) if votes > 0]
    votes = tally.among(met)
    ties, bad = (_share(votes, code) for code in (TIE, TIE + 1))
    groups = set(graph.groups(votes.counts.games).tolist())
    if len(votes) < FEWEST_VOTES or len(groups) != 1:
        return Saturation(len(votes), ties, bad, None, None)
    found = estimates.plain(votes, ties=Ties.DAVIDSON, prior=prior, cluster="voter")
    return Saturation(len(votes), ties, bad, _separation(found), _decided(found))


def _share(tally: Tally, code: int) -> Proportion | None:
    numbers = tally.numbered("voter")
    places: Codes = np.arange(len(tally)) if numbers is None else cells.renumbered(numbers)
    trials = np.bincount(places)
    hits = np.bincount(places, tally.outcome == code).astype(np.int64)
    return proportions.clustered(hits.tolist(), trials.tolist())


def _separation(found: Estimate) -> float | None:
    spread = float(found.theta.var(ddof=1)) if len(found.theta) > 1 else 0.0
    if found.covariance.degrees_of_freedom <= 0 or spread == 0:
        return None
    return max(0.0, 1 - float(found.covariance.matrix.diagonal().mean()) / spread)


def _decided(found: Estimate) -> float | None:
    size, freedom = len(found.theta), found.covariance.degrees_of_freedom
    if freedom <= 0 or size < 2:
        return None
    comparable = ~np.eye(size, dtype=np.bool_)
    better = ranks.holm(found.theta, found.covariance.matrix, comparable, level=LEVEL, degrees_of_freedom=freedom)
    return float(np.count_nonzero(better)) / (size * (size - 1) / 2)
