"""Effects: what a diagnostic found, how sure that is, and whether it is large enough to matter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import stdtr

from rating import intervals
from rating.arrays import Vector
from rating.errors import RatingError

LEVEL = 0.95
# Effects over this q are not shown: of those that are, one in twenty is expected to be chance.
DISCOVERED = 0.05


class Verdict(StrEnum):
    """What can be said of an effect, beside all others of its board."""

    PRESENT = "present"  # found at a q of 5 %, and larger than what does not matter
    SLIGHT = "slight"  # found, and no larger than that
    NEGLIGIBLE = "negligible"  # by two tests at 5 % no larger than what does not matter
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"  # the votes can't tell


@dataclass(frozen=True)
class Effect:
    """An estimate in units of its own with a 95 % interval; 0 is none, and within ±`band` it does not matter.

    `chance` is that of one as far from 0 if there were none, `equivalent` the verdict of two one-sided tests at 5 %
    (Schuirmann 1987). The ends are infinite where nothing is known of them. `who` is the contender it is about, of an
    effect that was chosen among contenders.
    """

    name: str
    value: float
    lower: float
    upper: float
    band: float
    chance: float
    equivalent: bool
    who: str | None = None

    @property
    def known(self) -> bool:
        """Whether the votes could tell."""
        return math.isfinite(self.value) and (math.isfinite(self.lower) or math.isfinite(self.upper))


@dataclass(frozen=True)
class Told:
    """An effect among all of its board: its q-value and what can be said; an unknown one has no q."""

    effect: Effect
    q: float | None
    verdict: Verdict


def measured(name: str, value: float, error: float, *, freedom: float, band: float, tests: int = 1) -> Effect:
    """An effect from its estimate and its clustered standard error, by Student's t.

    With `tests` it is chosen among so many: chance and interval are Bonferroni's. An error that is 0 or infinite, or no
    degrees of freedom, tell nothing.
    """
    if not 0 < error < math.inf or freedom <= 0:
        return unknown(name, value=value, band=band)
    reach = intervals.quantile(1 - (1 - LEVEL) / tests, freedom) * error
    inside = abs(value) + intervals.quantile(1 - 2 * (1 - LEVEL), freedom) * error <= band
    chance = min(1.0, tests * 2 * float(stdtr(freedom, -abs(value) / error)))
    return Effect(name, value, value - reach, value + reach, band, chance, bool(inside))


def unknown(name: str, *, band: float, value: float = math.nan) -> Effect:
    """An effect that these votes can't tell."""
    return Effect(name, value, -math.inf, math.inf, band, 1.0, equivalent=False)


def difference(name: str, one: Effect, other: Effect, *, band: float) -> Effect:
    """How much larger one effect is than another of other raters, whose errors are taken to be independent.

    Each standard error is read from its interval; where both saw the same battles the interval is rather too wide.
    """
    z = intervals.quantile(LEVEL, math.inf)
    errors = [(each.upper - each.lower) / (2 * z) for each in (one, other)]
    return measured(name, one.value - other.value, math.hypot(*errors), freedom=math.inf, band=band)


def discovered(chances: Vector) -> Vector:
    """q-values (Benjamini & Hochberg 1995) of chances (N): the least rate of false discoveries at which each is one.

    q_(i) = min over j ≥ i of N p_(j) / j, for the chances in order; at most 1.
    """
    if not ((chances >= 0) & (chances <= 1)).all():
        raise RatingError("A chance lies between 0 and 1.")
    order = np.argsort(chances, kind="stable")
    steps = chances[order] * len(chances) / np.arange(1, len(chances) + 1)
    found = np.empty(len(chances))
    found[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return found


def judged(effects: Sequence[Effect]) -> list[Told]:
    """All effects of a board, in their order, with what can be said of each when so many are looked at."""
    known = [effect for effect in effects if effect.known]
    quantities = iter(discovered(np.array([effect.chance for effect in known], dtype=np.float64)).tolist())
    return [_told(effect, next(quantities) if effect.known else None) for effect in effects]


def _told(effect: Effect, q: float | None) -> Told:
    if q is None:
        return Told(effect, None, Verdict.UNKNOWN)
    if q <= DISCOVERED:
        return Told(effect, q, Verdict.PRESENT if abs(effect.value) > effect.band else Verdict.SLIGHT)
    return Told(effect, q, Verdict.NEGLIGIBLE if effect.equivalent else Verdict.UNCLEAR)
