"""Boards of verdicts, and of votes with verdicts beside them: what they count, and what of it people's boards see."""

from itertools import combinations
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import dockets, votes
from arena.evaluation.dockets import Docket
from arena.integration import boards, defaults, history, snapshots
from arena.integration.boards import BoardRefused, Change, Group, New, Source
from arena.integration.questions import Cluster, Question, QuestionRefused
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from arena.submission.judges import Judge
from arena.workers import refit
from rating import Outcome, Ties
from tests import bench
from tests.builders import contender, ready_battle
from tests.upstream import Provider

HALF = Question(ties=Ties.HALF)
JUDGE = New(
    slug="judge",
    name="Judge",
    description="",
    cron=boards.OFTEN,
    question=Question(cluster=Cluster.PROMPT),
    source=Source.JUDGE,
)
COMBINED = structs.replace(JUDGE, slug="combined", name="Combined", question=HALF, source=Source.COMBINED)
PEOPLE = structs.replace(JUDGE, slug="people", name="People", question=HALF, source=Source.BATTLES)


@pytest.fixture
async def judge(db: Pool, settings: Settings, provider: Provider) -> Judge:
    return await bench.seat(db, settings, provider)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta", "carla")]


async def battle_of(
    db: Pool, entrants: list[Entrant], number: int, rng: np.random.Generator, *, voted: bool
) -> tuple[UUID, float]:
    """A battle that the first contender by the alphabet tends to win, and how it went, for its first side.

    The pairs take turns by the battle's number, so that every contender meets every other.
    """
    pairs = list(combinations(entrants, 2))
    battle, voter = await ready_battle(db, list(pairs[number % len(pairs)]))
    slugs = [
        row["slug"]
        for row in await db.fetch(
            "SELECT slug FROM sides JOIN contenders ON contenders.id = contender_id WHERE battle_id = $1 "
            "ORDER BY position",
            battle.id,
        )
    ]
    better = 1.0 if slugs[0] < slugs[1] else 0.0
    went = better if rng.random() < 0.7 else 1 - better
    if voted:
        await votes.cast(db, battle.id, voter, Outcome.A if went else Outcome.B)
    else:
        await db.execute("UPDATE battles SET state = 'expired', closed_at = now() WHERE id = $1", battle.id)
    return battle.id, went


async def _fought(db: Pool, entrants: list[Entrant], judge: Judge, *, voted: int, unvoted: int, silent: int) -> None:
    """Battles voted and judged, judged alone, and voted alone; the judge mostly says what people say."""
    rng = np.random.default_rng(7)
    for number in range(voted + unvoted + silent):
        battle_id, went = await battle_of(db, entrants, number, rng, voted=number < voted or number >= voted + unvoted)
        if number < voted + unvoted:
            await bench.said(db, judge, battle_id, went if rng.random() < 0.9 else 0.5)


async def made(db: Pool, settings: Settings, new: New) -> tuple[dict[str, Any], history.Whole]:
    board = await boards.make(db, new, reason="Asked for.", account_id=None)
    await refit.look(db, settings, board.slug)
    snapshot = await snapshots.last(db, board)
    assert snapshot is not None
    whole = await history.require(db, snapshot.id)
    return whole.method, whole


def _numbers(whole: history.Whole) -> list[tuple[Any, ...]]:
    names = ("contender", "theta", "lower", "upper", "rank_lower", "rank_upper", "votes")
    return [tuple(getattr(line, name) for name in names) for line in whole.lines]


async def test_without_a_battle_that_judges_alone_have_seen_the_combined_board_is_the_peoples_to_the_bit(
    db: Pool, settings: Settings, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=15, unvoted=0, silent=5)
    method, joined = await made(db, settings, COMBINED)
    _, people = await made(db, settings, PEOPLE)
    assert [each["weight"] for each in method["judged"]["weights"]] == [0.0]
    assert (method["judged"]["worth"], method["judged"]["votes_worth"], joined.votes) == (1.0, 20, 20)
    assert _numbers(joined) == _numbers(people)
    assert joined.digest != people.digest


async def test_verdicts_that_agree_move_the_combined_board_and_nothing_of_peoples_boards(
    db: Pool, settings: Settings, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=30, unvoted=60, silent=5)
    method, joined = await made(db, settings, COMBINED)
    told = method["judged"]
    assert (told["labelled"], told["judged_only"], told["verdicts"], joined.votes) == (30, 60, 90, 35)
    assert told["judges"] == [{"judge": "bench", "version": judge.version}]
    [weight] = told["weights"]
    assert weight["category"] is None
    assert 0.3 < weight["weight"] < 1
    assert told["worth"] > 1.2
    assert told["votes_worth"] == round(told["worth"] * 35)

    await refit.look(db, settings, "overall")
    _, people = await made(db, settings, PEOPLE)
    assert _numbers(joined) != _numbers(people)
    overall = await db.fetchrow("SELECT votes, method, digest FROM snapshots WHERE board_id = $1", await _overall(db))
    assert overall is not None
    assert overall["votes"] == 35
    assert "judged" not in overall["method"]
    await db.execute("DELETE FROM verdicts")
    again = await snapshots.fit(db, await boards.require(db, "overall"), settings)
    assert again.digest == overall["digest"]


async def _overall(db: Pool) -> UUID:
    return (await boards.require(db, "overall")).id


async def test_a_board_of_judges_counts_verdicts_and_clusters_them_by_prompt(
    db: Pool, settings: Settings, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=10, unvoted=10, silent=5)
    method, whole = await made(db, settings, JUDGE)
    assert (whole.votes, whole.voters, method["cluster"]) == (20, 1, "prompt")
    assert sum(line.votes for line in whole.lines) == 40
    assert method["judged"]["judges"] == [{"judge": "bench", "version": judge.version}]
    # What a judge said in an earlier version, of its own family, or of what does not count any more, is left out.
    await db.execute(
        "UPDATE verdicts SET version = repeat('0', 64) WHERE id = (SELECT id FROM verdicts ORDER BY id LIMIT 1)"
    )
    await db.execute("UPDATE verdicts SET own_family = true WHERE id = (SELECT max(id::text)::uuid FROM verdicts)")
    await refit.look(db, settings, "judge")
    later = await snapshots.last(db, await boards.require(db, "judge"))
    assert later is not None
    assert later.votes == 18


async def test_a_board_of_judges_is_looked_at_again_only_when_something_is_new(
    db: Pool, settings: Settings, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=4, unvoted=0, silent=0)
    await made(db, settings, JUDGE)
    for known in (1, 1):
        await refit.look(db, settings, "judge")
        assert await db.fetchval("SELECT count(*) FROM snapshots") == known
    battle_id, went = await battle_of(db, entrants, 0, np.random.default_rng(1), voted=True)
    await bench.said(db, judge, battle_id, went)
    await refit.look(db, settings, "judge")
    assert await db.fetchval("SELECT count(*) FROM snapshots") == 2
    # Another verdict in the place of one, so that there are as many as before.
    await db.execute(
        "UPDATE verdicts SET id = gen_random_uuid(), outcome = 'tie', share = 0.5 WHERE battle_id = $1", battle_id
    )
    await refit.look(db, settings, "judge")
    assert await db.fetchval("SELECT count(*) FROM snapshots") == 3


async def test_boards_of_judges_are_never_released_and_have_no_calendar(
    db: Pool, settings: Settings, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=4, unvoted=0, silent=0)
    await made(db, settings, COMBINED)
    board = await boards.require(db, "combined")
    assert board.group is Group.JUDGES
    with pytest.raises(releases.NeverReleased, match="never released"):
        await releases.refresh(db, board, settings)
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
    with pytest.raises(BoardRefused, match="has no calendar"):
        await boards.change(db, "combined", Change(calendar="every day"), reason="Asked.", account_id=account.id)
    assert await db.fetchval("SELECT count(*) FROM releases") == 0


@pytest.mark.parametrize(
    ("fault", "source", "question"),
    [
        ("cluster to “prompt”", Source.JUDGE, Question()),
        ("ties to “half”", Source.COMBINED, Question()),
        ("no style", Source.COMBINED, structs.replace(HALF, voter_cap=3)),
        ("no category", Source.COMBINED, structs.replace(HALF, category="nonsense")),
    ],
)
async def test_what_verdicts_cannot_be_asked_is_refused(
    db: Pool, fault: str, source: Source, question: Question
) -> None:
    with pytest.raises(QuestionRefused, match=fault):
        await boards.make(
            db, structs.replace(JUDGE, source=source, question=question), reason="Asked.", account_id=None
        )


async def test_the_arena_makes_both_boards_once_people_and_judges_have_seen_enough(
    db: Pool, judge: Judge, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "ENOUGH_JUDGED", 3)
    await _fought(db, entrants, judge, voted=2, unvoted=4, silent=4)
    assert await defaults.make(db) == []
    await _fought(db, entrants, judge, voted=1, unvoted=0, silent=0)
    assert await defaults.make(db) == ["judge", "combined"]
    assert [board.source for board in await boards.listed(db)] == [Source.BATTLES, Source.JUDGE, Source.COMBINED]


async def test_a_docket_has_battles_without_a_vote_only_where_they_are_asked_for(
    db: Pool, judge: Judge, entrants: list[Entrant]
) -> None:
    await _fought(db, entrants, judge, voted=2, unvoted=3, silent=0)
    battle_id = await db.fetchval("SELECT id FROM battles WHERE state = 'expired' LIMIT 1")
    await db.execute("DELETE FROM answers WHERE battle_id = $1 AND position = 1", battle_id)
    assert len(await dockets.battles(db, Docket())) == 2
    found = await dockets.battles(db, Docket(unvoted=True))
    # One was not answered to its end.
    assert len(found) == 4
    assert battle_id not in {each.battle_id for each in found}
