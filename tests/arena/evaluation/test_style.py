"""Style: what is counted of an answer, kept for each, and stays when its text is deleted."""

from uuid import uuid4

import pytest
from msgspec import structs

from arena.db import Pool
from arena.evaluation import battles, forgetting, pairing, style, votes
from arena.evaluation.selections import Selection
from arena.evaluation.style import Style
from arena.integration.questions import Question
from arena.submission.endpoints import Entrant
from rating import Outcome, Ties
from tests.builders import ANSWERS, contender, ready_battle
from tests.upstream import Provider

FORMED = "# Title\n\n- one\n* two\n10. three\n\n**bold** and __more__\n"
STYLED = Question(style=style.FEATURES, ties=Ties.HALF)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


def test_headings_items_and_bold_words_are_counted_and_characters() -> None:
    counted = Style(characters=len(FORMED), headings=1, lists=3, bold=2, emoji=0, code=0, refusal=False)
    assert style.of(FORMED) == counted


def test_code_has_no_form_but_its_length() -> None:
    fenced = f"```markdown\n{FORMED}```\n"
    assert style.of(fenced + FORMED) == structs.replace(style.of(FORMED), characters=len(fenced + FORMED), code=1)
    unclosed = f"```\n{FORMED}"
    assert style.of(unclosed) == Style(
        characters=len(unclosed), headings=0, lists=0, bold=0, emoji=0, code=1, refusal=False
    )


def test_emoji_are_counted_outside_of_code() -> None:
    assert style.of("Fine 🎉 and ✅!\n```\n🎉\n```\n").emoji == 2


def test_nothing_has_no_form() -> None:
    assert style.of("") == Style(characters=0, headings=0, lists=0, bold=0, emoji=0, code=0, refusal=False)


async def test_old_answers_get_their_tone_from_their_texts_and_deleted_ones_stay_unknown(
    db: Pool, entrants: list[Entrant]
) -> None:
    gone, voter = await ready_battle(db, entrants)
    await forgetting.forget(db, voter)
    left, _ = await ready_battle(db, entrants, uuid4())
    await db.execute("UPDATE styles SET version = 'style-2 refusals-1', hedging = NULL")
    assert (await style.restyle(db), await style.waiting(db)) == (4, 0)
    rows = await db.fetch("SELECT battle_id, array_agg(hedging) AS hedging FROM styles GROUP BY battle_id")
    assert {row["battle_id"]: row["hedging"] for row in rows} == {gone.id: [None, None], left.id: [0, 0]}


async def test_a_sides_features_are_those_of_all_its_turns(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await battles.resume(db, battle.id, voter, "And then?", most=5)
    answers = (structs.replace(ANSWERS[0], text=FORMED), ANSWERS[1])
    for _ in range(2):  # Told twice it is kept once.
        await battles.finish(db, battle.id, 2, answers, shown=[2, 2], void=None)
    await votes.cast(db, battle.id, voter, Outcome.A)
    [counted] = await votes.counted(db, STYLED)
    assert counted.style == ((len("One.") + len(FORMED), 1, 3, 2), (2 * len("Two."), 0, 0, 0))
    [plain] = await votes.counted(db)
    assert plain.style is None


async def test_numbers_stay_when_texts_are_deleted(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    before = await votes.counted(db, STYLED)
    await forgetting.forget(db, voter)
    after = await votes.counted(db, STYLED)
    assert [vote.style for vote in after] == [vote.style for vote in before]
    await db.execute("UPDATE styles SET version = 'style-0'")
    assert await style.restyle(db) == 2
    assert [vote.style for vote in await votes.counted(db, STYLED)] == [vote.style for vote in before]


async def test_answers_from_before_the_rules_are_looked_at_by_and_by(db: Pool, entrants: list[Entrant]) -> None:
    gone, voter = await ready_battle(db, entrants)
    await votes.cast(db, gone.id, voter, Outcome.A)
    await forgetting.forget(db, voter)
    left, other = await ready_battle(db, entrants, uuid4())
    await votes.cast(db, left.id, other, Outcome.B)
    await db.execute(
        """
        UPDATE styles SET version = '', characters = NULL, headings = NULL, lists = NULL, bold = NULL, refusal = NULL
        """
    )
    known = Selection(refusals=False)
    assert (await style.waiting(db), await votes.counted(db, STYLED), await votes.counted(db, known)) == (4, [], [])
    assert [await style.restyle(db, most=3) for _ in range(3)] == [3, 1, 0]
    # What was deleted before anybody looked is known by nobody, so only the other vote is rated at equal style.
    for selection in (STYLED, known):
        [counted] = await votes.counted(db, selection)
        assert counted.outcome is Outcome.B
    assert (await style.waiting(db), len(await votes.counted(db))) == (0, 2)


async def test_a_battle_that_ends_void_has_no_style(db: Pool, entrants: list[Entrant]) -> None:
    battle = await battles.open(db, uuid4(), "Which is it?", pairing.draw(entrants))
    await battles.start(db, battle.id)
    await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2], void="timeout")
    assert await db.fetchval("SELECT count(*) FROM styles") == 0
