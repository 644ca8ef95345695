"""Streams of chance that can be opened alone, in any order and on any machine."""

from enum import IntEnum

import numpy as np

from rating.errors import RatingError


class Purpose(IntEnum):
    """What a stream is for; the numbers are part of what a release is computed from and never change."""

    REPLICATES = 1
    RANKS = 2
    SIMULATION = 20
    CYCLES = 21


def opened(seed: int, purpose: Purpose, number: int = 0) -> np.random.Generator:
    """The Philox stream keyed by seed, purpose and number (Salmon et al. 2011); equal keys give equal draws."""
    if not (0 <= seed < 2**64 and 0 <= number < 2**48):
        raise RatingError(
            f"A seed is a whole number from 0 to 2^64 - 1, and a replicate one below 2^48: {seed}, {number}."
        )
    key = np.array([seed, (purpose << 48) + number], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
