"""The judge board: what is measured, when, and who is ranked."""

from datetime import datetime
from uuid import UUID, uuid4

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import estimates, exclusions
from arena.evaluation.estimates import Estimates
from arena.evaluation.exclusions import Reason
from arena.integration import judge_quality
from arena.integration.judge_quality import Ranked
from arena.submission import judges
from arena.submission.judges import Judge
from tests import bench
from tests.builders import contender
from tests.upstream import Provider


async def board(db: Pool) -> list[Ranked]:
    return await judge_quality.board(db, await judges.listed(db))


async def measured_at(db: Pool) -> list[datetime]:
    rows = await db.fetch("SELECT measured_at FROM judge_qualities")
    return [row["measured_at"] for row in rows]


@pytest.fixture
async def judge(db: Pool, settings: Settings, provider: Provider) -> Judge:
    return await bench.seat(db, settings, provider)


async def fought(db: Pool, provider: Provider, number: int) -> list[UUID]:
    entrants = await bench.met(db, provider)
    return [await bench.voted(db, entrants, one) for one in range(number)]


async def test_a_judge_is_measured_anew_only_when_something_has_changed(
    db: Pool, provider: Provider, judge: Judge
) -> None:
    first, second = await fought(db, provider, 2)
    assert await judge_quality.measure(db) == 0
    await bench.ruled(db, judge, first, 1, 1)
    assert await judge_quality.measure(db) == 1
    before = await measured_at(db)
    assert await judge_quality.measure(db) == 0
    assert await measured_at(db) == before
    await bench.ruled(db, judge, second, 1, -1)
    assert await judge_quality.measure(db) == 1
    [row] = await board(db)
    assert row.quality is not None
    figures = row.quality.figures
    assert (figures.verdicts, figures.scored, figures.price, figures.seconds) == (2, 2, 2.0, 1500.0)
    assert figures.orders is not None
    assert (figures.orders.consistent, figures.orders.first) == (1, 1)
    # An excluded battle's vote is no vote to be held against.
    await exclude(db, first)
    assert await judge_quality.measure(db) == 1
    [row] = await board(db)
    assert row.quality is not None
    overall = row.quality.figures.overall
    assert overall is not None
    assert (overall.judge.battles, row.rank_lower) == (1, None)


async def exclude(db: Pool, battle_id: UUID) -> None:
    await db.execute(
        "INSERT INTO exclusions (battle_id, reason, evidence) VALUES ($1, $2, '{}')", battle_id, Reason.HASTY
    )
    assert await exclusions.standing(db, battle_id)


async def test_judges_are_ranked_by_agreement_beyond_chance_and_not_at_all_by_too_few_battles(
    db: Pool, settings: Settings, provider: Provider, judge: Judge
) -> None:
    others = {
        name: await bench.seat(db, settings, provider, slug=name, model=name)
        for name in ("contrary", "idle", "newcomer")
    }
    battles = await fought(db, provider, 40)
    for number, battle_id in enumerate(battles):
        # People are for A and B in turn, and on all battles but the first the judge is with them.
        level = 1 if number % 2 else -1
        await db.execute("UPDATE votes SET outcome = $2 WHERE battle_id = $1", battle_id, "a" if number % 2 else "b")
        await bench.ruled(db, judge, battle_id, level if number else -level, level if number else -level)
        await bench.ruled(db, others["contrary"], battle_id, -level, -level)
    await bench.ruled(db, others["newcomer"], battles[0], 1, 1)
    assert await judge_quality.measure(db) == 3
    ranked = await board(db)
    assert [(each.judge.slug, each.rank_lower, each.rank_upper) for each in ranked] == [
        ("bench", 1, 1),
        ("contrary", 2, 2),
        ("idle", None, None),
        ("newcomer", None, None),
    ]
    assert (await judge_quality.place(db, judge)).rank_lower == 1


async def test_an_unpriced_endpoint_has_no_price_and_its_own_family_is_found_by_names(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    proud = await bench.seat(db, settings, provider, family="Qwen", own_family=True)
    await db.execute("UPDATE endpoints SET prompt_price = NULL, answer_price = NULL WHERE id = $1", proud.endpoint_id)
    kin = await contender(db, provider, "words:one", slug="kin", name="Qwen2.5 7B")
    strangers = [await contender(db, provider, "words:two", slug=slug) for slug in ("other", "third")]
    met = [kin, *strangers]
    level = np.zeros(3)
    found = Estimates(
        version=uuid4(),
        contender_ids=[each.contender_id for each in met],
        theta=level,
        settled=level == 0,
        groups=level.astype(np.int64),
        votes=level.astype(np.int64),
        covariance=np.eye(3),
    )
    async with db.acquire() as connection:
        await estimates.hand_down(connection, found)
    for number in range(12):
        battle_id = await bench.voted(db, [kin, strangers[0]] if number % 3 else strangers, number, ("One.", "Two."))
        own = await db.fetch("SELECT contender_id FROM sides WHERE battle_id = $1 ORDER BY position", battle_id)
        level_of = {row["contender_id"]: (1, -1)[place] for place, row in enumerate(own)}.get(kin.contender_id, 0)
        await bench.ruled(db, proud, battle_id, level_of + number % 2, level_of)
    await judge_quality.measure(db)
    row = await judge_quality.place(db, proud)
    assert row.quality is not None
    figures = row.quality.figures
    assert (figures.price, figures.seconds) == (None, 1500.0)
    # Answers of one length, without lists, leave the place and the family.
    assert [each.towards for each in figures.leanings] == ["first", "own_family"]
    assert (figures.leanings[1].effect.lower or 0) > 0
