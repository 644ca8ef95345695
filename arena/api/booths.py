"""Booths: where a voter stands, with all that a battle of theirs needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import controls, probes
from arena.evaluation.controls import Plan
from arena.evaluation.exchanges import Question
from arena.evaluation.generation import Generations
from arena.evaluation.grounds import Grounds
from arena.evaluation.pairing import Pairing
from arena.evaluation.probes import Probe
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

    @property
    def planned(self) -> Plan:
        """The plan, without probes as long as this process has not heard how fast contenders answer."""
        return self.plan if self.generations.tempos.enough else structs.replace(self.plan, probes=0.0)

    def questions(self, pair: Pairing, prompt: str) -> Sequence[Question]:
        """Whom to ask what in a battle that has just been opened, or what is told in a probe."""
        if isinstance(pair, Probe):
            return probes.recited(pair, self.generations.tempos)
        return controls.questions(pair, prompt)
