"""What belongs to the voter who asks, over HTTP: the battles they held, all that is kept of them, and its deletion."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct
from redis.asyncio import Redis

from arena import guards, relay
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import forgetting, history
from arena.evaluation.forgetting import Forgotten
from arena.evaluation.generation import Generations
from arena.evaluation.history import Past, Whole

PAGE = 50
EXPORT_HEADERS = {"cache-control": "no-store", "content-disposition": 'attachment; filename="arena-my-data.json"'}


class Battles(Struct):
    """A page of one's own battles, the newest first; `next` is the cursor of the page after it."""

    items: list[Past]
    next: UUID | None


class Deleted(Struct):
    """How many battles were emptied, and how many votes stay in the count, tied to nobody."""

    battles: int
    votes: int


@get("/me/battles", responses=guards.json_of(Battles))
async def list_mine(
    request: Request[Any, Any, Any],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    cursor: Annotated[UUID | None, QueryParameter(name="cursor")] = None,
) -> Response[Any]:
    """The battles of the voter who asks; their sides are named after the vote."""
    found = await history.of(db, voter_id, after=cursor, most=PAGE + 1)
    return guards.fresh(request, Battles(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None))


@get("/me/export", media_type="application/json")
async def export_mine(voter_id: Given[UUID | None], db: Given[Pool]) -> Stream:
    """Everything that is kept of the voter who asks, as one JSON object, written while it is read."""
    battles = history.whole(db, voter_id)
    # Read before anything is sent, so that a database that is away is told as that.
    first = await anext(battles, None)
    return Stream(_written(first, battles), media_type="application/json", headers=EXPORT_HEADERS)


@delete("/me", status_code=200)
async def delete_mine(
    voter_id: Given[UUID | None],
    db: Given[Pool],
    settings: Given[Settings],
    redis: Given[Redis],
    generations: Given[Generations],
) -> Response[Deleted]:
    """Delete what is kept of the voter who asks: texts go, votes stay tied to nobody. Again, it changes nothing."""
    gone = Forgotten(0, 0, []) if voter_id is None else await forgetting.forget(db, voter_id)
    for battle_id in gone.answering:
        await generations.stop(battle_id)
    await relay.drop(redis, gone.answering)
    return Response(Deleted(gone.battles, gone.votes), cookies=[guards.no_cookie(settings)])


async def _written(first: Whole | None, others: AsyncGenerator[Whole, None]) -> AsyncGenerator[bytes, None]:
    yield b'{"battles": ['
    if first is not None:
        yield msgspec.json.encode(first)
        async for battle in others:
            yield b",\n" + msgspec.json.encode(battle)
    yield b"]}\n"


routes = [list_mine, export_mine, delete_mine]
