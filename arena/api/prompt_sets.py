"""Prompt sets over HTTP: proposed and decided on, read, and answered by a file."""

import asyncio
import hashlib
import re
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.api import askers
from arena.db import Pool
from arena.errors import ArenaError, NotFound, Refused
from arena.evaluation import prompt_sets, set_answers, set_files, set_results, sheets
from arena.evaluation.prompt_sets import Notes, PromptSet, State
from arena.evaluation.set_answers import HandedIn
from arena.evaluation.set_results import Result, Sensitivity, Validity
from arena.evaluation.sheets import Form, Intake
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import cards
from judge import Kind

AnyRequest = Request[Any, Any, Any]
FORMS: Final = {
    "text/csv": Form.CSV,
    "application/jsonl": Form.JSON_LINES,
    "application/x-ndjson": Form.JSON_LINES,
}
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
PAGE: Final = 100
Line = Annotated[str, QueryParameter(max_length=4000)]


class PromptsHidden(ArenaError):
    """The prompts of this set are hidden until it is used up: only the arena itself asks them."""

    status = 409


class PromptSets(Struct):
    """A page of prompt sets, by their addresses."""

    items: list[PromptSet]
    next: str | None


class PromptShown(Struct):
    """A prompt as everybody may read it; its reference is told once the set is used up."""

    id: str
    prompt: str
    category: str | None
    kind: Kind | None
    reference: str | None


class PromptsShown(Struct):
    """A page of a set's prompts, in their order."""

    items: list[PromptShown]
    next: str | None


class Results(Struct):
    """How contenders did on a set, what its prompts still tell apart, and what formats change."""

    items: list[Result]
    next: str | None
    validity: Validity
    sensitivities: list[Sensitivity]


class ResultsOf(Struct):
    """How one contender did on each set that it has answered."""

    items: list[Result]
    next: str | None


class Deciding(Struct, frozen=True, forbid_unknown_fields=True):
    """Why an operator declines a set or lets it be used up."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Freezing(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


@get("/prompt-sets", responses=guards.json_of(PromptSets))
async def list_sets(
    request: AnyRequest,
    asker: Given[Asker | None],
    db: Given[Pool],
    stands: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: Annotated[str, QueryParameter(name="cursor", max_length=200)] = "",
) -> Response[Any]:
    """The prompt sets that are in use or used up; operators can ask for those that are proposed or declined."""
    if stands in (State.PROPOSED, State.DECLINED):
        askers.require(asker, Scope.OPERATE, Role.OPERATOR)
    states = [State.FROZEN, State.USED_UP] if stands is None else [stands]
    found = await prompt_sets.listed(db, states, after=cursor, most=PAGE + 1)
    return guards.fresh(request, PromptSets(found[:PAGE], found[PAGE - 1].slug if len(found) > PAGE else None))


@get("/prompt-sets/{name:str}", responses=guards.json_of(PromptSet))
async def show_set(
    request: AnyRequest, name: FromPath[str], asker: Given[Asker | None], db: Given[Pool]
) -> Response[Any]:
    """What is said of a prompt set, and where it stands."""
    return guards.fresh(request, await _readable(db, name, asker))


@get("/prompt-sets/{name:str}/prompts", responses=guards.json_of(PromptsShown))
async def list_prompts(
    request: AnyRequest,
    name: FromPath[str],
    asker: Given[Asker | None],
    db: Given[Pool],
    cursor: Annotated[int, QueryParameter(name="cursor", ge=0, le=2**31 - 1)] = 0,
) -> Response[Any]:
    """The prompts of a set that shows them; an operator reads them all, with their references."""
    found = await _readable(db, name, asker)
    operator = asker is not None and askers.operates(asker)
    if not (operator or found.shows_prompts):
        raise PromptsHidden
    told = operator or found.state is State.USED_UP
    listed = [each for each in await prompt_sets.prompts(db, found.id) if each.position > cursor]
    page = [
        PromptShown(each.name, each.content, each.category, each.kind, each.reference if told else None)
        for each in listed[:PAGE]
    ]
    return guards.fresh(request, PromptsShown(page, str(listed[PAGE - 1].position) if len(listed) > PAGE else None))


@get("/prompt-sets/{name:str}/results", responses=guards.json_of(Results))
async def list_results(
    request: AnyRequest, name: FromPath[str], asker: Given[Asker | None], db: Given[Pool]
) -> Response[Any]:
    """How contenders did on a set, what its prompts still tell apart, and what formats change."""
    found = await _readable(db, name, asker)
    results = Results(
        await set_results.of_set(db, found.id),
        None,
        await set_results.validity(db, found.id),
        await set_results.sensitivities(db, found.id),
    )
    return guards.fresh(request, results)


@get("/contenders/{slug:str}/prompt-sets", responses=guards.json_of(ResultsOf))
async def list_results_of(request: AnyRequest, slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """How a contender did on each prompt set that it has answered."""
    return guards.fresh(request, ResultsOf(await set_results.of_contender(db, slug), None), public=True)


@post("/prompt-sets", opt={"reads": FORMS}, request_max_body_size=sheets.MOST_FILE_BYTES)
async def propose_set(
    request: AnyRequest,
    signed_in: Given[Asker],
    db: Given[Pool],
    slug: Line,
    name: Line,
    licence: Line,
    description: Line = "",
    source: Line = "",
    contamination: Line = "",
    hidden: Annotated[bool, QueryParameter()] = False,
) -> PromptSet:
    """Propose a prompt set: the body is a CSV file or JSON lines, with the fields id and prompt, and category,
    reference and kind (exact, numeric, choice) where they are known. An operator decides on it."""
    signed_in.require(Scope.SUBMIT)
    if not SLUG.fullmatch(slug):
        raise Refused(
            "A slug has 1 to 100 small letters, digits, hyphens and dots, a letter or digit first.", field="slug"
        )
    notes = Notes(
        slug=slug,
        name=cards.title("name", name),
        licence=cards.line("licence", licence, least=1),
        description=cards.line("description", description, most=2000),
        source=cards.line("source", source, most=500),
        contamination=cards.line("contamination", contamination, most=2000),
        hidden=hidden,
    )
    data, form = await _file(request)
    prompts = await asyncio.to_thread(set_files.prompts, data, form)
    async with db.acquire() as connection:
        return await prompt_sets.propose(connection, notes, prompts, account_id=signed_in.account.id)


@post("/prompt-sets/{name:str}/freeze", status_code=200)
async def freeze_set(
    name: FromPath[str], data: JSONBody[Freezing], signed_in: Given[Asker], db: Given[Pool]
) -> PromptSet:
    """Take a proposed set into use; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found = await prompt_sets.require(db, name)
    async with db.acquire() as connection:
        return await prompt_sets.freeze(connection, found.id, account_id=signed_in.account.id)


@post("/prompt-sets/{name:str}/decline", status_code=200)
async def decline_set(
    name: FromPath[str], data: JSONBody[Deciding], signed_in: Given[Asker], db: Given[Pool]
) -> PromptSet:
    """Say no to a proposed set; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found, reason = await prompt_sets.require(db, name), cards.line("reason", data.reason, least=1, most=500)
    async with db.acquire() as connection:
        return await prompt_sets.decline(connection, found.id, reason=reason, account_id=signed_in.account.id)


@post("/prompt-sets/{name:str}/use-up", status_code=200)
async def use_up_set(
    name: FromPath[str], data: JSONBody[Deciding], signed_in: Given[Asker], db: Given[Pool]
) -> PromptSet:
    """Show everything of a set, with its references, and ask it no more; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    found, reason = await prompt_sets.require(db, name), cards.line("reason", data.reason, least=1, most=500)
    async with db.acquire() as connection:
        return await prompt_sets.use_up(connection, found.id, reason=reason, account_id=signed_in.account.id)


@post("/prompt-sets/{name:str}/answers", opt={"reads": FORMS}, request_max_body_size=sheets.MOST_FILE_BYTES)
async def hand_in(
    request: AnyRequest,
    name: FromPath[str],
    signed_in: Given[Asker],
    db: Given[Pool],
    contender: Line,
    partial: Annotated[bool, QueryParameter()] = False,
) -> HandedIn:
    """Hand in a contender's answers: the body is a CSV file or JSON lines, with the fields id and answer, and format
    where prompts were not put plainly. Every prompt must have a plain answer, unless the file is said to be partial."""
    contender_id = await askers.contender(db, signed_in, contender)
    found = await prompt_sets.in_use(db, name)
    if found.hidden and not askers.operates(signed_in):
        raise PromptsHidden
    data, form = await _file(request)
    given = await asyncio.to_thread(set_files.answers, data, form)
    async with db.acquire() as connection:
        return await set_answers.hand_in(
            connection,
            found,
            contender_id,
            given,
            sha256=hashlib.sha256(data).hexdigest(),
            partial=partial,
            account_id=signed_in.account.id,
        )


async def _file(request: AnyRequest) -> tuple[bytes, Form]:
    """The body, in the form that its header names; read to its end even where it is refused, so that this is heard."""
    form = FORMS[guards.content_type(request)]
    intake = Intake(form)
    async for piece in request.stream():
        intake.take(piece)
    return intake.whole(), form


async def _readable(db: Pool, name: str, asker: Asker | None) -> PromptSet:
    """The set; one that is not in use is shown to those who have signed in, who may have proposed it."""
    found = await prompt_sets.require(db, name)
    if asker is None and found.state in (State.PROPOSED, State.DECLINED):
        raise NotFound("There is no prompt set “{slug}” here.", slug=name[:100])
    return found


routes = [
    *(list_sets, show_set, list_prompts, list_results, list_results_of),
    *(propose_set, freeze_set, decline_set, use_up_set, hand_in),
]
