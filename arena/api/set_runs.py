"""Set runs over HTTP: the arena asks a contender the prompts of a set."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field, structs

from arena import guards
from arena.api import askers
from arena.db import Pool
from arena.evaluation import prompt_sets, set_runs
from arena.evaluation.formats import Format
from arena.evaluation.set_runs import Run, State
from arena.guards import Asker

AnyRequest = Request[Any, Any, Any]
MOST_MONEY: Final = 1e9


class Planning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask, in which formats, and how much it may cost; without a budget what its provider allows a day."""

    contender: Annotated[str, Meta(max_length=200)]
    formats: Annotated[list[Format], Meta(min_length=1, max_length=len(Format))] = field(
        default_factory=lambda: [Format.PLAIN]
    )
    budget: Annotated[float, Meta(ge=0, le=MOST_MONEY)] | None = None


class Moving(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


class Runs(Struct):
    """The runs of a set, the latest first."""

    items: list[Run]
    next: str | None


@post("/prompt-sets/{name:str}/runs")
async def plan_run(name: FromPath[str], data: JSONBody[Planning], signed_in: Given[Asker], db: Given[Pool]) -> Run:
    """Have one's own contender asked the prompts of a set, as far as it has not answered them; operators, any."""
    contender_id = await askers.contender(db, signed_in, data.contender)
    found = await prompt_sets.in_use(db, name)
    formats = list(dict.fromkeys(data.formats))
    async with db.acquire() as connection:
        return await set_runs.plan(
            connection, found, contender_id, formats, budget=data.budget, account_id=signed_in.account.id
        )


@get("/prompt-sets/{name:str}/runs", responses=guards.json_of(Runs))
async def list_runs(
    request: AnyRequest, name: FromPath[str], asker: Given[Asker | None], db: Given[Pool]
) -> Response[Any]:
    """How far each run of a set is, how its calls failed, and to those who act for the contender what it cost."""
    found = await prompt_sets.require(db, name)
    runs = [await _shown(db, asker, run) for run in await set_runs.listed(db, found.id)]
    return guards.fresh(request, Runs(runs, None))


@get("/prompt-sets/{name:str}/runs/{run_id:uuid}", responses=guards.json_of(Run))
async def show_run(
    request: AnyRequest, name: FromPath[str], run_id: FromPath[UUID], asker: Given[Asker | None], db: Given[Pool]
) -> Response[Any]:
    """How far a run is, how its calls failed, and to those who act for the contender what it cost."""
    found = await prompt_sets.require(db, name)
    return guards.fresh(request, await _shown(db, asker, await set_runs.require(db, found.id, run_id)))


@post("/prompt-sets/{name:str}/runs/{run_id:uuid}/pause", status_code=200)
async def pause_run(
    name: FromPath[str], run_id: FromPath[UUID], data: JSONBody[Moving], signed_in: Given[Asker], db: Given[Pool]
) -> Run:
    """Ask no further question until the run is resumed."""
    return await _move(db, signed_in, name, run_id, State.PAUSED)


@post("/prompt-sets/{name:str}/runs/{run_id:uuid}/resume", status_code=200)
async def resume_run(
    name: FromPath[str], run_id: FromPath[UUID], data: JSONBody[Moving], signed_in: Given[Asker], db: Given[Pool]
) -> Run:
    """Go on with a paused run."""
    return await _move(db, signed_in, name, run_id, State.RUNNING)


@post("/prompt-sets/{name:str}/runs/{run_id:uuid}/cancel", status_code=200)
async def cancel_run(
    name: FromPath[str], run_id: FromPath[UUID], data: JSONBody[Moving], signed_in: Given[Asker], db: Given[Pool]
) -> Run:
    """End a run; what was answered stays."""
    return await _move(db, signed_in, name, run_id, State.CANCELLED)


async def _move(db: Pool, asker: Asker, name: str, run_id: UUID, to: State) -> Run:
    found = await prompt_sets.require(db, name)
    run = await set_runs.require(db, found.id, run_id)
    await askers.contender(db, asker, run.contender)
    async with db.acquire() as connection:
        await set_runs.move(connection, run_id, to)
    return await set_runs.require(db, found.id, run_id)


async def _shown(db: Pool, asker: Asker | None, run: Run) -> Run:
    """The run as the asker may see it: money is for those who may act for the contender."""
    if asker is not None and await askers.acts_for(db, asker, run.contender):
        return run
    return structs.replace(run, budget=None, cost=None)


routes = [plan_run, list_runs, show_run, pause_run, resume_run, cancel_run]
