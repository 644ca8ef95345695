"""Taste: how far honest voters differ from the board in what they like."""

import numpy as np

from rating import expectation
from rating.arrays import Codes, Integers, Vector, summed
from rating.expectation import HALVES, Expectation

TRIMMED = 0.05
ROUNDS = 2  # replays that a taste is judged by
STEPS = 8  # halvings of what a taste may be
MOST = 4.0
FLATTENED = (16 * np.sqrt(3) / (15 * np.pi)) ** 2


def sharpened(tau2: float) -> float:
    """What strengths are multiplied by so that voters of this taste, on average, vote as the strengths say.

    √(1 + 2τ² (16√3/15π)²), the normal approximation of the logistic curve: a fit to many voters' votes estimates
    what is left of each voter's strengths after averaging.
    """
    return float(np.sqrt(1 + 2 * tau2 * FLATTENED))


class History:
    """The votes that a snapshot was fitted to, by voter; taste is estimated from them.

    `voter`, `first`, `second` and `outcome` have one entry a vote (N); voters are codes from 0 on.
    """

    def __init__(
        self, expected: Expectation, voter: Integers, first: Integers, second: Integers, outcome: Integers
    ) -> None:
        self._expected, self._outcome = expected, outcome
        self._first, self._second = first, second
        self._present, self._voter = np.unique(voter, return_inverse=True)
        self._lead, self._tied = expected.lead(first, second), expected.tied(first, second)
        self._mean, self._weight = expectation.points(self._lead, self._tied)
        self._information, self._squared = self._traces()

    def variance(self, rng: np.random.Generator, *, trimmed: float = TRIMMED) -> float:
        """The variance τ² of tastes, in squared log-odds: a voter adds N(0, τ²) to each strength.

        By moments: cov(U_v) = H_v + τ² H_v² to first order, so Σ(|U_v|² - tr H_v) tells τ². The share `trimmed` of
        voters with the largest |U_v|² against what is expected of them is left out, so that attackers don't widen what
        passes for taste. What honest voters lose by that is in the comparison too: τ² is where replays of the same
        battles by honest voters of that taste, trimmed alike, come out as the votes did (all with equal chance).
        """
        seed = int(rng.integers(2**63))
        low, high = 0.0, MOST
        if self._excess(self._outcome, low, trimmed) <= self._replayed(low, trimmed, seed):
            return 0.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            above = self._excess(self._outcome, middle, trimmed) > self._replayed(middle, trimmed, seed)
            low, high = (middle, high) if above else (low, middle)
        return (low + high) / 2

    def _replayed(self, tau2: float, trimmed: float, seed: int) -> float:
        """The mean excess of honest voters of this taste."""
        rng = np.random.default_rng(seed)
        return float(np.mean([self._excess(self._replay(tau2, rng), tau2, trimmed) for _ in range(ROUNDS)]))

    def _excess(self, outcome: Integers, tau2: float, trimmed: float) -> float:
        """Σ(|U_v|² - tr H_v) over all but the voters of largest |U_v|² / (tr H_v + τ² tr H_v²)."""
        surprise = self._squares(outcome)
        ratio = surprise / (self._information + tau2 * self._squared)
        kept = ratio <= np.quantile(ratio, 1 - trimmed)
        return float((surprise - self._information)[kept].sum())

    def _squares(self, outcome: Integers) -> Vector:
        """|U_v|² of each voter, U_v = Σ (y - E y)(e_first - e_second)."""
        off = np.array(HALVES)[outcome] - self._mean
        size, voters = len(self._expected.theta), len(self._present)
        cells = np.concatenate([self._voter * size + self._first, self._voter * size + self._second])
        scores = summed(cells, np.concatenate([off, -off]), length=voters * size)
        return np.asarray((scores.reshape(voters, size) ** 2).sum(axis=1))

    def _traces(self) -> tuple[Vector, Vector]:
        """Tr H_v and tr H_v² of each voter."""
        size, voters = len(self._expected.theta), len(self._present)
        ends: Codes = np.concatenate([self._first, self._second]) + size * np.tile(self._voter, 2)
        own = summed(ends, np.tile(self._weight, 2), length=voters * size).reshape(voters, size)
        low, high = np.minimum(self._first, self._second), np.maximum(self._first, self._second)
        pairs, place = np.unique((self._voter * size + low) * size + high, return_inverse=True)
        shared = summed(place, self._weight, length=len(pairs))
        crossed = summed(pairs // size**2, 2 * shared**2, length=voters)
        return own.sum(axis=1), (own**2).sum(axis=1) + crossed

    def _replay(self, tau2: float, rng: np.random.Generator) -> Integers:
        """The outcomes of the same battles had all voters been honest, with tastes of this variance."""
        tastes = np.sqrt(tau2) * rng.standard_normal((len(self._present), len(self._expected.theta)))
        own = tastes[self._voter, self._first] - tastes[self._voter, self._second]
        return expectation.drawn(self._lead * sharpened(tau2) + own, self._tied, rng)
