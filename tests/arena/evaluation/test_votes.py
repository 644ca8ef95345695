import asyncio
from collections import Counter
from itertools import combinations
from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, pairing, reveals, votes
from arena.evaluation.battles import NoSuchBattle, State
from arena.evaluation.votes import VotingClosed
from arena.submission import contenders, lifecycle
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def test_the_same_vote_again_is_the_same_vote(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    first = await votes.cast(db, battle.id, voter, Outcome.A)
    again = await votes.cast(db, battle.id, voter, Outcome.A)
    assert (first.new, again.new) == (True, False)
    assert (first.id, first.cast_at) == (again.id, again.cast_at)
    assert (await battles.require(db, battle.id, voter)).state is State.VOTED


async def test_another_outcome_for_the_same_battle_is_refused(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    with pytest.raises(VotingClosed, match=r"You have voted A in this battle\. A vote is never changed\."):
        await votes.cast(db, battle.id, voter, Outcome.B)
    assert await votes.count(db) == 1


async def test_a_battle_takes_its_own_voters_vote_alone(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    with pytest.raises(NoSuchBattle):
        await votes.cast(db, battle.id, uuid4(), Outcome.A)
    with pytest.raises(NoSuchBattle):
        await votes.cast(db, uuid4(), uuid4(), Outcome.A)
    assert await votes.count(db) == 0


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.OPEN, "Both are answering"),
        (State.STREAMING, "Both are answering"),
        (State.VOID, "does not count"),
        (State.SKIPPED, "without a vote"),
        (State.EXPIRED, "too long"),
    ],
)
async def test_a_battle_that_is_not_ready_takes_no_vote_and_says_why(
    db: Pool, entrants: list[Entrant], state: State, sentence: str
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Which?", pairing.draw(entrants))
    await db.execute("UPDATE battles SET state = $2 WHERE id = $1", battle.id, state)
    with pytest.raises(VotingClosed, match=sentence):
        await votes.cast(db, battle.id, voter, Outcome.TIE)
    assert await votes.count(db) == 0


async def test_racing_votes_of_one_battle_leave_one_row_and_no_contradiction(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    for _ in range(20):
        battle, _ = await ready_battle(db, entrants, voter)
        casts = [votes.cast(db, battle.id, voter, outcome) for outcome in (Outcome.A, Outcome.B, Outcome.A, Outcome.B)]
        answers = await asyncio.gather(*casts, return_exceptions=True)
        kept = await db.fetchval("SELECT outcome FROM votes WHERE battle_id = $1", battle.id)
        told = [answer for answer in answers if isinstance(answer, votes.Cast)]
        assert [answer.outcome for answer in told] == [kept, kept]
        assert sum(answer.new for answer in told) == 1
        assert sum(isinstance(answer, VotingClosed) for answer in answers) == 2
    assert await votes.count(db) == 20


async def test_a_skip_and_a_vote_that_race_do_not_both_hold(db: Pool, entrants: list[Entrant]) -> None:
    for _ in range(20):
        battle, voter = await ready_battle(db, entrants)
        await asyncio.gather(
            votes.cast(db, battle.id, voter, Outcome.A),
            battles.skip(db, battle.id, voter, None),
            return_exceptions=True,
        )
        state = (await battles.require(db, battle.id, voter)).state
        voted = await db.fetchval("SELECT count(*) FROM votes WHERE battle_id = $1", battle.id)
        assert (state, voted) in {(State.VOTED, 1), (State.SKIPPED, 0)}


async def test_counted_votes_carry_contenders_in_position_order(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.B)
    [counted] = await votes.counted(db)
    sides = await db.fetch(
        """
        SELECT slug FROM sides JOIN contenders ON contenders.id = contender_id
        WHERE battle_id = $1 ORDER BY position
        """,
        battle.id,
    )
    assert counted.contenders == tuple(side["slug"] for side in sides)
    pseudonym = await db.fetchval("SELECT pseudonym FROM voters WHERE id = $1", voter)
    assert (counted.outcome, counted.voter) == (Outcome.B, pseudonym)
    assert counted.vote.hex not in str(await db.fetchval("SELECT id FROM votes")).replace("-", "")


async def test_the_database_itself_takes_one_vote_a_battle(db: Pool, entrants: list[Entrant]) -> None:
    battle, _ = await ready_battle(db, entrants)
    insert = "INSERT INTO votes (battle_id, outcome) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    await asyncio.gather(*(db.execute(insert, battle.id, outcome) for outcome in Outcome))
    assert Counter([await votes.count(db)]) == {1: 1}


async def test_answers_are_kept_with_their_timings(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    unveiled = await reveals.tell(db, battle.id, voter)
    assert [side.seconds for side in unveiled] == [answer.seconds for answer in ANSWERS]
    assert {side.contender for side in unveiled} == {"anna", "berta"}


async def _voted(db: Pool, entrants: list[Entrant]) -> tuple[UUID, UUID]:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    return battle.id, voter


async def _private(db: Pool, entrant: Entrant) -> None:
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", entrant.contender_id)


async def test_only_votes_of_battles_opened_after_both_were_made_public_count(
    db: Pool, provider: Provider, entrants: list[Entrant]
) -> None:
    entrants.append(await contender(db, provider, "identity", slug="secret", organisation="Northgate"))
    await _private(db, entrants[2])
    for pair in combinations(entrants, 2):
        await _voted(db, list(pair))
    assert {vote.contenders for vote in await votes.counted(db)} <= {("anna", "berta"), ("berta", "anna")}
    assert await votes.count(db) == len(await votes.counted(db)) == 1
    before, _ = await ready_battle(db, entrants[1:])
    voter = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", before.id)
    await contenders.commit(db, entrants[2].contender_id)
    # Opened in private and voted on in public.
    await votes.cast(db, before.id, voter, Outcome.A)
    assert await votes.count(db) == 1
    await _voted(db, entrants[1:])
    assert await votes.count(db) == len(await votes.counted(db)) == 2


async def test_the_votes_of_a_newcomer_count_once_it_is_listed(db: Pool, entrants: list[Entrant]) -> None:
    newcomer = entrants[0].target.endpoint_id
    await db.execute("UPDATE endpoints SET state = 'warming', listed_at = NULL WHERE id = $1", newcomer)
    await _voted(db, entrants)
    assert await votes.count(db) == len(await votes.counted(db)) == 0
    async with db.acquire() as connection:
        await lifecycle.move(connection, newcomer, lifecycle.State.LISTED, actor=lifecycle.ARENA)
        assert await votes.count(connection) == 1
        await lifecycle.pause(connection, newcomer, actor=lifecycle.ARENA, note="?")
        await lifecycle.retire(connection, newcomer, actor=lifecycle.ARENA, note="?")
    assert await votes.count(db) == len(await votes.counted(db)) == 1


async def test_of_what_is_tested_in_private_the_reveal_tells_the_name_alone(
    db: Pool, provider: Provider, entrants: list[Entrant]
) -> None:
    secret = await contender(db, provider, "identity", slug="northgate-secret", name="Plover", organisation="Northgate")
    await _private(db, secret)
    battle_id, voter = await _voted(db, [entrants[0], secret])
    told = {side.name: side for side in await reveals.tell(db, battle_id, voter)}
    assert told.pop("Plover").stage == "private"
    assert "orthgate" not in str(await reveals.tell(db, battle_id, voter))
    assert [(side.contender, side.stage) for side in told.values()] == [("anna", "listed")]
    await contenders.commit(db, secret.contender_id)
    told = {side.name: side for side in await reveals.tell(db, battle_id, voter)}
    assert (told["Plover"].contender, told["Plover"].stage) == ("northgate-secret", "private")
