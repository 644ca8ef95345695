"""Whether intervals hold as often as they say, on boards whose truth is known."""

import asyncio
from datetime import timedelta
from typing import Final

import numpy as np

from arena.publishing import factbook
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from rating import rate
from rating.scale import Scale
from rating.settings import Setting
from rating.simulate import Truth, draw

BOARDS: Final = 200
CONTENDERS: Final = 8
VOTES: Final = 1200
VOTERS: Final = 120
SPREAD: Final = 0.8
OFF: Final = 0.02


@check(
    "X10",
    Smell.MISMATCHED,
    Entity.METRIC,
    Entity.SCORE,
    severity=Severity.MAJOR,
    threshold="A share of true ratings inside their intervals that is more than 2 points from the stated level.",
    hits=2,
    every=timedelta(days=1),
    seconds=120,
)
async def coverage(scene: Scene) -> list[Sighting]:
    """Intervals hold the truth as often as they say, on 200 boards drawn anew each night from known strengths."""
    level = float(factbook.method()["level"] or 0)
    share = await asyncio.to_thread(covered, scene.now.toordinal())
    if abs(share - level) <= OFF:
        return []
    return [
        Sighting(
            subject="intervals",
            sentence="Intervals of {level} hold the true rating in {share} of cases on boards drawn from known "
            "strengths.",
            values={"level": f"{level:.0%}", "share": f"{share:.1%}"},
            observed=f"{share:.4f}",
            expected=f"{level:.2f} within {OFF}",
            evidence="/methodology#intervals",
        )
    ]


def covered(seed: int) -> float:
    """The share of true ratings inside their intervals, over boards drawn from this seed."""
    rng, hits = np.random.default_rng(seed), 0
    setting = Setting(contenders=CONTENDERS, votes=VOTES, voters=VOTERS, activity=1.0)
    for _ in range(BOARDS):
        strengths = SPREAD * rng.standard_normal(CONTENDERS)
        board = rate(draw(Truth(strengths=strengths), setting, rng))
        order = [board.contenders.index(f"contender {code:03}") for code in range(CONTENDERS)]
        true = Scale(reference=float(strengths.mean())).ratings(strengths)
        hits += int(((board.lower[order] <= true) & (true <= board.upper[order])).sum())
    return hits / (BOARDS * CONTENDERS)
