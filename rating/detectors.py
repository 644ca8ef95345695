"""Detectors: what a voter's votes say against them, one number each, large where it is bad."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import special

from rating import expectation, taste
from rating.arrays import Codes, Integers, Matrix, Vector
from rating.expectation import HALVES, TIED, Expectation

FAVOUR = 2.0  # what a favoured contender gets in the likelihood ratio, in log-odds
FLOOR = 0.05  # keeps a contender that was hardly met from being held against a voter
# A contender of a larger variance than this (a sd of 87 points) is not known well enough to seem favoured.
UNKNOWN = 0.25


class Detector(IntEnum):
    """What is looked at; the value is its column in a matrix of statistics."""

    LIKELIHOOD = 0
    FAVOURITISM = 1
    RATIO = 2
    ALIGNMENT = 3
    POSITION = 4
    CLICKS = 5
    EXPOSURE = 6


@dataclass(frozen=True, eq=False)
class Battles:
    """Voters' first K votes each: `first`, `second` (contenders, position A first) and `outcome`, all V x K."""

    first: Integers
    second: Integers
    outcome: Integers

    def __len__(self) -> int:
        return len(self.first)

    def only(self, voters: Codes | slice) -> "Battles":
        """These voters alone."""
        return Battles(self.first[voters], self.second[voters], self.outcome[voters])


@dataclass(frozen=True, eq=False)
class Statistics:
    """`values` (V x … x 6, by Detector without exposure); `contender` (V x … x 3) whom the middle three speak of."""

    values: Matrix
    contender: Codes


class Lens:
    """Some voters' battles as the previous snapshot sees them, with all that their outcomes can't change.

    `tau2` is the variance of honest tastes. The battles' design X (V x K x M) has 1 for the first side and -1 for the
    second, H = X'wX is a voter's information, and T = τ²I + A is what honest voters may differ by from the snapshot:
    their taste, and what the snapshot doesn't know itself.
    """

    def __init__(self, expected: Expectation, tau2: float, battles: Battles) -> None:
        self._expected, size = expected, len(expected.theta)
        self._design = _design(battles, size)
        self._lead = expected.lead(battles.first, battles.second)
        self._tied = expected.tied(battles.first, battles.second)
        self._mean, weight = expectation.points(self._lead, self._tied)
        self._sharp = taste.sharpened(tau2)
        unsure = tau2 * np.eye(size) + expected.covariance
        # What the pull of the leads (X'w d) leaves open is as much a cause of surprise as chance.
        pull = (weight * self._lead)[:, None] @ self._design
        self._pull = (pull @ unsure @ np.swapaxes(pull, 1, 2))[:, 0, 0]
        self._spread = np.linalg.cholesky(unsure + 1e-12 * np.eye(size))
        self._known = expected.covariance.diagonal() <= UNKNOWN
        information = np.swapaxes(self._design, 1, 2) @ (weight[..., None] * self._design)
        variance = information + information @ unsure @ information
        self._even, self._doubt, self._open = self._decided(unsure)
        self._scale = np.sqrt(np.diagonal(variance, axis1=1, axis2=2) + FLOOR)
        order = np.argsort(-expected.theta, kind="stable")
        self._rivals = order[1:]
        self._push = expected.covariance[:, order[1:]] - expected.covariance[:, order[:-1]]
        pushed = np.einsum("ma,vma->va", self._push, variance @ self._push)
        # Votes that say nothing of a pair of neighbours are compared with a floor of a tenth of the usual variance.
        self._pushes = np.sqrt(pushed + 0.1 * pushed.mean(axis=1, keepdims=True) + 1e-30)

    def statistics(self, outcome: Integers) -> Statistics:
        """The six statistics of outcomes in these battles, V x … x K.

        With y the points beyond a half, E y what is expected and log Z its volume: U = Σ (y - Ey)(e_first - e_second);
        likelihood (Σ log 1/P - its mean)/sd; favouritism max U_m/√(H + HTH + .05)_mm; ratio max log-likelihood ratio
        of "m gets 2 log-odds more"; alignment max |c'AU|/√(c'A(H + HTH)Ac) over neighbours in rank, c = e_lower -
        e_upper (Min et al. 2025); position log 1/p of the exact two-sided binomial test of wins at the first position;
        clicks the log-likelihood ratio of random clicks, among the votes that are no ties.
        """
        said, tied = np.array(HALVES)[outcome], np.array(TIED)[outcome]
        between = (slice(None), *[None] * (outcome.ndim - 2))
        score = (said.reshape(len(said), -1, said.shape[-1]) @ self._design).reshape(*said.shape[:-1], -1)
        expected = (self._mean[:, None] @ self._design)[:, 0]
        off = score - expected[between]
        favour = off / self._scale[between]
        ratio = np.where(self._known, FAVOUR * score - self._costs()[between], 0.0)
        signed = (off @ self._push) / self._pushes[between]
        aligned = np.abs(signed)
        surprise, clicks = self._surprise(said, tied, between), self._clicks(said, tied)
        values = [surprise, favour.max(-1), ratio.max(-1), aligned.max(-1), _sided(outcome), clicks]
        contender = [favour.argmax(-1), ratio.argmax(-1), self._rivals[aligned.argmax(-1)]]
        return Statistics(np.stack(values, axis=-1), np.stack(contender, axis=-1))

    def replayed(self, replays: int, rng: np.random.Generator) -> Matrix:
        """The statistics (V x replays x 6) of the same battles had honest voters of the known taste voted."""
        voters, _, size = self._design.shape
        tastes = rng.standard_normal((voters, replays, size)) @ self._spread.T
        lead = self._sharp * self._lead[:, None] + tastes @ np.swapaxes(self._design, 1, 2)
        return self.statistics(expectation.drawn(lead, self._tied[:, None], rng)).values

    def _costs(self) -> Vector:
        """What the log-likelihood ratio of a favour loses, whatever is said: Σ log Z(d ± 2) - log Z(d) (V x M)."""
        here = expectation.volume(self._lead, self._tied)
        up, down = (expectation.volume(self._lead + move, self._tied) - here for move in (FAVOUR, -FAVOUR))
        first, second = np.maximum(self._design, 0), np.maximum(-self._design, 0)
        return np.asarray((up[:, None] @ first + down[:, None] @ second)[:, 0])

    def _decided(self, unsure: Matrix) -> tuple[Vector, Matrix, Vector]:
        """Of the votes that are no ties: the mean beyond a half (V x K), (T⁻¹ + H)⁻¹, and log det(I + TH) / 2."""
        even = np.tanh(self._lead / 2) / 2
        decided = 1 - np.exp(self._tied - expectation.volume(self._lead, self._tied))
        information = np.swapaxes(self._design, 1, 2) @ ((decided * (0.25 - even**2))[..., None] * self._design)
        among = np.eye(len(unsure)) + unsure @ information
        doubt = np.asarray(np.linalg.solve(among, unsure), dtype=np.float64)
        return even, doubt, np.asarray(np.linalg.slogdet(among)[1] / 2, dtype=np.float64)

    def _clicks(self, said: Vector, tied: Vector) -> Vector:
        """Log ½ⁿ/P of the n votes that are no ties, with voters' tastes and the snapshot's doubt integrated out.

        The integral is Laplace's, by the curvature at the snapshot. The most powerful test against random clicks, by
        Neyman and Pearson's lemma; how often somebody ties is a habit, and counts for nothing.
        """
        shape = (len(said), -1, said.shape[-1])
        points, decided = said.reshape(shape), 1 - tied.reshape(shape)
        off = (points - decided * self._even[:, None]) @ self._design
        even = (decided @ (np.logaddexp(self._lead, 0) - self._lead / 2 - np.log(2))[..., None])[..., 0]
        told = even - (points @ self._lead[..., None])[..., 0]
        return np.asarray(
            (told + self._open[:, None] - ((off @ self._doubt) * off).sum(-1) / 2).reshape(said.shape[:-1])
        )

    def _surprise(self, said: Vector, tied: Vector, between: tuple[slice | None, ...]) -> Vector:
        """Σ log 1/P minus its mean, over its standard deviation: of chance, and of what voters differ by."""
        levels = np.where(np.isfinite(self._tied), self._tied, 0.0)
        whole = expectation.volume(self._lead, self._tied)
        chances = [np.exp(self._lead / 2 - whole), np.exp(-self._lead / 2 - whole), np.exp(self._tied - whole)]
        logs = [self._lead / 2, -self._lead / 2, levels]
        mean = sum(p * log for p, log in zip(chances, logs, strict=True))
        variance = sum(p * (log - mean) ** 2 for p, log in zip(chances, logs, strict=True))
        found = (said * self._lead[between]).sum(-1) + (tied * levels[between]).sum(-1)
        scale = np.sqrt(np.sum(variance, axis=-1) + self._pull + 1e-12)
        return np.asarray((np.sum(mean, axis=-1)[between] - found) / scale[between])


def _design(battles: Battles, size: int) -> Matrix:
    voters, votes = battles.first.shape
    design = np.zeros((voters, votes, size))
    rows, columns = np.ogrid[:voters, :votes]
    design[rows, columns, battles.first] = 1.0
    design[rows, columns, battles.second] = -1.0
    return design


def _sided(outcome: Integers) -> Vector:
    """Log 1/p that so many of the decided votes went to one position, by the exact test of a half."""
    votes = outcome.shape[-1]
    decided, won = (outcome < 2).sum(-1), (outcome == 0).sum(-1)
    trials, hits = np.ogrid[: votes + 1, : votes + 1]
    fewer = np.minimum(np.minimum(hits, trials - hits), votes).clip(0)
    table = -np.log(np.minimum(2 * special.bdtr(fewer, np.maximum(trials, 1), 0.5), 1.0))
    return np.asarray(table[decided, won])
