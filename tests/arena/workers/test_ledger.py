import json
import logging

import pytest
from msgspec import structs

from arena import outbox
from arena.config import Settings
from arena.db import Pool
from arena.integration import heads, ledger
from arena.workers import ledger as sequencer
from tests.builders import until
from tests.conftest import Open


async def test_the_services_settings_are_recorded_once_and_when_they_change_without_a_secret(
    db: Pool, settings: Settings
) -> None:
    key = heads.key(settings)
    made = []
    for chosen in (settings, settings, structs.replace(settings, replicates=7)):
        await sequencer.begin(db, chosen)
        made.append(await ledger.append(db, key))
    assert made == [1, 0, 1]
    told = json.loads(await ledger.leaf(db, 1))
    assert (told["kind"], told["of"], told["settings"]["replicates"]) == ("settings_changed", "service", 7)
    assert told["settings"]["personal_prompts"] == "note"
    data = (await ledger.leaf(db, 0)).decode()
    assert not any(text in data for text in (settings.database_url, settings.redis_url, settings.secret))


async def test_what_is_noted_is_under_a_head_within_ten_seconds(open_arena: Open, db: Pool) -> None:
    await open_arena(working=True)
    await outbox.note(db, "settings_changed", {"number": 1}, subject="test")

    async def recorded() -> bool:
        return await ledger.find(db, "settings_changed", "test") is not None

    await until(recorded, seconds=10)


async def test_an_arena_whose_ledger_was_changed_says_so_at_its_start_and_records_on(
    open_arena: Open, db: Pool, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await outbox.note(db, "settings_changed", {"number": 1})
    await ledger.append(db, heads.key(settings))
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE ledger_leaves DISABLE TRIGGER USER")
        await connection.execute("UPDATE ledger_leaves SET data = '{}'")
    await outbox.note(db, "settings_changed", {"number": 2}, subject="test")
    with caplog.at_level(logging.ERROR):
        await open_arena(working=True)

        async def recorded() -> bool:
            return await ledger.find(db, "settings_changed", "test") is not None

        await until(recorded)
    assert "leaf 0 is not what it was when it was recorded" in caplog.text
