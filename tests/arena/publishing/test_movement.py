"""What moved between two releases, from real votes, through the database and over HTTP."""

import asyncio
import random
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, exclusions, pairing, votes
from arena.evaluation.exclusions import Reason
from arena.integration import archives, boards
from arena.integration.archives import Archive
from arena.integration.boards import Change, New
from arena.integration.questions import Anchor, Question
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import movement, releases, tallies
from arena.publishing.movement import BoardsDiffer, Moved, Movement, Movements
from arena.publishing.releases import NoSuchRelease
from arena.publishing.tallies import NotReadable
from arena.publishing.workbench import Workbench
from arena.submission.endpoints import Entrant
from rating import Outcome, Ties
from rating.movement import Fate
from tests.builders import ANSWERS, Visitor, contender, ready_battle
from tests.upstream import Provider

NAMES = ("Anna", "Berta", "Clara")


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in NAMES]


async def _vote(db: Pool, first: Entrant, second: Entrant, outcome: Outcome = Outcome.A) -> votes.Cast:
    battle, voter = await ready_battle(db, [first, second])
    return await votes.cast(db, battle.id, voter, outcome)


async def _round(db: Pool, entrants: list[Entrant]) -> list[votes.Cast]:
    """Every pair meets four times, and everybody wins and loses."""
    pairs = [(a, b) for a in entrants for b in entrants if a is not b]
    return [await _vote(db, *pair, outcome) for pair in pairs for outcome in (Outcome.A, Outcome.TIE)]


async def _release(db: Pool, settings: Settings, slug: str = "overall") -> str:
    return await releases.refresh(db, await boards.require(db, slug), settings)


def _adds_up(found: Movement) -> None:
    for line in found.contenders:
        if line.parts is not None:
            assert line.before is not None
            assert line.after is not None
            assert line.change == pytest.approx(line.after - line.before, rel=0, abs=1e-9)
            assert sum(structs.astuple(line.parts)) == pytest.approx(line.change, rel=0, abs=1e-9)


def _line(found: Movement, contender: str) -> Moved:
    return next(line for line in found.contenders if line.contender == contender)


async def test_votes_added_and_votes_removed_are_told_apart(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    [first, *_] = await _round(db, entrants)
    before = await _release(db, settings)
    operator = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    await exclusions.exclude(db, first.id, Reason.OPERATOR, note="seen twice", account_id=operator.id)
    for _ in range(3):
        await _vote(db, entrants[0], entrants[1])
    after = await _release(db, settings)
    found = await movement.between(db, before, after)
    assert (found.added, found.removed, found.kept) == (3, 1, 11)
    assert (found.before.id, found.after.id, found.method) == (before, after, [])
    _adds_up(found)
    anna = _line(found, "anna")
    assert anna.fate is Fate.SPLIT
    assert anna.parts is not None
    assert anna.parts.new != 0
    assert anna.parts.removed != 0
    assert (anna.parts.method, anna.parts.reweighted, anna.parts.others) == (0, 0, 0)
    back = await movement.between(db, after, before)
    assert (back.added, back.removed, back.kept) == (1, 3, 11)
    _adds_up(back)


async def test_a_newcomer_has_no_change_and_moves_the_others(
    db: Pool, settings: Settings, provider: Provider, entrants: list[Entrant]
) -> None:
    await _round(db, entrants)
    before = await _release(db, settings)
    dora = await contender(db, provider, "identity", name="Dora", slug="dora")
    await _vote(db, dora, entrants[0])
    await _vote(db, entrants[1], dora)
    found = await movement.between(db, before, await _release(db, settings))
    newcomer = _line(found, "dora")
    assert (newcomer.fate, newcomer.before, newcomer.change, newcomer.parts) == (Fate.ENTERED, None, None, None)
    anna = _line(found, "anna")
    assert anna.parts is not None
    assert anna.change == pytest.approx(anna.parts.others, rel=0, abs=1e-9)
    _adds_up(found)


async def test_a_release_against_itself_has_not_moved(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    await _round(db, entrants)
    same = await _release(db, settings)
    found = await movement.between(db, same, same)
    assert {line.change for line in found.contenders} == {0.0}


async def test_imported_votes_are_followed_file_by_file(db: Pool, settings: Settings, tmp_path: Path) -> None:
    draw, ids = random.Random(1), []
    for number in (1, 2):
        rows = [[*draw.sample(NAMES, 2), draw.choice(("model_a", "model_b", "tie"))] for _ in range(40)]
        file = tmp_path / f"{number}.csv"
        file.write_text("model_a,model_b,winner\n" + "".join(",".join(row) + "\n" for row in rows))
        await archives.bring(db, Archive(file=file, slug="elsewhere"))
        ids.append(await _release(db, settings, "elsewhere"))
    found = await movement.between(db, *ids)
    assert (found.added, found.removed, found.kept) == (40, 0, 40)
    _adds_up(found)
    assert {line.fate for line in found.contenders} == {Fate.SPLIT}


async def test_what_was_rated_in_a_way_that_is_not_known_is_refused(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    await _round(db, entrants)
    before = await _release(db, settings)
    await _vote(db, entrants[0], entrants[1])
    after = await _release(db, settings)
    await db.execute("UPDATE standings SET rating = rating + 1 WHERE contender_id = $1", entrants[0].contender_id)
    with pytest.raises(NotReadable):
        await movement.between(db, before, after)
    release = await releases.require(db, after)
    with pytest.raises(NotReadable):
        tallies.method(
            structs.replace(release, method={**release.method, "model": "elo"}), await tallies.source(db, after)
        )


async def test_a_pair_is_worked_out_once_and_that_of_neighbours_is_kept(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    ids = []
    for _ in range(3):
        await _round(db, entrants)
        ids.append(await _release(db, settings))
    movements = Movements(db, Workbench())
    found = await asyncio.gather(*(movements.between(ids[0], ids[1]) for _ in range(5)))
    assert all(each is found[0] for each in found)
    assert await movements.since_the_last(ids[0]) is None
    assert await movements.since_the_last(ids[1]) is found[0]
    await movements.between(ids[0], ids[2])
    assert await db.fetchval("SELECT array_agg(release_id) FROM movements") == [ids[1]]
    # Another process reads what this one has kept.
    await db.execute("UPDATE movements SET movement = replace(convert_from(movement, 'UTF8'), 'Anna', 'Anne')::bytea")
    assert _line(await Movements(db, Workbench()).between(ids[0], ids[1]), "anna").name == "Anne"


async def test_releases_of_two_boards_and_unknown_ones_are_refused(
    db: Pool, settings: Settings, entrants: list[Entrant], tmp_path: Path, visitor: Visitor
) -> None:
    await _round(db, entrants)
    ours = await _release(db, settings)
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner\nx,y,tie\n")
    await archives.bring(db, Archive(file=file, slug="elsewhere"))
    theirs = await _release(db, settings, "elsewhere")
    with pytest.raises(BoardsDiffer):
        await movement.between(db, ours, theirs)
    with pytest.raises(NoSuchRelease):
        await movement.between(db, ours, "f" * 64)
    status, problem = await visitor.get(f"/api/v1/releases/{ours}/diff/{theirs}")
    assert (status, problem["detail"]) == (400, BoardsDiffer.sentence())
    status, problem = await visitor.get(f"/api/v1/releases/{ours}/diff/nonsense")
    assert (status, problem["detail"]) == (404, NoSuchRelease.sentence())


async def test_the_api_tells_what_moved_from_the_other_release_to_this_one(
    db: Pool, settings: Settings, entrants: list[Entrant], visitor: Visitor
) -> None:
    await _round(db, entrants)
    before = await _release(db, settings)
    await _vote(db, entrants[0], entrants[1])
    after = await _release(db, settings)
    status, body = await visitor.get(f"/api/v1/releases/{after}/diff/{before}")
    assert status == 200
    told: dict[str, Any] = {line["contender"]: line for line in body["contenders"]}
    assert (body["before"]["id"], body["after"]["id"], body["added"]) == (before, after, 1)
    assert told["anna"]["change"] != 0
    assert set(told["anna"]["parts"]) == {"method", "removed", "reweighted", "others", "new"}


QUESTIONS = {
    "ties": Question(ties=Ties.HALF),
    "anchor": Question(anchor=Anchor("anna", 1200.0)),
    "voter cap": Question(voter_cap=2),
    "even pairs": Question(even_pairs=True),
    "style": Question(ties=Ties.HALF, style=("characters",)),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
async def test_another_question_moves_by_method_or_reweighting_alone(
    db: Pool, settings: Settings, entrants: list[Entrant], question: Question
) -> None:
    voters = [uuid4() for _ in range(2)]
    for number, pair in enumerate([*combinations(entrants, 2)] * 6 + [(entrants[0], entrants[1])] * 5):
        texts = ("x" * 9, "y" * (number + 1))
        answers = tuple(structs.replace(answer, text=text) for answer, text in zip(ANSWERS, texts, strict=True))
        voter = voters[number % 5 == 0]
        battle = await battles.open(db, voter, "Which is it?", pairing.draw(list(pair)))
        await battles.start(db, battle.id)
        await battles.finish(db, battle.id, 1, answers, shown=[2, 2, 4, 4], void=None)
        # By contender and not by side, since sides are drawn: it is the same board each time.
        first_is_a = "SELECT position = 0 FROM sides WHERE battle_id = $1 AND contender_id = $2"
        winner = Outcome.A if await db.fetchval(first_is_a, battle.id, pair[0].contender_id) else Outcome.B
        loser = Outcome.B if winner is Outcome.A else Outcome.A
        await votes.cast(db, battle.id, voter, (winner, loser, Outcome.TIE, winner)[number % 4])
    operator = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    every = New(slug="asked", name="Asked", description="", cron=boards.OFTEN, question=Question())
    await boards.make(db, every, reason="To try.", account_id=operator.id)
    before = await _release(db, settings, "asked")
    await boards.change(db, "asked", Change(question=question), reason="To try.", account_id=operator.id)
    after = await _release(db, settings, "asked")
    found = await movement.between(db, before, after)
    _adds_up(found)
    weighed = question.voter_cap is not None or question.even_pairs
    for line in found.contenders:
        assert line.parts is not None
        whole = line.parts.reweighted if weighed else line.parts.method
        assert whole == pytest.approx(line.change, rel=0, abs=1e-9)
    assert max(abs(line.change or 0) for line in found.contenders) > 1e-3
    assert found.method
