"""Judge runs over HTTP: planned with their cost, begun, watched, paused, gone on with and called off; for operators."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field, structs

from arena import guards
from arena.db import Pool
from arena.errors import Say
from arena.evaluation import judging, steering
from arena.evaluation.dockets import Docket
from arena.evaluation.judging import Order, Progress, Run
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope

AnyRequest = Request[Any, Any, Any]
PAGE = 100


class Planning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which judges, by slug, shall judge which battles, and what that may cost; without a budget there is no limit."""

    judges: Annotated[list[str], Meta(min_length=1, max_length=50)]
    selection: Docket = field(default_factory=Docket)
    budget_tokens: Annotated[int, Meta(ge=0, lt=2**62)] | None = None
    budget_cost: Annotated[float, Meta(ge=0)] | None = None


class RunShown(Run, frozen=True, kw_only=True):
    """A run with how far it has come with each judge, and in words why it paused, stopped or failed."""

    why: str | None
    progress: list[Progress]


class Runs(Struct):
    """The runs, the latest planned first, a hundred at most."""

    items: list[Run]
    next: str | None


@post("/judge-runs")
async def plan_run(data: JSONBody[Planning], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]) -> RunShown:
    """Say what a run would do and cost at most; `…/resume` begins it."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    order = Order(
        judges=data.judges,
        selection=data.selection,
        budget_tokens=data.budget_tokens,
        budget_cost=data.budget_cost,
    )
    return await _shown(db, await judging.plan(db, order, account_id=signed_in.account.id), say)


@get("/judge-runs", responses=guards.json_of(Runs))
async def list_runs(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """The runs there were."""
    signed_in.require(Scope.READ, Role.OPERATOR)
    return guards.fresh(request, Runs(await judging.listed(db, most=PAGE), None))


@get("/judge-runs/{run_id:uuid}", responses=guards.json_of(RunShown))
async def show_run(
    request: AnyRequest, run_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]
) -> Response[Any]:
    """How far a run has come, what it has spent, and what came to nothing and why."""
    signed_in.require(Scope.READ, Role.OPERATOR)
    return guards.fresh(request, await _shown(db, run_id, say))


@post("/judge-runs/{run_id:uuid}/resume", status_code=202)
async def resume_run(run_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]) -> RunShown:
    """Begin a run, or go on with one that is paused; what failed is tried again."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    return await _shown(db, run_id, say)


@post("/judge-runs/{run_id:uuid}/pause", status_code=200)
async def pause_run(run_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]) -> RunShown:
    """Ask nothing more for now."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    await steering.pause(db, run_id)
    return await _shown(db, run_id, say)


@post("/judge-runs/{run_id:uuid}/cancel", status_code=200)
async def cancel_run(run_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]) -> RunShown:
    """Ask nothing more; the verdicts there are stay."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    await steering.cancel(db, run_id)
    return await _shown(db, run_id, say)


async def _shown(db: Pool, run_id: UUID, say: Say) -> RunShown:
    run = await judging.require(db, run_id)
    why = say(steering.WHY[run.reason], {}) if run.reason else None
    return RunShown(**structs.asdict(run), why=why, progress=await judging.progress(db, run_id))


routes = [plan_run, list_runs, show_run, resume_run, pause_run, cancel_run]
