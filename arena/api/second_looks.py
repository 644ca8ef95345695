"""Second looks over HTTP: judge a stored pair that judges did not settle, blind."""

import random
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import second_looks, turns
from arena.evaluation.readings import Reading
from arena.evaluation.second_looks import Look, State
from arena.evaluation.turns import Spoken
from arena.integration import contested, disagreements
from arena.integration.contested import Contested
from arena.limits import Rates
from arena.people import voters
from rating import Outcome

AnyRequest = Request[Any, Any, Any]
CHANCE = random.SystemRandom()
MOST = 200


class LookAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


class LookBallot(Struct, frozen=True, forbid_unknown_fields=True):
    """Which answer is better, by the positions in which they are shown, and how long the voter read."""

    outcome: Outcome
    reading: Reading | None = None


class TurnLooked(Struct):
    """One prompt and what both sides said to it."""

    turn: int
    prompt: str
    sides: list[Spoken]


class LookShown(Struct):
    """A second look; nothing in it ever tells who the sides are, since whoever asked left without a vote."""

    id: UUID
    state: State
    turns: list[TurnLooked]
    outcome: Outcome | None


class LookEnded(Struct):
    """A second look as it stands."""

    id: UUID
    state: State


class LookVoted(LookEnded):
    """What was said.

    `rated` is false: a stored battle is shown because judges did not settle it, so the outcome is on no board. It is
    recorded in the ledger, and judges are held against it. `propensity` is how probable this battle was to be drawn.
    """

    outcome: Outcome
    rated: bool
    propensity: float


class ContestedList(Struct):
    """How far each judge agrees with people's second looks, which are at battles that judges did not settle."""

    items: list[Contested]
    next: str | None


@post("/second-looks")
async def open_look(
    data: JSONBody[LookAsked],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    settings: Given[Settings],
    rates: Given[Rates],
    network: Given[str],
) -> Response[LookShown]:
    """Be shown a stored pair that waits for a person's judgement; one that is open already is shown again."""
    asker = voter_id or voters.invite()
    await rates.battle(asker, network)
    look = await second_looks.open(
        db,
        asker,
        await disagreements.gains(db, most=MOST),
        days=settings.conversation_days,
        most=settings.second_looks,
        chance=CHANCE,
    )
    cookies = [] if voter_id else [guards.voter_cookie(asker, settings)]
    return Response(await _shown(db, settings, look), status_code=201, cookies=cookies)


@get("/second-looks/{look_id:uuid}", responses=guards.json_of(LookShown))
async def show_look(
    request: AnyRequest,
    look_id: FromPath[UUID],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    settings: Given[Settings],
) -> Response[Any]:
    """A second look of one's own."""
    return guards.fresh(request, await _shown(db, settings, await second_looks.require(db, look_id, voter_id)))


@post("/second-looks/{look_id:uuid}/vote")
async def vote_look(
    look_id: FromPath[UUID],
    data: JSONBody[LookBallot],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    rates: Given[Rates],
) -> Response[LookVoted]:
    """Say which is better; the same again is the same answer."""
    if voter_id is None:
        raise second_looks.NoSuchLook
    await rates.vote(voter_id)
    look, new = await second_looks.cast(
        db, look_id, voter_id, data.outcome, seconds=data.reading.seconds if data.reading else None
    )
    voted = LookVoted(look.id, look.state, data.outcome, False, look.propensity)
    return Response(voted, status_code=201 if new else 200)


@post("/second-looks/{look_id:uuid}/skip", status_code=200)
async def skip_look(
    look_id: FromPath[UUID], data: JSONBody[LookAsked], voter_id: Given[UUID | None], db: Given[Pool]
) -> LookEnded:
    """Leave without an outcome; this pair is not shown again."""
    await second_looks.skip(db, look_id, voter_id)
    return LookEnded(look_id, State.SKIPPED)


@get("/second-looks/agreement", responses=guards.json_of(ContestedList))
async def list_agreement(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """How far each judge agrees with people on battles that judges did not settle; apart from all other figures."""
    return guards.fresh(request, ContestedList(await contested.of(db), None), public=True)


async def _shown(db: Pool, settings: Settings, look: Look) -> LookShown:
    shows = await second_looks.shows(db, look, days=settings.conversation_days)
    said = await turns.said(db, look.battle_id) if shows else []
    told = [TurnLooked(turn.turn, turn.prompt, turn.answers[:: -1 if look.turned else 1]) for turn in said]
    return LookShown(look.id, look.state, told, look.outcome)


routes = [open_look, list_agreement, show_look, vote_look, skip_look]
