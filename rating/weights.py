"""What a vote weighs: shares of a declared mix, chances of being asked, and caps on one voter; in units of 2^-20."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from rating import cells, exact
from rating.arrays import Codes, Flags, Integers, Vector
from rating.counts import UNITS
from rating.errors import RatingError, VotesWrong

CLIP = 5.0
MOST = 1 << 31  # Units: two such weights can be multiplied.


def post_stratified(category: Any, shares: Mapping[Any, float]) -> Codes:
    """Weights (N) under which each category has its declared share: w = declared share / observed share.

    Post-stratification (Holt & Smith 1979). `category` (N) names each vote's category, `shares` the declared share of
    each; they sum to 1. The weights average 1. A category with a share but no votes can't be made up for, and votes
    of a category without a declared share can't be placed: RatingError. With the share 0 votes weigh nothing.
    """
    names, place = np.unique(np.asarray(category), return_inverse=True)
    observed = dict(zip(names.tolist(), (np.bincount(place) / max(len(place), 1)).tolist(), strict=True))
    _check_shares(observed, shares)
    each = np.array([shares[name] / seen for name, seen in observed.items()])
    return np.asarray(_units(each)[place], dtype=np.int64)


def inverse_propensity(propensity: Vector, *, pairs: int, clip: float = CLIP) -> Codes:
    """Weights (N) towards the population in which every pair is as likely as any: w = min(clip, 1 / (pairs · π)).

    After Horvitz & Thompson (1952), clipped. `propensity` (N) is π, the probability with which each vote's unordered
    pair was drawn, above 0 and at most 1; else VotesWrong names the row (from 1). `pairs` is how many pairs could be
    drawn. `clip` is in votes.
    """
    if pairs < 1 or not 0 < clip < np.inf:
        raise RatingError(f"There is at least one pair, and a clip above 0; not {pairs} and {clip}.")
    chance = np.asarray(propensity, dtype=np.float64)
    _refuse(~((chance > 0) & (chance <= 1)), "has a propensity that is no probability above 0")
    return _units(np.minimum(clip, 1 / (pairs * chance)))


def capped(voter: Integers, most: float, weight: Codes | None = None) -> Codes:
    """Weights (N) under which no voter's votes weigh more than `most` together: w · min(1, most / Σ_v w).

    `voter` (N) holds codes; `weight` what the votes weigh before, 1 each without it. Each is rounded down, so that
    the cap holds to the last unit.
    """
    if not 0 < most < np.inf:
        raise RatingError(f"A cap is a number of votes above 0, and not {most}.")
    before = np.full(len(voter), UNITS) if weight is None else weight
    voters = cells.renumbered(voter)
    sums = np.bincount(voters, before) if len(voter) else np.zeros(0)
    keep = np.minimum(1.0, most * UNITS / np.maximum(sums, 1.0))[voters]
    units: Codes = np.floor(before * keep).astype(np.int64)
    return units


def composed(*weights: Codes) -> Codes:
    """The product of weights (N each), rounded to a unit after each factor."""
    if not weights:
        raise RatingError("A product of weights takes one or more.")
    product = weights[0]
    for factor in weights[1:]:
        if len(factor) != len(product):
            raise RatingError(f"Weights of {len(product)} votes and of {len(factor)} can't be multiplied.")
        if max(product.max(initial=0), factor.max(initial=0)) >= MOST:
            raise RatingError("A weight of 2,048 votes or more can't be multiplied exactly.")
        product = (product * factor + UNITS // 2) // UNITS
    return product


def effect(weight: Codes) -> float:
    """Kish's effect of weighting on variances, N Σ w² / (Σ w)² (Kish 1965): 1 for equal weights.

    The votes are worth N / effect equally weighted ones. No weight at all: RatingError.
    """
    total = float(weight.sum()) / UNITS
    if total <= 0:
        raise RatingError("The weights sum to nothing.")
    votes = weight / UNITS
    most = float(votes.max())
    squares = float(exact.rounded(votes * votes, exact.grid(most * most, len(votes))).sum())
    return len(votes) * squares / total**2


def _check_shares(observed: Mapping[Hashable, float], shares: Mapping[Any, float]) -> None:
    values = np.array(list(shares.values()), dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all() and abs(values.sum() - 1) < 1e-9):
        raise RatingError("The declared shares must be zero or more and sum to 1.")
    for name in observed:
        if name not in shares:
            raise RatingError(f"The category {name!r} has votes and no declared share; give it one, 0 to leave it out.")
    for name, share in shares.items():
        if share > 0 and name not in observed:
            raise RatingError(f"The category {name!r} has the declared share {share:g} and no votes.")


def _units(votes: Vector) -> Codes:
    """The weights in units; one that rounds to nothing would leave its vote out unsaid."""
    units = np.rint(votes * UNITS)
    if ((units == 0) & (votes > 0)).any():
        raise RatingError("A weight is below 2^-21 of a vote, too small to be told from none.")
    return units.astype(np.int64)


def _refuse(rows: Flags, fault: str) -> None:
    if rows.any():
        raise VotesWrong(f"Row {int(np.argmax(rows)) + 1} {fault}.")
