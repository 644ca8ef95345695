"""Variants: what trying many versions and showing the best is worth, and whether shares are what was promised."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from rating.arrays import Codes, Integers, Vector
from rating.errors import RatingError

NODES = 20_001
REACH = 12.0
# Tables that are counted one by one; beyond, chance is simulated.
EXACT = 200_000
REPLAYS = 100_000


def expected_best(variants: int) -> float:
    """E[max of N independent N(0, 1)] = ∫ z N φ(z) Φ(z)^{N-1} dz (N = 10: 1.539); 0 for a single one."""
    if variants < 1:
        raise RatingError(f"At least one variant is tried, and not {variants}.")
    z = np.linspace(-REACH, REACH, NODES)
    log = math.log(variants) - z**2 / 2 - math.log(2 * math.pi) / 2 + (variants - 1) * special.log_ndtr(z)
    return float(np.trapezoid(z * np.exp(log), z))


def inflation(error: float, variants: int) -> float:
    """How far above its strength the best of N equal variants is shown, in the units of its standard error.

    SE · E[max of N]: what the leader of N variants of one provider owes to there being so many.
    """
    return error * expected_best(variants)


@dataclass(frozen=True)
class Shares:
    """The chance `p` of counts no likelier than those found if shares were as promised, and whether it is exact."""

    p: float
    exact: bool


def promised(counts: Integers, chances: Vector, rng: np.random.Generator, *, replays: int = REPLAYS) -> Shares:
    """The exact multinomial test that counts (G) come from the promised chances (G, summing to one).

    p is the chance of all tables no likelier than the one found. Up to 200,000 tables are counted one by one; beyond,
    p = (1 + #{replays no likelier}) / (1 + replays), a test that is exact too, whatever its p (Barnard 1963).
    """
    if len(counts) != len(chances) or (chances < 0).any() or not math.isclose(float(chances.sum()), 1.0, rel_tol=1e-9):
        raise RatingError("There is one chance for each count, none below zero, and they sum to one.")
    total = int(counts.sum())
    if counts[chances == 0].any():
        return Shares(0.0, exact=True)
    counts, chances = counts[chances > 0], chances[chances > 0]
    found = float(_log_chance(counts[None], chances)[0]) + 1e-9
    if math.comb(total + len(counts) - 1, len(counts) - 1) <= EXACT:
        logs = _log_chance(_tables(total, len(counts)), chances)
        return Shares(min(float(np.exp(logs[logs <= found]).sum()), 1.0), exact=True)
    drawn = _log_chance(rng.multinomial(total, chances, size=replays), chances)
    return Shares((1 + int(np.count_nonzero(drawn <= found))) / (1 + replays), exact=False)


def _log_chance(tables: Integers, chances: Vector) -> Vector:
    logs = special.gammaln(tables.sum(axis=1) + 1) - special.gammaln(tables + 1).sum(axis=1)
    return np.asarray(logs + tables @ np.log(chances))


def _tables(total: int, groups: int) -> Codes:
    """All ways to share so many among the groups (tables x groups)."""
    tables: Codes = np.zeros((1, 0), dtype=np.int64)
    for _ in range(groups - 1):
        left = total - tables.sum(axis=1)
        rows = np.repeat(np.arange(len(tables)), left + 1)
        starts = np.repeat(np.cumsum(left + 1) - (left + 1), left + 1)
        tables = np.column_stack([tables[rows], np.arange(len(rows)) - starts])
    return np.column_stack([tables, total - tables.sum(axis=1)])
