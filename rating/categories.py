"""Boards of categories, shrunken to the board of all votes as far as the two look alike."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

from rating import bradley_terry
from rating.arrays import Matrix, Vector, centred
from rating.errors import DidNotConverge, RatingError

FEWEST_VOTES = 200
MOST_STEPS = 100
HALVINGS = 30
SMALL = 1e-9
# Spreads looked at, in log-odds: from 2 Elo, below which no board shows a difference, to 1,400.
SPREADS = np.geomspace(0.0115, 8.0, 10)
NARROW = 1e-3  # Of a spread, relatively; votes can't tell it to a hundredth.


@dataclass(frozen=True, eq=False)
class CategoryFit:
    """Strengths in one category, in log-odds.

    `theta` (M) and `overall` (M), the strengths by all votes, sum to zero. `spread` is s, the standard deviation of the
    category's own differences. `covariance` (M x M) is theta's, by the curvature, with s taken as known. `gain` is how
    much likelier the votes are with s than with s = 0 (in natural logarithms; 0 where they are not).
    """

    theta: Vector
    overall: Vector
    spread: float
    covariance: Matrix
    gain: float


@dataclass(frozen=True, eq=False)
class _Votes:
    """The wins inside the category and outside of it (M x M), and the phantom draws of each contender."""

    inside: Matrix
    outside: Matrix
    prior: float


@dataclass(frozen=True, eq=False)
class _Point:
    """The posterior's slopes at a place (θ, u), 2 M long, with the category's strengths at θ + s u."""

    place: Vector
    gradient: Vector
    information: Matrix


def fit(wins: Matrix, inside: Matrix, *, prior: float = 1.0, spread: float | None = None) -> CategoryFit:
    """Fit θ_mc = θ_m + δ_mc with δ_mc ~ N(0, s²): overall strengths, and a category's own differences from them.

    wins (M x M) counts how often i beat j, a tie being half a win to each (or left out), over all votes; `inside` those
    in the category, among them. Both parts are fitted at once, plain Bradley-Terry each: votes inside say θ + δ, those
    outside θ. s maximises the marginal likelihood, the integral over θ and δ by Laplace's method (empirical Bayes,
    Efron & Morris 1975), or is `spread` where that is given (log-odds, zero or more). s = 0 gives the board of all
    votes, and a large s that of the category's votes alone. The prior is that of rating.fit, on θ. A category needs 200
    votes; fewer, or votes that are not among all: RatingError. NoMaximum and DidNotConverge are as in rating.fit.
    """
    _check(wins, inside, spread)
    overall = bradley_terry.fit(wins, prior=prior)
    votes = _Votes(inside, wins - inside, prior)
    start = np.concatenate([overall.theta - overall.phantom, np.zeros(len(wins))])
    chosen, gain = _likeliest(votes, start) if spread is None else (spread, _evidence(votes, spread, start))
    gain -= _evidence(votes, 0.0, start)
    point = _best(votes, chosen, start)
    size = len(wins)
    theta = point.place[:size] + chosen * point.place[size:]
    both = np.hstack([np.eye(size), chosen * np.eye(size)])
    covariance = centred(both @ cho_solve(_factor(point, prior), both.T))
    return CategoryFit(theta - theta.mean(), overall.theta, chosen, covariance, gain)


def _check(wins: Matrix, inside: Matrix, spread: float | None) -> None:
    if inside.shape != wins.shape:
        raise RatingError(
            f"The category's wins are {inside.shape} and all wins {wins.shape}; they must be of one shape."
        )
    if not ((inside >= 0) & (inside <= wins)).all():
        raise RatingError("The category's wins must be among all wins.")
    if inside.sum() < FEWEST_VOTES:
        raise RatingError(f"A category's board takes {FEWEST_VOTES} votes, and this one has {inside.sum():g}.")
    if spread is not None and not 0 <= spread < np.inf:
        raise RatingError(f"A spread is a number, zero or more, and not {spread}.")


def _likeliest(votes: _Votes, start: Vector) -> tuple[float, float]:
    """The spread of the largest marginal likelihood, and that likelihood: the best of a few, then its neighbourhood."""
    found = [_evidence(votes, spread, start) for spread in SPREADS]
    best, none = int(np.argmax(found)), _evidence(votes, 0.0, start)
    if found[best] <= none:
        return 0.0, none
    ends = np.log(SPREADS[[max(best - 1, 0), min(best + 1, len(SPREADS) - 1)]])
    nearest = minimize_scalar(
        lambda place: -_evidence(votes, float(np.exp(place)), start),
        bounds=(float(ends[0]), float(ends[1])),
        method="bounded",
        options={"xatol": NARROW},
    )
    return float(np.exp(nearest.x)), -float(nearest.fun)


def _evidence(votes: _Votes, spread: float, start: Vector) -> float:
    """log ∫ exp(l(θ, u)) dθ du by Laplace, but for what does not depend on the spread: l - log |information| / 2.

    u = δ / s has the same prior whatever s is, so nothing else depends on it, and s = 0 is no special case.
    """
    point = _best(votes, spread, start)
    size = len(votes.inside)
    theta, own = point.place[:size], point.place[size:]
    drawn = votes.prior / 2 * float((log_expit(theta) + log_expit(-theta)).sum())
    said = _likelihood(votes.outside, theta) + _likelihood(votes.inside, theta + spread * own)
    factor = _factor(point, votes.prior)[0]
    return said + drawn - float(own @ own) / 2 - float(np.log(factor.diagonal()).sum())


def _likelihood(wins: Matrix, theta: Vector) -> float:
    return float((wins * log_expit(theta[:, None] - theta)).sum())


def _best(votes: _Votes, spread: float, start: Vector) -> _Point:
    point = _at(votes, spread, start)
    for _ in range(MOST_STEPS):
        step = cho_solve(_factor(point, votes.prior), point.gradient)
        there = _at(votes, spread, point.place + step)
        for _ in range(HALVINGS):
            if there.gradient @ step >= -(point.gradient @ step) / 2:
                break
            step = step / 2
            there = _at(votes, spread, point.place + step)
        point = there
        if np.abs(step).max() < SMALL:
            return point
    raise DidNotConverge(f"The fit of the category did not settle within {MOST_STEPS} steps.")


def _at(votes: _Votes, spread: float, place: Vector) -> _Point:
    size = len(votes.inside)
    theta, own = place[:size], place[size:]
    score, curve = _slopes(votes.outside, theta)
    inner, bent = _slopes(votes.inside, theta + spread * own)
    drawn = expit(theta)
    ground = np.diag(votes.prior * drawn * (1 - drawn))
    gradient = np.concatenate([score + inner + votes.prior * (0.5 - drawn), spread * inner - own])
    information = np.block([[curve + bent + ground, spread * bent], [spread * bent, spread**2 * bent + np.eye(size)]])
    return _Point(place, gradient, information)


def _slopes(wins: Matrix, theta: Vector) -> tuple[Vector, Matrix]:
    games = wins + wins.T
    chances = expit(theta[:, None] - theta)
    information = -games * chances * chances.T
    np.fill_diagonal(information, information.diagonal() - information.sum(axis=1))
    return (wins - games * chances).sum(axis=1), information


def _factor(point: _Point, prior: float) -> tuple[Matrix, bool]:
    information, size = point.information, len(point.place) // 2
    if prior == 0:
        # Equal shifts of θ change nothing: 11' holds them still, and adds the same to every log-determinant.
        information = information.copy()
        information[:size, :size] += 1.0
    try:
        factor: Matrix = cho_factor(information, lower=True, check_finite=False)[0]
    except LinAlgError:
        raise DidNotConverge("The outcomes are too one-sided for the fit of the category to settle.") from None
    return factor, True
