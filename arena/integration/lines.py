"""Lines: what a snapshot says of each contender."""

import math
from collections.abc import Iterator
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Proxy
from arena.integration import fits
from arena.integration.questions import Question
from rating import Standings
from rating.arrays import Codes, Flags


class Line(Struct, frozen=True, kw_only=True):
    """A contender's numbers in a snapshot; a bound of None is no bound."""

    contender: str
    name: str
    theta: float
    rating: float
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    votes: int


async def keep(
    connection: Connection | Proxy,
    snapshot_id: UUID,
    question: Question,
    standings: Standings,
    votes: Codes,
    settings: Settings,
) -> None:
    """Keep a snapshot's lines, with what each contender's card says at this moment; `votes` are each contender's."""
    await connection.executemany(
        """
        INSERT INTO standings (snapshot_id, contender_id, name, organisation, theta, rating, lower, upper,
                               rank_lower, rank_upper, votes, status, separation, "group", shown, licence,
                               open_weights, parameters_billions, kind, party, prompt_price, answer_price)
        SELECT $1, contenders.id, name, organisation, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, licence,
               open_weights, parameters_billions, kind, party, prompt_price, answer_price
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        WHERE slug = $2
        """,
        [(snapshot_id, *row) for row in _rows(standings, votes, question, settings)],
    )


def established(standings: Standings, settings: Settings) -> Flags:
    """Who has enough votes and an interval that is narrow enough."""
    narrow = (standings.upper - standings.lower) / 2 < settings.established_half_width
    return np.asarray((standings.votes >= settings.established_votes) & narrow)


def _rows(standings: Standings, votes: Codes, question: Question, settings: Settings) -> Iterator[tuple[object, ...]]:
    enough = established(standings, settings)
    shown = fits.shown(votes, enough, question)
    for place, contender in enumerate(standings.contenders):
        rating, lower, upper = (float(values[place]) for values in (standings.rating, standings.lower, standings.upper))
        yield (
            contender,
            float(standings.theta[place]),
            rating,
            _bound(lower),
            _bound(upper),
            int(standings.rank_lower[place]),
            int(standings.rank_upper[place]),
            int(votes[place]),
            "established" if enough[place] else "provisional",
            standings.standing[place].value,
            int(standings.group[place]),
            bool(shown[place]),
        )


def _bound(value: float) -> float | None:
    """An end of an interval, or None where there is none."""
    return value if math.isfinite(value) else None
