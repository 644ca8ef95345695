"""Checks over HTTP: a provider has an endpoint tested and follows how that goes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from msgspec import Struct, structs

from arena import guards
from arena.api import endpoints
from arena.db import Pool
from arena.errors import Say
from arena.guards import Asker
from arena.people.keys import Scope
from arena.submission import checks, contract
from arena.submission.checks import Check
from arena.submission.lifecycle import Actor
from arena.upstream import Exchange

TITLES = {trial.name: trial.title for trial in contract.TRIALS}


class StepShown(Struct):
    """A step of a check: `text` is the sentence with its values and, as the title is, in the language of who asks.

    `fatal` says whether it must not fail.
    """

    name: str
    title: str
    fatal: bool
    state: str
    sentence: str
    values: dict[str, str | int]
    text: str
    code: str | None
    seconds: float | None
    exchanges: list[Exchange]


class CheckShown(Struct):
    """A check with its steps, as far as they have come."""

    id: UUID
    endpoint_id: UUID
    state: checks.State
    begun_at: datetime
    ended_at: datetime | None
    reason: str | None
    steps: list[StepShown]


class Checks(Struct):
    """An endpoint's checks, the newest first."""

    items: list[Check]
    next: str | None


@post("/endpoints/{endpoint_id:uuid}/check", status_code=202)
async def begin_check(
    endpoint_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]
) -> CheckShown:
    """Have the endpoint tested, now or again; one test of an endpoint runs at a time."""
    await endpoints.own(db, signed_in, endpoint_id, Scope.SUBMIT)
    async with db.acquire() as connection:
        check_id = await checks.begin(connection, endpoint_id, actor=Actor(signed_in.account.id, "provider"))
    return await _shown(db, endpoint_id, check_id, say)


@get("/endpoints/{endpoint_id:uuid}/checks", responses=guards.json_of(Checks))
async def list_checks(
    request: Request[Any, Any, Any], endpoint_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool]
) -> Response[Any]:
    """The tests that an endpoint of one's own has been through."""
    await endpoints.own(db, signed_in, endpoint_id, Scope.READ)
    return guards.fresh(request, Checks(await checks.listed(db, endpoint_id), None))


@get("/endpoints/{endpoint_id:uuid}/checks/{check_id:uuid}", responses=guards.json_of(CheckShown))
async def show_check(
    request: Request[Any, Any, Any],
    endpoint_id: FromPath[UUID],
    check_id: FromPath[UUID],
    signed_in: Given[Asker],
    db: Given[Pool],
    say: Given[Say],
) -> Response[Any]:
    """A test step by step, while it runs and afterwards, with what went over the wire."""
    await endpoints.own(db, signed_in, endpoint_id, Scope.READ)
    return guards.fresh(request, await _shown(db, endpoint_id, check_id, say))


async def _shown(db: Pool, endpoint_id: UUID, check_id: UUID, say: Say) -> CheckShown:
    check = await checks.require(db, endpoint_id, check_id)
    return CheckShown(
        **structs.asdict(check),
        steps=[
            StepShown(
                **structs.asdict(step),
                title=say(TITLES.get(step.name, step.name), {}),
                fatal=step.name in contract.FATAL,
                text=say(step.sentence, step.values),
            )
            for step in await checks.steps(db, check_id)
        ],
    )


routes = [begin_check, list_checks, show_check]
