"""The page of one endpoint: its contract test, its states, how it is reached, and how it fares."""

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Redirect, Template

from arena.db import Pool
from arena.pages import private, providers
from arena.people import members
from arena.people.accounts import Account


@get("/providers/endpoints/{endpoint_id:uuid}", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any], endpoint_id: FromPath[UUID], reader: Given[Account | None], db: Given[Pool]
) -> Template | Redirect:
    """An endpoint of the reader's own."""
    if reader is None:
        return private.sign_in(request.scope["path"])
    endpoint = await private.own(db, reader, endpoint_id)
    membership = await members.require(db, reader.id, endpoint.organisation)
    context = {"endpoint": endpoint, "membership": membership, "parameters": providers.parameters(endpoint)}
    return private.page("endpoints/show.html", reader, context)
