"""The arena as it runs in production: three commands, one PostgreSQL and one Redis that somebody else looks after."""

import os

from arena import cli
from arena import db as database
from tests.builders import Visitor, contender, until
from tests.processes import Run
from tests.upstream import Provider


async def test_migrated_served_and_worked_for_it_takes_a_battle_to_the_board(
    empty_database_url: str, run: Run, provider: Provider
) -> None:
    assert await (await run("migrate", database_url=empty_database_url)).ended() == 0
    async with database.pool(empty_database_url, size=2) as db:
        for model in ("words:One.", "words:Two."):
            await contender(db, provider, model, slug=model[6:9].lower())
    serving = await run("serve", database_url=empty_database_url)
    working = await run("work", database_url=empty_database_url)
    async with Visitor(serving.address) as visitor:
        assert await visitor.get("/health/ready") == (200, {"database": True, "redis": True, "open": True})
        battle_id = await visitor.ask()
        assert sorted((await visitor.hear(battle_id)).texts()) == ["One.", "Two."]
        assert (await visitor.vote(battle_id, "a"))[0] == 201
        await until(lambda: _shows_both(visitor))
    # It gives way to the server where both share a machine.
    assert os.getpriority(os.PRIO_PROCESS, working.process.pid) == min(os.nice(0) + cli.WORK_NICE, 19)


async def _shows_both(visitor: Visitor) -> bool:
    release = (await visitor.get("/api/v1/boards/overall"))[1]["release"]
    return bool(release and {standing["contender"] for standing in release["standings"]} == {"one", "two"})
