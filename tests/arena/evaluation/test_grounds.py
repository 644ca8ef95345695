"""What a draw goes by: what the refit hands down, what operators decide, and who is tested in private."""

from uuid import UUID, uuid4

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, estimates, forbidden, meetings, openings, pairing, policies, votes
from arena.evaluation.estimates import Estimates
from arena.evaluation.grounds import Grounds
from arena.evaluation.pairing import Pair, TooFewContenders
from arena.evaluation.policies import Terms
from arena.integration import boards
from arena.limits import Rates
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, contender, ready_battle, snapshot
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [
        await contender(db, provider, "words:one", slug=slug, organisation=organisation)
        for slug, organisation in (("anna", "House"), ("berta", "House"), ("carla", "Lab"))
    ]


@pytest.fixture
async def operator(db: Pool) -> UUID:
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
    return account.id


async def _drawn(db: Pool, entrants: list[Entrant], draws: int = 60) -> set[Pair]:
    ground = Grounds(db)
    pairs = [await ground.draw(entrants) for _ in range(draws)]
    return {frozenset(one.contender_id for one in pair.entrants) for pair in pairs}


def _pair(*entrants: Entrant) -> Pair:
    return frozenset(entrant.contender_id for entrant in entrants)


async def test_until_something_is_rated_pairs_are_drawn_by_rates_and_then_by_the_mixture(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    drawn = await Grounds(db).draw(entrants)
    assert drawn.rule == pairing.RULE
    assert drawn.propensity == pytest.approx(1 / 3)
    for outcome in (Outcome.A, Outcome.B):
        battle, voter = await ready_battle(db, entrants[:2])
        await votes.cast(db, battle.id, voter, outcome)
    await snapshot(db, await boards.require(db, boards.OVERALL), settings)
    found = await estimates.read(db)
    assert found is not None
    assert set(found.contender_ids) == _pair(*entrants[:2])
    assert found.votes.tolist() == [2, 2]
    ground = Grounds(db)
    pairs = [await ground.draw(entrants) for _ in range(40)]
    assert {pair.rule for pair in pairs} == {pairing.MIXTURE}
    # Carla was compared with nobody: most battles are hers.
    assert pairs[0].shares[entrants[2].target.endpoint_id] > 0.75


async def test_an_archives_snapshot_is_not_what_pairs_are_drawn_by(db: Pool, settings: Settings) -> None:
    async with db.acquire() as connection, connection.transaction():
        board = await boards.open_archive(connection, "elsewhere", name=None, attribution=None)
    await snapshot(db, board, settings)
    assert await estimates.read(db) is None


async def test_what_is_handed_down_is_read_as_it_was(db: Pool) -> None:
    covariance = np.array([[0.5, -0.25, 0.125], [-0.25, 0.75, 0.0], [0.125, 0.0, 1.0]])
    for version in (uuid4(), uuid4()):
        given = Estimates(
            version=version,
            contender_ids=[uuid4(), uuid4(), uuid4()],
            theta=np.array([0.1, -0.2, 0.1]),
            settled=np.array([True, False, True]),
            groups=np.array([0, 0, 1]),
            votes=np.array([700, 3, 900]),
            covariance=covariance,
        )
        async with db.acquire() as connection:
            await estimates.hand_down(connection, given)
    found = await estimates.read(db)
    assert found is not None
    assert await estimates.version(db) == found.version == version
    for name in ("theta", "settled", "groups", "votes", "covariance"):
        assert getattr(found, name).tolist() == getattr(given, name).tolist(), name


async def test_a_forbidden_pair_never_meets_until_that_is_lifted(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    one = await forbidden.forbid(db, ("anna", "carla"), reason="They are the same.", account_id=operator)
    assert _pair(entrants[0], entrants[2]) not in await _drawn(db, entrants)
    with pytest.raises(TooFewContenders):
        await Grounds(db).draw([entrants[0], entrants[2]])
    await forbidden.lift(db, one, because="They are not.", account_id=operator)
    assert len(await _drawn(db, entrants)) == 3


async def test_contenders_of_one_organisation_meet_unless_the_policy_keeps_them_apart(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    assert len(await _drawn(db, entrants)) == 3
    terms = Terms(uniform=0.5, newcomers=0.3, a_optimal=0.2, connecting=0.3, same_organisation=False)
    await policies.set(db, terms, valid_from=None, reason="It looks better.", account_id=operator)
    assert _pair(*entrants[:2]) not in await _drawn(db, entrants)


async def test_two_that_are_tested_in_private_never_meet(db: Pool, entrants: list[Entrant]) -> None:
    for entrant in entrants[:2]:
        await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", entrant.contender_id)
    assert _pair(*entrants[:2]) not in await _drawn(db, entrants)


async def test_who_was_entered_a_moment_ago_is_drawn_at_once(
    db: Pool, provider: Provider, entrants: list[Entrant]
) -> None:
    ground = Grounds(db)
    await ground.draw(entrants)
    new = await contender(db, provider, "words:new")
    assert (await ground.draw([entrants[0], new])).propensity == 1


async def test_a_prompt_asked_again_meets_another_pair_as_long_as_there_is_one(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    voter, ground, met = uuid4(), Grounds(db), []
    async with Rates(settings) as rates:
        for left in (3, 2, 1):
            _, pair = await openings.open(db, rates, voter, "Why?", most=0, grounds=ground)
            assert pair.propensity == pytest.approx(1 / left)
            met.append(_pair(*pair.entrants))
        assert len({*met}) == 3
        assert await meetings.of(db, voter, "Why?") == {*met}
        assert await meetings.of(db, voter, "How?") == await meetings.of(db, uuid4(), "Why?") == set()
        _, pair = await openings.open(db, rates, voter, "Why?", most=0, grounds=ground)
        assert pair.propensity == pytest.approx(1 / 3)


async def test_a_void_battle_was_no_meeting(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants))
    await battles.start(db, battle.id)
    await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2], void="timeout")
    assert await meetings.of(db, voter, "Why?") == set()
