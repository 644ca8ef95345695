"""A month of ordinary life raises no finding: votes, releases, a newcomer, a rename, a retirement, an exclusion."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import exclusions, votes
from arena.evaluation.exclusions import Reason
from arena.integration import boards, defaults
from arena.integration.boards import Board, Change
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import checks, rounds, slots, smells
from arena.publishing.candidates import State
from arena.submission import contenders, lifecycle
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import Actor
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

DAYS = 31
VOTES = 24
CARD = "A model of the house that answers whatever it is asked, and never says by what name it goes."
DAILY = "every day at 12:00, cut-off 2 hours before"
# Those from outside have a running arena in tests of their own, and one draws boards of its own.
INSIDE = {name: check for name, check in checks.ALL.items() if check.inside and name != "X10"}
# What grows only keeps the moments at which it grew.
FIXED = ("ledger_leaves", "ledger_nodes", "ledger_heads", "migrations")


class Life:
    """An arena whose rows are moved to the day that it is there."""

    def __init__(self, db: Pool, settings: Settings, provider: Provider, account_id: UUID) -> None:
        self.db, self.settings, self.provider, self.account_id = db, settings, provider, account_id
        self.now = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=DAYS + 1)
        self.entrants: list[Entrant] = []
        self._columns: list[tuple[str, str]] = []

    async def arrive(self, name: str) -> None:
        """A contender comes in with a whole card."""
        self.entrants.append(await contender(self.db, self.provider, f"m-{name}", slug=name.lower(), name=name))
        await self.db.execute(
            "UPDATE contenders SET licence = 'MIT', description = $1", f"A model of the house. {'It answers. ' * 4}"
        )

    async def vote(self) -> None:
        """A day's votes, each pair as often as every other, each side as often A as B."""
        pairs = [(one, other) for one in self.entrants for other in self.entrants if one is not other]
        for number in range(VOTES):
            battle, voter = await ready_battle(self.db, list(pairs[number % len(pairs)]))
            await votes.cast(self.db, battle.id, voter, Outcome.A if number % 3 else Outcome.B)

    async def until(self, hour: int) -> None:
        """It is this hour of the day, and what was just written was written then."""
        self.now = self.now.replace(hour=hour)
        if not self._columns:
            rows = await self.db.fetch(
                "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
                " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
                " AND data_type = 'timestamp with time zone' AND table_name <> ALL($1) AND table_name !~ '^pgqueuer'",
                FIXED,
            )
            self._columns = [(row["table_name"], row["column_name"]) for row in rows]
        fresh = datetime.now(UTC) - timedelta(hours=1)
        async with self.db.acquire() as connection:
            for table, column in self._columns:
                await connection.execute(
                    f"UPDATE {table} SET {column} = $1 WHERE {column} > $2 AND {column} < now() + interval '1 hour'",
                    *(self.now, fresh),
                )

    async def look(self) -> None:
        """The worker's clock calls boards, and makes those there are votes for; every check that is due has a look."""
        await boards.due(self.db, self.now)
        await defaults.make(self.db)
        ran = await rounds.make(self.db, self.settings, now=self.now, among=INSIDE)
        odd = {name: (one.outcome, one.note, one.sightings) for name, one in ran.items() if one.outcome != "clean"}
        assert odd == {}, self.now


async def _calendar(life: Life) -> Board:
    return await boards.change(
        life.db, "overall", Change(calendar=DAILY), reason="As agreed.", account_id=life.account_id
    )


async def _happening(life: Life, day: int) -> None:
    """What happens on some days besides votes."""
    operator = Actor(life.account_id, "operator")
    if day == 6:
        await life.arrive("Dora")
    async with life.db.acquire() as connection:
        if day == 9:
            berta = life.entrants[1].contender_id
            await contenders.rename(connection, berta, "Bertha", reason="So it is called.", account_id=life.account_id)
        if day == 16:
            carl = life.entrants.pop(2).target.endpoint_id
            await lifecycle.retire(connection, carl, actor=operator, note="Bertha takes its place.")
    vote = await life.db.fetchval("SELECT id FROM votes ORDER BY cast_at LIMIT 1")
    if day == 12:
        await exclusions.exclude(life.db, vote, Reason.OPERATOR, note="Doubtful.", account_id=life.account_id)
    if day == 20:
        await exclusions.lift_all(life.db, vote, because="It was right.", account_id=life.account_id)


@pytest.mark.slow
async def test_a_month_of_ordinary_life_raises_no_finding(db: Pool, settings: Settings, provider: Provider) -> None:
    operator = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    life = Life(db, settings, provider, operator.id)
    for name in ("Anna", "Berta", "Carl"):
        await life.arrive(name)
    board = await _calendar(life)
    released = 0
    for day in range(DAYS):
        await _happening(life, day)
        await life.vote()
        await life.until(9)
        await life.look()
        for hour in (10, 12):
            await life.until(hour)
            ended = await slots.advance(db, board, settings, now=life.now)
        assert ended is not None
        assert (ended.state, ended.findings) == (State.PUBLISHED, [])
        released += 1
        await life.until(13)
        await life.look()
        life.now += timedelta(days=1)
    assert released == DAYS
    assert await smells.listed(db, most=9) == []
    assert set(await rounds.last(db)) == set(INSIDE)
