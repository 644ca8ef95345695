"""Suspicion: how unlikely an honest voter's votes are, by many detectors and one calibrated p-value.

What it cannot find: aged accounts that favour one contender where they see it and are honest elsewhere. Each of them
looks like a voter of strong taste; `windows` and `cohorts` find them only while they are new or come together.
"""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Codes, Flags, Integers, Matrix, Vector
from rating.detectors import Battles, Detector, Lens
from rating.expectation import Expectation
from rating.exposure import Draws, Seen

# A voter is looked at after so many votes, each time at a level of .2 %: 1 % for life.
CHECKPOINTS = (10, 20, 50, 100, 200)
LEVEL = 0.002
# How the detectors share the level (in the order of Detector), from so many votes on: chosen on boards of other seeds
# than the benchmark's. What exposure and position find after many votes is far below any level, so a small share does.
SHARES = {
    0: (1.0, 1.0, 1.0, 1.0, 1.3, 1.0, 1.0),
    20: (3.0, 0.5, 0.7, 1.0, 1.0, 2.0, 1.0),
    50: (6.0, 0.1, 0.3, 3.0, 0.25, 5.0, 0.25),
    100: (6.0, 0.1, 0.2, 4.0, 0.25, 4.0, 0.25),
}
POOL = 100_000  # replays that a p-value is read from
AT_ONCE = 2_000_000  # votes that are replayed in one piece of memory
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Suspicion:
    """What a look found of V voters.

    `p` (V) is the chance that an honest voter looks as bad; `parts` (V x 7) that chance by single detectors, and
    `detector` (V) the worst of them. `contender` (V) is whom that detector speaks of, -1 where it speaks of nobody.
    """

    p: Vector
    parts: Matrix
    detector: Codes
    contender: Codes

    def flagged(self, level: float = LEVEL) -> Flags:
        """Who is to be looked at by people, if that share of honest voters may be."""
        return np.asarray(self.p <= level)


@dataclass(frozen=True, eq=False)
class Grounds:
    """Against what votes are held: the previous snapshot, the variance of honest tastes, and how pairs were drawn.

    Without `draws`, as for votes from elsewhere whose chances nobody logged, exposure tells nothing (its p is 1).
    """

    expected: Expectation
    tau2: float
    draws: Draws | None


def look(
    grounds: Grounds,
    battles: Battles,
    rng: np.random.Generator,
    *,
    rule: Integers | None = None,
    pool: int = POOL,
) -> Suspicion:
    """Look at voters' first K votes (V x K), all with as many; `rule` (V x K) says which rule drew each pair.

    Every detector's p is its place among honest replays of these battles (parametric bootstrap: tastes N(0, τ²I + A)
    on the pairs that were voted on, and pairs drawn anew for exposure); the smallest of the seven, each over its share
    (weighted Bonferroni: Genovese, Roeder & Wasserman 2006), has its place among the smallest of replays, so that
    looking in seven ways costs nothing in false alarms. All voters' replays, at least
    `pool`, are one reference: the statistics allow for who was met, and a voter's own replays alone would take for
    granted that such battles were met, which is half the evidence against who waits for one contender.
    """
    rule = np.zeros_like(battles.first) if rule is None else rule
    seen = None if grounds.draws is None else Seen(grounds.draws, rule)
    found, named = _observed(grounds, battles, seen)
    null = _replayed(grounds, battles, seen, -(-pool // max(len(battles), 1)), rng)
    weights = shares(battles.first.shape[1])
    p, parts = calibrated(found, null, weights)
    worst = (parts / weights).argmin(axis=1)
    return Suspicion(p, parts, worst, np.take_along_axis(named, worst[:, None], axis=1)[:, 0])


def due(votes: int, looked: int = 0) -> tuple[int, ...]:
    """The checkpoints that a voter with so many votes has come to since the look after `looked` votes."""
    return tuple(point for point in CHECKPOINTS if looked < point <= votes)


def shares(votes: int) -> Vector:
    """What part of the level each detector has of a look at so many votes (7, with a mean of one)."""
    chosen = np.array(SHARES[max(least for least in SHARES if least <= votes)])
    return np.asarray(chosen / chosen.mean())


def together(*p: Vector) -> Vector:
    """One p-value (V) of several independent ones, each (V) and NaN where it isn't known: 1 - (1 - min p)^n (Šidák)."""
    every = np.stack(p)
    known = np.count_nonzero(~np.isnan(every), axis=0)
    least = np.min(np.where(np.isnan(every), 1.0, every), axis=0)
    return np.asarray(-np.expm1(known * np.log1p(-np.minimum(least, 1 - 1e-16))))


def calibrated(found: Matrix, null: Matrix, weights: Vector) -> tuple[Vector, Matrix]:
    """The p-values of statistics (V x D) among those of replays (N x D): of the worst one (V), and of each (V x D).

    p = (1 + #{replays as bad}) / (1 + N), for the single ones and then for the smallest of them over their weights (D),
    whose replays are the smallest of theirs (Tippett's rule, weighted and recalibrated).
    """
    order = np.sort(null, axis=0)
    parts = np.column_stack([_share(order[:, column], found[:, column]) for column in range(found.shape[1])])
    replayed = np.column_stack([_share(order[:, column], null[:, column], 0) for column in range(found.shape[1])])
    # A replay is one of those that it is compared with; what is found was not, and so counts itself in.
    least = np.sort((replayed / weights).min(axis=1))
    at_most = np.searchsorted(least, (parts / weights).min(axis=1) * (1 + ROUNDING), side="right")
    return (1 + at_most) / (1 + len(null)), parts


def _share(order: Vector, values: Vector, extra: int = 1) -> Vector:
    below = np.searchsorted(order, values - ROUNDING * (1 + np.abs(values)), side="left")
    return np.asarray((len(order) - below + extra) / (len(order) + extra))


def _observed(grounds: Grounds, battles: Battles, seen: Seen | None) -> tuple[Matrix, Codes]:
    """The statistics of the votes as they are (V x 7), and whom each speaks of."""
    values, named = [], []
    for part in _pieces(len(battles), battles.first.shape[1] * len(grounds.expected.theta)):
        told = Lens(grounds.expected, grounds.tau2, battles.only(part)).statistics(battles.outcome[part])
        values.append(told.values)
        named.append(told.contender)
    nobody = np.full((len(battles), 1), -1)
    unseen = np.zeros(len(battles)), nobody[:, 0]
    exposed, whom = unseen if seen is None else seen.of(battles.first, battles.second)
    contenders = np.column_stack([nobody, np.concatenate(named), nobody, nobody, whom[:, None]])
    return np.column_stack([np.concatenate(values), exposed]), contenders


def _replayed(grounds: Grounds, battles: Battles, seen: Seen | None, replays: int, rng: np.random.Generator) -> Matrix:
    """The statistics of so many honest replays of each voter's battles (N x 7)."""
    found = []
    for part in _pieces(len(battles), battles.first.shape[1] * replays):
        for times in _shares(replays, battles.first.shape[1]):
            own = Lens(grounds.expected, grounds.tau2, battles.only(part)).replayed(times, rng)
            exposed = np.zeros(own.shape[:2])
            if seen is not None:
                exposed = seen.only(np.arange(part.start, part.stop)).replayed(times, rng)
            found.append(np.concatenate([own, exposed[..., None]], axis=-1).reshape(-1, len(Detector)))
    return np.concatenate(found)


def _shares(replays: int, votes: int) -> list[int]:
    """The replays of a single voter in parts that fit into memory."""
    step = max(1, AT_ONCE // votes)
    return [min(step, replays - start) for start in range(0, replays, step)]


def _pieces(voters: int, each: int) -> list[slice]:
    step = max(1, AT_ONCE // max(each, 1))
    return [slice(start, min(start + step, voters)) for start in range(0, voters, step)]
