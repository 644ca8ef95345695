"""Strengths at equal style: the fit with covariates, and how far it moves each contender."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from rating import bradley_terry, covariance, graph, intervals, sums
from rating import design as designs
from rating.arrays import Matrix, Vector
from rating.bradley_terry import Fit
from rating.covariates import Covariates
from rating.design import Design
from rating.errors import DidNotConverge, RatingError
from rating.intervals import Intervals
from rating.tally import Tally

MOST_STEPS = 50
HALVINGS = 20
# Newton's steps square from one to the next: after one this small the optimum is nearer than rounding.
SMALL = 1e-6


@dataclass(frozen=True, eq=False)
class StyleFit:
    """Strengths and coefficients that fit best together, in log-odds.

    `theta` (M) sums to zero. `coefficients` (K) belong to `names`, each for one root mean square of its covariate
    (`scales`, K); those of `silent` features are 0 and can't be estimated. `position` is the first side's advantage, or
    None where it was not asked for. `covariance` is that of (theta, coefficients, position if any), clustered as
    `method` says: "CR1" by voter or "HC0" by vote; silent features have zeros in it. `curvature` is that of the
    information alone. `unadjusted` is the fit without covariates, `shift` (M) is theta less its theta, and
    `shift_covariance` (M x M) that of the shift.
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


def fit(
    tally: Tally,
    covariates: Covariates,
    *,
    prior: float = 1.0,
    ridge: float = 1.0,
    position: bool = False,
    clustered: bool = True,
) -> StyleFit:
    """Fit P(a beats b) = σ(θ_a - θ_b + γ + z'β), a tie being half a win to each, by Newton's method.

    After the style control of Chatbot Arena (Li, Angelopoulos & Chiang 2024). β has the penalty ridge / 2 · |β|² on the
    whole log-likelihood, θ the prior of rating.fit (drawn games with a phantom), and γ (`position`) none. `covariates`
    has a column for each vote of the tally. With `clustered` the covariance is the sandwich by voter with the factor
    G / (G - 1) (CR1, Liang & Zeger 1986), else by vote (HC0). The order of votes moves no bit of the result, and
    without γ neither do their sides. Groups that never met share no scale: RatingError. NoMaximum and
    DidNotConverge are as in rating.fit.
    """
    _check(tally, covariates, ridge)
    plain = bradley_terry.fit(tally.wins, prior=prior)
    heard = [row for row, scale in zip(covariates.values, covariates.scales, strict=True) if scale > 0]
    design = designs.sort(tally, heard, position=position, voters=clustered)
    problem = _Problem(design, prior, np.append(np.full(len(heard), ridge), np.zeros(int(position))))
    point, steps = _best(problem, plain)
    theta, coefficients = _parts(design, point.place)
    meat = (sums.meat_by_voter if clustered else sums.meat)(design, theta, coefficients, plain.theta)
    return _told(tally, covariates, problem, plain, point, meat, steps)


def shifts(adjusted: StyleFit, *, level: float = 0.95) -> Intervals:
    """The interval of each contender's shift, from without covariates to with them (M, in log-odds)."""
    variances = adjusted.shift_covariance.diagonal()
    freedom = adjusted.degrees_of_freedom
    return intervals.of_ratings(adjusted.shift, variances, level=level, degrees_of_freedom=freedom)


def _check(tally: Tally, covariates: Covariates, ridge: float) -> None:
    if len(covariates) != len(tally):
        raise RatingError(f"There are {len(tally)} votes, and covariates of {len(covariates)}.")
    if not (np.isfinite(ridge) and ridge >= 0):
        raise RatingError(f"A ridge is a number, zero or more, and not {ridge}.")
    groups = int(graph.groups(tally.games).max(initial=-1)) + 1
    if groups != 1:
        raise RatingError(f"A fit takes one group of contenders that met, and these are {groups}; fit each alone.")


def _best(problem: _Problem, plain: Fit) -> tuple[_Point, int]:
    """The optimum, from the fit without covariates, and the steps it took."""
    beside = np.zeros(len(problem.ridge))
    point = _at(problem, np.concatenate([plain.theta - plain.phantom, beside]))
    for steps in range(1, MOST_STEPS + 1):
        step = _solved(problem, point, point.gradient)
        if np.abs(step).max(initial=0.0) < SMALL:
            return _Point(point.place + step, point.gradient, point.information), steps
        point = _moved(problem, point, step)
    raise DidNotConverge(f"The fit with covariates did not settle within {MOST_STEPS} steps.")


def _at(problem: _Problem, place: Vector) -> _Point:
    size = problem.design.size
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


def _solved(problem: _Problem, point: _Point, right: Matrix) -> Matrix:
    size = problem.design.size
    information = point.information.copy()
    information[:size, :size] = bradley_terry.gauged(information[:size, :size], problem.prior)
    try:
        factor = cho_factor(information, lower=True, check_finite=False)
    except LinAlgError:
        raise DidNotConverge(
            "The covariates can't be told apart from one another or from the contenders; leave some out."
        ) from None
    return np.asarray(cho_solve(factor, right, check_finite=False))


def _parts(design: Design, place: Vector) -> tuple[Vector, Vector]:
    return place[: design.size], place[design.size :]


def _told(
    tally: Tally, covariates: Covariates, problem: _Problem, plain: Fit, point: _Point, meat: Matrix, steps: int
) -> StyleFit:
    size, wide = problem.design.size, len(point.place)
    theta, found = _parts(problem.design, point.place)
    names, position = covariates.names, len(found) > np.count_nonzero(covariates.scales)
    bread = _gauged(_solved(problem, point, np.eye(wide)), size)
    usual = covariance.curvature(plain)
    # Influence functions: of the adjusted strengths, bread · score, less those of the unadjusted ones.
    moves = np.hstack([bread[:size], -usual])
    factor, name, freedom = _clusters(problem.design, tally)
    places = np.append(np.arange(size), size + np.flatnonzero(np.append(covariates.scales > 0, position)))
    whole = size + len(names) + position
    return StyleFit(
        theta=theta - theta.mean(),
        coefficients=_spread(found, places[size:] - size, whole - size)[: len(names)],
        position=float(found[-1]) if position else None,
        names=names,
        scales=covariates.scales,
        silent=covariates.silent,
        covariance=_placed(factor * bread @ meat[:wide, :wide] @ bread, places, whole),
        curvature=_placed(bread, places, whole),
        method=name,
        degrees_of_freedom=freedom,
        unadjusted=plain,
        shift=theta - theta.mean() - plain.theta,
        shift_covariance=factor * moves @ meat @ moves.T,
        steps=steps,
    )


def _gauged(bread: Matrix, size: int) -> Matrix:
    """Seen from where the strengths sum to zero: C bread C' with C = I - 11'/M on the strengths' part."""
    bread = bread.copy()
    bread[:size] -= bread[:size].mean(axis=0)
    bread[:, :size] -= bread[:, :size].mean(axis=1)[:, None]
    return (bread + bread.T) / 2


def _clusters(design: Design, tally: Tally) -> tuple[float, str, float]:
    """The factor of the sandwich, its name and its degrees of freedom, Kish's number less one."""
    if design.voter is None:
        return 1.0, "HC0", float(len(design) - 1)
    voters = tally.voters
    if voters < 2:
        raise RatingError("The votes of one voter can't show how voters differ: a clustered covariance needs two.")
    return voters / (voters - 1), "CR1", tally.effective_voters - 1


def _spread(found: Vector, places: NDArray[np.intp], length: int) -> Vector:
    whole = np.zeros(length)
    whole[places] = found
    return whole


def _placed(matrix: Matrix, places: NDArray[np.intp], length: int) -> Matrix:
    """The matrix with rows and columns of zeros for what was not estimated."""
    whole = np.zeros((length, length))
    whole[np.ix_(places, places)] = (matrix + matrix.T) / 2
    return whole
