"""A fit with covariates seen again from its votes: without each cluster in turn, and how well its equations hold."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from rating import bradley_terry, covariance, newton, sums
from rating import design as designs
from rating.arrays import Flags, Matrix, Vector
from rating.cells import Cluster
from rating.certificate import Certificate
from rating.covariates import Covariates
from rating.errors import DidNotConverge
from rating.likelihood import Ties
from rating.style import StyleFit
from rating.tally import Tally

NAME = "CR3 one-step"
ROUNDING = 1e-11  # of a parameter's information
TOLD_APART = "Once a cluster is left out, the covariates can't be told apart; leave some out, or fit with a ridge."


@dataclass(frozen=True, eq=False)
class _Votes:
    """What some votes say at a fit's optimum (M + P), and at that of the fit without covariates (M)."""

    gradient: Vector
    information: Matrix
    plain_gradient: Vector
    plain_information: Matrix

    def __add__(self, other: "_Votes") -> "_Votes":
        """What both say together."""
        return _Votes(
            self.gradient + other.gradient,
            self.information + other.information,
            self.plain_gradient + other.plain_gradient,
            self.plain_information + other.plain_information,
        )


def of(tally: Tally, covariates: Covariates, found: StyleFit, cluster: Cluster = "voter") -> StyleFit:
    """The same fit with the jackknife by cluster as its covariance: V = (G-1)/G Σ_g (δ_g - δ̄)(δ_g - δ̄)'.

    δ_g = -(H - H_g)⁻¹ s_g is what leaving cluster g out would change in one Newton step, s_g being its score and H_g
    its part of the information H (the linearised jackknife of MacKinnon, Nielsen & Webb 2023). `found` is the fit of
    these votes. Without a prior, votes that have no maximum once a cluster is left out are NoMaximum.
    """
    clusters, numbers = covariance.several(tally, cluster), tally.numbered(cluster)
    numbers = np.arange(len(tally)) if numbers is None else numbers
    size = len(found.theta)
    moves, shifts = np.empty((clusters, len(found.place))), np.empty((clusters, size))
    # Summed cluster by cluster, and each told once more, so that of one left out nothing stays but rounding.
    whole = sum((_said(tally, covariates, found, numbers == number) for number in range(clusters)), _prior(found))
    for number in range(clusters):
        own = numbers == number
        if found.unadjusted.prior == 0:
            bradley_terry.refuse_unbounded(tally.counts.table - tally.only(own).counts.table, Ties.HALF)
        said = _said(tally, covariates, found, own)
        moves[number] = _step(whole.information, -said.gradient, found, less=said.information)
        plain = _step(whole.plain_information, -said.plain_gradient, found, less=said.plain_information)
        shifts[number] = moves[number, :size] - plain
    free = np.append(found.scales > 0, [True] * (found.position is not None))
    places = np.append(np.arange(size), size + np.flatnonzero(free))
    matrix = np.zeros_like(found.covariance)
    matrix[np.ix_(places, places)] = _spread(moves)
    return replace(found, covariance=matrix, shift_covariance=_spread(shifts), method=NAME)


def certify(tally: Tally, covariates: Covariates, found: StyleFit) -> Certificate:
    """How well the fit's score equations hold, and |H⁻¹ g|∞ over its strengths: a Newton step from where it ended."""
    whole = _prior(found) + _said(tally, covariates, found, np.ones(len(tally), dtype=np.bool_))
    step = _step(whole.information, whole.gradient, found)[: len(found.theta)]
    return Certificate(float(np.abs(whole.gradient).max(initial=0.0)), float(np.abs(step).max(initial=0.0)))


def _prior(found: StyleFit) -> _Votes:
    """What the phantom's games and the ridge say."""
    prior, size = found.unadjusted.prior, len(found.theta)
    ours, plain = expit(found.place[:size]), expit(found.unadjusted.place)
    return _Votes(
        np.concatenate([prior * (0.5 - ours), -found.ridge * found.place[size:]]),
        np.diag(np.concatenate([prior * ours * (1 - ours), found.ridge])),
        prior * (0.5 - plain),
        np.diag(prior * plain * (1 - plain)),
    )


def _said(tally: Tally, covariates: Covariates, found: StyleFit, rows: Flags) -> _Votes:
    size = len(found.theta)
    votes, some = (tally, covariates) if rows.all() else (tally.only(rows), covariates.only(rows))
    # Also a feature in which no two sides of these votes differ has its place.
    design = designs.sort(votes, replace(some, scales=found.scales), position=found.position is not None, cluster=None)
    ours = sums.slopes(design, found.place[:size], found.place[size:])
    bare = replace(design, values=design.values[:0], reach=design.reach[:0])
    plain = sums.slopes(bare, found.unadjusted.place, np.zeros(0))
    return _Votes(ours.gradient, ours.information, plain.gradient, plain.information)


def _step(information: Matrix, gradient: Vector, found: StyleFit, *, less: Matrix | float = 0.0) -> Vector:
    """The inverse of the information `less` a part, times the gradient; the strengths' part sums to zero."""
    size, gradient, rest = len(found.theta), gradient.copy(), np.asarray(information - less)
    if found.unadjusted.prior == 0:
        rest, gradient[0] = newton.ground(rest), 0.0
    try:
        factor = cho_factor(rest, lower=True, check_finite=False)
    except LinAlgError:
        raise DidNotConverge(TOLD_APART) from None
    # What is left of a parameter's information beside the others; where only rounding is, no factor can tell.
    if (factor[0].diagonal() ** 2 <= ROUNDING * information.diagonal()).any():
        raise DidNotConverge(TOLD_APART)
    step = np.asarray(cho_solve(factor, gradient, check_finite=False))
    step[:size] -= step[:size].mean()
    return step


def _spread(moves: Matrix) -> Matrix:
    away: NDArray[np.float64] = moves - moves.mean(axis=0)
    return np.asarray((len(moves) - 1) / len(moves) * (away.T @ away))
