"""The page under a shared link: what one voter found, who the two were, and their texts where the voter chose so."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.evaluation import reveals, shares, turns
from arena.publishing.latest import Latest
from rating import Outcome

BOARD = "overall"
HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex"}


@get("/shared/{token:str}", include_in_schema=False)
async def show(token: FromPath[str], db: Given[Pool], latest: Given[Latest]) -> Template:
    """A battle that its voter shows to others."""
    shared = await shares.require(db, token)
    sides = await reveals.tell(db, shared.battle_id, shared.voter_id)
    release = await latest.of(BOARD)
    standings = {standing.contender: standing for standing in release.standings} if release else {}
    context: dict[str, Any] = {
        "outcome": shared.outcome,
        "chosen": {Outcome.A: 0, Outcome.B: 1}.get(shared.outcome),
        "sides": [(side, standings.get(side.contender or "")) for side in sides],
        "turns": await turns.said(db, shared.battle_id) if shared.texts else [],
    }
    return Template("shared/show.html", context=context, headers=HEADERS)
