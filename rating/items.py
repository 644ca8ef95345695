"""Items: what each prompt of a set still tells contenders apart by, and what its wording changes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from rating.arrays import Matrix, Vector

# With fewer contenders a correlation of two columns says nothing.
FEWEST: Final = 3


@dataclass(frozen=True)
class Items:
    """Per prompt: how many answered, the share of them that was right, and how well it tells good from bad.

    NaN where nobody answered, or where the discrimination can't be estimated.
    """

    answered: NDArray[np.int64]
    share: Vector
    discrimination: Vector

    @property
    def saturated(self) -> int:
        """How many prompts everybody who answered got right."""
        return int((self.share == 1).sum())

    @property
    def out_of_reach(self) -> int:
        """How many prompts nobody who answered got right."""
        return int((self.share == 0).sum())


@dataclass(frozen=True)
class Spread:
    """Shares of right answers by format, the largest less the smallest, and the prompts whose outcome changes.

    `p` is the chance of differences as large as these where formats make none (Cochran 1950).
    """

    shares: Vector
    spread: float
    changed: int
    q: float
    p: float


def items(right: Matrix) -> Items:
    """Saturation and discrimination; right[i, j] is 1 or 0 for contender i on prompt j, NaN where it gave no answer.

    The discrimination is the corrected item-total correlation (Henrysson 1963): Pearson's, over the contenders who
    answered prompt j, of being right there with the share of right answers on all other prompts that each answered.
    """
    given = ~np.isnan(right)
    hits = np.where(given, right, 0.0)
    answered = given.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(answered > 0, hits.sum(axis=0) / answered, np.nan)
        rest = (hits.sum(axis=1, keepdims=True) - hits) / (given.sum(axis=1, keepdims=True) - given)
    discrimination = np.array([_correlation(right[:, j], rest[:, j]) for j in range(right.shape[1])])
    return Items(answered, share, discrimination)


def _correlation(right: Vector, rest: Vector) -> float:
    known = np.isfinite(right) & np.isfinite(rest)
    x, y = right[known], rest[known]
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def spread(right: Matrix) -> Spread:
    """What formats change; right[i, j] is 1 or 0 for prompt i in format j, each prompt answered in all of them.

    Q = (k - 1) (k Σ Cⱼ² - N²) / (k N - Σ Rᵢ²) with column sums C, row sums R and N = Σ C, chi-squared with k - 1
    degrees of freedom (Cochran 1950, Biometrika 37); where no prompt changes, Q is 0. ValueError without two formats
    and a prompt.
    """
    prompts, formats = right.shape
    if formats < 2 or not prompts:
        raise ValueError("There is no spread without a prompt and two formats.")
    columns, rows = right.sum(axis=0), right.sum(axis=1)
    below = formats * columns.sum() - (rows**2).sum()
    above = (formats - 1) * (formats * (columns**2).sum() - columns.sum() ** 2)
    q = float(above / below) if below else 0.0
    shares = columns / prompts
    changed = int(((rows > 0) & (rows < formats)).sum())
    return Spread(shares, float(np.ptp(shares)), changed, q, float(special.chdtrc(formats - 1, q)))
