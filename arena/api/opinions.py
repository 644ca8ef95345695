"""Opinions over HTTP: what decided a vote, said by its voter, and how others voted on the same two."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from arena import guards
from arena.db import Pool
from arena.evaluation import battles, opinions, prompts, reveals
from arena.evaluation.opinions import MOST_CHARACTERS, Code
from arena.evaluation.reveals import Others

Codes = Annotated[list[Code], Meta(max_length=len(Code))]


class Said(Struct, forbid_unknown_fields=True):
    """What is said of A and of B, and a comment."""

    sides: tuple[Codes, Codes]
    comment: Annotated[str, Meta(max_length=MOST_CHARACTERS)] = ""


class OthersShown(Struct):
    """How others voted on the same two contenders before; null where they are too few to say."""

    others: Others | None


@post("/battles/{battle_id:uuid}/opinion", status_code=200)
async def give_opinion(
    battle_id: FromPath[UUID], data: JSONBody[Said], voter_id: Given[UUID | None], db: Given[Pool]
) -> Said:
    """Say after the vote what decided it; said again, it takes the place of what was said. Never rated."""
    prompts.require_printable(data.comment)
    comment = data.comment.strip()
    await opinions.give(db, battle_id, voter_id, data.sides, comment)
    return Said(data.sides, comment)


@get("/battles/{battle_id:uuid}/opinion", responses=guards.json_of(Said))
async def show_opinion(
    request: Request[Any, Any, Any], battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool]
) -> Response[Any]:
    """What one said of a battle of one's own; nothing, where nothing was said."""
    await battles.require(db, battle_id, voter_id)
    found = await opinions.of(db, battle_id)
    return guards.fresh(request, Said(found.sides, found.comment) if found else Said(([], [])))


@get("/battles/{battle_id:uuid}/others")
async def show_others(battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool]) -> OthersShown:
    """How others voted on this pair, told after one's own vote."""
    return OthersShown(await reveals.others(db, battle_id, voter_id))


routes = [give_opinion, show_opinion, show_others]
