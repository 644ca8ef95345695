"""What the rhythm of a stream tells about its sides: in lockstep, next to nothing."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from arena.config import Pace
from arena.db import Pool
from tests.builders import Heard, Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

QUICK, SLOW = 0.010, 0.025
BATTLES = 200
AT_ONCE = 20


def _area(differences: Sequence[float]) -> float:
    """The area under the curve of "the side with more of it is the quick one", from quick minus slow.

    A listener sees first minus second, which is the difference or its negative by a toss; a true one stands above a
    false one where the sum of two differences is positive. Taken over the toss, chance has no part in it.
    """
    sums = [one + other for one in differences for other in differences]
    area = (sum(both > 0 for both in sums) + sum(both == 0 for both in sums) / 2) / len(sums)
    return max(area, 1 - area)


def _features(heard: Heard) -> list[float]:
    """What a listener could tell the sides apart by: first, last, number, mean and spread of what each one shows."""
    ticks = [event.data["sides"] for event in heard.events if event.name == "tick"]
    sizes = [[len(tick[side]["text"]) for tick in ticks] for side in (0, 1)]
    told = [[place for place, size in enumerate(side) if size] for side in sizes]
    shown = [[size for size in side if size] for side in sizes]
    means = [sum(side) / len(side) for side in shown]
    spreads = [sum((size - mean) ** 2 for size in side) / len(side) for side, mean in zip(shown, means, strict=True)]
    rows = [
        (places[0], places[-1], len(places), mean, spread, max(side))
        for places, mean, spread, side in zip(told, means, spreads, shown, strict=True)
    ]
    return [first - second for first, second in zip(*rows, strict=True)]


@pytest.mark.slow
async def test_in_lockstep_a_listener_can_hardly_tell(open_arena: Open, db: Pool, provider: Provider) -> None:
    """The bound is the design's: an area of at most 0.60 over 200 battles, for every feature."""
    scores = await _listened(await open_arena(pace=Pace.LOCKSTEP, tick_seconds=0.04), db, provider)
    areas = [_area(feature) for feature in zip(*scores, strict=True)]
    assert max(areas) <= 0.60, areas


@pytest.mark.slow
async def test_without_lockstep_the_same_listener_can_tell(open_arena: Open, db: Pool, provider: Provider) -> None:
    """Otherwise the test above would prove nothing."""
    scores = await _listened(await open_arena(pace=Pace.PACED, tick_seconds=0.04), db, provider)
    assert max(_area(feature) for feature in zip(*scores, strict=True)) > 0.90


async def _listened(arena: str, db: Pool, provider: Provider) -> list[list[float]]:
    """Battles of a quick contender against a slow one; each pair of texts is also had the other way round."""
    chance = Random(3)
    for model in ("quick", "slow"):
        await contender(db, provider, model, slug=model)
    heard = []
    for _ in range(BATTLES // AT_ONCE // 2):
        one, other = (
            "".join(chance.choice("abcdefg ") for _ in range(chance.randrange(80, 160))).strip() for _ in range(2)
        )
        for texts in ((one, other), (other, one)):
            for model, delay, text in zip(("quick", "slow"), (QUICK, SLOW), texts, strict=True):
                provider.script(model, [text[at : at + 4] for at in range(0, len(text), 4)], delay=delay)
            heard += await asyncio.gather(*(_battle(arena) for _ in range(AT_ONCE)))
    return heard


async def _battle(arena: str) -> list[float]:
    async with Visitor(arena) as visitor:
        battle_id = await visitor.ask()
        heard = await visitor.hear(battle_id)
        assert heard.end == "ready"
        _, voted = await visitor.vote(battle_id, "tie")
        quick_first = voted["reveal"]["sides"][0]["contender"] == "quick"
        return [value if quick_first else -value for value in _features(heard)]
