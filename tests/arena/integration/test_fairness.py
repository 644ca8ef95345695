"""Fairness to providers: shares as promised, versions, retirements, failures, and what failing would cost."""

from datetime import timedelta
from random import Random
from uuid import uuid4

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, pairing, votes
from arena.evaluation.pairing import Pairing
from arena.evaluation.turns import Answer
from arena.integration import boards, failures, fairness
from arena.integration.failures import Failed
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from arena.workers import measure
from rating import Outcome
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.builders import ANSWERS, Visitor, contender, ready_battle
from tests.upstream import Provider

TIMEOUT = Answer(text="", html="", seconds=20, failure="timeout")


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    entered = [
        await contender(db, provider, "identity", slug=name.lower(), name=name) for name in ("Anna", "Berta", "Cleo")
    ]
    await db.execute("UPDATE contenders SET licence = 'MIT'")
    return entered


async def _over(db: Pool) -> None:
    """What was opened belongs to yesterday, and is over."""
    await db.execute(
        """
        UPDATE battles SET opened_at = now() - interval '1 day',
                           closed_at = date_trunc('day', now(), 'UTC') - interval '1 second'
        """
    )


async def _opened(db: Pool, drawn: Pairing, answers: tuple[Answer, Answer] = ANSWERS) -> None:
    battle = await battles.open(db, uuid4(), "Is it?", drawn)
    await battles.start(db, battle.id)
    void = "timeout" if any(answer.failure for answer in answers) else None
    await battles.finish(db, battle.id, 1, answers, shown=[], void=void)
    # Who has failed rests, and would not be met again in this test.
    await db.execute("UPDATE endpoints SET failures = 0, cooled_until = NULL")


async def test_shares_are_held_against_the_draws_and_a_false_one_is_found(db: Pool, entrants: list[Entrant]) -> None:
    chance = Random(5)
    for _ in range(60):
        await _opened(db, pairing.draw(entrants, chance=chance))
    await _over(db)
    told = (await fairness.report(db)).exposure
    assert told.battles == 60
    assert [share.promised for share in told.contenders] == pytest.approx([40.0] * 3)
    assert sum(share.drawn for share in told.contenders) == 120
    assert told.contenders_exact
    assert told.contenders_p is not None
    assert told.contenders_p > 0.01
    # One provider alone has all that there is.
    (provider,) = told.providers
    assert (round(provider.promised, 6), provider.drawn) == (120.0, 120)
    assert told.providers_p == pytest.approx(1.0)
    # What was given out otherwise than the draws say: Cleo's sides are Anna's.
    await db.execute(
        """
        UPDATE sides SET endpoint_id = $2
        WHERE endpoint_id = $1 AND position = get_byte(uuid_send(battle_id), 15) & 1
        """,
        *(entrants[2].target.endpoint_id, entrants[0].target.endpoint_id),
    )
    await db.execute("DELETE FROM fairness_reports")
    found = (await fairness.report(db)).exposure.contenders_p
    assert found is not None
    assert found < 0.001


async def test_battles_under_way_or_of_today_are_not_counted(db: Pool, entrants: list[Entrant]) -> None:
    await _opened(db, pairing.draw(entrants))
    told = await fairness.report(db)
    assert (told.exposure.battles, told.exposure.contenders_p, told.failures) == (0, None, [])
    assert told.until.hour == 0


async def test_versions_and_retirements_are_counted_and_a_private_one_has_no_name(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    for outcome in (Outcome.A, Outcome.B):
        battle, voter = await ready_battle(db, entrants[:2])
        await votes.cast(db, battle.id, voter, outcome)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    await _opened(db, pairing.draw(entrants))
    await db.execute("UPDATE endpoints SET state = 'retired' WHERE contender_id = $1", entrants[1].contender_id)
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE slug = 'cleo'")
    await _over(db)
    told = await fairness.report(db)
    (tried,) = told.variants
    assert (tried.tried, tried.private) == (3, 1)
    assert tried.best in ("Anna", "Berta")
    assert [(each.name, each.entered, each.retired) for each in told.retired_by_licence] == [("MIT", 2, 1)]
    assert [(each.entered, each.retired) for each in told.retired_by_provider] == [(2, 1)]
    assert "cleo" not in repr(told).lower()


async def test_a_battle_that_one_side_failed_is_counted_against_it_alone(
    db: Pool, entrants: list[Entrant], settings: Settings, visitor: Visitor
) -> None:
    pair = (entrants[0], entrants[1])
    for outcome in (Outcome.A, Outcome.B, Outcome.A):
        battle, voter = await ready_battle(db, list(pair))
        await votes.cast(db, battle.id, voter, outcome)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    drawn = pairing.draw(list(pair))
    drawn = Pairing(pair, drawn.rule, drawn.propensity, drawn.shares)
    for answers in ((TIMEOUT, ANSWERS[1]), (TIMEOUT, ANSWERS[1]), (TIMEOUT, TIMEOUT)):
        await _opened(db, drawn, answers)
    await _over(db)
    assert (await visitor.get("/api/v1/fairness"))[0] == 404
    await measure.report(db)
    _, told = await visitor.get("/api/v1/fairness")
    failed = {each["contender"]: (each["battles"], each["failed"], each["kinds"]) for each in told["failures"]}
    assert failed == {"anna": (6, 2, {"timeout": 3}), "berta": (6, 0, {"timeout": 1})}
    rated = {line["contender"]: line for line in told["ratings"]}
    assert rated["anna"]["loss"] < rated["anna"]["excluded"]
    assert rated["berta"]["loss"] > rated["berta"]["excluded"]
    for tag in ("en", "zh"):
        _, html = await visitor.get("/fairness", headers={"accept": "text/html", "accept-language": tag})
        assert_well_made(html, tag)
        assert "timeout 3" in words(Page(html).one("main"))


async def test_a_day_has_one_report(db: Pool, entrants: list[Entrant]) -> None:
    await measure.report(db)
    assert not await fairness.due(db)
    await measure.report(db)
    assert await db.fetchval("SELECT count(*) FROM fairness_reports") == 1
    await db.execute("UPDATE fairness_reports SET until = until - $1::interval", timedelta(days=1))
    assert await fairness.due(db)


def test_what_the_fit_expects_moves_nobody_and_losses_cost_as_much_as_lost_votes() -> None:
    wins = np.array([[0, 60, 70], [40, 0, 55], [30, 45, 0]], dtype=np.float64)
    names = {name: name for name in ("a", "b", "c")}
    told = failures.rated(["a", "b", "c"], names, wins, [Failed("a", "b", 20), Failed("a", "nobody", 9)])
    assert [line.imputed for line in told] == pytest.approx([line.excluded for line in told], abs=0.5)
    lost = failures.rated(["a", "b", "c"], names, wins + np.array([[0, 0, 0], [20, 0, 0], [0, 0, 0]]), [])
    assert {line.contender: line.loss for line in told} == pytest.approx(
        {line.contender: line.excluded for line in lost}
    )
