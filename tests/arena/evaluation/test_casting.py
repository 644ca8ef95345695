import asyncio
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.evaluation import reveals, votes
from arena.evaluation.battles import NoSuchBattle
from arena.evaluation.casting import Casting
from arena.evaluation.votes import Cast, VotingClosed
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity") for _ in range(2)]


async def test_two_copies_of_a_vote_in_one_batch_are_one_vote_and_new_once(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    casting = Casting(db)
    first, second = await asyncio.gather(*(casting.cast(battle.id, voter, Outcome.A) for _ in range(2)))
    assert (first.new, second.new) == (True, False)
    assert (first.id, first.cast_at) == (second.id, second.cast_at)


async def test_a_mixed_pair_in_one_batch_is_a_vote_and_a_refusal(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    casting = Casting(db)
    answers = await asyncio.gather(
        *(casting.cast(battle.id, voter, outcome) for outcome in (Outcome.A, Outcome.B)), return_exceptions=True
    )
    assert isinstance(answers[0], Cast)
    assert isinstance(answers[1], VotingClosed)
    assert await votes.count(db) == 1


async def test_a_vote_that_is_refused_or_waits_does_not_touch_the_others(db: Pool, entrants: list[Entrant]) -> None:
    casting = Casting(db)
    (good, voter), (held, holder) = [await ready_battle(db, entrants) for _ in range(2)]
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM battles WHERE id = $1 FOR UPDATE", held.id)
        waiting = asyncio.create_task(casting.cast(held.id, holder, Outcome.B))
        others = [casting.cast(good.id, voter, Outcome.A), casting.cast(uuid4(), voter, Outcome.A)]
        async with asyncio.timeout(3):  # less than the wait for a lock takes
            cast, unknown = await asyncio.gather(*others, return_exceptions=True)
        assert not waiting.done()
    assert isinstance(cast, Cast)
    assert isinstance(unknown, NoSuchBattle)
    assert (await waiting).outcome is Outcome.B
    assert len(await casting.reveal(good.id, voter)) == 2


async def test_a_reveal_among_many_is_the_voters_own_and_after_the_vote_alone(
    db: Pool, entrants: list[Entrant]
) -> None:
    casting = Casting(db)
    (voted, voter), (unvoted, other) = [await ready_battle(db, entrants) for _ in range(2)]
    await casting.cast(voted.id, voter, Outcome.TIE)
    asked = [(voted.id, voter), (voted.id, other), (unvoted.id, other)]
    told = await asyncio.gather(*(casting.reveal(*one) for one in asked), return_exceptions=True)
    assert told[0] == await reveals.tell(db, voted.id, voter)
    assert [type(one) for one in told[1:]] == [NoSuchBattle, reveals.NotYetVoted]
