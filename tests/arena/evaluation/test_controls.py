"""Control battles: what they are made of, what they take of endpoints, and what they say of the voters."""

from random import Random
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, controls, exclusions, exposures, openings, pairing, votes
from arena.evaluation.controls import BAD, SAME, Control, Plan
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.grounds import Grounds
from arena.evaluation.kinds import Kind
from arena.limits import Rates
from arena.submission import endpoints
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, contender
from tests.upstream import Provider

pytestmark = pytest.mark.usefixtures("patient")

PROMPTS = (
    "Why?",
    "Why is it?",
    "How is it?",
    "A much longer prompt. " * 40,
    "Why is the sky blue?",
    "What is a cat?",
    "Hm",
)
ALWAYS = Plan(1.0, PROMPTS)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta", "carla")]


def _drawn(entrants: list[Entrant], rule: str, *, seed: int = 1, prompt: str = "Why is it?") -> Control:
    chance = Random(seed)
    while True:
        pair = controls.drawn(pairing.draw(entrants, chance=chance), prompt, ALWAYS, chance=chance)
        assert isinstance(pair, Control)
        if pair.rule == rule:
            return pair


async def _voted(db: Pool, pair: Control, outcome: Outcome, voter: UUID | None = None) -> UUID:
    voter = voter or uuid4()
    battle = await battles.open(db, voter, "Why is it?", pair, kind=Kind.CONTROL)
    await battles.finish(db, battle.id, 1, ANSWERS, shown=[], void=None)
    await votes.cast(db, battle.id, voter, outcome)
    return battle.id


async def test_the_share_is_kept_and_both_rules_and_positions_come_alike(entrants: list[Entrant]) -> None:
    chance, plan, found = Random(7), Plan(0.2, PROMPTS), []
    for _ in range(4000):
        pair = pairing.draw(entrants, chance=chance)
        made = controls.drawn(pair, "Why is it?", plan, chance=chance)
        assert isinstance(made, Control) or made is pair
        found += [made] if isinstance(made, Control) else []
    assert 0.17 < len(found) / 4000 < 0.23
    bad = [one for one in found if one.rule == BAD]
    assert 0.42 < len(bad) / len(found) < 0.58
    assert 0.4 < sum(one.position or 0 for one in bad) / len(bad) < 0.6


async def test_one_contender_is_both_sides_and_the_draw_tells_how_likely_that_was(entrants: list[Entrant]) -> None:
    pair = _drawn(entrants, SAME)
    assert pair.entrants[0] is pair.entrants[1]
    assert (pair.position, pair.shares) == (None, {})
    assert pair.propensity == pytest.approx(1 / 3)
    assert controls.asked(pair, "Why is it?") == ("Why is it?", "Why is it?")


async def test_the_other_prompt_is_another_one_of_about_the_same_length(entrants: list[Entrant]) -> None:
    for seed in range(40):
        pair = _drawn(entrants, BAD, seed=seed, prompt="  why IS it? ")
        prompts = controls.asked(pair, "Why is it?")
        other = prompts[pair.position or 0]
        assert prompts[1 - (pair.position or 0)] == "Why is it?"
        assert other in PROMPTS
        assert other not in ("Why is it?", PROMPTS[3])
    assert isinstance(controls.drawn(pairing.draw(entrants), "Why?", Plan(1.0, ("Why?",))), Control)


async def test_a_battle_like_any_other_is_asked_alike(entrants: list[Entrant]) -> None:
    assert controls.drawn(pair := pairing.draw(entrants), "Why?", controls.NONE) is pair
    assert controls.asked(pair, "Why?") == ("Why?", "Why?")


@pytest.mark.parametrize("rule", [SAME, BAD])
async def test_a_control_battle_is_never_rated_and_promises_nothing(
    db: Pool, entrants: list[Entrant], rule: str
) -> None:
    pair = _drawn(entrants, rule)
    endpoint_id = pair.entrants[0].target.endpoint_id
    before = await exposures.of(db, endpoint_id, days=30)
    battle_id = await _voted(db, pair, Outcome.A)
    assert await votes.count(db) == len(await votes.counted(db)) == 0
    met = await exposures.of(db, endpoint_id, days=30)
    calls = 2 if rule == SAME else 1
    assert structs.replace(met, answers=0) == structs.replace(before, answers=0)
    # What it was asked it was asked all the same.
    assert met.answers == calls
    assert (await exposures.today(db, endpoint_id)).calls == calls
    held = await controls.held(db, battle_id)
    assert held is not None
    assert held.told == (("same", None) if rule == SAME else ("other_prompt", pair.position))
    assert held.prompt == pair.prompt
    row = await db.fetchrow("SELECT rule, kind, draw_id FROM battles WHERE id = $1", battle_id)
    assert row is not None
    assert tuple(row) == (rule, "control", None)


@pytest.mark.parametrize(
    ("cap", "value", "held"),
    [("concurrency", 1, False), ("concurrency", 2, True), ("daily_calls", 1, False), ("daily_calls", 2, True)],
)
async def test_one_contender_twice_takes_room_for_two_calls(
    db: Pool, entrants: list[Entrant], cap: str, value: int, held: bool
) -> None:
    await db.execute(f"UPDATE endpoints SET {cap} = $1", value)
    pair = _drawn(entrants, SAME)
    if held:
        await battles.open(db, uuid4(), "Why?", pair, kind=Kind.CONTROL)
    else:
        with pytest.raises(endpoints.Unavailable):
            await battles.open(db, uuid4(), "Why?", pair, kind=Kind.CONTROL)
    today = await exposures.today(db, pair.entrants[0].target.endpoint_id)
    assert (today.calls, today.answering) == ((2, 2) if held else (0, 0))


async def test_an_endpoint_that_is_tried_again_is_tried_by_one_call(db: Pool, entrants: list[Entrant]) -> None:
    await db.execute("UPDATE endpoints SET failures = 1, failed_at = now() - interval '1 hour'")
    with pytest.raises(endpoints.Unavailable):
        await battles.open(db, uuid4(), "Why?", _drawn(entrants, SAME), kind=Kind.CONTROL)


async def test_nobody_is_refused_because_a_control_battle_had_no_room(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    await db.execute("UPDATE endpoints SET concurrency = 1")
    async with Rates(settings) as rates:
        _, pair = await openings.open(db, rates, uuid4(), "Why?", most=0, grounds=Grounds(db), plan=Plan(1.0, ()))
    assert not isinstance(pair, Control)
    assert await db.fetchval("SELECT kind FROM battles") == "blind"


async def test_control_battles_measure_noise_position_and_who_is_misled(db: Pool, entrants: list[Entrant]) -> None:
    same, bad, regular = _drawn(entrants, SAME), _drawn(entrants, BAD), uuid4()
    for outcome in (Outcome.A, Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD):
        await _voted(db, same, outcome, regular)
    await _voted(db, same, Outcome.A)
    worse, better = (Outcome.A, Outcome.B) if bad.position == 0 else (Outcome.B, Outcome.A)
    for outcome in (better, better, worse, Outcome.TIE):
        await _voted(db, bad, outcome)
    excluded = await _voted(db, bad, worse)
    async with db.acquire() as connection:
        await exclusions.keep(connection, excluded, [Remark(reason=Reason.HASTY)])
    found = await controls.measured(db)
    assert (found.noise.hits, found.noise.trials) == (4, 6)
    assert (found.position.hits, found.position.trials) == (3, 4)
    assert (found.misled.hits, found.misled.trials) == (1, 4)
    assert found.noise_clustered is not None
    assert found.noise_clustered.upper - found.noise_clustered.lower > found.noise.upper - found.noise.lower


async def test_without_control_battles_nothing_is_known(db: Pool) -> None:
    found = await controls.measured(db)
    assert (found.noise.share, found.noise_clustered, found.misled.trials) == (None, None, 0)
