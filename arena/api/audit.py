"""The audit over HTTP: findings and every vote's standing for everybody, decisions for operators."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.di import Provide
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct, structs

from arena import guards, jobs
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation.exclusions import Reason
from arena.guards import Asker
from arena.integration import audit_table, audits, boards, defaults, effects, findings, recounts
from arena.integration.audit_table import COLUMNS, Line, Wanted
from arena.integration.audits import Summary
from arena.integration.boards import OVERALL
from arena.integration.effects import Effect
from arena.integration.findings import Finding, Kind, State
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import cards

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]
PAGE: Final = 50
LINES: Final = 200
TYPES: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """Why; everybody may read it."""

    text: Sentence


class ExcludingAll(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a finding's votes shall not be rated: a code for their receipts, and a sentence for everybody."""

    reason: Literal["automated", "collusion", "careless"]
    text: Sentence


class Findings(Struct):
    """A page of findings, the latest first, and what the audit has looked at."""

    items: list[Finding]
    next: str | None
    audited: Summary


class Lines(Struct):
    """A page of votes, by ascending name."""

    items: list[Line]
    next: str | None


@get("/audit/findings", responses=guards.json_of(Findings))
async def list_findings(
    request: AnyRequest,
    db: Given[Pool],
    cursor: Cursor = None,
    standing: Annotated[State | None, QueryParameter(name="state")] = None,
    kind: Annotated[Kind | None, QueryParameter(name="kind")] = None,
) -> Response[Any]:
    """What the audit holds against votes, and what became of it."""
    found = await findings.listed(db, state=standing, kind=kind, before=cursor, most=PAGE + 1)
    audited = await audits.summary(db, await boards.require(db, OVERALL))
    following = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return guards.fresh(request, Findings(found[:PAGE], following, audited), public=True)


@get("/audit/findings/{finding_id:int}", responses=guards.json_of(Finding))
async def show_finding(request: AnyRequest, finding_id: Number, db: Given[Pool]) -> Response[Any]:
    """One finding with its evidence and what operators did."""
    return guards.fresh(request, await findings.require(db, finding_id), public=True)


@get("/audit/findings/{finding_id:int}/effect", responses=guards.json_of(Effect))
async def show_effect(
    request: AnyRequest, finding_id: Number, signed_in: Given[Asker], db: Given[Pool]
) -> Response[Any]:
    """What leaving its votes out would change now, by a new fit; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    return guards.fresh(request, await _effect(db, finding_id))


@post("/audit/findings/{finding_id:int}/acknowledge", status_code=200)
async def acknowledge(finding_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Take a finding up; for operators. What leaving its votes out would change is told from then on."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    effect = await _effect(db, finding_id)
    return await findings.acknowledge(db, finding_id, text=text, effect=effect, account_id=signed_in.account.id)


@post("/audit/findings/{finding_id:int}/dismiss", status_code=200)
async def dismiss(finding_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Find nothing in it, with the reason; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    return await findings.dismiss(db, finding_id, text=text, account_id=signed_in.account.id)


@post("/audit/findings/{finding_id:int}/exclude", status_code=200)
async def exclude(
    finding_id: Number,
    data: JSONBody[ExcludingAll],
    signed_in: Given[Asker],
    db: Given[Pool],
) -> Finding:
    """Rate the finding's votes no more; for operators. Where that changes the first five places, two must say so."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    effect = await _effect(db, finding_id)
    decided = await findings.exclude(
        db, finding_id, Reason(data.reason), text=text, effect=effect, account_id=signed_in.account.id
    )
    if decided.state is State.EXCLUDED:
        await defaults.make_all_votes(db)
        await jobs.refit_soon(db, defaults.ALL_VOTES.slug)
        await recounts.soon(db, await findings.votes(db, finding_id))
    return decided


@post("/audit/findings/{finding_id:int}/restore", status_code=200)
async def restore(finding_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Let the votes that a finding left out count again; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    restored = await findings.restore(db, finding_id, text=text, account_id=signed_in.account.id)
    await recounts.soon(db, await findings.votes(db, finding_id))
    return restored


async def wanted(
    status: Annotated[Literal["counted", "excluded", "waiting"] | None, QueryParameter(name="status")] = None,
    voter: Annotated[str | None, QueryParameter(name="voter", description="A published name.")] = None,
    contender: Annotated[str | None, QueryParameter(name="contender", max_length=100)] = None,
    finding: Annotated[int | None, QueryParameter(name="finding", ge=1, le=2**53)] = None,
) -> Wanted:
    """Which votes the address asks for."""
    return Wanted(status=status, voter=named("voter", voter), contender=contender or None, finding=finding)


def named(field: str, name: str | None) -> UUID | None:
    """A published name as it was given."""
    if not name:
        return None
    try:
        return UUID(hex=name)
    except ValueError:
        raise Refused("“{name}” is no published name: 32 hexadecimal digits.", name=name[:40], field=field) from None


@get(
    "/audit/votes",
    responses=guards.json_of(Lines),
    opt={"gives": [*TYPES.values()]},
    dependencies={"wanted": Provide(wanted)},
)
async def list_votes(
    request: AnyRequest,
    db: Given[Pool],
    wanted: Given[Wanted],
    cursor: Annotated[str | None, QueryParameter(name="cursor")] = None,
    format: Annotated[Literal["json", "csv", "jsonl"], QueryParameter(name="format")] = "json",  # noqa: A002
) -> Response[Any]:
    """Every vote with where it stands, why, and what the audit says; as csv or jsonl, all of them in one file."""
    if format != "json":
        headers = {"content-disposition": f'attachment; filename="audit-votes.{format}"', "cache-control": "no-cache"}
        return Stream(_file(db, wanted, format), media_type=TYPES[format], headers=headers)
    found = await audit_table.page(db, wanted, after=named("cursor", cursor), most=LINES + 1)
    return guards.fresh(
        request, Lines(found[:LINES], found[LINES - 1].vote if len(found) > LINES else None), public=True
    )


async def _file(db: Pool, wanted: Wanted, kind: str) -> AsyncIterator[bytes]:
    if kind == "csv":
        yield _csv([COLUMNS])
    async for batch in audit_table.stream(db, wanted):
        if kind == "csv":
            yield _csv([_cells(line) for line in batch])
        else:
            yield msgspec.json.Encoder().encode_lines(batch)


def _cells(line: Line) -> list[Any]:
    told = structs.asdict(line)
    return [" ".join(map(str, told[name])) if isinstance(told[name], list) else told[name] for name in COLUMNS]


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


async def _effect(db: Pool, finding_id: int) -> Effect:
    finding = await findings.require(db, finding_id)
    return await effects.of(db, await boards.require(db, finding.board), await findings.votes(db, finding_id))


routes = [list_findings, show_finding, show_effect, acknowledge, dismiss, exclude, restore, list_votes]
