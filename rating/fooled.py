"""Fooled: what the board would be by the voters whom wrong answers that sound sure fooled less."""

from dataclasses import dataclass, replace

import numpy as np

from rating import graph, reweighting
from rating.arrays import Codes, Flags, Vector, centred
from rating.errors import RatingError
from rating.likelihood import Ties
from rating.reweighting import Reweighted
from rating.swaps import Swap
from rating.tally import Tally

# What is known of a voter before any probe weighs as many votes: so few, or so many, whatever the moments say.
LEAST_PRIOR, MOST_PRIOR = 1.0, 100.0
# Shares that differ by rounding alone are equal.
DIGITS = 12


@dataclass(frozen=True, eq=False)
class Shares:
    """How often each of V voters prefers what is wrong and sounds sure to what is right and hedges.

    `share` (V) is (x + s m) / (n + s) for x of n `votes` (V): the mean of a Beta prior of mean m and strength s, in
    votes, once they are counted. With few votes it stays near m.
    """

    share: Vector
    votes: Codes
    mean: float
    strength: float

    @property
    def less(self) -> Flags:
        """The voters (V) below the median, to which each voter's share counts as often as they voted on probes.

        The split is the one nearest to half of those votes at which no equal shares are parted; nobody where all are
        equal.
        """
        levels, place = np.unique(np.round(self.share, DIGITS), return_inverse=True)
        # What lies below each level but the lowest.
        below = np.cumsum(np.bincount(place, self.votes, minlength=len(levels)))[:-1]
        if not len(below):
            return np.zeros(len(self.share), dtype=np.bool_)
        cut = int(np.argmin(np.abs(below - self.votes.sum() / 2)))
        return np.asarray(place <= cut)


def shares(wrong: Vector, voter: Codes) -> Shares:
    """The shares of voters, from N votes: `wrong` (N) is 1 where the wrong one was preferred, 0 the right one, else ½.

    The prior's mean is the share of all votes, its strength 1/ρ - 1 from 1 to 100, where ρ is how alike votes of one
    voter are, by moments: S = Σ n (x/n - m)² is m (1 - m) (V - 1 + ρ Σ (n - 1)(1 - n/N)) on average (Kleinman 1973).
    Where nothing says that voters differ it is 100. `voter` (N) codes from 0 on; RatingError without votes.
    """
    if not len(wrong):
        raise RatingError("There are no votes on probes.")
    votes: Codes = np.bincount(voter).astype(np.int64)
    chosen: Vector = np.asarray(np.bincount(voter, wrong), dtype=np.float64)
    mean = float(wrong.mean())
    strength = _strength(chosen, votes.astype(np.float64), mean)
    return Shares((chosen + strength * mean) / (votes + strength), votes, mean, strength)


def _strength(chosen: Vector, votes: Vector, mean: float) -> float:
    heard, varied = votes > 0, mean * (1 - mean)
    chosen, votes = chosen[heard], votes[heard]
    again = float(((votes - 1) * (1 - votes / votes.sum())).sum())
    if varied <= 0 or again <= 0:
        return MOST_PRIOR
    apart = float((votes * (chosen / votes - mean) ** 2).sum()) / varied
    alike = (apart - (len(votes) - 1)) / again
    return float(np.clip(1 / alike - 1, LEAST_PRIOR, MOST_PRIOR)) if alike > 0 else MOST_PRIOR


@dataclass(frozen=True, eq=False)
class Beside:
    """A board by everybody, whose strengths are `full` (M), and by those fooled less, of R contenders `places` (R).

    The others have no finite rating by the votes of those fooled less, or none on one scale with most; `both` is about
    the R alone, and its shifts sum to zero among them. `voters` and `votes` are how many count then.
    """

    full: Vector
    places: Codes
    both: Reweighted
    voters: int
    votes: int

    @property
    def ranks(self) -> tuple[Codes, Codes]:
        """The places (R) among the R by everybody and by those fooled less, equals level."""
        before, after = (1 + (own[:, None] < own).sum(axis=1) for own in (self.both.before, self.both.after))
        return before, after

    @property
    def swaps(self) -> tuple[Swap, ...]:
        """Who would stand above whom, by place among the M; ranks are those among the R."""
        return tuple(
            replace(swap, riser=int(self.places[swap.riser]), faller=int(self.places[swap.faller]))
            for swap in self.both.swaps
        )


def beside(tally: Tally, less: Flags, *, ties: str = Ties.DAVIDSON, prior: float = 1.0) -> Beside:
    """The board by the votes marked in `less` (N), those of voters fooled less, next to the board by all votes.

    Differences are those of `reweighting.measure`, in which each voter stands on both boards: as the one is part of the
    other, they are surer than two boards of different voters. Who is fooled less is taken as given. RatingError where
    those votes rate fewer than two contenders.
    """
    kept = tally.only(less)
    places = _rated(kept, Ties.named(ties))
    if len(places) < 2:
        raise RatingError("The voters fooled less have not rated two contenders.")
    found = reweighting.measure(tally, reweighting.without(~less), ties=ties, prior=prior)
    return Beside(found.before, places, _among(found, places), kept.clusters("voter"), len(kept))


def _rated(tally: Tally, ties: Ties) -> Codes:
    """Whom these votes give a finite strength, on one scale with most votes."""
    if not len(tally):
        return np.zeros(0, dtype=np.int64)
    table = tally.counts.table
    group = graph.groups(graph.met(table, ties))
    own = np.flatnonzero(group == int(np.argmax(np.bincount(group, tally.counts.votes))))
    settled = graph.separation(graph.edges(table, ties)[np.ix_(own, own)]).settled
    return np.asarray(own[settled])


def _among(found: Reweighted, places: Codes) -> Reweighted:
    """What was found of these contenders, whose shifts sum to zero: what others would gain is not known."""
    shift = found.shift[places]
    return replace(
        found,
        contenders=tuple(found.contenders[place] for place in places),
        before=found.before[places],
        after=found.before[places] + shift - shift.mean(),
        covariance=centred(found.covariance[np.ix_(places, places)]),
        errors=found.errors[places],
    )
