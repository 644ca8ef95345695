"""Judge runs over prompt sets: answers of contenders, handed in or asked for, compared by a judge."""

from typing import Any
from uuid import UUID

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import judging, prompt_sets, set_results, set_verdicts, steering
from arena.evaluation.dockets import Docket
from arena.evaluation.judging import Order, State
from arena.evaluation.prompt_sets import NotFrozen
from arena.submission.names import NoSuchContender
from arena.workers import judge as worker
from rating import Outcome
from tests import bench
from tests.builders import contender
from tests.upstream import Provider

REFERENCED = b"sum,1 + 1?,sums,2,numeric\n"


async def planned(db: Pool, **selection: Any) -> UUID:
    docket = Docket(prompt_set="essays", **selection)
    return await judging.plan(db, Order(judges=["bench"], selection=docket), account_id=None)


async def sat(db: Pool, settings: Settings, run_id: UUID) -> judging.Run:
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    await worker.run(db, settings, run_id)
    return await judging.require(db, run_id)


def long(number: int) -> str:
    return f"It is {number}, and this is why."


def short(number: int) -> str:
    return f"It is {number}."


@pytest.fixture
async def entrants(db: Pool, settings: Settings, provider: Provider) -> list[UUID]:
    """Anna, Berta and Clara, with a judge beside them."""
    await bench.seat(db, settings, provider)
    names = ("anna", "berta", "clara")
    return [(await contender(db, provider, "words:one", slug=name, name=name)).contender_id for name in names]


async def test_answers_are_judged_in_both_orders_once_and_within_the_plan(
    db: Pool, settings: Settings, provider: Provider, entrants: list[UUID]
) -> None:
    anna, berta, _ = entrants
    await bench.answered(db, 4, (anna, long), (berta, short), extra=REFERENCED)
    before = bench.judging(provider)
    run_id = await planned(db)
    [estimate] = (await judging.require(db, run_id)).estimates
    # The fifth prompt has a reference, and no model is asked about it.
    assert (estimate.pairs, estimate.known, estimate.calls) == (4, 0, 8)
    run = await sat(db, settings, run_id)
    assert (run.state, bench.judging(provider) - before) == (State.DONE, 8)
    assert 0 < run.spent_tokens <= estimate.tokens
    assert 0 < run.spent_cost <= (estimate.cost or 0)
    for said in await judging.verdicts_of(db):
        assert said.contenders[0 if said.outcome is Outcome.A else 1] == "anna"
        assert said.consistent
    again = await sat(db, settings, await planned(db, contenders=["berta", "anna"]))
    assert (again.estimates[0].known, again.spent_tokens, len(await judging.verdicts_of(db))) == (4, 0, 4)
    # Without its verdicts, the replies that were paid for give them anew.
    first = {(each.prompt_id, each.outcome, each.share) for each in await judging.verdicts_of(db)}
    await db.execute("DELETE FROM judge_jobs")
    await db.execute("DELETE FROM verdicts")
    await sat(db, settings, await planned(db))
    assert {(each.prompt_id, each.outcome, each.share) for each in await judging.verdicts_of(db)} == first
    assert bench.judging(provider) - before == 8


async def test_a_newcomer_is_judged_against_the_opponents_chosen_alone(
    db: Pool, entrants: list[UUID], settings: Settings
) -> None:
    anna, berta, clara = entrants
    await bench.answered(db, 2, (anna, long), (berta, short), (clara, short))
    for selection, pairs in (
        ({}, 6),
        ({"contenders": ["anna"], "opponents": ["berta"]}, 2),
        ({"contenders": ["anna"], "opponents": ["berta", "clara"]}, 4),
        ({"opponents": ["berta"]}, 4),
        ({"contenders": ["anna", "clara"]}, 2),
        ({"most": 3}, 3),
    ):
        run = await judging.require(db, await planned(db, **selection))
        assert run.estimates[0].pairs == pairs, selection


async def test_what_a_plan_over_a_set_cannot_mean_is_refused(db: Pool, entrants: list[UUID]) -> None:
    anna, berta, _ = entrants
    frozen = await bench.answered(db, 2, (anna, long), (berta, short))
    with pytest.raises(NoSuchContender, match="nearest name is berta"):
        await planned(db, contenders=["anna"], opponents=["bertha"])
    with pytest.raises(Refused, match="not chosen by time"):
        await planned(db, since=frozen.proposed_at)
    with pytest.raises(Refused, match="No pair fits"):
        await planned(db, contenders=["anna"])
    with pytest.raises(Refused, match="name one, too"):
        await judging.plan(db, Order(judges=["bench"], selection=Docket(opponents=["anna"])), account_id=None)
    await db.execute("UPDATE prompt_sets SET state = 'proposed', frozen_at = NULL")
    with pytest.raises(NotFrozen):
        await planned(db)


async def test_no_judge_is_sent_what_a_contender_answered_that_is_tested_in_private(
    db: Pool, entrants: list[UUID]
) -> None:
    anna, berta, _ = entrants
    await bench.answered(db, 2, (anna, long), (berta, short))
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE slug = 'berta'")
    with pytest.raises(Refused, match="No pair fits"):
        await planned(db)
    assert (await prompt_sets.require(db, "essays")).prompts == 2


async def test_a_result_tells_what_share_each_judge_gave_and_of_how_many_pairs(
    db: Pool, settings: Settings, entrants: list[UUID]
) -> None:
    anna, berta, clara = entrants
    # Berta is shorter than Anna but on the last prompt, where both are as long; Clara is as long as Berta throughout.
    frozen = await bench.answered(
        db, 4, (anna, lambda number: short(number) if number == 3 else long(number)), (berta, short), (clara, short)
    )
    await sat(db, settings, await planned(db))
    results = {each.contender: each for each in await set_results.of_set(db, frozen.id)}
    [preferred] = results["anna"].judged
    assert (preferred.judge, preferred.opponents, preferred.prompts, preferred.pairs) == ("bench", 2, 4, 8)
    assert (preferred.won, preferred.tied, preferred.lost, preferred.unscored) == (6, 2, 0, 0)
    assert preferred.share == 7 / 8
    assert preferred.lower is not None
    assert preferred.upper is not None
    assert preferred.lower < 7 / 8 < preferred.upper <= 1
    [of_clara] = results["clara"].judged
    assert (of_clara.won, of_clara.tied, of_clara.lost, of_clara.share) == (0, 5, 3, 2.5 / 8)
    assert await set_results.of_contender(db, "anna") == [results["anna"]]
    assert [each.contender for each in await set_verdicts.of(db, set_id=frozen.id)] == ["anna", "berta", "clara"]


async def test_the_latest_verdict_on_a_pair_counts_and_those_on_a_judge_s_own_family_do_not(
    db: Pool, settings: Settings, provider: Provider, entrants: list[UUID]
) -> None:
    anna, berta, _ = entrants
    frozen = await bench.answered(db, 3, (anna, long), (berta, short))
    await sat(db, settings, await planned(db))
    [before, _] = await set_verdicts.of(db, set_id=frozen.id)
    # The judge has become another one, which says of one pair nothing that can be read.
    await db.execute("UPDATE verdicts SET version = 'earlier', judged_at = judged_at - interval '1 day'")
    await db.execute("DELETE FROM judge_replies")
    provider.teach(bench.MODEL, lambda call: "Hm." if "What is 1?" in call.question else bench.longer(call))
    await sat(db, settings, await planned(db))
    [after, _] = await set_verdicts.of(db, set_id=frozen.id)
    assert (before.won, before.unscored) == (3, 0)
    assert (after.pairs, after.won, after.unscored, after.share) == (3, 2, 1, 1.0)
    await db.execute("UPDATE verdicts SET own_family = true")
    assert await set_verdicts.of(db, set_id=frozen.id) == []
