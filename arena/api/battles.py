"""Battles over HTTP: open one, follow it, vote on it, leave it."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from arena import guards
from arena.api import revealed
from arena.api.booths import Booth
from arena.api.revealed import Reveal
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import (
    battles,
    broadcasts,
    commitments,
    controls,
    exclusions,
    gates,
    openings,
    prompts,
    reveals,
    second_opinions,
    tags,
    traces,
    turns,
)
from arena.evaluation.battles import Battle, State
from arena.evaluation.broadcasts import Noted
from arena.evaluation.casting import Casting
from arena.evaluation.commitments import Disclosed
from arena.evaluation.generation import Generations
from arena.evaluation.kinds import Kind
from arena.evaluation.readings import Reading
from arena.evaluation.tags import Tagged
from arena.evaluation.turns import Spoken
from arena.evaluation.votes import Vote
from arena.jobs import Wakeups
from arena.limits import Rates
from arena.people import voters
from arena.publishing.latest import Latest
from arena.publishing.receipts import Receipt, Receipts
from rating import Outcome

BOARD = "overall"
TICK_NUMBER = re.compile("[0-9]{1,9}")
Agent = Annotated[str, HeaderParameter(name="User-Agent")]
STREAM_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Asked(Struct, forbid_unknown_fields=True):
    """A prompt for both sides."""

    prompt: str


class Opening(Asked, forbid_unknown_fields=True):
    """A prompt for two contenders that are drawn, or for those that one chooses by name.

    `named` puts two beside each other, `direct` is a chat with one; neither is ever rated.
    """

    kind: Literal["blind", "named", "direct"] = "blind"
    contenders: Annotated[list[str], Meta(max_length=2)] = []


class Ballot(Struct, forbid_unknown_fields=True):
    """The voter's outcome and, as far as the browser tells, how long they read for."""

    outcome: Outcome
    reading: Reading | None = None


class Leaving(Struct, forbid_unknown_fields=True):
    """Why the voter leaves without a vote, if they say."""

    reason: Annotated[str, Meta(max_length=1000)] | None = None


class Opened(Struct, omit_defaults=True):
    """A battle as it stands; nothing in it tells who the sides are.

    `commitment` is what the arena promises of them when the battle is opened: it can't be others afterwards.
    """

    id: UUID
    state: State
    commitment: str | None = None


class TurnBegun(Opened, kw_only=True):
    """A battle that goes on, and the number of its turn."""

    turn: int


class TurnShown(Struct):
    """One prompt and what both sides said to it."""

    turn: int
    prompt: str
    sides: list[Spoken]


class BattleShown(Struct):
    """A battle as its voter may see it; `remarks` say why its vote is not rated.

    `reveal`, and `tags` with what the prompt was sorted as, are null until the vote, unless the voter chose the sides.
    `commitment` is what was promised of the sides when the battle was opened, and `opening` what it was made from, told
    after the vote alone.
    """

    id: UUID
    kind: Kind
    state: State
    turns: list[TurnShown]
    sides: list[Spoken]
    remarks: tuple[Noted, ...]
    reveal: "Reveal | None"
    tags: Tagged | None
    commitment: str | None
    opening: Disclosed | None


class Voted(Struct):
    """The vote, its receipt, and who was who."""

    vote: Vote
    receipt: Receipt
    reveal: Reveal


@post("/battles")
async def open_battle(data: JSONBody[Opening], booth: Given[Booth], agent: Agent = "") -> Response[Opened]:
    """Open a battle: all sides begin to answer at once."""
    settings = booth.settings
    booth.generations.require_open()
    prompt = prompts.read(data.prompt, most=settings.prompt_characters)
    gates.require(prompt, settings)
    kind, asker = Kind(data.kind), booth.voter_id or voters.invite()
    await booth.rates.battle(asker, booth.network)
    pace = await booth.paces.of(BOARD)
    battle, pair = await openings.open(
        booth.db,
        booth.rates,
        asker,
        prompt,
        most=settings.concurrent_battles,
        grounds=booth.grounds,
        kind=kind,
        chosen=data.contenders,
        plan=booth.planned,
        trace=traces.of(booth.network, agent, settings.secret),
        newcomer=booth.voter_id is None,
    )
    booth.generations.begin(battle.id, 1, booth.questions(pair, prompt), pace=pace, kind=kind)
    cookies = [] if booth.voter_id else [guards.voter_cookie(asker, settings)]
    return Response(Opened(battle.id, battle.state, battle.commitment), status_code=201, cookies=cookies)


@get("/battles/{battle_id:uuid}", responses=guards.json_of(BattleShown))
async def show_battle(
    request: Request[Any, Any, Any],
    battle_id: FromPath[UUID],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    latest: Given[Latest],
) -> Response[Any]:
    """A battle of one's own: state and texts, and who the sides were once there is a vote."""
    battle = await battles.require(db, battle_id, voter_id)
    said = [_turn(turn, battle) for turn in await turns.said(db, battle_id)]
    reveal = tag = None
    if voter_id and (battle.state is State.VOTED or battle.kind.chosen):
        unveiled = await reveals.tell(db, battle_id, voter_id)
        held = await controls.held(db, battle_id)
        verdicts = await second_opinions.of(db, battle_id, voter_id)
        reveal = revealed.placed(unveiled, await latest.of(BOARD), verdicts, *(held.told if held else (None, None)))
        tag = await tags.tagged(db, battle_id)
    remarks = broadcasts.ready(await exclusions.standing(db, battle_id)).remarks
    promised = (battle.commitment, await commitments.disclose(db, battle_id))
    shown = BattleShown(battle.id, battle.told, battle.state, said, said[-1].sides, remarks, reveal, tag, *promised)
    return guards.fresh(request, shown)


@get("/battles/{battle_id:uuid}/stream", media_type="text/event-stream")
async def stream_battle(
    battle_id: FromPath[UUID],
    booth: Given[Booth],
    after: Annotated[int, QueryParameter(name="after", ge=0)] = 0,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """The battle's events: ticks of both sides, finished blocks, and how it ended."""
    battle = await battles.require(booth.db, battle_id, booth.voter_id)
    heard = TICK_NUMBER.fullmatch(last_event_id or "")
    return Stream(
        booth.generations.follow(battle, max(after, int(heard[0]) if heard else 0)),
        media_type="text/event-stream",
        headers=STREAM_HEADERS,
    )


@post("/battles/{battle_id:uuid}/turns")
async def next_turn(battle_id: FromPath[UUID], data: JSONBody[Asked], booth: Given[Booth]) -> TurnBegun:
    """Ask both sides on; their stream goes on where it stopped."""
    db, generations, settings = booth.db, booth.generations, booth.settings
    generations.require_open()
    prompt = prompts.read(data.prompt, most=settings.prompt_characters)
    gates.require(prompt, settings)
    battle = await battles.require(db, battle_id, booth.voter_id)
    await booth.rates.battle(booth.voter_id or battle.id, booth.network)
    if battle.state is State.READY:
        await generations.settled(battle_id)
    pace = await booth.paces.of(BOARD)
    targets = await openings.going_on(db, booth.rates, booth.grounds, battle_id)
    turn = await battles.resume(db, battle_id, booth.voter_id, prompt, most=settings.turns)
    said = await turns.said(db, battle_id)
    held = await controls.held(db, battle_id)
    questions = [(target, controls.conversation(said, position, held)) for position, target in enumerate(targets)]
    ticks = sum(len(earlier.ticks) for earlier in said)
    generations.begin(battle_id, turn, questions, pace=pace, ticks=ticks, kind=battle.kind)
    return TurnBegun(battle_id, State.OPEN, turn=turn)


@post("/battles/{battle_id:uuid}/stop", status_code=200)
async def stop_battle(
    battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool], generations: Given[Generations]
) -> Opened:
    """Both answers end here; what is shown by now is voted on."""
    battle = await battles.require(db, battle_id, voter_id)
    await generations.stop(battle_id)
    return Opened(battle.id, battle.state)


@post("/battles/{battle_id:uuid}/vote")
async def vote(
    battle_id: FromPath[UUID],
    data: JSONBody[Ballot],
    voter_id: Given[UUID | None],
    casting: Given[Casting],
    latest: Given[Latest],
    wakeups: Given[Wakeups],
    rates: Given[Rates],
    receipts: Given[Receipts],
    settings: Given[Settings],
    network: Given[str],
    agent: Agent = "",
) -> Response[Voted]:
    """Cast a vote and learn who was who; the same vote again is the same answer."""
    if voter_id is None:
        raise battles.NoSuchBattle
    await rates.vote(voter_id)
    trace = traces.of(network, agent, settings.secret)
    cast = await casting.cast(battle_id, voter_id, data.outcome, reading=data.reading, trace=trace)
    if cast.new:
        await wakeups.refit_soon(BOARD)
    unveiled, receipt = await casting.reveal(battle_id, voter_id), await receipts.of(cast.id)
    verdicts = await casting.seconded(cast, battle_id, voter_id)
    reveal = revealed.placed(unveiled, await latest.of(BOARD), verdicts, receipt.control, receipt.control_side)
    told = Voted(Vote(id=cast.id, outcome=cast.outcome, cast_at=cast.cast_at), receipt, reveal)
    return Response(told, status_code=201 if cast.new else 200)


@post("/battles/{battle_id:uuid}/skip")
async def skip_battle(
    battle_id: FromPath[UUID],
    data: JSONBody[Leaving],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    generations: Given[Generations],
) -> Response[Opened]:
    """Leave without a vote."""
    prompts.require_printable(data.reason or "")
    await battles.skip(db, battle_id, voter_id, data.reason)
    generations.abandon(battle_id)
    return Response(Opened(battle_id, State.SKIPPED), status_code=200)


def _turn(turn: turns.Turn, battle: Battle) -> TurnShown:
    return TurnShown(turn.turn, turn.prompt, turn.answers or [Spoken("", "")] * battle.kind.sides)


routes = [open_battle, show_battle, stream_battle, next_turn, stop_battle, vote, skip_battle]
