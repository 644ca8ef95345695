"""Snapshots of boards of every shape: none, one, two and a thousand contenders, undefeated, unconnected, tied ones."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.integration import archives, boards, history, snapshots
from arena.integration.archives import Archive
from arena.integration.boards import Change
from arena.integration.history import Line
from arena.integration.questions import Question
from arena.people import accounts
from arena.people.accounts import Role
from tests import builders

Games: TypeAlias = list[tuple[str, str, str]]
Taken: TypeAlias = Callable[..., Coroutine[Any, Any, dict[str, Line]]]
WHOLE = Question()
BOTH = [("anna", "berta", "model_a"), ("berta", "anna", "model_a")]


@pytest.fixture
def taken(db: Pool, settings: Settings, tmp_path: Path) -> Taken:
    async def take(games: Games, question: Question = WHOLE, *, times: int = 1) -> dict[str, Line]:
        """The lines of a snapshot of these games, each so many times by voters of their own, by contender."""
        rows = [(*game, f"voter {number}") for number, game in enumerate(games * times)]
        file = tmp_path / "votes.csv"
        file.write_text("\n".join(["model_a,model_b,winner,voter", *map(",".join, rows)]))
        brought = await archives.bring(db, Archive(file=file, slug="old"))
        if question != WHOLE:
            await db.execute("UPDATE boards SET question = $1 WHERE slug = 'old'", question)
        snapshot = await builders.snapshot(db, await boards.require(db, brought.board.slug), settings)
        whole = await history.require(db, snapshot.id)
        assert (whole.votes, whole.question) == (len(rows), question)
        return {line.name: line for line in whole.lines}

    return take


async def test_none(db: Pool, settings: Settings) -> None:
    snapshot = await builders.snapshot(db, await boards.require(db, "overall"), settings)
    whole = await history.require(db, snapshot.id)
    assert (whole.votes, whole.voters, whole.lines) == (0, 0, [])


async def test_one_that_is_shown_of_two(taken: Taken) -> None:
    games = [*BOTH, ("anna", "clara", "tie"), ("anna", "berta", "tie")]
    lines = await taken(games, Question(minimum_votes=4))
    assert [(line.name, line.votes) for line in lines.values() if line.shown] == [("anna", 4)]
    # Who is not shown was fitted like the others.
    assert {line.name for line in lines.values()} == {"anna", "berta", "clara"}
    assert lines["anna"].rank_upper <= 3


async def test_two_and_a_tie_for_first(taken: Taken) -> None:
    lines = await taken(BOTH, times=20)
    assert {(round(line.rating, 6), line.rank_lower, line.rank_upper) for line in lines.values()} == {(1000.0, 1, 2)}
    assert all(line.lower is not None and line.upper is not None for line in lines.values())


async def test_a_tie_for_first_is_no_lead(taken: Taken) -> None:
    games = [*BOTH, *[(one, "clara", "model_a") for one in ("anna", "berta")] * 3, ("clara", "anna", "model_a"),
             ("clara", "berta", "model_a")]  # fmt: skip
    lines = await taken(games, times=30)
    assert {(name, lines[name].rank_lower, lines[name].rank_upper) for name in lines} == {
        ("anna", 1, 2),
        ("berta", 1, 2),
        ("clara", 3, 3),
    }
    assert lines["anna"].rating == pytest.approx(lines["berta"].rating)


async def test_an_undefeated_one_is_bounded_below_alone(taken: Taken) -> None:
    games = [("anna", "berta", "model_a"), ("anna", "clara", "model_a"), ("berta", "clara", "model_a"),
             ("clara", "berta", "model_a")]  # fmt: skip
    lines = await taken(games, times=20)
    assert (lines["anna"].separation, lines["anna"].upper, lines["anna"].status) == ("unbeaten", None, "provisional")
    assert lines["anna"].lower is not None
    assert lines["anna"].rating > max(lines["berta"].rating, lines["clara"].rating)


async def test_two_groups_that_never_met_are_each_rated_alone(taken: Taken) -> None:
    games = [*BOTH, ("berta", "clara", "tie"), ("xena", "yvonne", "model_a"), ("yvonne", "xena", "model_a")]
    lines = await taken(games, times=10)
    groups = {name: line.group for name, line in lines.items()}
    assert groups == {"anna": 0, "berta": 0, "clara": 0, "xena": 1, "yvonne": 1}
    for group in (0, 1):
        ratings = [line.rating for line in lines.values() if line.group == group]
        assert sum(ratings) / len(ratings) == pytest.approx(1000)
    assert (lines["xena"].rank_lower, lines["xena"].rank_upper) == (1, 2)


@pytest.mark.slow
async def test_a_thousand(taken: Taken) -> None:
    rng = Random(7)
    names = [f"contender {number:04}" for number in range(1000)]
    games = []
    for number in range(12_000):
        first, second = rng.sample(range(1000), 2) if number >= 1000 else (number, (number + 1) % 1000)
        won = rng.random() < 1 / (1 + 10 ** ((first - second) / 400))
        games.append((names[first], names[second], "model_a" if won else "model_b"))
    lines = await taken(games)
    assert len(lines) == 1000
    best = sorted(lines.values(), key=lambda line: -line.rating)
    assert {line.name for line in best[:20]} <= set(names[:250])
    assert all(1 <= line.rank_lower <= line.rank_upper <= 1000 for line in best)


async def test_a_change_of_the_question_is_in_the_next_snapshot_and_in_no_other(
    db: Pool, settings: Settings, taken: Taken
) -> None:
    await taken(BOTH)
    board = await boards.require(db, "old")
    async with db.acquire() as connection:
        account = await accounts.open(connection, email="a@b.c", name="A", password=None, roles=(Role.OPERATOR,))
    assert await snapshots.state(db, board) == snapshots.State(2, 0)
    changed = await boards.change(
        db, "old", Change(question=Question(voter_cap=1)), reason="Capped.", account_id=account.id
    )
    assert await snapshots.state(db, changed) == snapshots.State(2, 0, 2)
    await builders.snapshot(db, changed, settings)
    kept = await history.listed(db, changed, before=None, most=9)
    assert [one.methodology for one in kept] == [2, 1]
    assert [(await history.require(db, one.id)).question for one in kept] == [Question(voter_cap=1), Question()]
