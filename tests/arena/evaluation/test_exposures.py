"""What draws promise an endpoint, what it got of that, and how it did."""

from random import Random
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, exposures, pairing, votes
from arena.evaluation.turns import Answer
from arena.submission import health
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

GOOD = Answer(text="Yes.", html="", seconds=2, first_text_seconds=0.5, finish="stop")
SLOW = Answer(text="Yes.", html="", seconds=9, first_text_seconds=4.5, finish="stop")
FILTERED = Answer(text="I", html="", seconds=2, first_text_seconds=0.5, finish="content_filter")
REFUSED = Answer(text="", html="", seconds=2, failure="refused")
TIMEOUT = Answer(text="", html="", seconds=20, failure="timeout")
BROKEN_OFF = Answer(text="Y", html="", seconds=1)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta", "carla")]


async def _battle(db: Pool, entrants: list[Entrant], answer: Answer, outcome: Outcome | None) -> None:
    """A battle in which the first of these is A and answers so."""
    drawn = pairing.draw(entrants[:2])
    if drawn.entrants[0] is not entrants[0]:
        drawn = pairing.Pairing((entrants[0], entrants[1]), drawn.rule, drawn.propensity, drawn.shares)
    voter = uuid4()
    battle = await battles.open(db, voter, "Is it?", drawn)
    await battles.finish(db, battle.id, 1, (answer, GOOD), shown=[], void="interrupted" if answer.failure else None)
    if outcome:
        await votes.cast(db, battle.id, voter, outcome)


async def test_an_endpoint_gets_what_the_draws_promised_it(db: Pool, entrants: list[Entrant]) -> None:
    chance, opened = Random(3), 120
    rare = Entrant(entrants[2].contender_id, entrants[2].target, entrants[2].state, 0.2)
    among = [*entrants[:2], rare]
    for _ in range(opened):
        await battles.open(db, uuid4(), "Is it?", pairing.draw(among, chance=chance))
    assert await db.fetchval("SELECT count(*) FROM draws") == 1
    # Of the pairs 1 · 1, 1 · 0.2 and 1 · 0.2 it is in the latter two.
    promised = opened * 0.4 / 1.4
    met = await exposures.of(db, rare.target.endpoint_id, days=30)
    assert met.promised == pytest.approx(promised)
    assert abs(met.drawn - promised) < 5 * (promised * (1 - 0.4 / 1.4)) ** 0.5
    assert (
        met.drawn
        == met.battles
        == await db.fetchval("SELECT count(*) FROM sides WHERE contender_id = $1", rare.contender_id)
    )
    others = [await exposures.of(db, entrant.target.endpoint_id, days=30) for entrant in among]
    assert sum(other.promised for other in others) == pytest.approx(2 * opened)
    assert sum(other.drawn for other in others) == 2 * opened


async def test_a_battle_in_which_it_could_not_be_drawn_promises_nothing(db: Pool, entrants: list[Entrant]) -> None:
    await battles.open(db, uuid4(), "Is it?", pairing.draw(entrants[:2]))
    assert (await exposures.of(db, entrants[2].target.endpoint_id, days=30)).promised == 0
    assert (await exposures.of(db, entrants[0].target.endpoint_id, days=30)).promised == 1


async def test_votes_answers_and_failures_are_counted_and_a_refusal_is_no_failure(
    db: Pool, entrants: list[Entrant]
) -> None:
    for answer, outcome in (
        *((GOOD, outcome) for outcome in (Outcome.A, Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD, None)),
        (SLOW, Outcome.A),
        (FILTERED, Outcome.B),
        (REFUSED, None),
        (BROKEN_OFF, None),
        (TIMEOUT, None),
    ):
        await _battle(db, entrants, answer, outcome)
    met = await exposures.of(db, entrants[0].target.endpoint_id, days=30)
    assert (met.battles, met.votes, met.wins, met.ties, met.counting) == (11, 7, 3, 2, 7)
    assert (met.answers, met.refused, met.failures) == (9, 2, {"timeout": 1})
    assert met.first_text_median == 0.5
    assert met.first_text_p90 == pytest.approx(1.7)
    [hour] = await health.hours(db, entrants[0].target.endpoint_id, days=7)
    assert (hour.answers, hour.refused, hour.failures, hour.first_text_median) == (9, 2, {"timeout": 1}, 0.5)
    other = await exposures.of(db, entrants[1].target.endpoint_id, days=30)
    assert (other.wins, other.ties, other.failures) == (2, 2, {})


async def test_a_refusal_by_content_lets_an_endpoint_not_rest(db: Pool, entrants: list[Entrant]) -> None:
    endpoint_id = entrants[0].target.endpoint_id
    for answer, failures in ((REFUSED, 0), (TIMEOUT, 1)):
        await _battle(db, entrants, answer, None)
        assert await db.fetchval("SELECT failures FROM endpoints WHERE id = $1", endpoint_id) == failures


async def test_who_has_never_been_met_has_an_exposure_of_nothing(db: Pool, entrants: list[Entrant]) -> None:
    met = await exposures.of(db, entrants[0].target.endpoint_id, days=30)
    assert (met.promised, met.battles, met.failures, met.first_text_median) == (0, 0, {}, None)
    assert await exposures.today(db, entrants[0].target.endpoint_id) == exposures.Today(calls=0, spent=0, answering=0)


@pytest.mark.parametrize(
    ("votes_", "half_width", "to_go"), [(100, 60.0, 300), (100, 30.0, 0), (100, 20.0, 0), (40, 45.0, 50)]
)
def test_an_interval_narrows_with_the_square_root_of_the_votes(votes_: int, half_width: float, to_go: int) -> None:
    assert exposures.forecast(votes_, half_width, wanted=30.0) == to_go


async def test_what_everybody_is_shown_waits_for_the_day_to_end(db: Pool, provider: Provider) -> None:
    pair = [await contender(db, provider, "identity") for _ in range(2)]
    endpoint_id = pair[0].target.endpoint_id
    battle, voter = await ready_battle(db, pair)
    await votes.cast(db, battle.id, voter, Outcome.A)
    running, _ = await ready_battle(db, pair)
    shown = await exposures.shown(db, endpoint_id, days=30)
    assert (shown.draws, shown.drawn, shown.votes, shown.answers) == (0, 0, 0, 0)
    # Both are of yesterday now, and one of them still waits for its vote.
    await db.execute(
        "UPDATE battles SET opened_at = opened_at - interval '1 day', closed_at = closed_at - interval '1 day'"
    )
    await db.execute("UPDATE sides SET last_asked_at = last_asked_at - interval '1 day'")
    shown = await exposures.shown(db, endpoint_id, days=30)
    assert running.id != battle.id
    assert (shown.drawn, shown.votes, shown.answers) == (1, 1, 1)
