from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, pairing, reveals, turns, upkeep
from arena.evaluation.battles import NoMoreTurns, NoSuchBattle, NothingToSkip, NotReady, State
from arena.evaluation.reveals import NotYetVoted
from arena.submission.endpoints import Entrant
from tests.builders import ANSWERS, contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity") for _ in range(2)]


async def test_a_battle_keeps_its_pair_its_rule_and_how_likely_the_pair_was(db: Pool, entrants: list[Entrant]) -> None:
    voter, pair = uuid4(), pairing.draw(entrants)
    battle = await battles.open(db, voter, "Why?", pair)
    sides = await db.fetch("SELECT position, contender_id FROM sides WHERE battle_id = $1 ORDER BY position", battle.id)
    assert [side["contender_id"] for side in sides] == [entrant.contender_id for entrant in pair.entrants]
    kept = await db.fetchrow("SELECT rule, propensity FROM battles WHERE id = $1", battle.id)
    assert kept is not None
    assert (kept["rule"], kept["propensity"]) == (pairing.RULE, 1.0)
    assert [turn.prompt for turn in await turns.said(db, battle.id)] == ["Why?"]


async def test_somebody_elses_battle_is_as_unknown_as_none(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    for voter in (uuid4(), None):
        with pytest.raises(NoSuchBattle):
            await battles.require(db, battle.id, voter)
        with pytest.raises(NoSuchBattle):
            await battles.skip(db, battle.id, voter, None)


async def test_nobody_is_revealed_before_the_vote(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    with pytest.raises(NotYetVoted):
        await reveals.tell(db, battle.id, voter)


async def test_nobody_is_revealed_after_a_skip(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await battles.skip(db, battle.id, voter, "boring")
    with pytest.raises(NotYetVoted):
        await reveals.tell(db, battle.id, voter)


async def test_a_skipped_battle_can_be_skipped_again_and_a_void_one_not(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    for _ in range(2):
        await battles.skip(db, battle.id, voter, None)
    other = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await battles.finish(db, other.id, 1, ANSWERS, shown=[2, 2, 4, 4], void="interrupted")
    with pytest.raises(NothingToSkip):
        await battles.skip(db, other.id, voter, None)


async def test_a_battle_skipped_meanwhile_stays_skipped_when_its_answers_come(
    db: Pool, entrants: list[Entrant]
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await battles.skip(db, battle.id, voter, None)
    assert await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2, 4, 4], void=None) is State.SKIPPED


async def test_the_sweep_closes_what_is_old_and_nothing_else(db: Pool, entrants: list[Entrant]) -> None:
    voter, now = uuid4(), datetime.now(UTC)
    streaming = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    ready, _ = await ready_battle(db, entrants, voter)
    assert await upkeep.sweep(db, now=now + timedelta(seconds=25), hours=24) == 0
    assert await upkeep.sweep(db, now=now + timedelta(seconds=35), hours=24) == 1
    assert (await battles.require(db, streaming.id, voter)).state is State.VOID
    assert (await battles.require(db, ready.id, voter)).state is State.READY
    assert await upkeep.sweep(db, now=now + timedelta(hours=25), hours=24) == 1
    assert (await battles.require(db, ready.id, voter)).state is State.EXPIRED


async def test_what_its_process_still_answers_is_not_swept(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await db.execute("UPDATE battles SET beat_at = now() - interval '1 hour'")
    await upkeep.beat(db, [battle.id])
    assert await upkeep.sweep(db, hours=24) == 0


async def test_a_process_that_wakes_too_late_does_not_make_a_swept_battle_ready(
    db: Pool, entrants: list[Entrant]
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    assert await upkeep.sweep(db, silent_seconds=0, hours=24) == 1
    assert await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2, 4, 4], void=None) is State.VOID


async def test_finishing_twice_is_finishing_once(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    assert await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2, 4, 4], void=None) is State.READY
    assert await db.fetchval("SELECT count(*) FROM answers") == 2


async def test_a_battle_has_so_many_turns_and_each_begins_when_the_last_is_finished(
    db: Pool, entrants: list[Entrant]
) -> None:
    battle, voter = await ready_battle(db, entrants)
    assert await battles.resume(db, battle.id, voter, "And then?", most=2) == 2
    with pytest.raises(NotReady):
        await battles.resume(db, battle.id, voter, "And then?", most=2)
    await battles.finish(db, battle.id, 2, ANSWERS, shown=[2, 2, 4, 4], void=None)
    with pytest.raises(NoMoreTurns, match="2 turns at most"):
        await battles.resume(db, battle.id, voter, "And then?", most=2)
    with pytest.raises(NoSuchBattle):
        await battles.resume(db, battle.id, uuid4(), "And then?", most=2)
    assert [turn.prompt for turn in await turns.said(db, battle.id)] == ["Which is it?", "And then?"]


async def test_both_answers_are_kept_in_position_order(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    [turn] = await turns.said(db, battle.id)
    assert [(said.text, said.html) for said in turn.answers] == [(answer.text, answer.html) for answer in ANSWERS]
