from uuid import uuid4

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import openings
from arena.evaluation.grounds import Grounds
from arena.evaluation.pairing import TooFewContenders
from arena.limits import Rates
from tests.builders import contender
from tests.upstream import Provider

pytestmark = pytest.mark.usefixtures("patient")


async def test_the_propensity_is_that_among_those_who_may_be_called(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    busy, *_ = [(await contender(db, provider, "words:one")).target.endpoint_id for _ in range(3)]
    grounds = Grounds(db)
    async with Rates(structs.replace(settings, endpoint_calls_per_minute=20)) as rates:
        _, pair = await openings.open(db, rates, uuid4(), "Why?", most=0, grounds=grounds)
        assert pair.propensity == pytest.approx(1 / 3)
        while await rates.call([busy]):
            pass
        for _ in range(8):
            _, pair = await openings.open(db, rates, uuid4(), "Why?", most=0, grounds=grounds)
            assert pair.propensity == 1


async def test_with_one_contender_alone_nobody_can_say_when_to_come_back(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    await contender(db, provider, "words:alone")
    grounds = Grounds(db)
    async with Rates(settings) as rates:
        with pytest.raises(TooFewContenders, match=r"Try again in a minute\.$"):
            await openings.open(db, rates, uuid4(), "Why?", most=0, grounds=grounds)
