from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import opinions, votes
from arena.evaluation.battles import NoSuchBattle
from arena.evaluation.opinions import Code, Opinion, VoteFirst
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def voted(db: Pool, provider: Provider) -> tuple[UUID, UUID]:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    return battle.id, voter


async def test_what_is_said_again_takes_the_place_of_what_was_said(db: Pool, voted: tuple[UUID, UUID]) -> None:
    assert await opinions.of(db, voted[0]) is None
    await opinions.give(db, *voted, ([Code.USEFUL, Code.CORRECT, Code.USEFUL], [Code.REFUSED]), "It knew.")
    said = await opinions.of(db, voted[0])
    assert said == Opinion(([Code.CORRECT, Code.USEFUL], [Code.REFUSED]), "It knew.", after_reveal=True)
    await opinions.give(db, *voted, ([], [Code.TOO_LONG]), "")
    assert await opinions.of(db, voted[0]) == Opinion(([], [Code.TOO_LONG]), "", after_reveal=True)


async def test_an_opinion_is_the_voters_own_and_comes_after_the_vote(
    db: Pool, voted: tuple[UUID, UUID], provider: Provider
) -> None:
    with pytest.raises(NoSuchBattle):
        await opinions.give(db, voted[0], uuid4(), ([], []), "not mine")
    battle, voter = await ready_battle(db, [await contender(db, provider, "identity") for _ in range(2)])
    with pytest.raises(VoteFirst):
        await opinions.give(db, battle.id, voter, ([], []), "too early")
    assert await db.fetchval("SELECT count(*) FROM opinions") == 0


async def test_an_opinion_changes_no_tally(db: Pool, voted: tuple[UUID, UUID]) -> None:
    before = await votes.counted(db)
    await opinions.give(db, *voted, ([Code.INCORRECT], [Code.CREATIVE]), "The other one, really.")
    assert await votes.counted(db) == before


async def test_what_a_voter_said_is_forgotten_with_them(db: Pool, voted: tuple[UUID, UUID]) -> None:
    await opinions.give(db, *voted, ([Code.USEFUL], []), "Me.")
    async with db.acquire() as connection:
        await opinions.forget(connection, uuid4())
        assert await opinions.of(db, voted[0]) is not None
        await opinions.forget(connection, voted[1])
    assert await opinions.of(db, voted[0]) is None
    assert await db.fetchval("SELECT count(*) FROM opinion_reasons") == 0
