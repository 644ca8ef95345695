import asyncio
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, rows
from arena.integration.boards import NoSuchBoard
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests import builders
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def _voted(db: Pool, entrants: list[Entrant], winner: str, voter: UUID | None = None) -> None:
    battle, voter = await ready_battle(db, entrants, voter)
    first = await db.fetchval(
        "SELECT slug FROM sides JOIN contenders ON contenders.id = contender_id WHERE battle_id = $1 AND position = 0",
        battle.id,
    )
    await votes.cast(db, battle.id, voter, Outcome.A if first == winner else Outcome.B)


async def test_a_board_without_votes_is_a_snapshot_without_standings(db: Pool, settings: Settings) -> None:
    board = await boards.require(db, "overall")
    snapshot = await builders.snapshot(db, board, settings)
    assert (snapshot.votes, snapshot.voters) == (0, 0)


async def test_the_winner_stands_above_and_a_single_voter_bounds_nothing(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    await _voted(db, entrants, "anna")
    snapshot = await builders.snapshot(db, board, settings)
    rows = await db.fetch(
        """
        SELECT slug, rating, lower, upper, rank_lower, rank_upper, status
        FROM standings JOIN contenders ON contenders.id = contender_id WHERE snapshot_id = $1 ORDER BY slug
        """,
        snapshot.id,
    )
    anna, berta = rows
    assert anna["rating"] > 1000 > berta["rating"]
    assert anna["rating"] + berta["rating"] == pytest.approx(2000)
    for row in rows:
        assert (row["lower"], row["upper"]) == (None, None)
        assert (row["rank_lower"], row["rank_upper"], row["status"]) == (1, 2, "provisional")


async def test_enough_votes_and_a_narrow_interval_establish(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    for _ in range(6):
        await _voted(db, entrants, "anna")
        await _voted(db, entrants, "berta")
    few = structs.replace(settings, established_votes=12, established_half_width=300)
    status = {}
    for name, changed in {"enough": few, "too few votes": structs.replace(few, established_votes=13)}.items():
        snapshot = await builders.snapshot(db, board, changed)
        status[name] = await db.fetchval("SELECT min(status) FROM standings WHERE snapshot_id = $1", snapshot.id)
    assert status == {"enough": "established", "too few votes": "provisional"}


async def test_the_digest_depends_on_the_votes_and_not_on_their_order(db: Pool, entrants: list[Entrant]) -> None:
    for winner in ("anna", "berta", "anna"):
        await _voted(db, entrants, winner)
    told = [rows.published(vote, {}) for vote in await votes.counted(db)]
    digest = rows.digest(told)
    assert rows.digest(told[::-1]) == digest
    assert rows.digest([structs.replace(told[0], winner="tie"), *told[1:]]) != digest
    assert rows.digest(told[1:]) != digest


async def test_snapshots_taken_at_once_agree(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    board = await boards.require(db, "overall")
    for _ in range(3):
        await _voted(db, entrants, "anna", uuid4())
    taken = await asyncio.gather(*(builders.snapshot(db, board, settings) for _ in range(3)))
    assert len({snapshot.digest for snapshot in taken}) == 1
    different = "SELECT count(DISTINCT (contender_id, theta, lower, upper)) FROM standings"
    assert await db.fetchval(different) == 2


async def test_an_unknown_board_is_named(db: Pool) -> None:
    with pytest.raises(NoSuchBoard, match="“nonsense”"):
        await boards.require(db, "nonsense")
