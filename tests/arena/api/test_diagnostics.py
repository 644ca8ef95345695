"""Diagnostics over HTTP: nothing before the first look, then every effect with its sentence."""

import numpy as np

from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.publishing import releases
from arena.workers import diagnose
from tests import planted
from tests.builders import Visitor, contender
from tests.upstream import Provider


async def test_a_boards_diagnostics_come_after_its_release(
    visitor: Visitor, db: Pool, provider: Provider, settings: Settings
) -> None:
    path = "/api/v1/diagnostics/overall"
    _, told = await visitor.get(path)
    assert (told["taken_at"], told["enough"], told["findings"]) == (None, False, [])
    assert told["sentence"].startswith("Nobody has looked at this board's votes yet.")
    entrants = [await contender(db, provider, "identity", slug=f"model-{place}") for place in range(3)]
    drawn = planted.drawn(np.random.default_rng(3), np.zeros(3), 400, 100, extra=1.0)
    battles = await planted.plant(db, entrants, drawn)
    people = sorted(set(await planted.people(db, battles)))
    await planted.fool(db, people, [place % 2 for place in range(len(people))], each=2)
    await diagnose.look(db)
    assert (await visitor.get(path))[1]["taken_at"] is None  # What is not released is not looked at.
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    await diagnose.look(db)
    status, told = await visitor.get(path)
    assert (status, told["enough"], told["votes"]) == (200, True, 400)
    position = next(one for one in told["findings"] if one["name"] == "position")
    assert position["lower"] <= 1.0 <= position["upper"]
    assert (position["verdict"], position["unit"], position["band"]) == ("present", "log-odds", 0.05)
    assert position["sentence"].startswith("Of two equal answers A is preferred in 7")
    assert position["sentence"].endswith(" That is surely there, and large enough to matter.")
    fooled = told["fooled"]
    assert (fooled["probes"], fooled["share"], fooled["voters"]) == (2 * len(people), 0.25, -(-len(people) // 2))
    assert fooled["sentence"].startswith("With the voters who were fooled less, ")
    assert {line["who"]["contender"] for line in fooled["lines"]} == {"model-0", "model-1", "model-2"}
    assert next(one for one in told["findings"] if one["name"] == "belief")["worth"]["value"] is None
    assert len(told["heat"]["residuals"]) == 3
    assert "before it was looked at" in " ".join(told["unmeasured"])
    # Nobody is named who voted.
    voters = await db.fetch("SELECT id, pseudonym FROM voters")
    assert not any(str(name) in str(told) for row in voters for name in row.values())


async def test_diagnostics_of_an_unknown_board_name_the_nearest(visitor: Visitor) -> None:
    for path in ("/api/v1/diagnostics/overal", "/diagnostics/overal"):
        status, problem = await visitor.get(path)
        assert (status, problem["detail"]) == (404, "There is no board called “overal”. The nearest is overall.")
