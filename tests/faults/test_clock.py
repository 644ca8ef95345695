"""Machines whose clocks are an hour off: the database's time orders and expires, whatever a process takes for now."""

from functools import partial
from itertools import pairwise

import pytest

from arena.db import Pool
from arena.publishing import releases
from tests.builders import Visitor, contender, until
from tests.processes import Run
from tests.upstream import Provider

HOUR = 3600


@pytest.mark.parametrize("seconds_off", [HOUR, -HOUR])
async def test_with_a_clock_an_hour_off_votes_count_and_boards_are_released(
    run: Run, db: Pool, provider: Provider, seconds_off: int
) -> None:
    for model in ("words:One.", "words:Two."):
        await contender(db, provider, model)
    serving = await run("serve", seconds_off=seconds_off)
    await run("work", seconds_off=seconds_off, release_seconds=1)
    async with Visitor(serving.address) as visitor:
        for votes in (1, 2):
            battle_id = await visitor.ask()
            assert (await visitor.hear(battle_id)).end == "ready"
            assert (await visitor.vote(battle_id, "a"))[0] == 201
            await until(partial(_counts, db, votes))
    assert await _in_order(db, "opened_at", "asked_at", "answered_at", "cast_at", "now()")
    assert await db.fetchval("SELECT min(seconds) >= 0 AND min(first_text_seconds) >= 0 FROM answers")
    assert await db.fetchval("SELECT max(published_at) <= now() AND max(beat_at) <= now() FROM releases, battles")


async def _counts(db: Pool, votes: int) -> bool:
    release = await releases.latest(db, "overall")
    return release is not None and release.votes == votes


async def _in_order(db: Pool, *times: str) -> bool:
    held = " AND ".join(f"{first} <= {second}" for first, second in pairwise(times))
    told = f"SELECT bool_and({held}) FROM battles JOIN turns ON battle_id = battles.id JOIN votes USING (battle_id)"
    return bool(await db.fetchval(told))
