"""Votes sent twice, flipped, raced and cut off while PostgreSQL is restarted: none lost, none counted twice."""

import asyncio
from functools import partial

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.local.postgres import Postgres
from arena.people import voters
from tests.builders import until
from tests.faults import crowds, stores
from tests.faults.crowds import Crowd
from tests.upstream import Provider


@pytest.mark.parametrize("number", [1000, pytest.param(5000, marks=pytest.mark.slow)])
async def test_every_vote_is_there_once_and_no_answer_contradicts_another(
    arena: str, db: Pool, settings: Settings, provider: Provider, postgres: Postgres, number: int
) -> None:
    voter = voters.invite()
    battles = await crowds.ready(db, provider, voter, number)
    crowd = Crowd(arena, f"voter={voters.token(voter, settings.secret)}")
    voting = asyncio.gather(*(crowd.vote(battle_id) for battle_id in battles))
    for share, how in ((0.3, stores.FAST), (0.6, stores.IMMEDIATE)):
        await until(partial(crowd.has_answers, round(share * 7 * number)), seconds=300)
        async with stores.away(postgres, how):
            pass
    await voting
    await crowds.agrees(db, crowd, number)
