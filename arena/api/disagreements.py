"""Disagreements over HTTP: where one more vote of a person would tell most; for operators."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.guards import Asker
from arena.integration import disagreements
from arena.integration.disagreements import Disagreement
from arena.people.accounts import Role
from arena.people.keys import Scope

AnyRequest = Request[Any, Any, Any]
Most = Annotated[int, QueryParameter(name="most", ge=1, le=200)]


class Disagreements(Struct):
    """The battles that judges alone have looked at and do not settle, the one first that tells most."""

    items: list[Disagreement]
    next: str | None


@get("/disagreements", responses=guards.json_of(Disagreements))
async def list_disagreements(
    request: AnyRequest, signed_in: Given[Asker], db: Given[Pool], most: Most = 50
) -> Response[Any]:
    """The battles without a vote on which one would be worth most to the combined board, and why."""
    signed_in.require(Scope.READ, Role.OPERATOR)
    return guards.fresh(request, Disagreements(await disagreements.listed(db, most=most), None))


routes = [list_disagreements]
