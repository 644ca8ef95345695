"""The rules for ties: what a pair's outcomes say of the difference d of its two strengths, and of the tie level s."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rating.arrays import Codes, Matrix, Vector, expit
from rating.errors import RatingError

RIDGE = 0.5  # on each contender's tie propensity


class Ties(StrEnum):
    """How ties are understood; a both_bad counts as a tie."""

    DAVIDSON = "davidson"
    DAVIDSON_COMMON = "davidson-common"
    RAO_KUPPER = "rao-kupper"
    HALF = "half"
    DROP = "drop"

    @classmethod
    def named(cls, name: str) -> "Ties":
        """The rule of that name, or an error that names them all."""
        if name not in set(cls):
            raise RatingError(f"“{name}” is no rule for ties; the rules are {', '.join(cls)}.")
        return cls(name)

    @property
    def modelled(self) -> bool:
        """Whether ties are an outcome of the model, with a level of their own."""
        return self not in (Ties.HALF, Ties.DROP)


@dataclass(frozen=True, eq=False)
class Chances:
    """The probabilities of the outcomes of each pair (3 x U): low wins, high wins, tie."""

    low: Vector
    high: Vector
    tie: Vector


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of the log-likelihood for U pairs.

    `along_d` and `along_s` (3 x U) are the scores of one outcome (low wins, high wins, tie); `dd`, `ds` and `ss`
    (U) are the negative second derivatives of all the pair's votes.
    """

    along_d: Matrix
    along_s: Matrix
    dd: Vector
    ds: Vector
    ss: Vector


def chances(ties: Ties, d: Vector, s: Vector | None) -> Chances:
    """The outcome probabilities of a rule at differences d and tie levels s (None: there are no ties)."""
    if s is None or not ties.modelled:
        return Chances(expit(d), expit(-d), np.zeros_like(d))
    if ties is Ties.RAO_KUPPER:
        # P(tie) = σ(η - d) σ(η + d) (1 - e^(-2η)), free of the cancellation in 1 - P(a) - P(b).
        low, high = expit(d - s), expit(-d - s)
        return Chances(low, high, -expit(s - d) * expit(s + d) * np.expm1(-2 * s))
    top = np.maximum(np.abs(d) / 2, s)
    low, high, tie = np.exp(d / 2 - top), np.exp(-d / 2 - top), np.exp(s - top)
    whole = low + high + tie
    return Chances(low / whole, high / whole, tie / whole)


def slopes(ties: Ties, d: Vector, s: Vector | None, counts: Matrix) -> Slopes:
    """The derivatives of Σ counts · log P(outcome) at d and s, counts being 3 x U."""
    if s is None or not ties.modelled:
        return _plain(d, counts)
    return _rao_kupper(d, s, counts) if ties is Ties.RAO_KUPPER else _davidson(d, s, counts)


def _plain(d: Vector, counts: Matrix) -> Slopes:
    """P(low) = σ(d) (Bradley & Terry 1952); a tie is half a win to each."""
    low, high, none = expit(d), expit(-d), np.zeros_like(d)
    along_d = np.stack([high, -low, (high - low) / 2])
    return Slopes(along_d, np.zeros_like(along_d), counts.sum(axis=0) * low * high, none, none)


def _davidson(d: Vector, s: Vector, counts: Matrix) -> Slopes:
    """P(low) ∝ e^(d/2), P(high) ∝ e^(-d/2), P(tie) ∝ e^s (Davidson 1970)."""
    at = chances(Ties.DAVIDSON, d, s)
    low, high, tie = at.low, at.high, at.tie
    games = counts.sum(axis=0)
    # The forms of 1 - p that don't cancel when p is nearly 1.
    along_d = np.stack([high + tie / 2, -low - tie / 2, (high - low) / 2])
    along_s = np.stack([-tie, -tie, low + high])
    dd = games * (low * high + tie * (low + high) / 4)
    return Slopes(along_d, along_s, dd, games * tie * (high - low) / 2, games * tie * (low + high))


def _rao_kupper(d: Vector, s: Vector, counts: Matrix) -> Slopes:
    """P(low) = σ(d - s), P(high) = σ(-d - s), s > 0 (Rao & Kupper 1967).

    As P(tie) = P(low) P(high) (e^(2s) - 1), a tie is a win of each and a term of s alone.
    """
    low, high, not_low, not_high = expit(d - s), expit(-d - s), expit(s - d), expit(s + d)
    along_d = np.stack([not_low, -not_high, not_low - not_high])
    along_s = np.stack([-not_low, -not_high, -2 / np.expm1(-2 * s) - not_low - not_high])
    won, lost = (counts[0] + counts[2]) * low * not_low, (counts[1] + counts[2]) * high * not_high
    return Slopes(along_d, along_s, won + lost, lost - won, won + lost + counts[2] / np.sinh(s) ** 2)


@dataclass(frozen=True)
class Layout:
    """Which parameters are free, in their order: strengths, tie level, tie propensities, position effect."""

    contenders: int
    level: bool = False
    propensity: bool = False
    position: bool = False

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.contenders + self.level + self.propensity * self.contenders + self.position

    @property
    def propensities(self) -> slice:
        """Where the tie propensities stand."""
        return slice(self.contenders + 1, self.contenders * 2 + 1) if self.propensity else slice(0, 0)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs that met: contenders `low` and `high` (U), and `counts` (3 x U) of low won, high won, tie.

    Each unordered pair is one; where position matters, `low` is the side shown first and each order is one.
    """

    low: Codes
    high: Codes
    counts: Matrix

    @classmethod
    def of(cls, table: Matrix, ties: Ties, *, ordered: bool = False) -> "Pairs":
        """The pairs of an outcome table (4 x M x M: outcome, shown first, shown second)."""
        tied = table[2] + table[3] if ties is not Ties.DROP else np.zeros_like(table[2])
        won, lost = table[0], table[1]
        if not ordered:
            won, tied = won + lost.T, tied + tied.T
            won, lost, tied = np.triu(won, 1), np.triu(won.T, 1), np.triu(tied, 1)
        low, high = np.nonzero(won + lost + tied)
        return cls(low, high, np.stack([part[low, high] for part in (won, lost, tied)]))

    @property
    def games(self) -> Vector:
        """How often each pair met (U)."""
        return np.asarray(self.counts.sum(axis=0))

    def arguments(self, place: Vector, layout: Layout) -> tuple[Vector, Vector | None]:
        """The differences d and tie levels s of the pairs, at a place in the parameters."""
        d = place[self.low] - place[self.high]
        if layout.position:
            d = d + place[-1]
        if not layout.level:
            return d, None
        s = np.full(len(d), place[layout.contenders])
        if layout.propensity:
            own = place[layout.propensities]
            s = s + (own[self.low] + own[self.high]) / 2
        return d, s

    def gradient(self, along_d: Vector, along_s: Vector, layout: Layout) -> Vector:
        """The slopes of the pairs (U each), gathered by parameter."""
        parts = [self._each(along_d, layout) - self._each(along_d, layout, high=True)]
        if layout.level:
            parts.append(np.array([along_s.sum()]))
        if layout.propensity:
            parts.append((self._each(along_s, layout) + self._each(along_s, layout, high=True)) / 2)
        if layout.position:
            parts.append(np.array([along_d.sum()]))
        return np.concatenate(parts)

    def crossed(self, dd: Vector, ds: Vector, ss: Vector, layout: Layout) -> Matrix:
        """Σ over pairs of the 2 x 2 matrices (dd, ds; ds, ss), gathered by parameters."""
        size, whole = layout.contenders, np.zeros((layout.size, layout.size))
        own = self._square(dd, layout)
        both = own + own.T
        whole[:size, :size] = np.diag(both.sum(axis=1)) - both
        if layout.level:
            self._cross_ties(whole, ds, ss, layout)
        if layout.position:
            whole[-1, -1] = dd.sum()
            whole[:size, -1] = whole[-1, :size] = own.sum(axis=1) - own.sum(axis=0)
        if layout.position and layout.level:
            whole[size, -1] = whole[-1, size] = ds.sum()
        if layout.position and layout.propensity:
            mixed = self._square(ds, layout)
            away = (mixed.sum(axis=1) + mixed.sum(axis=0)) / 2
            whole[layout.propensities, -1] = whole[-1, layout.propensities] = away
        return whole

    def _cross_ties(self, whole: Matrix, ds: Vector, ss: Vector, layout: Layout) -> None:
        size, own = layout.contenders, layout.propensities
        mixed, tied = self._square(ds, layout), self._square(ss, layout)
        away, tied = mixed - mixed.T, tied + tied.T
        whole[size, size] = ss.sum()
        whole[:size, size] = whole[size, :size] = away.sum(axis=1)
        if layout.propensity:
            whole[own, own] = (np.diag(tied.sum(axis=1)) + tied) / 4
            whole[own, size] = whole[size, own] = tied.sum(axis=1) / 2
            whole[:size, own] = (np.diag(away.sum(axis=1)) + away) / 2
            whole[own, :size] = whole[:size, own].T

    def _square(self, values: Vector, layout: Layout) -> Matrix:
        square = np.zeros((layout.contenders, layout.contenders))
        square[self.low, self.high] = values
        return square

    def _each(self, values: Vector, layout: Layout, *, high: bool = False) -> Vector:
        sums = np.bincount(self.high if high else self.low, values, minlength=layout.contenders)
        return np.asarray(sums, dtype=np.float64)
