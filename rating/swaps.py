"""Swaps: who would stand above whom if the board were made another way."""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Vector


@dataclass(frozen=True)
class Swap:
    """`riser` passes `faller`: how far it was behind before, and is ahead after, in log-odds; ranks as before."""

    riser: int
    faller: int
    riser_rank: int
    faller_rank: int
    behind: float
    ahead: float


def between(before: Vector, after: Vector) -> tuple[Swap, ...]:
    """Every pair whose order turns from strengths `before` to those `after` (M each), the highest ranks first.

    Who is level with another passes nobody.
    """
    ranks = np.empty(len(before), dtype=np.int64)
    ranks[np.argsort(-before, kind="stable")] = np.arange(1, len(before) + 1)
    risers, fallers = np.nonzero((before[:, None] < before) & (after[:, None] > after))
    found = [
        Swap(
            riser,
            faller,
            int(ranks[riser]),
            int(ranks[faller]),
            float(before[faller] - before[riser]),
            float(after[riser] - after[faller]),
        )
        for riser, faller in zip(risers.tolist(), fallers.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda swap: (swap.faller_rank, swap.riser_rank)))
