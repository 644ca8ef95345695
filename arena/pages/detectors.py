"""Detectors: what was measured of the vote audit, as `python -m tests.benchmarks.audit` printed it.

Shares are in percent of voters, or of boards, found where at most 1 % of the honest are.
"""

from dataclasses import dataclass
from typing import Final

SEED: Final = 2026
BOARDS: Final = 8
GROUP_BOARDS: Final = 50
CHECKPOINTS: Final = (10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Power:
    """An attack (the page has its name): what is found of it after 10 to 200 votes, and what the design asked for."""

    attack: str
    found: tuple[float, ...]
    designed: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Together:
    """Votes or accounts that come together: how many, what part of the boards is found, and what the design had."""

    attack: str
    size: int
    found: float
    designed: float


POWER: Final = (
    Power("honest", (0.97, 0.80, 1.04, 1.15, 1.54)),
    Power("skipping", (77, 98, 100, 100, 100), (73, 99, 100, 100, 100)),
    Power("omnipresent", (13, 35, 65, 91, 100), (15, 29, 65, 94, 100)),
    Power("half", (4, 8, 21, 39, 56), (4, 7, 15, 25, 45)),
    Power("clicking", (8, 21, 51, 82, 98), (14, 24, 63, 90, 100)),
    Power("left", (100, 100, 100, 100, 100), (100, 100, 100, 100, 100)),
    Power("camouflaged", (1, 1, 2, 3, 7), (1, 1, 1, 3, 7)),
)
# Of random clicks, what the most powerful test against them alone finds on the same boards after 10 to 100 votes.
MOST_CLICKS: Final = (13, 24, 58, 87)
GROUPS: Final = (
    Together("window", 60, 58, 56),
    Together("window", 80, 96, 91),
    Together("window", 120, 100, 100),
    Together("newest", 24, 68, 8),
    Together("newest", 48, 100, 51),
    Together("newest", 100, 100, 98),
    Together("half aged", 400, 100, 79),
    Together("aged", 400, 0, 0),
)
