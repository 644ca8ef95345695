"""Openings: from a prompt to a battle, within every limit there is."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import battles, controls, meetings, pairing, positions, probes
from arena.evaluation.battles import Battle
from arena.evaluation.controls import Control, Plan
from arena.evaluation.grounds import Grounds
from arena.evaluation.kinds import Kind
from arena.evaluation.pairing import Pair, Pairing, TooFewContenders
from arena.evaluation.traces import Trace
from arena.limits import MINUTE, Rates
from arena.submission import choices, endpoints
from arena.submission.endpoints import Entrant
from arena.upstream import Target

# Who loses the race for an endpoint draws again, among those who are left.
DRAWS: Final = 5


class DrawnBlindly(Refused):
    """The contenders of a blind battle are drawn. Leave out “contenders”, or ask for the kind “named” or “direct”."""


async def open(  # noqa: A001 - openings.open(…) is how callers say it.
    db: Pool,
    rates: Rates,
    voter_id: UUID,
    prompt: str,
    *,
    most: int,
    grounds: Grounds,
    kind: Kind = Kind.BLIND,
    chosen: Sequence[str] = (),
    plan: Plan = controls.NONE,
    trace: Trace | None = None,
    newcomer: bool = False,
) -> tuple[Battle, Pairing]:
    """Draw two contenders that may be called now, or take those chosen, and open their battle.

    Each draw is from those who can be called at that moment, so its propensity is that of the pair among them; a prompt
    that the voter asks again meets another pair, where there is one. The first one may become a control battle; where
    that can't be opened, because one contender has no room for two calls for instance, nobody is kept waiting for
    another. `most` is as in battles.open. A newcomer, who has just been invited, can have met nobody.
    """
    if kind.chosen:
        return await _open_chosen(db, rates, voter_id, prompt, kind, chosen, most, trace)
    if chosen:
        raise DrawnBlindly
    met = set() if newcomer else await meetings.of(db, voter_id, prompt)
    for draw in range(DRAWS):
        pair = await _draw(db, rates, grounds, met)
        if draw == 0:
            pair = await _measuring(db, voter_id, prompt, pair, plan)
        if not await rates.call(_ids(pair.entrants)):
            continue
        kind = Kind.CONTROL if isinstance(pair, Control) else Kind.BLIND
        if kind is Kind.BLIND:
            pair = await positions.balance(db, pair)
        try:
            return await battles.open(db, voter_id, prompt, pair, most=most, kind=kind, trace=trace), pair
        except endpoints.Unavailable:
            continue
    raise await _too_few(db)


async def _measuring(db: Pool, voter_id: UUID, prompt: str, pair: Pairing, plan: Plan) -> Pairing:
    """At the plan's shares a probe or another control battle, else the pair."""
    probe = probes.drawn(prompt, plan.probes)
    if probe is not None and not await probes.met(db, voter_id, probe):
        return probe
    return controls.drawn(pair, prompt, plan)


async def going_on(db: Pool, rates: Rates, grounds: Grounds, battle_id: UUID) -> list[Target]:
    """Whom to ask on in position order: the battle's own sides.

    A probe has none, and no text of ours for what its voter asks on: two who are drawn anew go on, so that nothing
    tells what it was.
    """
    if own := await endpoints.targets(db, await battles.sides(db, battle_id)):
        return own
    for _ in range(DRAWS):
        pair = await _draw(db, rates, grounds, ())
        if await rates.call(_ids(pair.entrants)):
            return [entrant.target for entrant in pair.entrants]
    raise await _too_few(db)


async def _draw(db: Pool, rates: Rates, grounds: Grounds, met: Collection[Pair]) -> Pairing:
    entrants = await endpoints.entrants(db)
    free = await rates.callable(_ids(entrants))
    try:
        return await grounds.draw([one for one in entrants if one.target.endpoint_id in free], without=met)
    except TooFewContenders:
        raise await _too_few(db) from None


async def _open_chosen(
    db: Pool,
    rates: Rates,
    voter_id: UUID,
    prompt: str,
    kind: Kind,
    slugs: Sequence[str],
    most: int,
    trace: Trace | None,
) -> tuple[Battle, Pairing]:
    if kind is Kind.DIRECT and len(slugs) != 1:
        raise Refused("Choose one contender to chat with.", field="contenders")
    if kind is Kind.NAMED and len(set(slugs)) != 2:
        raise Refused("Choose two different contenders.", field="contenders")
    entrants = await choices.require(db, slugs)
    if not await rates.call(_ids(entrants)):
        raise choices.Busy(seconds=MINUTE)
    chosen = pairing.chosen(entrants)
    try:
        return await battles.open(db, voter_id, prompt, chosen, most=most, kind=kind, trace=trace), chosen
    except endpoints.Unavailable:
        raise choices.Busy(seconds=MINUTE) from None


def _ids(entrants: Collection[Entrant]) -> list[UUID]:
    return [entrant.target.endpoint_id for entrant in entrants]


async def _too_few(db: Pool) -> TooFewContenders:
    """Says when a second contender can answer; where its rate is what holds it, within a minute."""
    seconds = await endpoints.second_free_in(db)
    if seconds is None:
        return TooFewContenders(seconds=MINUTE)
    seconds = max(seconds, 1.0) if seconds else float(MINUTE)
    at = datetime.now(UTC) + timedelta(seconds=ceil(seconds))
    return TooFewContenders(
        "Fewer than two contenders can answer at the moment, so no battle can be opened. Try again at {clock}.",
        clock=f"{at:%H:%M:%S} UTC",
        seconds=seconds,
    )
