"""Strengths at equal style: the fit with covariates, and how far it moves each contender."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from rating import bradley_terry, graph, intervals, sums
from rating import design as designs
from rating.arrays import Integers, Matrix, Vector
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.covariates import Covariates
from rating.design import Design
from rating.errors import DidNotConverge, RatingError
from rating.intervals import Intervals
from rating.tally import Tally

MOST_STEPS = 50
HALVINGS = 20
# Newton's steps square from one to the next: after one this small the optimum is some 1e-9 away.
SMALL = 3e-5


@dataclass(frozen=True, eq=False)
class StyleFit:
    """Strengths and coefficients that fit best together, in log-odds.

    `theta` (M) sums to zero. `coefficients` (K) belong to `names`, each for one root mean square of its covariate
    (`scales`, K); those of `silent` features are 0 and can't be estimated. `position` is the advantage of the first
    side, or None where it was not asked for. `covariance` is that of (theta, coefficients, position if any), with
    zeros for silent features, clustered as `method` says: "CR1" by voter or prompt, or "HC0" by vote. `curvature` is
    the inverse of the information. `unadjusted` is the fit without covariates, `shift` (M) is theta less its theta,
    and `shift_covariance` (M x M) that of the shift. `place` holds the parameters that were free, in the order of the
    covariance, where the prior's phantom is at 0; `ridge` the penalty of each that is no strength.
    """

    theta: Vector
    coefficients: Vector
    position: float | None
    names: tuple[str, ...]
    scales: Vector
    silent: tuple[str, ...]
    covariance: Matrix
    curvature: Matrix
    method: str
    degrees_of_freedom: float
    unadjusted: Fit
    shift: Vector
    shift_covariance: Matrix
    steps: int
    place: Vector = field(repr=False)
    ridge: Vector = field(repr=False)

    @property
    def coefficient_errors(self) -> Vector:
        """Standard errors of the coefficients (K); infinite for silent ones."""
        size = len(self.theta)
        own = self.covariance.diagonal()[size : size + len(self.names)]
        return np.where(self.scales > 0, np.sqrt(own), np.inf)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What stays the same while a fit looks for its optimum; `ridge` (P) is the penalty of each coefficient."""

    design: Design
    prior: float
    ridge: Vector


@dataclass(frozen=True, eq=False)
class _Point:
    """The penalised likelihood's slopes at a place (M + P), where the phantom is at 0."""

    place: Vector
    gradient: Vector
    information: Matrix


@dataclass(frozen=True, eq=False)
class _Whole:
    """All that a fit found."""

    problem: _Problem
    plain: Fit
    point: _Point
    meat: Matrix
    steps: int


def fit(
    tally: Tally,
    covariates: Covariates,
    *,
    prior: float = 1.0,
    ridge: float = 1.0,
    position: bool = False,
    cluster: Cluster = "voter",
) -> StyleFit:
    """Fit P(a beats b) = σ(θ_a - θ_b + γ + z'β), a tie being half a win to each, by Newton's method.

    After the style control of Chatbot Arena (Li, Angelopoulos & Chiang 2024). β has the penalty ridge / 2 · |β|² on the
    whole log-likelihood, θ the prior of rating.fit (drawn games with a phantom), and γ (`position`) none. `covariates`
    has a column for each vote of the tally. The covariance is the sandwich by `cluster`, voter or prompt, with the
    factor G / (G - 1) (CR1, Liang & Zeger 1986), or by vote (HC0) with "none" or where the tally does not know them.
    The order of votes moves no bit of the result, and without γ neither do their sides. Groups that never met share no
    scale: RatingError. NoMaximum and DidNotConverge are as in rating.fit.
    """
    _check(tally, covariates, ridge)
    plain = bradley_terry.fit(tally.counts.wins, prior=prior)
    design = designs.sort(tally, covariates, position=position, cluster=_cluster(tally, cluster))
    heard = np.count_nonzero(covariates.scales)
    problem = _Problem(design, prior, np.append(np.full(heard, ridge), np.zeros(int(position))))
    point, steps = _best(problem, plain)
    theta, coefficients = _parts(design, point.place)
    meat = sums.meat if design.cluster is None else sums.meat_by_cluster
    spread = _sandwich(tally, "none" if design.cluster is None else cluster)
    whole = _Whole(problem, plain, point, meat(design, theta, coefficients, plain.theta), steps)
    return _told(whole, covariates, *spread)


def shifts(adjusted: StyleFit, *, level: float = 0.95) -> Intervals:
    """The interval of each contender's shift, from without covariates to with them (M, in log-odds)."""
    variances = adjusted.shift_covariance.diagonal()
    freedom = adjusted.degrees_of_freedom
    return intervals.of_ratings(adjusted.shift, variances, level=level, degrees_of_freedom=freedom)


def _check(tally: Tally, covariates: Covariates, ridge: float) -> None:
    if len(covariates) != len(tally):
        raise RatingError(f"There are {len(tally)} votes, and covariates of {len(covariates)}.")
    if not len(tally):
        raise RatingError("There are no votes to fit.")
    if not (np.isfinite(ridge) and ridge >= 0):
        raise RatingError(f"A ridge is a number, zero or more, and not {ridge}.")
    groups = int(graph.groups(tally.counts.games).max(initial=-1)) + 1
    if groups != 1:
        raise RatingError(f"A fit takes one group of contenders that met, and these are {groups}; fit each alone.")


def _best(problem: _Problem, plain: Fit) -> tuple[_Point, int]:
    """The optimum, from the fit without covariates, and the steps it took."""
    beside = np.zeros(len(problem.ridge))
    point = _at(problem, np.concatenate([plain.theta - plain.phantom, beside]))
    for steps in range(1, MOST_STEPS + 1):
        step = _solved(point.information, point.gradient, size=problem.design.size, prior=problem.prior)
        if np.abs(step).max(initial=0.0) < SMALL:
            return _Point(point.place + step, point.gradient, point.information), steps
        point = _moved(problem, point, step)
    raise DidNotConverge(f"The fit with covariates did not settle within {MOST_STEPS} steps.")


def _at(problem: _Problem, place: Vector) -> _Point:
    theta, coefficients = _parts(problem.design, place)
    found = sums.slopes(problem.design, theta, coefficients)
    drawn = expit(theta)
    pull = np.concatenate([problem.prior * (0.5 - drawn), -problem.ridge * coefficients])
    own = np.concatenate([problem.prior * drawn * (1 - drawn), problem.ridge])
    return _Point(place, found.gradient + pull, found.information + np.diag(own))


def _moved(problem: _Problem, point: _Point, step: Vector) -> _Point:
    """Go along the step, halving it while the likelihood falls steeply at its end."""
    slope = point.gradient @ step
    there = _at(problem, point.place + step)
    for _ in range(HALVINGS):
        if there.gradient @ step >= -slope / 2:
            break
        step, slope = step / 2, slope / 2
        there = _at(problem, point.place + step)
    return there


def _solved(information: Matrix, right: Matrix, *, size: int, prior: float) -> Matrix:
    """The information's inverse times `right`; without a phantom c 11'/M, on the strengths, fixes the gauge."""
    information = information.copy()
    if prior == 0:
        information[:size, :size] += np.trace(information[:size, :size]) / size**2
    try:
        factor = cho_factor(information, lower=True, check_finite=False)
    except LinAlgError:
        raise DidNotConverge(
            "The covariates can't be told apart from one another or from the contenders; leave some out."
        ) from None
    return np.asarray(cho_solve(factor, right, check_finite=False))


def _bread(information: Matrix, *, size: int, prior: float) -> Matrix:
    """The inverse of the information, seen from where the first `size` parameters, the strengths, sum to zero."""
    bread = _solved(information, np.eye(len(information)), size=size, prior=prior)
    bread[:size] -= bread[:size].mean(axis=0)
    bread[:, :size] -= bread[:, :size].mean(axis=1)[:, None]
    return np.asarray((bread + bread.T) / 2)


def _parts(design: Design, place: Vector) -> tuple[Vector, Vector]:
    return place[: design.size], place[design.size :]


def _told(whole: _Whole, covariates: Covariates, factor: float, name: str, freedom: float) -> StyleFit:
    problem, plain, size = whole.problem, whole.plain, whole.problem.design.size
    theta, found = _parts(problem.design, whole.point.place)
    heard, wide = covariates.scales > 0, len(whole.point.place)
    position = len(found) > np.count_nonzero(heard)
    bread = _bread(whole.point.information, size=size, prior=problem.prior)
    usual = _bread(plain.information, size=size, prior=problem.prior)
    # Influence functions: of the adjusted strengths, bread · score, less those of the unadjusted ones.
    moves = np.hstack([bread[:size], -usual])
    places = np.append(np.arange(size), size + np.flatnonzero(np.append(heard, position)))
    total = size + len(heard) + int(position)
    coefficients = np.zeros(len(heard))
    coefficients[heard] = found[: np.count_nonzero(heard)]
    return StyleFit(
        theta=theta - theta.mean(),
        coefficients=coefficients,
        position=float(found[-1]) if position else None,
        names=covariates.names,
        scales=covariates.scales,
        silent=covariates.silent,
        covariance=_placed(factor * bread @ whole.meat[:wide, :wide] @ bread, places, total),
        curvature=_placed(bread, places, total),
        method=name,
        degrees_of_freedom=freedom,
        unadjusted=plain,
        shift=theta - theta.mean() - plain.theta,
        shift_covariance=factor * moves @ whole.meat @ moves.T,
        steps=whole.steps,
        place=whole.point.place,
        ridge=problem.ridge,
    )


def _cluster(tally: Tally, cluster: Cluster) -> Integers | None:
    """Each vote's cluster; None where every vote is one."""
    if cluster not in ("voter", "prompt", "none"):
        raise RatingError(f"A fit with covariates is clustered by voter, prompt or none, and not by {cluster}.")
    return {"voter": tally.voter, "prompt": tally.prompt, "none": None}[cluster]


def _sandwich(tally: Tally, cluster: Cluster) -> tuple[float, str, float]:
    """The factor of the sandwich, its name and its degrees of freedom, Kish's number less one."""
    freedom = tally.effective(cluster) - 1
    if cluster == "none":
        return 1.0, "HC0", freedom
    count = tally.clusters(cluster)
    if count < 2:
        raise RatingError(
            f"The votes of one {cluster} can't show how {cluster}s differ: a clustered covariance needs two."
        )
    return count / (count - 1), "CR1", freedom


def _placed(matrix: Matrix, places: NDArray[np.intp], length: int) -> Matrix:
    """The matrix with rows and columns of zeros for what was not estimated."""
    whole = np.zeros((length, length))
    whole[np.ix_(places, places)] = (matrix + matrix.T) / 2
    return whole
