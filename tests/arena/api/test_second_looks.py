"""Second looks: a stored pair is shown blind to another voter, by chance, once, and is no vote."""

import random
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import forgetting, second_looks, votes
from arena.evaluation.second_looks import NothingWaits
from arena.integration import disagreements
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests import bench
from tests.arena.integration import test_combined
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

LOOKS = "/api/v1/second-looks"
NAMES = (b"anna", b"berta", b"carla")


@pytest.fixture
async def waiting(db: Pool, settings: Settings, provider: Provider) -> dict[UUID, float]:
    """What a vote would tell on each battle that waits: answered, closed without a vote long ago, judges unsure."""
    judge = await bench.seat(db, settings, provider)
    entrants: list[Entrant] = [await contender(db, provider, "identity", slug=name.decode()) for name in NAMES]
    rng = np.random.default_rng(7)
    for number in range(14):
        battle_id, went = await test_combined.battle_of(db, entrants, number, rng, voted=number < 8)
        await bench.said(db, judge, battle_id, went if number < 8 else 1 - went)
    await test_combined.made(db, settings, test_combined.COMBINED)
    await db.execute("UPDATE battles SET closed_at = closed_at - interval '40 days' WHERE state = 'expired'")
    return await disagreements.gains(db, most=100)


async def _look(visitor: Visitor) -> dict[str, Any]:
    status, look = await visitor.post(LOOKS, {})
    assert status == 201, look
    return dict(look)


async def test_a_stored_pair_is_shown_blind_is_never_named_and_is_no_vote(
    db: Pool, visitor: Visitor, arena: str, waiting: dict[UUID, float]
) -> None:
    counted = await votes.count(db)
    look = await _look(visitor)
    assert (look["state"], (await _look(visitor))["id"]) == ("open", look["id"])
    row = await db.fetchrow("SELECT * FROM second_looks")
    assert row is not None
    assert row["propensity"] == pytest.approx(second_looks.shares(waiting)[row["battle_id"]])
    assert row["waiting"] == len(waiting) > 1
    sides = await db.fetch(
        "SELECT slug, content->0->>'text' AS text FROM answers JOIN sides USING (battle_id, position) "
        "JOIN contenders ON contenders.id = contender_id WHERE battle_id = $1 ORDER BY position",
        row["battle_id"],
    )
    seen = sides[::-1] if row["turned"] else sides
    assert [side["text"] for side in look["turns"][0]["sides"]] == [side["text"] for side in seen]

    async with Visitor(arena) as stranger:
        assert (await stranger.get(f"{LOOKS}/{look['id']}"))[0] == 404
        assert (await stranger.post(f"{LOOKS}/{look['id']}/vote", {"outcome": "a"}))[0] == 404
    status, said = await visitor.post(f"{LOOKS}/{look['id']}/vote", {"outcome": "a"})
    assert (status, said["rated"], said["outcome"]) == (201, False, "a")
    assert await visitor.post(f"{LOOKS}/{look['id']}/vote", {"outcome": "a"}) == (200, said)
    assert (await visitor.post(f"{LOOKS}/{look['id']}/vote", {"outcome": "b"}))[0] == 409
    assert (await visitor.get(f"{LOOKS}/{look['id']}"))[1]["outcome"] == "a"
    assert not any(name in visitor.received.lower() for name in NAMES)
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE kind = 'second_look'") == 1
    assert await votes.count(db) == counted

    verdict = await db.fetchval("SELECT outcome FROM verdicts WHERE battle_id = $1", row["battle_id"])
    _, told = await visitor.get(f"{LOOKS}/agreement")
    agreed = int((verdict == "a") != row["turned"])
    assert [(each["judge"], each["looks"], each["agreed"]) for each in told["items"]] == [("bench", 1, agreed)]


async def test_each_person_sees_each_pair_once_and_never_their_own_and_few_see_one(
    db: Pool, waiting: dict[UUID, float]
) -> None:
    chance = random.Random(5)
    voter, own = uuid4(), next(iter(waiting))
    owner = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", own)

    async def drawn(who: UUID, most: int) -> set[UUID]:
        met: set[UUID] = set()
        while True:
            try:
                look = await second_looks.open(db, who, waiting, days=30, most=most, chance=chance)
            except NothingWaits:
                return met
            assert look.battle_id not in met
            met.add(look.battle_id)
            await second_looks.skip(db, look.id, who)

    assert await drawn(voter, 1) == set(waiting)
    assert await drawn(owner, 1) == set(waiting) - {own}
    look = await second_looks.open(db, uuid4(), {own: 1.0}, days=30, most=1, chance=chance)
    with pytest.raises(NothingWaits):
        await second_looks.open(db, uuid4(), {own: 1.0}, days=30, most=1, chance=chance)
    assert look.propensity == 1.0
    # What was closed a moment ago, holds somebody's data or is excluded waits for nobody.
    rest = [battle for battle in waiting if battle != own]
    await db.execute("UPDATE battles SET closed_at = now() WHERE id = ANY($1)", rest)
    assert await drawn(uuid4(), 9) == {own}
    await db.execute("INSERT INTO exclusions (battle_id, reason, evidence) VALUES ($1, 'leak', '{}')", own)
    assert await drawn(uuid4(), 9) == set()


async def test_deleting_ones_data_unties_what_one_said_and_ends_looks_at_ones_battles(
    db: Pool, waiting: dict[UUID, float]
) -> None:
    chance, voter, other = random.Random(5), uuid4(), uuid4()
    said = await second_looks.open(db, voter, waiting, days=30, most=5, chance=chance)
    await second_looks.cast(db, said.id, voter, Outcome.TIE)
    seen = await second_looks.open(db, other, waiting, days=30, most=5, chance=chance)
    owner = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", seen.battle_id)
    await forgetting.forget(db, voter)
    await forgetting.forget(db, owner)
    rows = await db.fetch("SELECT id, voter_id, state, outcome FROM second_looks")
    assert {(row["id"], row["voter_id"], row["state"], row["outcome"]) for row in rows} == {
        (said.id, None, "voted", "tie"),
        (seen.id, other, "void", None),
    }
    assert not await second_looks.shows(db, seen, days=30)


def test_shares_sum_to_one_and_leave_nobody_out() -> None:
    battles = [uuid4() for _ in range(4)]
    shares = second_looks.shares(dict(zip(battles, (0.0, 1.0, 3.0, 0.0), strict=True)))
    assert [shares[battle] for battle in battles] == pytest.approx([0.125, 0.25, 0.5, 0.125])
    assert [*second_looks.shares(dict.fromkeys(battles, 0.0)).values()] == [0.25] * 4
    assert second_looks.shares({}) == {}


async def test_an_arena_that_shows_none_says_so_on_its_page_and_to_the_call(open_arena: Open) -> None:
    async with Visitor(await open_arena(second_looks=0)) as somebody:
        status, refused = await somebody.post(LOOKS, {})
        assert (status, refused["detail"].partition(".")[0]) == (404, "This arena shows no stored pairs again")
        status, page = await somebody.get("/second-look", headers={"accept": "text/html"})
        assert (status, "This arena shows no stored pairs again" in page, "look.js" in page) == (404, True, False)
