"""What moved between releases, over HTTP."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from arena import guards
from arena.publishing.movement import Movement, Movements

AnyRequest = Request[Any, Any, Any]


@get("/releases/{release_id:str}/diff/{other_id:str}", responses=guards.json_of(Movement))
async def show_movement(
    request: AnyRequest, release_id: FromPath[str], other_id: FromPath[str], movements: Given[Movements]
) -> Response[Any]:
    """What moved, and why, from the other release of the same board to this one."""
    return guards.fresh(request, await movements.between(other_id, release_id), public=True)


routes: list[HTTPRouteHandler] = [show_movement]
