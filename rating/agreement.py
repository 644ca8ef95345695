"""Agreement: how often judges and people say the same of the same battle, beyond chance and with honest intervals."""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Codes, Matrix, Vector

REPLICATES = 2000
CONFIDENCE = 0.95
# A, B and tie; a battle whose answers are both bad has no winner either.
CLASSES = 3
MISSING = -1


@dataclass(frozen=True)
class Estimated:
    """A figure and the ends of its interval; None where it can't be estimated."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Agreement:
    """Two raters of the same N battles: on how many they agree, and how much that is.

    `decided` counts the battles to which neither says tie. `share` is the agreement on all, `share_decided` on those,
    `kappa` Cohen's over three classes. All intervals resample clusters.
    """

    agreed: int
    battles: int
    agreed_decided: int
    decided: int
    share: Estimated
    share_decided: Estimated
    kappa: Estimated


def classes(codes: Codes) -> Codes:
    """Outcomes' codes as the classes that are compared: a both_bad (3) is a tie (2); MISSING stays (all N)."""
    return np.minimum(codes, CLASSES - 1)


def compare(first: Codes, second: Codes, cluster: Codes, rng: np.random.Generator) -> Agreement:
    """Compare two raters' classes of the same N battles; `cluster` numbers what is resampled whole, such as prompts.

    The intervals are the 2.5 and 97.5 percentiles of 2,000 bootstrap samples of clusters (Field & Welsh 2007), and
    none are given of fewer than two clusters.
    """
    tables = _tables(first, second, cluster)
    whole = tables.sum(axis=0)
    drawn = _redrawn(tables, rng)
    decided = whole[:2, :2]
    return Agreement(
        agreed=int(np.trace(whole)),
        battles=int(whole.sum()),
        agreed_decided=int(np.trace(decided)),
        decided=int(decided.sum()),
        share=_estimated(share(whole), _shares(drawn)),
        share_decided=_estimated(share(decided), _shares(drawn[:, :2, :2])),
        kappa=_estimated(kappa(whole), _kappas(drawn)),
    )


def share(table: Matrix) -> float:
    """The share of a table (K x K, rows one rater's classes) that lies on its diagonal; not a number if it is empty."""
    return float(_shares(table[None])[0])


def kappa(table: Matrix) -> float:
    """Cohen's kappa (1960) of a table (K x K): (p - e) / (1 - e), e being what the margins alone would agree on.

    Not a number where nothing was compared or both raters used one and the same class throughout.
    """
    return float(_kappas(table[None])[0])


def alpha(ratings: Codes, cluster: Codes, rng: np.random.Generator, *, levels: int = CLASSES) -> Estimated:
    """Krippendorff's alpha (2004, nominal) of N units by R raters, MISSING where one said nothing, with its interval.

    1 - D_o / D_e out of the coincidence matrix, in which a unit of m ratings counts each ordered pair of them 1/(m - 1)
    times; units of fewer than two are left out. Clusters (N) of units are resampled as in `compare`.
    """
    return _estimated_alpha(_coincidences(ratings, cluster, levels), rng)


def within(ratings: Codes) -> tuple[Codes, Codes, Codes]:
    """Every pair of raters of a unit: what both said, and the unit's number; people's own agreement is a ceiling."""
    first, second, units = [], [], []
    for one in range(ratings.shape[1]):
        for other in range(one + 1, ratings.shape[1]):
            both = np.flatnonzero((ratings[:, one] != MISSING) & (ratings[:, other] != MISSING))
            first.append(ratings[both, one])
            second.append(ratings[both, other])
            units.append(both)
    none = np.empty(0, dtype=np.int64)
    return np.concatenate([none, *first]), np.concatenate([none, *second]), np.concatenate([none, *units])


def macro(table: Matrix) -> tuple[float, float, float]:
    """Precision, recall and F1, each the plain mean over classes; rows are the truth, columns what was said of it.

    A class that nobody said has precision 0, and one that never was true recall 0.
    """
    hits = np.diag(table)
    precision = hits / np.maximum(table.sum(axis=0), 1)
    recall = hits / np.maximum(table.sum(axis=1), 1)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    return float(precision.mean()), float(recall.mean()), float(f1.mean())


def table_of(first: Codes, second: Codes) -> Matrix:
    """How often the first rater said the row's class and the second the column's (3 x 3)."""
    return np.asarray(_tables(first, second, np.zeros(len(first), dtype=np.int64)).sum(axis=0))


def _tables(first: Codes, second: Codes, cluster: Codes) -> Matrix:
    """One table for each cluster (C x 3 x 3)."""
    clusters = np.unique(cluster, return_inverse=True)[1] if len(cluster) else np.empty(0, dtype=np.int64)
    count = int(clusters.max()) + 1 if len(clusters) else 0
    places = (clusters * CLASSES + first) * CLASSES + second
    cells = np.bincount(places, minlength=count * CLASSES**2).astype(float)
    return cells.reshape(count, CLASSES, CLASSES)


def _coincidences(ratings: Codes, cluster: Codes, levels: int) -> Matrix:
    counts = np.stack([(ratings == code).sum(axis=1) for code in range(levels)], axis=1).astype(float)
    paired = counts.sum(axis=1) >= 2
    counts = counts[paired]
    clusters = np.unique(cluster[paired], return_inverse=True)[1]
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, range(levels), range(levels)] -= counts
    pairs /= (counts.sum(axis=1) - 1)[:, None, None]
    summed = np.zeros((int(clusters.max(initial=-1)) + 1, levels, levels))
    np.add.at(summed, clusters, pairs)
    return summed


def _estimated_alpha(coincidences: Matrix, rng: np.random.Generator) -> Estimated:
    whole = coincidences.sum(axis=0)
    return _estimated(float(_alphas(whole[None])[0]), _alphas(_redrawn(coincidences, rng)))


def _redrawn(tables: Matrix, rng: np.random.Generator) -> Matrix:
    """The sums of bootstrap samples of clusters (B x K x K); none of fewer than two clusters."""
    clusters = len(tables)
    if clusters < 2:
        return np.empty((0, *tables.shape[1:]))
    # Clusters of equal tables need not be told apart, so they are drawn together: there are few kinds of them. In the
    # order in which they come, so that turning all sides round draws the same.
    kinds, first, counts = np.unique(tables.reshape(clusters, -1), axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    weights = rng.multinomial(clusters, counts[order] / clusters, size=REPLICATES)
    return np.asarray(weights @ kinds[order]).reshape(REPLICATES, *tables.shape[1:])


def _estimated(value: float, drawn: Vector) -> Estimated:
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value):
        return Estimated(None, None, None)
    if len(known) == 0:
        return Estimated(value, None, None)
    tail = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(known, (tail, 1 - tail))
    return Estimated(value, float(lower), float(upper))


def _shares(tables: Matrix) -> Vector:
    return _over(np.trace(tables, axis1=1, axis2=2), tables.sum(axis=(1, 2)))


def _kappas(tables: Matrix) -> Vector:
    totals = tables.sum(axis=(1, 2))
    observed = _shares(tables)
    expected = _over((tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1), totals**2)
    return _over(observed - expected, 1 - expected)


def _alphas(coincidences: Matrix) -> Vector:
    totals = coincidences.sum(axis=(1, 2))
    margins = coincidences.sum(axis=1)
    observed = 1 - _shares(coincidences)
    expected = 1 - _over((margins * (margins - 1)).sum(axis=1), totals * (totals - 1))
    return np.asarray(1 - _over(observed, expected))


def _over(above: Vector, below: Vector) -> Vector:
    """The quotient, and not a number where there is nothing below."""
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=np.abs(below) > 0))
