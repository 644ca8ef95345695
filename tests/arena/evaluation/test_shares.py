from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import exclusions, findings, gates, shares, votes
from arena.evaluation.battles import NoSuchBattle
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.shares import NoSuchShare, NothingToShare
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def voted(db: Pool, provider: Provider) -> tuple[UUID, UUID]:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    return battle.id, voter


async def test_a_link_is_the_same_until_it_is_taken_back_and_shows_nothing_then(
    db: Pool, voted: tuple[UUID, UUID]
) -> None:
    first = await shares.share(db, *voted, texts=False)
    again = await shares.share(db, *voted, texts=True)
    assert (first.texts, again.texts, first.token) == (False, True, again.token)
    assert (await shares.require(db, first.token)).texts
    await shares.take_back(db, *voted)
    with pytest.raises(NoSuchShare):
        await shares.require(db, first.token)
    assert (await shares.share(db, *voted, texts=False)).token != first.token


async def test_a_battle_is_shared_by_its_own_voter_after_the_vote_alone(
    db: Pool, voted: tuple[UUID, UUID], provider: Provider
) -> None:
    with pytest.raises(NoSuchBattle):
        await shares.share(db, voted[0], uuid4(), texts=True)
    with pytest.raises(NoSuchBattle):
        await shares.take_back(db, voted[0], uuid4())
    battle, voter = await ready_battle(db, [await contender(db, provider, "identity") for _ in range(2)])
    with pytest.raises(NothingToShare):
        await shares.share(db, battle.id, voter, texts=False)


@pytest.mark.parametrize(("reason", "shown"), [(Reason.PERSONAL, False), (Reason.TOXIC, False), (Reason.HASTY, True)])
async def test_texts_that_hurt_somebody_are_not_shown_also_when_that_is_found_later(
    db: Pool, voted: tuple[UUID, UUID], reason: Reason, shown: bool
) -> None:
    token = (await shares.share(db, *voted, texts=True)).token
    async with db.acquire() as connection:
        await exclusions.keep(connection, voted[0], [Remark(reason=reason)])
    assert (await shares.require(db, token)).texts is shown
    assert (await shares.share(db, *voted, texts=True)).texts is shown


async def test_texts_in_which_a_gate_found_something_are_not_shown_even_where_the_vote_counts(
    db: Pool, voted: tuple[UUID, UUID]
) -> None:
    token = (await shares.share(db, *voted, texts=True)).token
    found = gates.look("Mail maria.keller82@posteo.de", turn=1, position=None)
    async with db.acquire() as connection:
        await findings.keep(connection, voted[0], found)
    assert await votes.count(db) == 1
    assert not (await shares.require(db, token)).texts
    assert not (await shares.share(db, *voted, texts=True)).texts


async def test_a_voters_links_are_forgotten_with_them(db: Pool, voted: tuple[UUID, UUID]) -> None:
    await shares.share(db, *voted, texts=True)
    async with db.acquire() as connection:
        await shares.forget(connection, uuid4())
        assert await shares.of(db, voted[0]) is not None
        await shares.forget(connection, voted[1])
    assert await shares.of(db, voted[0]) is None
