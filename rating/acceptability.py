"""Acceptability: how good a contender is by itself, from the votes that say both are bad."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rating import intervals, newton, positive, scores
from rating.arrays import Codes, Matrix, Vector, expit
from rating.cells import Cluster
from rating.counts import Counts
from rating.errors import DidNotConverge
from rating.intervals import Intervals
from rating.likelihood import Pairs, Ties
from rating.scores import Scores
from rating.tally import Tally

MOST_STEPS = 200
HALVINGS = 40
RISE = 1e-4
COMPLEX_STEP = 1e-20


@dataclass(frozen=True, eq=False)
class Acceptability:
    """`level` (M) in log-odds of an answer being acceptable by itself, the tie `threshold` η, and the slopes there.

    `information` is the negative Hessian over the levels and log(η - 1), the prior included.
    """

    level: Vector
    threshold: float
    information: Matrix
    scores: Scores


def fit(counts: Counts, *, prior: float = 1.0) -> Acceptability:
    """Fit the grounded Rao-Kupper model of four outcomes (Frick et al. 2025) by Newton's method, or by
    Fisher scoring where the likelihood is not curved downwards.

    With φ = e^level: P(a) = φ_a / (φ_a + η φ_b + 1), P(b) likewise, P(both bad) = 1 / (1 + φ_a + φ_b), and a tie the
    rest; η > 1. `prior` is how many verdicts of its own each contender had, half of them acceptable; log(η - 1) has
    the same. With prior 0 there may be no maximum: DidNotConverge, as wherever the score equations don't come to
    hold to 1e-8.
    """
    data, size = _data(counts), len(counts.contenders)
    place = np.zeros(size + 1)
    games = data.said.sum(axis=0)
    scale = np.append(_each(data, games, games, size), games.sum()) + prior
    for _ in range(MOST_STEPS):
        gradient, expected = _expected(data, place, prior)
        observed = _observed(data, place, prior)
        if np.abs(gradient).max(initial=0.0) <= max(newton.RESIDUAL, 8 * newton.ROUNDING * scale.max()):
            return _found(data, place, observed)
        place = _climbed(data, place, prior, gradient, observed if positive.definite(observed) else expected)
    raise DidNotConverge(f"The acceptability fit did not settle within {MOST_STEPS} steps.")


def covariance(found: Acceptability, tally: Tally, cluster: Cluster = "voter") -> Matrix:
    """CR1 by cluster, as of a rating (M x M); the levels are absolute, so that no gauge is taken off."""
    clusters = tally.clusters(cluster)
    meat = scores.squared(found.scores, tally, cluster) * clusters / max(clusters - 1, 1)
    half = positive.solved(found.information, meat)
    whole = positive.solved(found.information, half.T)
    return np.asarray((whole + whole.T) / 2)[:-1, :-1]


def spans(found: Acceptability, tally: Tally, *, level: float, cluster: Cluster = "voter") -> Intervals:
    """An interval for each contender's probability of being acceptable by itself, with t on Kish's number less 1.

    It is [0, 1] for a contender whose votes come from fewer than two clusters in effect.
    """
    variances = np.maximum(covariance(found, tally, cluster).diagonal(), 0.0)
    freedom = max(tally.effective(cluster) - 1, 0.0)
    unseen = tally.effective_each(cluster) < 2
    ends = intervals.of_ratings(
        found.level, variances, level=level, degrees_of_freedom=freedom, open_below=unseen, open_above=unseen
    )
    return Intervals(np.asarray(expit(ends.lower)), np.asarray(expit(ends.upper)))


def probabilities(low: Vector, high: Vector, threshold: float) -> Matrix:
    """P(low wins, high wins, tie, both bad) (4 x U) at levels low and high."""
    rho = np.log(threshold - 1)
    return np.asarray(np.exp(_log_chances(low, high, rho)))


@dataclass(frozen=True, eq=False)
class _Data:
    low: Codes
    high: Codes
    said: Matrix


def _data(counts: Counts) -> _Data:
    pairs = Pairs.of(counts.table, Ties.HALF)
    bad = np.triu(counts.both_bad, 1)[pairs.low, pairs.high]
    return _Data(pairs.low, pairs.high, np.stack([*pairs.counts[:2], pairs.counts[2] - bad, bad]))


def _log_chances(x: Vector, y: Vector, rho: float) -> Matrix:
    """The logarithms of the four probabilities; that of a tie in a form that doesn't cancel when η is nearly 1."""
    more = np.log1p(np.exp(rho))
    first = np.logaddexp(np.logaddexp(x, y + more), 0.0)
    second = np.logaddexp(np.logaddexp(y, x + more), 0.0)
    bad = np.logaddexp(np.logaddexp(x, y), 0.0)
    tie = rho + x + y - bad + np.logaddexp(-first, -second)
    return np.stack([x - first, y - second, tie, -bad])


def _slopes(x: NDArray[np.number], y: NDArray[np.number], rho: complex) -> NDArray[np.number]:
    """The scores of the four outcomes (4 x U x 3) in (x, y, rho)."""
    top = np.maximum(np.maximum(x.real, y.real), 0.0)
    u, v, one, over = np.exp(x - top), np.exp(y - top), np.exp(-top), np.exp(rho)
    eta = 1 + over
    first, second, bad = u + eta * v + one, v + eta * u + one, u + v + one
    both, none = first + second, np.zeros_like(u)
    return np.stack(
        [
            np.stack([1 - u / first, -eta * v / first, -over * v / first], axis=-1),
            np.stack([-eta * u / second, 1 - v / second, -over * u / second], axis=-1),
            np.stack(
                [
                    1 - u / bad + (1 + eta) * u / both - u / first - eta * u / second,
                    1 - v / bad + (1 + eta) * v / both - eta * v / first - v / second,
                    1 + over * ((u + v) / both - v / first - u / second),
                ],
                axis=-1,
            ),
            np.stack([-u / bad, -v / bad, none], axis=-1),
        ]
    )


def _each(data: _Data, low: Vector, high: Vector, size: int) -> Vector:
    return np.asarray(np.bincount(data.low, low, minlength=size) + np.bincount(data.high, high, minlength=size))


def _value(data: _Data, place: Vector, prior: float) -> float:
    """The log-likelihood with its prior."""
    logs = _log_chances(place[data.low], place[data.high], float(place[-1]))
    return float((data.said * logs).sum() - prior / 2 * (np.logaddexp(0, place) + np.logaddexp(0, -place)).sum())


def _columns(data: _Data, size: int) -> Codes:
    return np.stack([data.low, data.high, np.full(len(data.low), size)], axis=1)


def _expected(data: _Data, place: Vector, prior: float) -> tuple[Vector, Matrix]:
    """The gradient, and Fisher's expected information, which unlike the observed one is never indefinite."""
    x, y, rho = place[data.low], place[data.high], float(place[-1])
    slopes = np.asarray(_slopes(x, y, rho), dtype=np.float64)
    chances = np.exp(_log_chances(x, y, rho)) * data.said.sum(axis=0)
    moments = np.einsum("ou,oui,ouj->uij", chances, slopes, slopes)
    information = scores.scattered(_columns(data, len(place) - 1), moments, len(place))
    own = np.einsum("ou,oui->ui", data.said, slopes)
    gradient = np.append(_each(data, own[:, 0], own[:, 1], len(place) - 1), own[:, 2].sum())
    return gradient + prior * (0.5 - expit(place)), information + np.diag(prior * expit(place) * expit(-place))


def _climbed(data: _Data, place: Vector, prior: float, gradient: Vector, information: Matrix) -> Vector:
    step = newton.ascent(newton.Point(place, gradient, information), grounded=False)
    step = step * min(1.0, newton.LONGEST_REACH / max(float(np.abs(step).max()), newton.LONGEST_REACH))
    before, slope = _value(data, place, prior), float(gradient @ step)
    # The logarithms have rounding of the places' size, and there is one for each vote.
    slack = newton.ROUNDING * float(data.said.sum()) * (1 + float(np.abs(place).max()))
    for _ in range(HALVINGS):
        if _value(data, place + step, prior) >= before + RISE * slope - slack:
            return place + step
        step, slope = step / 2, slope / 2
    raise DidNotConverge("The acceptability fit found no way up.")


def _observed(data: _Data, place: Vector, prior: float) -> Matrix:
    """The negative Hessian; by a complex step (Squire & Trapp 1998), which has no cancellation however small."""
    x, y, rho = place[data.low], place[data.high], float(place[-1])
    curved = np.empty((len(x), 3, 3))
    for number, nudge in enumerate(np.eye(3) * COMPLEX_STEP * 1j):
        bent = _slopes(x + nudge[0], y + nudge[1], rho + nudge[2]).imag / COMPLEX_STEP
        curved[:, number] = -np.einsum("ou,oui->ui", data.said, bent)
    even = (curved + curved.swapaxes(1, 2)) / 2
    whole = scores.scattered(_columns(data, len(place) - 1), even, len(place))
    return whole + np.diag(prior * expit(place) * expit(-place))


def _found(data: _Data, place: Vector, information: Matrix) -> Acceptability:
    if not positive.definite(information):
        raise DidNotConverge("The acceptability fit ended where the likelihood is not curved downwards.")
    size = len(place) - 1
    x, y, rho = place[data.low], place[data.high], float(place[-1])
    values = np.asarray(_slopes(x, y, rho), dtype=np.float64)
    number = scores.numbered(data.low, data.high, size)
    found = Scores(number, _columns(data, size), values, size + 1)
    return Acceptability(place[:-1], float(1 + np.exp(rho)), information, found)
