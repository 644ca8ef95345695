"""Judges over HTTP: providers propose them, operators list them, and everybody reads how good they are."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from arena import guards
from arena.api import endpoints
from arena.db import Pool
from arena.errors import NotFound, Say
from arena.evaluation import attacks, verdicts
from arena.evaluation.attacks import Attacking, Withstood
from arena.evaluation.verdicts import Spent
from arena.guards import Asker
from arena.integration import judge_quality
from arena.integration.judge_measures import Figures
from arena.integration.judge_quality import Ranked
from arena.people import members
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import auditions, cards, judges
from arena.submission.judges import Judge, Proposal, State
from arena.submission.questions import Terms

AnyRequest = Request[Any, Any, Any]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class Proposing(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A judge: an endpoint of one's own with a rubric, and the family of models it comes from."""

    slug: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9.-]{0,99}$")]
    name: Annotated[str, Meta(max_length=100)]
    family: Annotated[str, Meta(max_length=100)]
    endpoint_id: UUID
    rubric: Annotated[str, Meta(max_length=60)] = "pairwise_v1"
    most_answer_tokens: Annotated[int, Meta(ge=64, le=16384)] = 1024
    own_family: bool = False


class Retiring(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a judge shall judge no more."""

    reason: Reason


class Spending(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What attacks on a judge may cost; without a budget there is no limit but the endpoint's own."""

    budget_tokens: Annotated[int, Meta(ge=0, lt=2**62)] | None = None
    budget_cost: Annotated[float, Meta(ge=0)] | None = None


class StepShown(Struct):
    """A step of a judge's check: `text` is the sentence with its values, in the language of who asks."""

    name: str
    title: str
    state: str
    text: str
    code: str | None
    seconds: float | None


class JudgeListed(Struct):
    """A judge as everybody sees it; `version` names all that decides what it says."""

    slug: str
    name: str
    family: str
    provider: str
    model: str
    rubric: str
    settings: Terms
    version: str | None
    own_family: bool
    state: State
    reason: str | None
    proposed_at: datetime
    checked_at: datetime | None
    listed_at: datetime | None


class JudgeRanked(JudgeListed):
    """A judge on the judge board.

    `figures` tell how good it is as it is now, null until it was measured; the ranks are null where fewer than 30
    battles have both its verdict and a vote that counts. `withstood` are its last attacks, null where there were none.
    """

    rank_lower: int | None
    rank_upper: int | None
    figures: Figures | None
    measured_at: datetime | None
    withstood: Withstood | None


class JudgeShown(JudgeRanked):
    """A judge whole: its last check and how often attacks on it won; for operators and its provider also what it cost.

    `spend` is null for everybody else.
    """

    steps: list[StepShown]
    spend: list[Spent] | None
    attacks: list[Attacking]


class Judges(Struct):
    """The judge board: the judges in the order of how far they agree with people beyond chance."""

    items: list[JudgeRanked]
    next: str | None


@get("/judges", responses=guards.json_of(Judges))
async def list_judges(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """The judges that judge here, or have, and how good each is: the one that agrees most with people first."""
    ranked = await judge_quality.board(db, await judges.listed(db))
    withstood = await attacks.withstood(db, [each.judge.id for each in ranked])
    items = [JudgeRanked(**_ranked(each, withstood.get(each.judge.id))) for each in ranked]
    return guards.fresh(request, Judges(items, None), public=True)


@get("/judges/{slug:str}", responses=guards.json_of(JudgeShown))
async def show_judge(
    request: AnyRequest, slug: FromPath[str], asker: Given[Asker | None], db: Given[Pool], say: Given[Say]
) -> Response[Any]:
    """A judge whole, and how good it is; one that was never listed is shown to operators and to its provider."""
    judge = await judges.require(db, slug)
    insider = await _has_insight(db, asker, judge)
    if judge.listed_at is None and not insider:
        raise NotFound("There is no such judge.")
    return guards.fresh(request, await _shown(db, judge, say, spend=insider))


@post("/judges")
async def propose_judge(
    data: JSONBody[Proposing], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]
) -> JudgeShown:
    """Register a judge, which is checked at once. An operator's is listed if it passes; a provider's is a proposal."""
    signed_in.require(Scope.SUBMIT)
    operates = _operates(signed_in)
    if not operates:
        await endpoints.own(db, signed_in, data.endpoint_id, Scope.SUBMIT)
    proposal = Proposal(
        slug=data.slug,
        name=cards.title("name", data.name),
        family=cards.title("family", data.family),
        endpoint_id=data.endpoint_id,
        rubric=data.rubric,
        settings=Terms(most_answer_tokens=data.most_answer_tokens),
        own_family=data.own_family,
    )
    async with db.acquire() as connection:
        await judges.propose(connection, proposal, account_id=signed_in.account.id, approved=operates)
    return await _shown(db, await judges.require(db, data.slug), say)


@post("/judges/{slug:str}/list", status_code=202)
async def list_judge(slug: FromPath[str], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]) -> JudgeShown:
    """Let a judge judge once it passes its check, which begins anew with its endpoint as it is; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    judge = await judges.require(db, slug)
    async with db.acquire() as connection:
        await judges.check(connection, judge.id, approved_by=signed_in.account.id)
    return await _shown(db, await judges.require(db, slug), say)


@post("/judges/{slug:str}/retire", status_code=200)
async def retire_judge(
    slug: FromPath[str], data: JSONBody[Retiring], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]
) -> JudgeShown:
    """Let a judge judge no more; for operators. What it said stays."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    judge = await judges.require(db, slug)
    await judges.retire(db, judge.id, reason=cards.line("reason", data.reason, least=1, most=500))
    return await _shown(db, await judges.require(db, slug), say)


@post("/judges/{slug:str}/attacks", status_code=202)
async def attack_judge(
    slug: FromPath[str], data: JSONBody[Spending], signed_in: Given[Asker], db: Given[Pool], say: Given[Say]
) -> JudgeShown:
    """Show a judge answers that try to be judged better than they are; for operators, at the endpoint's price."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    judge = await judges.require(db, slug)
    async with db.acquire() as connection:
        await attacks.begin(
            connection,
            judge,
            account_id=signed_in.account.id,
            budget_tokens=data.budget_tokens,
            budget_cost=data.budget_cost,
        )
    return await _shown(db, judge, say)


async def _has_insight(db: Pool, asker: Asker | None, judge: Judge) -> bool:
    if asker is None:
        return False
    found = await members.of(db, asker.account.id)
    return _operates(asker) or judge.provider_id in [each.provider_id for each in found]


def _operates(asker: Asker) -> bool:
    return Role.OPERATOR in asker.account.roles and (asker.scopes is None or Scope.OPERATE in asker.scopes)


def _ranked(row: Ranked, withstood: Withstood | None) -> dict[str, Any]:
    quality = row.quality
    return {
        **{name: getattr(row.judge, name) for name in JudgeListed.__struct_fields__},
        "rank_lower": row.rank_lower,
        "rank_upper": row.rank_upper,
        "figures": quality.figures if quality else None,
        "measured_at": quality.measured_at if quality else None,
        "withstood": withstood,
    }


async def _shown(db: Pool, judge: Judge, say: Say, *, spend: bool = True) -> JudgeShown:
    row = await judge_quality.place(db, judge)
    withstood = (await attacks.withstood(db, [judge.id])).get(judge.id)
    steps = [
        StepShown(
            step.name,
            say(auditions.TITLES[step.name], {}),
            step.state,
            say(step.sentence, step.values),
            step.code,
            step.seconds,
        )
        for step in await judges.steps(db, judge.id)
    ]
    spent = await verdicts.spent(db, judge.id) if spend else None
    fought = await attacks.latest(db, judge.id)
    return JudgeShown(**_ranked(row, withstood), steps=steps, spend=spent, attacks=fought)


routes = [list_judges, show_judge, propose_judge, list_judge, retire_judge, attack_judge]
