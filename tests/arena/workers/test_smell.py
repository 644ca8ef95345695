"""The checks' rounds begin once whoever has started the arena had the machine to themselves for a while."""

from time import monotonic
from typing import Any

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.publishing import rounds
from arena.workers import smell


async def test_rounds_begin_two_minutes_after_the_worker(
    db: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    async def make(*_: Any, **__: Any) -> dict[str, Any]:
        made.append(monotonic())
        return {}

    monkeypatch.setattr(rounds, "make", make)
    await smell.look(db, settings, since=monotonic())
    assert made == []
    await smell.look(db, settings, since=monotonic() - smell.SETTLED_SECONDS)
    assert len(made) == 1
