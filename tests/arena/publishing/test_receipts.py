"""Receipts: right about what counts and where, through everything that is done to a vote."""

from datetime import timedelta
from importlib import resources
from uuid import UUID, uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import appeals, battles, exclusions, pairing, votes
from arena.evaluation.exclusions import NoSuchVote, Reason, Remark
from arena.evaluation.kinds import Kind
from arena.integration import boards
from arena.integration.boards import Board
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import receipts, releases
from arena.publishing.receipts import Receipts, Why
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests import builders
from tests.builders import ANSWERS, contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


@pytest.fixture
async def board(db: Pool) -> Board:
    return await boards.require(db, "overall")


@pytest.fixture
async def operator(db: Pool) -> UUID:
    account = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    return account.id


async def _vote(db: Pool, entrants: list[Entrant], outcome: Outcome = Outcome.A) -> UUID:
    battle, voter = await ready_battle(db, entrants)
    return (await votes.cast(db, battle.id, voter, outcome)).id


async def _release(db: Pool, board: Board, settings: Settings) -> str:
    assert await releases.behind(db, board)
    release_id = await releases.refresh(db, board, settings)
    assert not await releases.behind(db, board)
    latest = await releases.latest(db, board.slug)
    assert latest is not None
    assert latest.id == release_id
    return release_id


async def test_a_receipt_stays_right_through_exclusion_release_lifting_and_release(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board, operator: UUID
) -> None:
    vote_id, other = await _vote(db, entrants), await _vote(db, entrants, Outcome.B)
    waiting = await receipts.require(db, vote_id)
    assert (waiting.counted, waiting.reason, waiting.leaf, waiting.releases) == (True, None, None, [])
    first = await _release(db, board, settings)
    excluded = await exclusions.exclude(db, vote_id, Reason.OPERATOR, note="?", account_id=operator)
    told = await receipts.require(db, vote_id)
    assert (told.counted, told.reason, told.releases) == (False, "operator", [first])
    second = await _release(db, board, settings)
    assert (await receipts.require(db, vote_id)).releases == [first]
    await exclusions.lift(db, excluded.id, because="It was none.", account_id=operator)
    told = await receipts.require(db, vote_id)
    assert (told.counted, told.reason, told.releases) == (True, None, [first])
    [act] = told.exclusions
    assert (act.reason, act.side, act.lifted_because) == ("operator", None, "It was none.")
    third = await _release(db, board, settings)
    told = await receipts.require(db, vote_id)
    assert (told.releases, told.released, told.first_release) == ([third, first], 2, first)
    assert (await receipts.require(db, other)).releases == [third, second, first]
    # The votes are those of the first release again, and it is another release: its exclusions are others.
    digests = await db.fetch("SELECT digest, exclusions FROM snapshots ORDER BY number")
    assert digests[0]["digest"] == digests[2]["digest"] != digests[1]["digest"]
    assert len({row["exclusions"] for row in digests}) == 3


async def test_an_exclusion_and_a_lifting_that_leave_as_many_votes_are_noticed(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board, operator: UUID
) -> None:
    first, second = await _vote(db, entrants), await _vote(db, entrants, Outcome.B)
    lifted = await exclusions.exclude(db, first, Reason.OPERATOR, note="?", account_id=operator)
    before = await _release(db, board, settings)
    await exclusions.exclude(db, second, Reason.OPERATOR, note="?", account_id=operator)
    await exclusions.lift(db, lifted.id, because="No.", account_id=operator)
    assert await votes.count(db) == 1
    after = await _release(db, board, settings)
    assert (await receipts.require(db, first)).releases == [after]
    assert (await receipts.require(db, second)).releases == [before]


async def test_a_vote_that_is_excluded_and_let_in_before_a_release_is_in_it(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board, operator: UUID
) -> None:
    vote_id = await _vote(db, entrants)
    excluded = await exclusions.exclude(db, vote_id, Reason.OPERATOR, note="?", account_id=operator)
    await exclusions.lift(db, excluded.id, because="No.", account_id=operator)
    release_id = await _release(db, board, settings)
    assert (await receipts.require(db, vote_id)).releases == [release_id]
    assert await db.fetchval("SELECT count(*) FROM countings") == 1


async def test_a_snapshot_that_nobody_released_is_in_no_receipt(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board
) -> None:
    vote_id = await _vote(db, entrants)
    await builders.snapshot(db, board, settings)
    assert (await receipts.require(db, vote_id)).releases == []
    assert (await receipts.require(db, vote_id)).counted


async def test_a_vote_that_counts_from_its_contenders_listing_on_is_in_the_releases_since(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board
) -> None:
    await db.execute("UPDATE endpoints SET listed_at = NULL WHERE id = $1", entrants[0].target.endpoint_id)
    newcomer = await _vote(db, entrants)
    assert (await receipts.require(db, newcomer)).reason == "warming"
    assert not await releases.behind(db, board)
    await db.execute("UPDATE endpoints SET listed_at = now()")
    listed = await _release(db, board, settings)
    assert (await receipts.require(db, newcomer)).releases == [listed]


@pytest.mark.parametrize("kind", [Kind.NAMED, Kind.CONTROL])
async def test_what_was_not_blind_says_so_whatever_else_was_found(
    db: Pool, entrants: list[Entrant], kind: Kind
) -> None:
    voter = uuid4()
    battle = await battles.open(db, voter, "Why?", pairing.draw(entrants), kind=kind)
    await battles.finish(
        db, battle.id, 1, ANSWERS, shown=[], void=None, remarks=[Remark(reason=Reason.LEAK, position=1)]
    )
    cast = await votes.cast(db, battle.id, voter, Outcome.TIE)
    told = await receipts.require(db, cast.id)
    assert (told.counted, told.reason, [act.side for act in told.exclusions]) == (False, Why(kind), [1])


async def test_a_private_side_is_told_before_one_that_is_warming(db: Pool, entrants: list[Entrant]) -> None:
    await db.execute("UPDATE endpoints SET listed_at = NULL")
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", entrants[1].contender_id)
    assert (await receipts.require(db, await _vote(db, entrants))).reason == "private"


async def test_an_appeal_and_its_answer_are_told_without_what_was_written(
    db: Pool, entrants: list[Entrant], operator: UUID
) -> None:
    battle, voter = await ready_battle(db, entrants)
    vote_id = (await votes.cast(db, battle.id, voter, Outcome.A)).id
    await exclusions.exclude(db, vote_id, Reason.TOXIC, note="A secret note.", account_id=operator)
    made = await appeals.make(db, vote_id, voter, "My own words.")
    [plea] = (await receipts.require(db, vote_id)).appeals
    assert (plea.appealed_at, plea.answer) == (made.appealed_at, None)
    await appeals.answer(db, made.id, text="It stays.", lift=False, account_id=operator)
    told = await receipts.require(db, vote_id)
    assert [one.answer for one in told.appeals] == ["It stays."]
    assert not any(text in str(told) for text in ("My own words", "secret note", "anna", "berta", str(voter)))


async def test_of_many_releases_a_hundred_are_named_and_all_are_counted(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board
) -> None:
    vote_id = await _vote(db, entrants)
    first = await _release(db, board, settings)
    await db.execute(
        """
        WITH taken AS (
            INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method, taken_at)
            SELECT gen_random_uuid(), $1, 1, 1, 1, '', '{}', now() + make_interval(secs => n)
            FROM generate_series(1, 120) AS n
            RETURNING id, taken_at
        )
        INSERT INTO releases (id, board_id, snapshot_id, published_at)
        SELECT encode(sha256(id::text::bytea), 'hex'), $1, id, taken_at FROM taken
        """,
        board.id,
    )
    told = await receipts.require(db, vote_id)
    assert (len(told.releases), told.released, told.first_release) == (100, 121, first)
    latest = await releases.latest(db, "overall")
    assert latest is not None
    assert told.releases[0] == latest.id


async def test_an_unknown_vote_has_no_receipt_and_many_are_read_at_once(db: Pool, entrants: list[Entrant]) -> None:
    with pytest.raises(NoSuchVote):
        await receipts.require(db, uuid4())
    cast = [await _vote(db, entrants) for _ in range(3)]
    reading = Receipts(db)
    assert [(await reading.of(one)).id for one in cast] == cast
    assert set(await receipts.of(db, [*cast, uuid4()])) == set(cast)


async def test_votes_from_before_there_were_receipts_have_them(
    db: Pool, settings: Settings, entrants: list[Entrant], board: Board
) -> None:
    """The migration finds out by times what is noted since."""
    vote_id = await _vote(db, entrants)
    first = await _release(db, board, settings)
    kept = await db.fetch("SELECT * FROM countings")
    await db.execute("DELETE FROM countings")
    await db.execute("UPDATE votes SET cast_at = cast_at - $1::interval", timedelta(seconds=1))
    await db.execute(_backfill())
    assert await db.fetch("SELECT * FROM countings") == kept
    assert (await receipts.require(db, vote_id)).releases == [first]


def _backfill() -> str:
    text = (resources.files("arena") / "migrations" / "0014_door.sql").read_text()
    return text[text.index("INSERT INTO countings") :]
