"""`arena release`, against a real arena's database."""

import pytest

from arena import releasing
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration.boards import NoSuchBoard
from arena.publishing import candidates, releases, selftest
from arena.publishing.selftest import Finding, Subject
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


async def _failing(_: selftest.Db, subject: Subject) -> list[Finding]:
    return [Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": "Anna"})]


async def test_a_board_is_released_by_its_calendar_or_now(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await db.execute("UPDATE boards SET calendar = 'first day of every month at 12:00, cut-off 1 hour before'")
    told = await releasing.run(settings, "overall", now=False)
    assert "at 12:00 UTC, with the votes until" in told
    assert await releases.latest(db, "overall") is None
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        with pytest.raises(releases.Held):
            await releasing.run(settings, "overall", now=True)
    told = await releasing.run(settings, "overall", now=True)
    latest = await releases.latest(db, "overall")
    assert latest is not None
    assert told == f"overall is released: {latest.id}"
    out = await candidates.of_release(db, latest.id)
    assert out is not None
    assert (out.events[-1].actor, out.events[-1].reason) == ("operator", "arena release --now")
    # What was planned is due now, as when its moment has come.
    await db.execute("UPDATE candidates SET due_at = now(), cut_off_at = now() WHERE state = 'scheduled'")
    assert "is to be released on" in await releasing.run(settings, "overall", now=False)
    with pytest.raises(NoSuchBoard):
        await releasing.run(settings, "nonsense", now=True)
