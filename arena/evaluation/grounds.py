"""Grounds: what a draw goes by, read again every second at most, and the probabilities that follow from it."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, Pool, many
from arena.evaluation import estimates, forbidden, pairing, policies
from arena.evaluation.estimates import Estimates
from arena.evaluation.pairing import Ground, Pair, Pairing, Table
from arena.evaluation.policies import Policy
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
from arena.together import Together
from rating import allocation
from rating.allocation import Known, Shares
from rating.arrays import Flags

FRESH_SECONDS: Final = 1.0
# Of all tables together that are kept: 64 MB or so, tables of 200 entrants by the hundred.
MOST_PAIRS: Final = 2_000_000
# Of a contender without a vote, in squared log-odds: what its phantom draw against the mean leaves open.
UNKNOWN_VARIANCE: Final = 4.0

Among: TypeAlias = tuple[tuple[UUID, float, State], ...]


class Member(Struct, frozen=True):
    """A contender that can be drawn now or after a pause: whose it is, and whether it is tested in private."""

    id: UUID
    organisation: str
    private: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a ground is made of, but for the estimates themselves."""

    members: list[Member]
    forbidden: list[tuple[UUID, UUID]]
    policy: Policy
    version: UUID | None


class Grounds:
    """Draws pairs by what the database said a second ago at most.

    What an operator decides, and what a refit hands down, holds in every process within that second.
    """

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._reads = Together(self._read)
        self._read_at = -FRESH_SECONDS
        self._facts: Facts | None = None
        self._ground: Ground | None = None
        self._tables: OrderedDict[Among, Table] = OrderedDict()

    async def draw(self, entrants: list[Entrant], *, without: Collection[Pair] = ()) -> Pairing:
        """Draw a pair of these, but not one of those it shall be `without`, if there are others."""
        if self._ground is None or not self._serves(entrants, self._ground):
            await self._reads.ask(None)
        assert self._ground is not None
        among = pairing.drawable(entrants, self._ground)
        return pairing.drawn(among, self._table(among, self._ground), without=without)

    def _serves(self, entrants: list[Entrant], ground: Ground) -> bool:
        """Whether the ground is fresh and knows everybody who is to be drawn."""
        fresh = monotonic() - self._read_at <= FRESH_SECONDS
        return fresh and all(entrant.contender_id in ground.places for entrant in entrants)

    async def _read(self, asked: list[None]) -> list[None]:
        began = monotonic()
        facts = await _facts(self._db)
        if facts != self._facts:
            found = await estimates.read(self._db) if facts.version else None
            # With a thousand contenders this takes long enough for others to notice.
            self._ground = await asyncio.to_thread(prepared, facts, found)
            self._facts = facts
            self._tables.clear()
        self._read_at = began
        return asked

    def _table(self, entrants: list[Entrant], ground: Ground) -> Table:
        among = tuple((entrant.contender_id, entrant.rate, entrant.state) for entrant in entrants)
        if among not in self._tables:
            self._tables[among] = pairing.tabulate(entrants, ground)
            while len(self._tables) > 1 and sum(len(table.low) for table in self._tables.values()) > MOST_PAIRS:
                self._tables.popitem(last=False)
        self._tables.move_to_end(among)
        return self._tables[among]


async def _facts(db: Db) -> Facts:
    members = await many(
        db,
        Member,
        """
        SELECT contenders.id, organisation, committed_at IS NULL AS private
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE state IN ('warming', 'listed', 'paused')
        ORDER BY contenders.id
        """,
    )
    return Facts(
        members=members,
        forbidden=await forbidden.standing(db),
        policy=await policies.present(db),
        version=await estimates.version(db),
    )


def prepared(facts: Facts, found: Estimates | None) -> Ground:
    """The ground that follows from these facts."""
    policy, places = facts.policy, {member.id: place for place, member in enumerate(facts.members)}
    private = np.array([member.private for member in facts.members], dtype=np.bool_)
    return Ground(
        places=places,
        allowed=_allowed(facts, places, private),
        known=_known(places, private, found) if found else None,
        shares=Shares(
            uniform=policy.uniform,
            newcomers=policy.newcomers,
            a_optimal=policy.a_optimal,
            connecting=policy.connecting,
        ),
    )


def _allowed(facts: Facts, places: dict[UUID, int], private: Flags) -> Flags:
    """Who may meet: not oneself, nor two that are private, nor who is forbidden to, nor one organisation, if so set."""
    allowed = ~(private[:, None] & private)
    np.fill_diagonal(allowed, False)
    if not facts.policy.same_organisation:
        organisation = np.array([member.organisation for member in facts.members])
        allowed &= (organisation[:, None] != organisation) | (organisation == "")
    for pair in facts.forbidden:
        if pair[0] in places and pair[1] in places:
            low, high = (places[one] for one in pair)
            allowed[low, high] = allowed[high, low] = False
    return allowed


def _known(places: dict[UUID, int], private: Flags, found: Estimates) -> Known:
    """What the estimates say of the members; one without a vote is taken to be average, and to be compared with nobody.

    A vote's gain is counted over all that were rated, also those that are drawn no more: they hold the scale.
    """
    voted, size = set(found.contender_ids), len(found.contender_ids)
    ids = [*found.contender_ids, *(one for one in places if one not in voted)]
    theta, covariance = np.zeros(len(ids)), np.eye(len(ids)) * UNKNOWN_VARIANCE
    theta[:size], covariance[:size, :size] = found.theta, found.covariance
    settled, group = np.zeros(len(ids), dtype=np.bool_), np.arange(len(ids)) + found.groups.max(initial=-1) + 1
    settled[:size], group[:size] = found.settled, found.groups
    of = {contender_id: place for place, contender_id in enumerate(ids)}
    order = np.array([of[one] for one in places], dtype=np.int64)
    return Known(
        theta=theta[order],
        gain=allocation.trace_gain(theta, covariance)[np.ix_(order, order)],
        rated=~private,
        newcomers=~settled[order],
        group=group[order],
    )
