"""What operators have before them: everything that waits for one of them, and what they did last."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import calendars, deeds, operations
from arena.publishing.deeds import Deed
from arena.publishing.operations import Waiting

AnyRequest = Request[Any, Any, Any]
Until = Annotated[str | None, QueryParameter(name="cursor", max_length=40)]
PAGE: Final = 50


class Operations(Struct):
    """Everything that waits, what is overdue first."""

    items: list[Waiting]
    next: None
    overdue: int


class Deeds(Struct):
    """A page of acts of operators, the latest first."""

    items: list[Deed]
    next: str | None


@get("/operations", responses=guards.json_of(Operations))
async def list_operations(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """Everything that waits for a person, whatever it is; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found = await operations.queue(db, datetime.now(UTC))
    return guards.fresh(request, Operations(found, None, sum(each.overdue for each in found)))


@get("/operations/acts", responses=guards.json_of(Deeds))
async def list_acts(
    request: AnyRequest, signed_in: Given[Asker], db: Given[Pool], cursor: Until = None
) -> Response[Any]:
    """What operators did, on whatever it was, when and why; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found = await deeds.listed(db, most=PAGE + 1, until=None if cursor is None else calendars.moment(cursor))
    # As it can stand in an address: a plus would be read as a space.
    following = found[PAGE - 1].happened_at.isoformat().replace("+00:00", "Z") if len(found) > PAGE else None
    return guards.fresh(request, Deeds(found[:PAGE], following))


routes = [list_operations, list_acts]
