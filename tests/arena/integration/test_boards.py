"""Boards: made, changed and asked, each change an act; and those that the arena makes by itself."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec import structs

from arena.db import Pool
from arena.evaluation import votes
from arena.integration import board_acts, boards, defaults, snapshots
from arena.integration.boards import BoardExists, BoardRefused, Change, Group, New, NoSuchBoard
from arena.integration.questions import Anchor, Question, QuestionRefused
from arena.integration.schedules import ScheduleRefused
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

CODE = New(slug="code", name="Code", description="", cron=boards.OFTEN, question=Question(category="code"))


@pytest.fixture
async def operator(db: Pool) -> UUID:
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
    return account.id


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def _acts(db: Pool, slug: str) -> list[tuple[str, str, str]]:
    board = await boards.require(db, slug)
    return [(act.what, act.former, act.present) for act in await board_acts.listed(db, board.id, before=None, most=50)]


async def test_a_board_is_made_once_and_its_making_is_an_act(db: Pool, operator: UUID) -> None:
    made = await boards.make(db, CODE, reason="Asked for.", account_id=operator)
    assert made == await boards.require(db, "code")
    assert (made.question, made.methodology, made.group) == (Question(category="code"), 1, Group.CATEGORIES)
    assert await _acts(db, "code") == [("made", "", '{"category":"code"}')]
    with pytest.raises(BoardExists, match="“code” already"):
        await boards.make(db, CODE, reason="Again.", account_id=operator)
    assert len(await _acts(db, "code")) == 1


async def test_what_cannot_be_a_board_is_refused_and_nothing_is_kept(db: Pool, operator: UUID) -> None:
    broken = {
        "can't name a board": structs.replace(CODE, slug="Code--x"),
        "no schedule": structs.replace(CODE, cron="61 * * * *"),
        "no category": structs.replace(CODE, question=Question(category="x")),
        "no contender “nobody”": structs.replace(CODE, question=Question(anchor=Anchor("nobody"))),
    }
    for fault, new in broken.items():
        with pytest.raises((BoardRefused, QuestionRefused, ScheduleRefused), match=fault):
            await boards.make(db, new, reason="Asked for.", account_id=operator)
    assert [board.slug for board in await boards.listed(db)] == ["overall"]


async def test_another_question_is_another_methodology_and_each_change_is_an_act(db: Pool, operator: UUID) -> None:
    await boards.make(db, CODE, reason="Asked for.", account_id=operator)
    asked = Question(category="code", minimum_votes=5)
    wanted = Change(name="Programming", cron="0  * * * *", question=asked)
    changed = await boards.change(db, "code", wanted, reason="Better so.", account_id=operator)
    assert changed == await boards.require(db, "code")
    assert (changed.name, changed.cron, changed.question, changed.methodology) == ("Programming", "0 * * * *", asked, 2)
    assert changed.group is Group.VIEWS
    assert await _acts(db, "code") == [
        ("question", '{"category":"code"}', '{"category":"code","minimum_votes":5}'),
        ("cron", "*/10 * * * *", "0 * * * *"),
        ("name", "Code", "Programming"),
        ("made", "", '{"category":"code"}'),
    ]
    again = await boards.change(db, "code", wanted, reason="Once more.", account_id=operator)
    assert (again, len(await _acts(db, "code"))) == (changed, 4)
    back = await boards.change(db, "code", Change(question=CODE.question), reason="As before.", account_id=operator)
    assert (back.question, back.methodology) == (CODE.question, 3)


async def test_the_overall_board_asks_for_every_vote_however_it_fits_them(db: Pool, operator: UUID) -> None:
    with pytest.raises(BoardRefused, match="pairs are drawn by it"):
        await boards.change(db, "overall", Change(question=CODE.question), reason="Some.", account_id=operator)
    kept = await boards.change(
        db, "overall", Change(question=Question(voter_cap=9)), reason="Capped.", account_id=operator
    )
    assert (kept.question.voter_cap, kept.methodology, kept.group) == (9, 2, Group.OVERALL)
    with pytest.raises(NoSuchBoard):
        await boards.change(db, "nowhere", Change(name="x"), reason="x", account_id=operator)


async def test_a_schedule_calls_once_whenever_it_comes_and_a_new_board_at_once(db: Pool) -> None:
    await boards.make(db, CODE, reason="Asked for.", account_id=None)
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert sorted(await boards.due(db, noon)) == ["code", "overall"]
    assert await boards.due(db, noon.replace(second=59)) == []
    assert await boards.due(db, noon.replace(minute=1)) == ["overall"]
    assert sorted(await boards.due(db, noon.replace(minute=11))) == ["code", "overall"]


async def _cast(db: Pool, entrants: list[Entrant], *, category: str, language: str, number: int) -> None:
    for _ in range(number):
        battle, voter = await ready_battle(db, entrants)
        await db.execute(
            """
            INSERT INTO tags (battle_id, categories, language, classifier, preset, digest, sketch, bands)
            VALUES ($1, $2, $3, 'rules-1', false, uuid_send(gen_random_uuid()), '{}', '{}')
            """,
            *(battle.id, [category], language),
        )
        await votes.cast(db, battle.id, voter, Outcome.A)


async def test_the_arena_makes_a_board_of_what_has_votes_enough_and_says_so(
    db: Pool, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "ENOUGH", 3)
    await _cast(db, entrants, category="code", language="zh", number=2)
    # Neither the category nor the language has enough, nor has any view.
    assert await defaults.make(db) == []
    await _cast(db, entrants, category="code", language="en", number=1)
    assert await defaults.make(db) == ["style-controlled", "no-refusals", "category-code"]
    assert await defaults.make(db) == []
    await _cast(db, entrants, category="maths", language="zh", number=1)
    assert await defaults.make(db) == ["language-zh"]
    listed = [(board.slug, board.group.value) for board in await boards.listed(db)]
    assert listed == [
        ("overall", "overall"),
        ("category-code", "categories"),
        ("language-zh", "languages"),
        ("style-controlled", "views"),
        ("no-refusals", "views"),
    ]
    assert await _acts(db, "category-code") == [("made", "", '{"category":"code"}')]
    board = await boards.require(db, "category-code")
    assert await snapshots.state(db, board) == snapshots.State(3, 0, 1, "rules-1 0")


def test_every_default_board_can_be_asked_for() -> None:
    slugs = [new.slug for new in defaults.every()]
    assert len(slugs) == len(set(slugs)) == 17
