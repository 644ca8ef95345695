from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, exclusions, pairing, reveals, votes
from arena.evaluation.battles import NoSuchBattle
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.reveals import FEWEST_OTHERS, Others
from arena.evaluation.turns import Answer
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def _prefer(db: Pool, entrants: list[Entrant], slug: str | None) -> tuple[UUID, UUID]:
    """A vote for this contender, wherever it stood; None calls it a tie."""
    battle, voter = await ready_battle(db, entrants)
    first = await db.fetchval(
        "SELECT slug FROM sides JOIN contenders ON id = contender_id WHERE battle_id = $1 AND position = 0", battle.id
    )
    outcome = Outcome.TIE if slug is None else Outcome.A if slug == first else Outcome.B
    await votes.cast(db, battle.id, voter, outcome)
    return battle.id, voter


async def test_others_are_those_who_voted_on_the_same_two_before_whichever_way_round(
    db: Pool, entrants: list[Entrant], provider: Provider
) -> None:
    for slug in ["anna"] * 7 + ["berta"] * 2 + [None]:
        await _prefer(db, entrants, slug)
    third = [entrants[0], await contender(db, provider, "identity", slug="carla")]
    await _prefer(db, third, "anna")
    excluded, _ = await _prefer(db, entrants, "berta")
    async with db.acquire() as connection:
        await exclusions.keep(connection, excluded, [Remark(reason=Reason.HASTY)])
    for slug, same in (("anna", 7), (None, 1), ("berta", 2)):
        mine = await _prefer(db, entrants, slug)
        async with db.acquire() as connection:
            await exclusions.keep(connection, mine[0], [Remark(reason=Reason.OPERATOR)])
        assert await reveals.others(db, *mine) == Others(10, same)


async def test_too_few_others_and_no_vote_of_ones_own_say_nothing(db: Pool, entrants: list[Entrant]) -> None:
    for _ in range(FEWEST_OTHERS - 1):
        await _prefer(db, entrants, "anna")
    last = await _prefer(db, entrants, "anna")
    assert await reveals.others(db, *last) is None
    battle, voter = await ready_battle(db, entrants)
    assert await reveals.others(db, battle.id, voter) is None
    with pytest.raises(NoSuchBattle):
        await reveals.others(db, last[0], uuid4())


async def test_a_reveal_tells_what_the_answer_cost_where_prices_and_tokens_are_known(
    db: Pool, entrants: list[Entrant]
) -> None:
    await db.execute("UPDATE contenders SET licence = 'apache-2.0'")
    await db.execute(
        "UPDATE endpoints SET prompt_price = 2, answer_price = 10 WHERE contender_id = $1", entrants[0].contender_id
    )
    voter = uuid4()
    battle = await battles.open(db, voter, "Which?", pairing.draw(entrants))
    counted = Answer(text="One.", html="<p>One.</p>", seconds=1, finish="length", prompt_tokens=500, answer_tokens=300)
    await battles.finish(db, battle.id, 1, (counted, counted), shown=[4, 4], void=None)
    await votes.cast(db, battle.id, voter, Outcome.TIE)
    sides = {side.contender: side for side in await reveals.tell(db, battle.id, voter)}
    anna, berta = sides["anna"], sides["berta"]
    assert (anna.licence, anna.prompt_price, anna.answer_price, anna.tokens) == ("apache-2.0", 2, 10, 300)
    assert anna.cost == pytest.approx((500 * 2 + 300 * 10) / 1e6)
    assert anna.finish == "length"
    assert (berta.prompt_price, berta.answer_price, berta.cost) == (None, None, None)
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE slug = 'anna'")
    private = next(side for side in await reveals.tell(db, battle.id, voter) if side.contender is None)
    assert (private.licence, private.prompt_price, private.answer_price, private.cost) == ("", None, None, None)
