"""Booths: where a voter stands, with all that a battle of theirs needs."""

from dataclasses import dataclass
from uuid import UUID

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.controls import Plan
from arena.evaluation.generation import Generations
from arena.evaluation.grounds import Grounds
from arena.integration.paces import Paces
from arena.limits import Rates


@dataclass(frozen=True)
class Booth:
    """Who asks, from which network, and what answers them.

    One thing for a handler to ask for: of several the server would make a task each, which costs more than they do.
    """

    voter_id: UUID | None
    network: str
    settings: Settings
    db: Pool
    rates: Rates
    grounds: Grounds
    generations: Generations
    paces: Paces
    plan: Plan
