"""The sums over votes that a fit with covariates rests on, each exact, so that no order of votes can move it."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack
from scipy.special import expit

from rating import design as designs
from rating import exact
from rating.arrays import Integers, Matrix, Vector, summed
from rating.design import Chunk, Design


@dataclass(frozen=True, eq=False)
class Form:
    """Σ w s s' with s = (e_low - e_high, z), in parts: Σ w by pair, Σ w z by pair (P x pairs), and Σ w z z' (P x P).

    `fine`, `slanted` and `factors` (P x 1 each) are the grids of w, of w z as a factor, and of z as the other.
    """

    pairs: Vector
    mixed: Matrix
    block: Matrix
    fine: float
    slanted: Matrix
    factors: Matrix


@dataclass(frozen=True, eq=False)
class Slopes:
    """The log-likelihood's gradient over (θ, coefficients), M + P, and its negative Hessian; no prior in either."""

    gradient: Vector
    information: Matrix


def slopes(design: Design, theta: Vector, coefficients: Vector) -> Slopes:
    """Σ w (y - p) s and Σ w p (1 - p) s s' over the votes, with s = (e_low - e_high, z), at a place."""
    pairs, block = np.zeros(len(design.low)), np.zeros(len(coefficients))
    form = _blank(design, design.heaviest)
    fine, fines = _grids(design)
    for chunk in designs.chunks(design, theta[design.low] - theta[design.high], coefficients):
        left, curve = chunk.left, chunk.chance * (1 - chunk.chance)
        if chunk.weight is not None:
            left, curve = left * chunk.weight, curve * chunk.weight
        block += exact.rounded(left * chunk.values, fines).sum(axis=1)
        _add_pairs(pairs, chunk, exact.rounded(left, fine))
        _add(form, chunk, curve)
    size = design.size
    score = summed(design.low, pairs, length=size) - summed(design.high, pairs, length=size)
    return Slopes(np.concatenate([score, block]), _joined(design, form))


def meat(design: Design, theta: Vector, coefficients: Vector, plain: Vector) -> Matrix:
    """Σ s s' over the votes of s = w ((y - p) x, (y - p) z, (y - p°) x), x = e_low - e_high: M + P + M square.

    p° is the chance by `plain` strengths (M) without covariates: the whole says how both fits vary together.
    """
    bound = design.heaviest**2
    own, both, apart = _blank(design, bound), _blank(design, bound), np.zeros(len(design.low))
    usual = _chances(design, plain)
    for chunk in designs.chunks(design, theta[design.low] - theta[design.high], coefficients):
        left, other = _scores(chunk, usual)
        _add(own, chunk, left * left)
        _add_slants(both, chunk, left * other)
        _add_pairs(apart, chunk, exact.rounded(other * other, own.fine))
    size, wide = design.size, design.size + len(coefficients)
    whole = np.zeros((wide + size, wide + size))
    whole[:wide, :wide] = _joined(design, own)
    whole[:wide, wide:] = _joined(design, both)[:, :size]
    whole[wide:, :wide] = whole[:wide, wide:].T
    whole[wide:, wide:] = _laplacian(design, apart)
    return whole


def meat_by_cluster(design: Design, theta: Vector, coefficients: Vector, plain: Vector) -> Matrix:
    """As `meat`, with the scores of each cluster summed before they are multiplied."""
    cluster = design.cluster
    assert cluster is not None
    clusters, usual = int(cluster.max(initial=-1)) + 1, _chances(design, plain)
    left, other = np.empty(len(design)), np.empty(len(design))
    slants = np.zeros((clusters, len(coefficients)))
    fine, fines = _grids(design)
    for chunk in designs.chunks(design, theta[design.low] - theta[design.high], coefficients):
        ours, theirs = _scores(chunk, usual)
        own = cluster[chunk.rows]
        for place, slant in enumerate(exact.rounded(ours * chunk.values, fines)):
            slants[:, place] += np.bincount(own, slant, minlength=clusters)
        left[chunk.rows], other[chunk.rows] = exact.rounded(ours, fine), exact.rounded(theirs, fine)
    return _squared(
        [_by_cluster(design, cluster, left, clusters), csr_array(slants), _by_cluster(design, cluster, other, clusters)]
    )


def _by_cluster(design: Design, cluster: Integers, left: Vector, clusters: int) -> csr_array:
    """Σ left x by cluster (clusters x M)."""
    pairs = len(design.low)
    pair = np.repeat(np.arange(pairs, dtype=np.int32), np.diff(design.starts))
    said = csr_array(coo_array((left, (cluster, pair)), shape=(clusters, pairs)))
    ends, signs = np.stack([design.low, design.high], axis=1).ravel(), np.tile([1.0, -1.0], pairs)
    return csr_array(said @ csr_array((signs, ends, np.arange(pairs + 1) * 2), shape=(pairs, design.size)))


def _squared(blocks: list[csr_array]) -> Matrix:
    """U'U of the blocks side by side; every column is rounded so far that all sums of products are exact."""
    scores = hstack(blocks, format="csc")
    for place in range(scores.shape[1]):
        column = scores.data[scores.indptr[place] : scores.indptr[place + 1]]
        reach = float(np.abs(column).max(initial=0.0))
        exact.rounded(column, exact.grid_of_factor(reach, scores.shape[0]))
    return np.asarray((scores.T @ scores).toarray())


def _scores(chunk: Chunk, usual: Vector) -> tuple[Vector, Vector]:
    """What is left of each row's points, with and without covariates, times its weight."""
    apart = chunk.left + chunk.chance - np.repeat(usual[chunk.pairs], chunk.counts)
    return (chunk.left, apart) if chunk.weight is None else (chunk.left * chunk.weight, apart * chunk.weight)


def _chances(design: Design, theta: Vector) -> Vector:
    return np.asarray(expit(theta[design.low] - theta[design.high]))


def _grids(design: Design) -> tuple[float, Matrix]:
    """The grids of terms w (y - p) and, for each covariate (P x 1), of w (y - p) z."""
    fines = [exact.grid(design.heaviest * reach, len(design)) for reach in design.reach]
    return exact.grid(design.heaviest, len(design)), np.array(fines).reshape(-1, 1)


def _factor_grids(design: Design, bound: float) -> Matrix:
    """The grids (P x 1) of factors within ±bound times the covariates."""
    grids = [exact.grid_of_factor(bound * reach, len(design)) for reach in design.reach]
    return np.array(grids).reshape(-1, 1)


def _blank(design: Design, bound: float) -> Form:
    """A form in which no w is beyond ±bound."""
    shares, pairs, fine = len(design.values), len(design.low), exact.grid(bound, len(design))
    sums = np.zeros(pairs), np.zeros((shares, pairs)), np.zeros((shares, shares))
    return Form(*sums, fine, _factor_grids(design, bound), _factor_grids(design, 1.0))


def _add(form: Form, chunk: Chunk, amount: Vector) -> None:
    """Add Σ amount s s' over a chunk.

    Both factors of a product z · (amount z) are rounded, each to half of the digits that sums of products can hold:
    a scalar product of such vectors is exact in whatever order it is taken.
    """
    weighted = _add_slants(form, chunk, amount)
    for place, factor in enumerate(exact.rounded(chunk.values.copy(), form.factors)):
        for other in range(place + 1):
            form.block[place, other] += factor @ weighted[other]


def _add_slants(form: Form, chunk: Chunk, amount: Vector) -> Matrix:
    """Add Σ amount and Σ amount z by pair, and return the terms amount · z (P x rows)."""
    _add_pairs(form.pairs, chunk, exact.rounded(amount.copy(), form.fine))
    weighted: Matrix = exact.rounded(amount * chunk.values, form.slanted)
    form.mixed[:, chunk.pairs] += np.add.reduceat(weighted, chunk.bounds, axis=1)
    return weighted


def _add_pairs(sums: Vector, chunk: Chunk, amounts: Vector) -> None:
    sums[chunk.pairs] += np.add.reduceat(amounts, chunk.bounds)


def _joined(design: Design, form: Form) -> Matrix:
    """The form as one matrix over (θ, coefficients)."""
    size = design.size
    whole = np.zeros((size + len(form.block), size + len(form.block)))
    whole[:size, :size] = _laplacian(design, form.pairs)
    for place, amounts in enumerate(form.mixed):
        slant = summed(design.low, amounts, length=size) - summed(design.high, amounts, length=size)
        whole[size + place, :size] = whole[:size, size + place] = slant
    whole[size:, size:] = np.tril(form.block) + np.tril(form.block, -1).T
    return whole


def _laplacian(design: Design, amounts: Vector) -> Matrix:
    """Σ amount x x' over pairs (M x M)."""
    size = design.size
    whole = np.zeros((size, size))
    whole[design.low, design.high] = whole[design.high, design.low] = -amounts
    np.fill_diagonal(whole, -whole.sum(axis=1))
    return whole
