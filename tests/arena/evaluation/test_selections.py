"""Selections: each board counts the votes that it asks for and no other."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from arena.db import Pool
from arena.evaluation import battles, exclusions, selections, votes
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.selections import Selection, Turns
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, contender, ready_battle
from tests.upstream import Provider

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
DECLINED = "I'm sorry, but I can't help with that."


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def _voted(db: Pool, entrants: list[Entrant], *, turns: int = 1, last: str = "Two.") -> tuple[UUID, UUID]:
    """A vote, and its battle, of so many turns, in whose last the second side said this."""
    battle, voter = await ready_battle(db, entrants)
    for turn in range(2, turns + 1):
        await battles.resume(db, battle.id, voter, "And then?", most=5)
        answers = ANSWERS[0], structs.replace(ANSWERS[1], text=last)
        await battles.finish(db, battle.id, turn, answers, shown=[2, 2], void=None)
    return (await votes.cast(db, battle.id, voter, Outcome.A)).id, battle.id


async def _tag(db: Pool, battle_id: UUID, categories: list[str], language: str) -> None:
    await db.execute(
        """
        INSERT INTO tags (battle_id, categories, language, classifier, preset) VALUES ($1, $2, $3, 'rules-1', false)
        """,
        *(battle_id, categories, language),
    )


async def _ids(db: Pool, selection: Selection) -> list[UUID]:
    """Whose votes these are, told alike by list and by count."""
    found = [vote.id for vote in await votes.counted(db, selection)]
    assert await selections.count(db, selection) == len(found)
    return found


async def test_by_category_and_language(db: Pool, entrants: list[Entrant]) -> None:
    (code, first), (both, second), (_, _) = [await _voted(db, entrants) for _ in range(3)]
    await _tag(db, first, ["code"], "en")
    await _tag(db, second, ["code", "maths"], "zh")
    assert await _ids(db, Selection(category="code")) == sorted([code, both])
    assert await _ids(db, Selection(category="maths")) == [both]
    assert await _ids(db, Selection(category="code", language="en")) == [code]
    assert await _ids(db, Selection(category="roleplay")) == []
    assert len(await _ids(db, Selection())) == 3


async def test_by_turns_and_refusals_in_any_of_them(db: Pool, entrants: list[Entrant]) -> None:
    (one, _), (two, _), (declined, _) = (
        await _voted(db, entrants),
        await _voted(db, entrants, turns=2),
        await _voted(db, entrants, turns=3, last=DECLINED),
    )
    assert await _ids(db, Selection(turns=Turns.ONE)) == [one]
    assert await _ids(db, Selection(turns=Turns.SEVERAL)) == sorted([two, declined])
    assert await _ids(db, Selection(refusals=False)) == sorted([one, two])


async def test_by_the_time_of_the_vote_the_end_being_no_more_within(db: Pool, entrants: list[Entrant]) -> None:
    ids = [(await _voted(db, entrants))[0] for _ in range(3)]
    for day, vote_id in enumerate(ids):
        await db.execute("UPDATE votes SET cast_at = $2 WHERE id = $1", vote_id, JANUARY + timedelta(days=day))
    assert await _ids(db, Selection(since=JANUARY + timedelta(days=1))) == sorted(ids[1:])
    assert await _ids(db, Selection(until=JANUARY + timedelta(days=1))) == ids[:1]
    assert await _ids(db, Selection(since=JANUARY, until=JANUARY + timedelta(days=2))) == sorted(ids[:2])


async def test_an_exclusion_is_an_act_of_the_boards_that_ask_for_its_vote(db: Pool, entrants: list[Entrant]) -> None:
    (vote, first), (_, second) = [await _voted(db, entrants) for _ in range(2)]
    await _tag(db, first, ["code"], "en")
    await _tag(db, second, ["maths"], "en")
    async with db.acquire() as connection:
        await exclusions.keep(connection, first, [Remark(reason=Reason.LEAK)])
    code, maths = Selection(category="code"), Selection(category="maths")
    assert [await exclusions.count(db, one) for one in (code, maths, Selection())] == [1, 0, 1]
    assert (await exclusions.acts(db, maths)).digest == ""
    assert (await exclusions.acts(db, code)).digest == (await exclusions.acts(db)).digest != ""
    assert await _ids(db, code) == []
    assert vote not in await _ids(db, Selection())


async def test_a_count_stops_where_it_may(db: Pool, entrants: list[Entrant]) -> None:
    for _ in range(3):
        await _voted(db, entrants)
    assert [await selections.count(db, Selection(), most=most) for most in (2, 3, 4)] == [2, 3, 3]
