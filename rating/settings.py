"""The boards behind the published figures: who meets whom how often, how people vote, and how strengths lie."""

import math
from dataclasses import dataclass

import numpy as np

from rating.arrays import Vector
from rating.errors import RatingError

SPREAD = 0.6  # the sd of strengths, in log-odds
FOUR_ELO = 4 * np.log(10) / 400


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How many meet and how people vote; without `voters` every vote is of a voter of its own.

    `activity` is the sd of log busyness, `taste` the sd of what a voter adds to each contender's strength, and
    `affinity` that of what a prompt adds; without `prompts` every vote is on a prompt of its own.
    """

    contenders: int
    votes: int
    voters: int | None = None
    activity: float = 0.0
    taste: float = 0.0
    prompts: int | None = None
    affinity: float = 0.0

    @property
    def whim(self) -> float:
        """The sd of all that voter and prompt together add to a strength."""
        return math.hypot(self.taste, self.affinity)


SETTINGS = {
    "independent": Setting(contenders=15, votes=3000),
    "public": Setting(contenders=15, votes=6000, voters=2500, activity=1.1, taste=0.8),
    "private": Setting(contenders=15, votes=3000, voters=60, activity=1.0, taste=0.8),
    "lab": Setting(contenders=15, votes=1000, voters=15, activity=0.8, taste=0.8),
    "new board": Setting(contenders=15, votes=300),
    "two-way": Setting(contenders=15, votes=3000, voters=60, activity=1.0, taste=0.8, prompts=200, affinity=0.8),
}
RANK_SETTINGS = {
    "independent": Setting(contenders=20, votes=8000),
    "60 voters": Setting(contenders=15, votes=4000, voters=60, activity=1.0, taste=0.8),
}
RANK_BOARDS = ("well spread", "4-Elo steps", "five tied", "all tied")


def strengths(rng: np.random.Generator, contenders: int, *, board: str = "well spread") -> Vector:
    """Strengths (in log-odds, centred) as they lie on one of RANK_BOARDS.

    Well spread is N(0, .6); five tied are at .8, the others N(-.2, .5).
    """
    drawn = rng.normal(0, SPREAD, contenders)
    if board == "4-Elo steps":
        drawn = -FOUR_ELO * np.arange(contenders)
    elif board == "five tied":
        drawn = np.concatenate([np.full(5, 0.8), rng.normal(-0.2, 0.5, contenders - 5)])
    elif board == "all tied":
        drawn = np.zeros(contenders)
    elif board != "well spread":
        raise RatingError(f"{board!r} is none of the boards {', '.join(RANK_BOARDS)}.")
    return np.asarray(drawn - drawn.mean())
