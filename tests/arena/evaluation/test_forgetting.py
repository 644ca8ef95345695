"""A voter's data are deleted: no text of theirs is left, and no count has changed."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, exclusions, exposures, forgetting, history, pairing, turns, votes
from arena.evaluation.battles import NoSuchBattle, State
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.forgetting import Forgotten
from arena.evaluation.turns import Answer
from arena.integration import boards, snapshots
from arena.people.voters import UnknownVoter
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

SECRET = "xylophone-7391"
TOLD = (
    Answer(text=f"One {SECRET}.", html=f"<p>One {SECRET}.</p>", seconds=1.5, finish="stop", failure_detail=SECRET),
    Answer(text="Two.", html="<p>Two.</p>", seconds=2.5, finish="stop", answer_tokens=7),
)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity") for _ in range(2)]


async def _voted(db: Pool, entrants: list[Entrant], voter: UUID) -> UUID:
    """A battle full of the voter's own words, with their vote."""
    battle = await battles.open(db, voter, f"Who plays the {SECRET}?", pairing.draw(entrants))
    await battles.start(db, battle.id)
    found = [Remark(reason=Reason.PERSONAL, evidence={"words": SECRET})]
    await battles.finish(db, battle.id, 1, TOLD, shown=[3, 3, 19, 4], void=None, remarks=found)
    await votes.cast(db, battle.id, voter, Outcome.A)
    return battle.id


async def found(db: Pool, text: str) -> list[str]:
    """Where this text, or the digits of this number, stand in any column of any table that can hold a text."""
    columns = await db.fetch(
        """
        SELECT table_schema, table_name, column_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
          AND (data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'uuid', 'ARRAY'))
        """
    )
    places = []
    for schema, table, column in columns:
        value = f'"{column}"::text'
        hidden = text.encode().hex()
        if await db.fetchval(
            f'SELECT true FROM "{schema}"."{table}" WHERE {value} ILIKE $1 OR {value} LIKE $2 LIMIT 1',
            f"%{text}%",
            f"%{hidden}%",
        ):
            places.append(f"{table}.{column}")
    return sorted(places)


async def test_no_text_of_theirs_is_left_in_any_column_of_the_database(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    await _voted(db, entrants, voter)
    skipped, _ = await ready_battle(db, entrants, voter)
    await battles.skip(db, skipped.id, voter, f"It spoke of {SECRET}.")
    assert await found(db, SECRET) == [
        *("answers.content", "answers.failure_detail", "answers.html"),
        *("battles.reason", "exclusions.evidence", "turns.content"),
    ]
    await forgetting.forget(db, voter)
    assert await found(db, SECRET) == []
    assert await found(db, str(voter)) == ["voters.id"]


async def test_the_votes_stay_as_they_are_published_and_tied_to_nobody(db: Pool, entrants: list[Entrant]) -> None:
    voter, other = uuid4(), uuid4()
    for somebody in (voter, voter, other):
        battle, _ = await ready_battle(db, entrants, somebody)
        await votes.cast(db, battle.id, somebody, Outcome.TIE)
    before = await votes.counted(db)
    assert await forgetting.forget(db, voter) == Forgotten(2, 2, [])
    after = await votes.counted(db)
    assert after == before
    assert len({vote.voter for vote in after}) == 2
    assert await db.fetchval("SELECT pseudonym FROM voters WHERE id = $1", voter) is None
    assert await db.fetchval("SELECT count(*) FROM battles WHERE voter_id = $1", voter) == 0
    assert await votes.count(db) == 3


async def test_deleting_twice_deletes_once(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    await _voted(db, entrants, voter)
    told = await asyncio.gather(*(forgetting.forget(db, voter) for _ in range(4)))
    assert sorted((one.battles, one.votes) for one in told) == [(0, 0)] * 3 + [(1, 0)]
    assert await forgetting.forget(db, uuid4()) == Forgotten(0, 0, [])


async def test_the_next_voter_who_deletes_gets_a_number_of_their_own(db: Pool, entrants: list[Entrant]) -> None:
    for voter in (uuid4(), uuid4()):
        await _voted(db, entrants, voter)
        await forgetting.forget(db, voter)
    assert len({row["voter_id"] for row in await db.fetch("SELECT voter_id FROM battles")}) == 2


async def test_a_number_that_is_used_up_opens_nothing_and_owns_nothing(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    battle_id = await _voted(db, entrants, voter)
    await forgetting.forget(db, voter)
    with pytest.raises(UnknownVoter):
        await battles.open(db, voter, "Again?", pairing.draw(entrants))
    for act in (
        battles.require(db, battle_id, voter),
        battles.skip(db, battle_id, voter, None),
        battles.resume(db, battle_id, voter, "More?", most=9),
        votes.cast(db, battle_id, voter, Outcome.A),
    ):
        with pytest.raises(NoSuchBattle):
            await act
    assert await history.of(db, voter, most=9) == []


@pytest.mark.parametrize("state", ["open", "streaming", "void"])
async def test_an_answer_that_comes_after_the_deletion_is_not_kept(
    db: Pool, entrants: list[Entrant], state: str
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, SECRET, pairing.draw(entrants))
    await db.execute("UPDATE battles SET state = $1", state)
    assert await forgetting.forget(db, voter) == Forgotten(1, 0, [] if state == "void" else [battle.id])
    remarks = [Remark(reason=Reason.LEAK, position=0, evidence={"words": SECRET})]
    told = await battles.finish(db, battle.id, 1, TOLD, shown=[3, 3, 19, 4], void=None, remarks=remarks)
    assert told is (State.VOID if state == "void" else State.SKIPPED)
    assert await found(db, SECRET) == []
    said = await turns.said(db, battle.id)
    assert [(turn.prompt, [answer.text for answer in turn.answers], turn.ticks) for turn in said] == [
        ("", ["", ""], [])
    ]
    assert await exclusions.standing(db, battle.id) == []


async def test_a_deletion_in_the_midst_of_finishing_leaves_no_text(db: Pool, entrants: list[Entrant]) -> None:
    """Both at once, many times: whichever is first, nothing is left, and nobody waits for ever."""
    for _ in range(20):
        voter = uuid4()
        battle = await battles.open(db, voter, SECRET, pairing.draw(entrants))
        async with asyncio.timeout(30):
            await asyncio.gather(
                battles.finish(db, battle.id, 1, TOLD, shown=[3, 3, 19, 4], void=None), forgetting.forget(db, voter)
            )
    assert await found(db, SECRET) == []


async def test_a_vote_that_races_the_deletion_is_counted_or_refused_and_never_half(
    db: Pool, entrants: list[Entrant]
) -> None:
    for _ in range(20):
        battle, voter = await ready_battle(db, entrants)
        async with asyncio.timeout(30):
            told, _ = await asyncio.gather(
                votes.cast(db, battle.id, voter, Outcome.A), forgetting.forget(db, voter), return_exceptions=True
            )
        state, cast = await db.fetchrow(  # type: ignore[misc]
            "SELECT state, (SELECT count(*) FROM votes WHERE battle_id = battles.id) FROM battles WHERE id = $1",
            battle.id,
        )
        assert (state, cast) == (("skipped", 0) if isinstance(told, NoSuchBattle) else ("voted", 1)), told


async def test_a_battle_that_is_opened_while_the_data_are_deleted_is_deleted_or_refused(
    db: Pool, entrants: list[Entrant]
) -> None:
    for _ in range(20):
        _, voter = await ready_battle(db, entrants)
        async with asyncio.timeout(30):
            await asyncio.gather(
                battles.open(db, voter, SECRET, pairing.draw(entrants)),
                forgetting.forget(db, voter),
                return_exceptions=True,
            )
        assert await db.fetchval("SELECT count(*) FROM battles WHERE voter_id = $1", voter) == 0
    assert await found(db, SECRET) == []


async def test_what_slips_in_while_it_is_deleted_is_swept(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    battle_id = await _voted(db, entrants, voter)
    other = await _voted(db, entrants, uuid4())
    await forgetting.forget(db, voter)
    late = {"words": SECRET}
    await db.execute("UPDATE exclusions SET evidence = $2 WHERE battle_id = $1", battle_id, late)
    await db.execute("UPDATE answers SET content = $2 WHERE battle_id = $1", battle_id, [late])
    await forgetting.sweep(db)
    assert await db.fetchval("SELECT count(*) FROM answers WHERE battle_id = $1 AND content <> '[]'", battle_id) == 0
    assert [one.evidence for one in await exclusions.standing(db, battle_id)] == [{}]
    assert SECRET in (await turns.said(db, other))[0].prompt


async def test_what_an_endpoint_was_asked_and_spent_stays(db: Pool, entrants: list[Entrant]) -> None:
    await db.execute("UPDATE endpoints SET prompt_price = 3e6, answer_price = 3e6")
    voter = uuid4()
    await _voted(db, entrants, voter)
    ids = [entrant.target.endpoint_id for entrant in entrants]
    before = [(await exposures.of(db, one, days=1), await exposures.today(db, one)) for one in ids]
    await forgetting.forget(db, voter)
    for one, (exposure, today) in zip(ids, before, strict=True):
        assert await exposures.of(db, one, days=1) == exposure
        now = await exposures.today(db, one)
        assert (now.calls, now.answering) == (today.calls, today.answering)
        assert now.spent >= today.spent > 0
        assert now.spent - today.spent < 2 * 3  # each text's thirds of a token are rounded up


async def test_what_was_released_stays_as_it_was_and_nothing_is_released_for_it(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    board = await boards.require(db, "overall")
    for voter in (uuid4(), uuid4()):
        battle, _ = await ready_battle(db, entrants, voter)
        await votes.cast(db, battle.id, voter, Outcome.A)
    released = await releases.refresh(db, board, settings)
    whole = await releases.require(db, released)
    await forgetting.forget(db, voter)
    assert not await releases.behind(db, board)
    assert await releases.require(db, released) == whole
    fitted = await snapshots.fit(db, board, settings)
    assert releases.name(fitted.digest, fitted.acts.digest, board) == released
    assert (fitted.standings.voters, list(fitted.standings.contenders)) == (
        whole.voters,
        sorted(one.contender for one in whole.standings),
    )
    battle, other = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, other, Outcome.B)
    assert await releases.behind(db, board)
    following = await releases.require(db, await releases.refresh(db, board, settings))
    assert (following.votes, following.voters) == (3, 3)
    assert await releases.require(db, released) == whole


async def test_the_past_of_a_battle_is_told_as_far_as_its_voter_may_know(db: Pool, entrants: list[Entrant]) -> None:
    voter = uuid4()
    voted = await _voted(db, entrants, voter)
    ready, _ = await ready_battle(db, entrants, voter)
    await ready_battle(db, entrants)
    waiting, past = await history.of(db, voter, most=9)
    assert (waiting.id, waiting.state, waiting.contenders, waiting.counted, waiting.reason, waiting.outcome) == (
        *(ready.id, State.READY, None, None, None, None),
    )
    assert (past.id, past.outcome, past.counted, past.reason) == (voted, Outcome.A, False, "personal")
    assert past.contenders is not None
    assert len(past.contenders) == 2
    assert isinstance(past.cast_at, datetime)
    assert await history.of(db, voter, after=ready.id, most=9) == [past]
    assert await history.of(db, uuid4(), after=ready.id, most=9) == []
    assert await history.find(db, voter, voted) == past
    assert await history.find(db, uuid4(), voted) is None
