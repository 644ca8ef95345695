"""Sums that no order can move: terms are first rounded to a grid on which every sum of them is exact."""

import math

import numpy as np

from rating.arrays import Vector

# Doubles hold whole numbers up to 2^53; a bit is kept for the sign of the shift, one for bounds that are rounded.
BITS = 51


def grid(bound: float, terms: int) -> float:
    """The finest power of two of which any sum of `terms` multiples, none beyond ±bound, is exact in doubles.

    After Demmel & Nguyen (2013), "Fast reproducible floating-point summation", with one bin. `bound` is in the
    units of the terms and so is the grid; the rounding of a term is at most half of it. A bound of zero has the
    smallest grid there is.
    """
    most = bound * max(terms, 1)
    return 2.0 ** (math.ceil(math.log2(most)) - BITS) if most > 0 else float(np.finfo(np.float64).tiny)


def grid_of_factor(bound: float, terms: int) -> float:
    """The grid for the factors of a scalar product of `terms` terms, no factor of one side being beyond ±bound.

    If either side is rounded to the grid of its own bound, the product's sums are exact.
    """
    bits = (BITS - math.ceil(math.log2(max(terms, 1)))) // 2
    return 2.0 ** (math.ceil(math.log2(bound)) - bits) if bound > 0 else float(np.finfo(np.float64).tiny)


def rounded(values: Vector, to: float | Vector) -> Vector:
    """The values, changed in place, as the nearest multiples of the grid `to` (a tie goes to the even one).

    Negated values round to negated ones. Right for values up to 2^51 grids.
    """
    shift = 1.5 * 2.0**52 * to
    values += shift
    values -= shift
    return values
