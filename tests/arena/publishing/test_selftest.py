"""Each check finds its fault in a real snapshot that was spoiled for it, and none in the one that was not."""

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, snapshots
from arena.integration.boards import Board
from arena.integration.snapshots import Snapshot
from arena.publishing import releases, selftest
from rating import Outcome
from tests import builders
from tests.builders import contender, ready_battle
from tests.upstream import Provider

ANNA = "(SELECT id FROM contenders WHERE slug = 'anna')"
NAMES = ("Anna", "Bert", "Cid")
HERS = f"contender_id = {ANNA}"
BELOW = """
UPDATE standings SET rank_lower = 3
WHERE snapshot_id = {snapshot} AND rating = (SELECT max(rating) FROM standings WHERE snapshot_id = {snapshot})
"""


@pytest.fixture
async def board(db: Pool, settings: Settings, provider: Provider) -> Board:
    """A board of three contenders with a release, and a vote more than it counts."""
    entrants = [
        await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Bert", "Cid")
    ]
    board = await boards.require(db, "overall")
    for number, outcome in enumerate((Outcome.A, Outcome.B, Outcome.TIE, Outcome.A, Outcome.B, Outcome.A)):
        battle, voter = await ready_battle(db, [entrants[number % 3], entrants[(number + 1) % 3]])
        await votes.cast(db, battle.id, voter, outcome)
        if number == 4:
            await releases.refresh(db, board, settings)
    return board


async def _found(db: Pool, board: Board, settings: Settings, *spoiling: str) -> dict[str, str]:
    snapshot = await builders.snapshot(db, board, settings)
    async with db.acquire() as connection:
        for statement in spoiling:
            await connection.execute(statement.format(snapshot=f"'{snapshot.id}'"))
        spoiled = await _read(db, snapshot)
        report = await selftest.run(connection, board, spoiled)
    assert report.checks == len(selftest.CHECKS)
    return {finding.check: finding.sentence.format(**finding.values) for finding in report.findings}


async def _read(db: Pool, snapshot: Snapshot) -> Snapshot:
    return await snapshots.require(db, snapshot.id)


async def test_a_sound_snapshot_passes(db: Pool, settings: Settings, board: Board) -> None:
    assert await _found(db, board, settings) == {}


@pytest.mark.parametrize(
    ("check", "spoiling"),
    [
        (
            "totals",
            f"UPDATE standings SET votes = votes + 1 WHERE snapshot_id = {{snapshot}} AND contender_id = {ANNA}",
        ),
        ("counted", "DELETE FROM countings WHERE vote_id = (SELECT id FROM votes ORDER BY cast_at DESC LIMIT 1)"),
        ("entered", f"UPDATE endpoints SET state = 'draft', listed_at = NULL WHERE {HERS}"),
        ("finite", f"UPDATE standings SET rating = 'NaN', lower = NULL, upper = NULL WHERE {HERS}"),
        ("finite", f"UPDATE standings SET rating = rating + 0.01 WHERE {HERS}"),
        ("intervals", f"UPDATE standings SET lower = rating + 1, upper = rating + 2 WHERE {HERS}"),
        (
            "intervals",
            f"UPDATE standings SET lower = 0, upper = NULL, separation = 'settled' WHERE contender_id = {ANNA}",
        ),
        ("ranks", f"UPDATE standings SET rank_lower = 0 WHERE {HERS}"),
        ("ranks", BELOW),
        ("ranks", "UPDATE standings SET rank_upper = 4"),
        ("vanished", f"DELETE FROM standings WHERE snapshot_id = {{snapshot}} AND {HERS}"),
        ("shrunk", "UPDATE snapshots SET votes = 3 WHERE id = {snapshot}"),
        ("certificate", "UPDATE snapshots SET method = method || '{{\"error_bound\": 0.001}}' WHERE id = {snapshot}"),
        ("certificate", "UPDATE snapshots SET method = method - 'error_bound' WHERE id = {snapshot}"),
        ("kept", "DELETE FROM standings WHERE snapshot_id <> {snapshot}"),
    ],
)
async def test_a_spoiled_one_does_not(db: Pool, settings: Settings, board: Board, check: str, spoiling: str) -> None:
    assert check in await _found(db, board, settings, spoiling)


async def test_who_is_gone_by_an_act_on_record_is_no_finding(db: Pool, settings: Settings, board: Board) -> None:
    gone = f"DELETE FROM standings WHERE snapshot_id = {{snapshot}} AND {HERS}"
    told = "UPDATE snapshots SET exclusions = 'another digest' WHERE id = {snapshot}"
    assert "vanished" not in await _found(db, board, settings, gone, told)
