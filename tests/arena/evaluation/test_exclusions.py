"""Acts on votes: excluded and let in again, by one operator or by two at once, and never gone."""

import asyncio
from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import exclusions, votes
from arena.evaluation.exclusions import NoSuchExclusion, NoSuchVote, OnRecord, Reason, Remark
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


@pytest.fixture
async def operator(db: Pool) -> UUID:
    account = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    return account.id


async def _vote(db: Pool, entrants: list[Entrant]) -> UUID:
    battle, voter = await ready_battle(db, entrants)
    return (await votes.cast(db, battle.id, voter, Outcome.A)).id


async def _exclude(db: Pool, vote_id: UUID, operator: UUID) -> OnRecord:
    return await exclusions.exclude(db, vote_id, Reason.OPERATOR, note="A campaign.", account_id=operator)


async def test_an_excluded_vote_stays_and_counts_again_once_that_is_lifted(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    vote_id = await _vote(db, entrants)
    excluded = await _exclude(db, vote_id, operator)
    assert (excluded.vote_id, excluded.evidence, excluded.account_id) == (vote_id, {"note": "A campaign."}, operator)
    assert await votes.count(db) == len(await votes.counted(db)) == 0
    assert await db.fetchval("SELECT outcome FROM votes WHERE id = $1", vote_id) == "a"
    await exclusions.lift(db, excluded.id, because="It was none.", account_id=operator)
    assert await votes.count(db) == len(await votes.counted(db)) == 1
    lifted = await exclusions.require(db, excluded.id)
    assert (lifted.lifted_because, lifted.lifted_by) == ("It was none.", operator)
    with pytest.raises(NoSuchExclusion):
        await exclusions.lift(db, excluded.id, because="Again.", account_id=operator)


async def test_the_same_exclusion_again_is_the_same_one_and_another_reason_another(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    vote_id = await _vote(db, entrants)
    first = await _exclude(db, vote_id, operator)
    assert await _exclude(db, vote_id, operator) == first
    second = await exclusions.exclude(db, vote_id, Reason.TOXIC, note="Abuse.", account_id=operator)
    await exclusions.lift(db, first.id, because="No campaign.", account_id=operator)
    assert await votes.count(db) == 0
    found = await exclusions.listed(db, reason=None, before=None, most=10)
    assert [one.id for one in found] == [second.id, first.id]
    assert [one.id for one in await exclusions.listed(db, reason=Reason.OPERATOR, before=None, most=10)] == [first.id]
    assert [one.id for one in await exclusions.listed(db, reason=None, before=second.id, most=10)] == [first.id]


async def test_what_there_is_not_can_be_neither_excluded_nor_lifted(db: Pool, operator: UUID) -> None:
    with pytest.raises(NoSuchVote):
        await _exclude(db, uuid4(), operator)
    with pytest.raises(NoSuchExclusion):
        await exclusions.lift(db, 1, because="?", account_id=operator)
    with pytest.raises(NoSuchExclusion):
        await exclusions.require(db, 1)


async def test_exclusions_and_liftings_that_race_leave_one_standing_or_none_and_every_act_on_record(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    vote_id, done = await _vote(db, entrants), 0
    for _ in range(15):
        standing = await _exclude(db, vote_id, operator)
        answers = await asyncio.gather(
            *(_exclude(db, vote_id, operator) for _ in range(3)),
            *(exclusions.lift(db, standing.id, because="No.", account_id=operator) for _ in range(3)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, UUID) for answer in answers) == 1
        assert all(isinstance(answer, UUID | OnRecord | NoSuchExclusion) for answer in answers)
        stand = await db.fetchval("SELECT count(*) FROM exclusions WHERE lifted_at IS NULL")
        assert stand in (0, 1)
        assert await votes.count(db) == 1 - stand
        done += 1
    assert await db.fetchval("SELECT count(*) FROM exclusions WHERE lifted_at IS NOT NULL") == done


async def test_a_vote_and_what_is_found_in_its_battle_race_without_a_moment_in_which_it_counts_wrongly(
    db: Pool, entrants: list[Entrant]
) -> None:
    for _ in range(10):
        battle, voter = await ready_battle(db, entrants)
        async with db.acquire() as connection:
            await asyncio.gather(
                votes.cast(db, battle.id, voter, Outcome.B),
                exclusions.keep(connection, battle.id, [Remark(reason=Reason.LEAK, position=1)]),
            )
        assert await votes.count(db) == len(await votes.counted(db)) == 0
    assert await db.fetchval("SELECT count(*) FROM votes") == 10


async def test_acts_are_told_apart_by_vote_reason_and_whether_they_stand(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    first, second = await _vote(db, entrants), await _vote(db, entrants)
    seen = [await exclusions.acts(db)]
    excluded = await _exclude(db, first, operator)
    seen.append(await exclusions.acts(db))
    await exclusions.lift(db, excluded.id, because="No.", account_id=operator)
    seen.append(await exclusions.acts(db))
    await _exclude(db, second, operator)
    seen.append(await exclusions.acts(db))
    assert [act.count for act in seen] == [0, 1, 2, 3]
    assert len({act.digest for act in seen}) == 4
    assert await exclusions.count(db) == 3
    # What is found in a battle that has no vote, or could not be rated, is no act on a vote.
    battle, _ = await ready_battle(db, entrants)
    await db.execute("UPDATE battles SET kind = 'named' WHERE id = (SELECT battle_id FROM votes WHERE id = $1)", second)
    async with db.acquire() as connection:
        await exclusions.keep(connection, battle.id, [Remark(reason=Reason.LEAK)])
    assert await exclusions.acts(db) == seen[2]
    assert await exclusions.count(db) == 2
