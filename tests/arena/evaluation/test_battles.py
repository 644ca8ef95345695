from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, pairing, turns
from arena.evaluation.battles import NoSuchBattle, NothingToSkip, NotYetVoted, State
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
        await battles.reveal(db, battle.id, voter)


async def test_nobody_is_revealed_after_a_skip(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await battles.skip(db, battle.id, voter, "boring")
    with pytest.raises(NotYetVoted):
        await battles.reveal(db, battle.id, voter)


async def test_a_skipped_battle_can_be_skipped_again_and_a_void_one_not(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    for _ in range(2):
        await battles.skip(db, battle.id, voter, None)
    other = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await battles.finish(db, other.id, 1, ANSWERS, void="interrupted")
    with pytest.raises(NothingToSkip):
        await battles.skip(db, other.id, voter, None)


async def test_a_battle_skipped_meanwhile_stays_skipped_when_its_answers_come(
    db: Pool, entrants: list[Entrant]
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await battles.skip(db, battle.id, voter, None)
    assert await battles.finish(db, battle.id, 1, ANSWERS, void=None) is State.SKIPPED


async def test_the_sweep_closes_what_is_old_and_nothing_else(db: Pool, entrants: list[Entrant]) -> None:
    voter, now = uuid4(), datetime.now(UTC)
    streaming = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    ready, _ = await ready_battle(db, entrants, voter)
    assert await battles.sweep(db, now + timedelta(seconds=100), answer_seconds=60, hours=24) == 0
    assert await battles.sweep(db, now + timedelta(seconds=130), answer_seconds=60, hours=24) == 1
    assert (await battles.require(db, streaming.id, voter)).state is State.VOID
    assert (await battles.require(db, ready.id, voter)).state is State.READY
    assert await battles.sweep(db, now + timedelta(hours=25), answer_seconds=60, hours=24) == 1
    assert (await battles.require(db, ready.id, voter)).state is State.EXPIRED


async def test_what_nobody_answers_is_abandoned_and_the_rest_left_alone(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    streaming = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    ready, _ = await ready_battle(db, entrants, voter)
    await battles.abandon(db)
    assert (await battles.require(db, streaming.id, voter)).state is State.VOID
    assert (await battles.require(db, ready.id, voter)).state is State.READY


async def test_both_answers_are_kept_in_position_order(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    [turn] = await turns.said(db, battle.id)
    assert turn.answers == [answer.text for answer in ANSWERS]
