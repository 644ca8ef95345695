"""Appeals: by the vote's own voter, one at a time, answered by letting the vote in or by a sentence."""

import asyncio
from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import appeals, exclusions, votes
from arena.evaluation.appeals import Appeal, AppealedAlready, NoSuchAppeal, NothingToAppeal
from arena.evaluation.exclusions import NoSuchVote, Reason
from arena.people import accounts
from arena.people.accounts import Role
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def operator(db: Pool) -> UUID:
    account = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    return account.id


@pytest.fixture
async def cast(db: Pool, provider: Provider) -> tuple[UUID, UUID]:
    """A vote and its voter."""
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    return (await votes.cast(db, battle.id, voter, Outcome.A)).id, voter


async def _exclude(db: Pool, vote_id: UUID, operator: UUID, reason: Reason = Reason.OPERATOR) -> None:
    await exclusions.exclude(db, vote_id, reason, note="A campaign.", account_id=operator)


async def test_only_the_own_voter_appeals_and_only_against_what_stands(
    db: Pool, cast: tuple[UUID, UUID], operator: UUID
) -> None:
    vote_id, voter = cast
    with pytest.raises(NothingToAppeal):
        await appeals.make(db, vote_id, voter, "Why?")
    await _exclude(db, vote_id, operator)
    for stranger in (uuid4(), None):
        with pytest.raises(NoSuchVote):
            await appeals.make(db, vote_id, stranger, "Why?")
    with pytest.raises(NoSuchVote):
        await appeals.make(db, uuid4(), voter, "Why?")
    made = await appeals.make(db, vote_id, voter, "I read both.")
    assert (made.text, made.reasons, made.answer) == ("I read both.", [Reason.OPERATOR], None)


async def test_appeals_that_race_are_one_and_another_takes_an_answer_first(
    db: Pool, cast: tuple[UUID, UUID], operator: UUID
) -> None:
    vote_id, voter = cast
    await _exclude(db, vote_id, operator)
    made = await asyncio.gather(*(appeals.make(db, vote_id, voter, "I did.") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Appeal) for one in made) == 1
    assert sum(isinstance(one, AppealedAlready) for one in made) == 4
    [waiting] = await appeals.listed(db, unanswered=True, before=None, most=10)
    kept, let_in = await appeals.answer(db, waiting.id, text="The evidence holds.", lift=False, account_id=operator)
    assert (kept.answer, kept.reasons, let_in) == ("The evidence holds.", [Reason.OPERATOR], [])
    assert await appeals.listed(db, unanswered=True, before=None, most=10) == []
    assert [one.id for one in await appeals.listed(db, unanswered=False, before=None, most=10)] == [waiting.id]
    with pytest.raises(NoSuchAppeal):
        await appeals.answer(db, waiting.id, text="Again.", lift=True, account_id=operator)
    assert await votes.count(db) == 0
    assert (await appeals.make(db, vote_id, voter, "Look again.")).id != waiting.id


async def test_an_appeal_that_is_granted_lifts_all_that_stands_with_the_answer_as_its_reason(
    db: Pool, cast: tuple[UUID, UUID], operator: UUID
) -> None:
    vote_id, voter = cast
    await _exclude(db, vote_id, operator)
    await _exclude(db, vote_id, operator, Reason.TOXIC)
    made = await appeals.make(db, vote_id, voter, "I read both.")
    granted, let_in = await appeals.answer(db, made.id, text="You are right.", lift=True, account_id=operator)
    assert (granted.reasons, granted.account_id, let_in) == ([], operator, [vote_id])
    assert await votes.count(db) == 1
    found = await exclusions.listed(db, reason=None, before=None, most=10)
    assert [one.lifted_because for one in found] == ["You are right."] * 2


async def test_who_is_forgotten_leaves_an_appeal_without_words(
    db: Pool, cast: tuple[UUID, UUID], operator: UUID
) -> None:
    vote_id, voter = cast
    await _exclude(db, vote_id, operator)
    await appeals.make(db, vote_id, voter, "I live at Elm Street.")
    async with db.acquire() as connection:
        await appeals.forget(connection, uuid4())
        assert (await appeals.listed(db, unanswered=True, before=None, most=10))[0].text == "I live at Elm Street."
        await appeals.forget(connection, voter)
    assert (await appeals.listed(db, unanswered=True, before=None, most=10))[0].text is None
