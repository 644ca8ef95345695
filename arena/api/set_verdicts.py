"""Verdicts on prompt sets over HTTP: what judges said of answers to a set, one by one."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.errors import NotFound
from arena.evaluation import prompt_sets, set_verdicts
from arena.evaluation.prompt_sets import State
from arena.evaluation.set_verdicts import VerdictListed

PAGE: Final = 100


class SetVerdicts(Struct):
    """A page of verdicts on a set, the oldest first; none of them is a vote."""

    items: list[VerdictListed]
    next: str | None


@get("/prompt-sets/{name:str}/verdicts", responses=guards.json_of(SetVerdicts))
async def list_verdicts(
    request: Request[Any, Any, Any],
    name: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[UUID | None, QueryParameter(name="cursor")] = None,
) -> Response[Any]:
    """What judges said of answers to a set that is in use or used up, without any text of it."""
    found = await prompt_sets.require(db, name)
    if found.state not in (State.FROZEN, State.USED_UP):
        raise NotFound("There is no prompt set “{slug}” here.", slug=name[:100])
    said = await set_verdicts.listed(db, found, after=cursor, most=PAGE + 1)
    page = SetVerdicts(said[:PAGE], str(said[PAGE - 1].id) if len(said) > PAGE else None)
    return guards.fresh(request, page, public=True)


routes = [list_verdicts]
