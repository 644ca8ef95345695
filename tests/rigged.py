"""An arena of six contenders with honest votes, a snapshot of them, and what attackers add."""

from dataclasses import dataclass
from itertools import cycle
from uuid import UUID, uuid4

import numpy as np

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import traces
from arena.evaluation.selections import Turns
from arena.evaluation.traces import Trace
from arena.integration import audits, boards
from arena.integration.boards import OFTEN, Board, New
from arena.integration.questions import Question
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, snapshot
from tests.upstream import Provider

SLUGS = ("anna", "berta", "clara", "dora", "edith", "flora")
TARGET = "flora"


@dataclass
class Hall:
    """An arena whose honest votes have made a snapshot."""

    db: Pool
    board: Board
    settings: Settings
    entrants: list[Entrant]
    chance: np.random.Generator

    async def cast(self, told: list[tuple[int, int, Outcome, UUID]], trace: Trace | None = None) -> list[UUID]:
        """Votes in battles of these two, in this order, as they are after they were cast."""
        ids = [uuid4() for _ in told]
        people = [voter for *_, voter in told]
        seen = Trace(b"", b"") if trace is None else trace
        async with self.db.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO voters (id) SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING", people
            )
            await connection.execute(
                """
                WITH draw AS (
                    INSERT INTO draws (id, endpoint_ids, shares)
                    SELECT gen_random_uuid(), $3::uuid[], array_fill(1.0 / 6, ARRAY[6]) RETURNING id
                )
                INSERT INTO battles (id, voter_id, state, rule, propensity, draw_id)
                SELECT battle, voter, 'voted', 'rates-1', 1.0 / 15, draw.id
                FROM unnest($1::uuid[], $2::uuid[]) AS new (battle, voter), draw
                """,
                *(ids, people, [entrant.target.endpoint_id for entrant in self.entrants]),
            )
            for position in (0, 1):
                sides = [self.entrants[(first, second)[position]] for first, second, _, _ in told]
                await connection.execute(
                    """
                    INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
                    SELECT battle, $2, contender, endpoint
                    FROM unnest($1::uuid[], $3::uuid[], $4::uuid[]) AS new (battle, contender, endpoint)
                    """,
                    *(ids, position, [side.contender_id for side in sides]),
                    [side.target.endpoint_id for side in sides],
                )
            rows = await connection.fetch(
                """
                WITH traced AS (
                    INSERT INTO traces (battle_id, moment, network, agent)
                    SELECT unnest($1::uuid[]), 'voted', $3::bytea, $4::bytea WHERE length($3::bytea) = 8
                )
                INSERT INTO votes (battle_id, outcome) SELECT * FROM unnest($1::uuid[], $2::text[]) RETURNING id
                """,
                *(ids, [outcome for _, _, outcome, _ in told], seen.network, seen.agent),
            )
        return [row["id"] for row in rows]

    async def honest(self, number: int, *, voters: int = 40) -> None:
        """Votes that prefer who comes first by the alphabet, by strengths a step apart; sides by chance."""
        people = cycle([uuid4() for _ in range(voters)])
        told = []
        for _ in range(number):
            first, second = map(int, self.chance.permutation(len(SLUGS))[:2])
            won = self.chance.random() < 1 / (1 + np.exp(0.3 * (first - second)))
            told.append((first, second, Outcome.A if won else Outcome.B, next(people)))
        await self.cast(told)

    async def rigged(self, browsers: int = 5, each: int = 6) -> list[UUID]:
        """All for the last, by a handful of browsers on one network."""
        people = [uuid4() for _ in range(browsers)]
        told = [
            (5, other % 5, Outcome.A, voter) if other % 2 else (other % 5, 5, Outcome.B, voter)
            for voter in people
            for other in range(each)
        ]
        return await self.cast(told, traces.of("198.51.100.0/24", "Mozilla", self.settings.secret))

    async def new_boards(self) -> list[str]:
        """A board that asks for votes of battles of one turn, and one of a category that no vote is of; the first."""
        for slug, question in (("one-turn", Question(turns=Turns.ONE)), ("code", Question(category="code"))):
            new = New(slug=slug, name=slug, description="", cron=OFTEN, question=question)
            await boards.make(self.db, new, reason="To see.", account_id=None)
        return ["one-turn"]


async def hall(db: Pool, settings: Settings, provider: Provider) -> Hall:
    """With 360 honest votes, all of which the snapshot counts, so that the audit has nothing to look at."""
    entrants = [await contender(db, provider, "identity", slug=slug, name=slug.title()) for slug in SLUGS]
    made = Hall(db, await boards.require(db, "overall"), settings, entrants, np.random.default_rng(7))
    await made.honest(360)
    await snapshot(db, made.board, settings)
    assert await audits.run(db, made.board) == 0
    return made
