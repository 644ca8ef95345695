"""Votes after they were cast, over HTTP: receipts, exclusions, appeals, and what control battles say of the voters."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct, structs

from arena import guards
from arena.db import Pool
from arena.evaluation import appeals, controls, exclusions, prompts
from arena.evaluation.appeals import Appeal
from arena.evaluation.controls import Measured
from arena.evaluation.exclusions import OnRecord, Reason
from arena.guards import Asker
from arena.integration import recounts
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import receipts
from arena.publishing.receipts import Plea, Receipt
from arena.submission import cards

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
BOARD = "overall"
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
PAGE = 100
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]


class Excluding(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a vote shall not be rated: a code, and a note for the record."""

    note: Sentence
    reason: Reason = Reason.OPERATOR


class Lifting(Struct, frozen=True, forbid_unknown_fields=True):
    """Why an exclusion is lifted; the receipt says it."""

    reason: Sentence


class Appealing(Struct, frozen=True, forbid_unknown_fields=True):
    """What the voter says against an exclusion."""

    text: Annotated[str, Meta(min_length=1, max_length=appeals.MOST_CHARACTERS)]


class Answering(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator answers, and whether the vote counts again; the receipt says both."""

    text: Sentence
    lift: bool


class Exclusions(Struct):
    """A page of all exclusions there ever were, the latest first."""

    items: list[OnRecord]
    next: str | None


class Appeals(Struct):
    """A page of appeals, the latest first."""

    items: list[Appeal]
    next: str | None


class MeasuredOn(Measured, frozen=True, kw_only=True):
    """What the control battles of a board say of its voters."""

    board: str


class Controls(Struct):
    """What control battles say of the voters, board by board."""

    items: list[MeasuredOn]
    next: str | None


@get("/votes/{vote_id:uuid}", responses=guards.json_of(Receipt))
async def show_receipt(request: AnyRequest, vote_id: FromPath[UUID], db: Given[Pool]) -> Response[Any]:
    """What became of a vote: counted or not, why, and in which releases. Whoever has the vote's id may ask."""
    return guards.fresh(request, await receipts.require(db, vote_id))


@post("/votes/{vote_id:uuid}/appeal")
async def appeal(
    vote_id: FromPath[UUID], data: JSONBody[Appealing], voter_id: Given[UUID | None], db: Given[Pool]
) -> Plea:
    """Say why one's own vote should count; an operator answers, and the receipt shows the answer."""
    prompts.require_printable(data.text)
    made = await appeals.make(db, vote_id, voter_id, data.text)
    return Plea(appealed_at=made.appealed_at, answer=None, answered_at=None)


@get("/appeals", responses=guards.json_of(Appeals))
async def list_appeals(
    request: AnyRequest,
    signed_in: Given[Asker],
    db: Given[Pool],
    cursor: Cursor = None,
    unanswered: Annotated[bool, QueryParameter(name="unanswered")] = False,
) -> Response[Any]:
    """What voters say against exclusions; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found = await appeals.listed(db, unanswered=unanswered, before=cursor, most=PAGE + 1)
    return guards.fresh(request, Appeals(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@post("/appeals/{appeal_id:int}/answer", status_code=200)
async def answer_appeal(
    appeal_id: Number, data: JSONBody[Answering], signed_in: Given[Asker], db: Given[Pool]
) -> Appeal:
    """Answer an appeal, by letting the vote count again or by saying why not; for operators.

    With it the same voter's other votes that one finding of the audit left out count again.
    """
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    answered, let_in = await appeals.answer(db, appeal_id, text=text, lift=data.lift, account_id=signed_in.account.id)
    await recounts.soon(db, let_in)
    return answered


@post("/votes/{vote_id:uuid}/exclusions")
async def exclude(
    vote_id: FromPath[UUID], data: JSONBody[Excluding], signed_in: Given[Asker], db: Given[Pool]
) -> OnRecord:
    """Rate a vote no more; it stays on record, and the exclusion can be lifted. For operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    note = cards.line("note", data.note, least=1, most=500)
    excluded = await exclusions.exclude(db, vote_id, data.reason, note=note, account_id=signed_in.account.id)
    await recounts.soon(db, [vote_id])
    return excluded


@post("/exclusions/{exclusion_id:int}/lift", status_code=200)
async def lift(exclusion_id: Number, data: JSONBody[Lifting], signed_in: Given[Asker], db: Given[Pool]) -> OnRecord:
    """Let a vote count again as far as this exclusion goes; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    because = cards.line("reason", data.reason, least=1, most=500)
    await exclusions.lift(db, exclusion_id, because=because, account_id=signed_in.account.id)
    lifted = await exclusions.require(db, exclusion_id)
    if lifted.vote_id is not None:
        await recounts.soon(db, [lifted.vote_id])
    return lifted


@get("/exclusions", responses=guards.json_of(Exclusions))
async def list_exclusions(
    request: AnyRequest,
    signed_in: Given[Asker],
    db: Given[Pool],
    cursor: Cursor = None,
    reason: Annotated[Reason | None, QueryParameter(name="reason")] = None,
) -> Response[Any]:
    """Every exclusion, standing or lifted, with its evidence; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found = await exclusions.listed(db, reason=reason, before=cursor, most=PAGE + 1)
    return guards.fresh(request, Exclusions(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@get("/controls", responses=guards.json_of(Controls))
async def show_controls(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """How often voters see a difference where there is none, prefer A, or prefer an answer to something else."""
    measured = MeasuredOn(board=BOARD, **structs.asdict(await controls.measured(db)))
    return guards.fresh(request, Controls([measured], None))


routes = [
    show_receipt,
    appeal,
    list_appeals,
    answer_appeal,
    exclude,
    lift,
    list_exclusions,
    show_controls,
]
