"""Standings: the lines of a release, each with how it moved since the release before."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many


class Standing(Struct, frozen=True, kw_only=True):
    """A contender's line in a release; a bound of None is no bound.

    What its card said is as it was when the numbers were fitted; prices are for a million tokens. `delta` is how far
    its rating moved since the board's release before this one: None where there was none, or it has `entered` since.
    `gain_votes` is how many added votes, each where it tells most, take it past the next above it, and
    `gain_votes_unaudited` the same if excluded votes counted; both are known minutes after the release.
    """

    contender: str
    name: str
    organisation: str
    rating: float
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    votes: int
    status: Literal["provisional", "established"]
    separation: Literal["settled", "unbeaten", "winless", "separated"]
    group: int
    licence: str
    open_weights: bool | None
    parameters_billions: float | None
    kind: str | None
    party: Literal["first", "third"] | None
    prompt_price: float | None
    answer_price: float | None
    delta: float | None = None
    entered: bool = False
    last_vote_at: datetime | None = None
    flagged: bool = False
    gain_votes: int | None = None
    gain_votes_unaudited: int | None = None


async def of(db: Db, release_id: str, snapshot_id: UUID) -> list[Standing]:
    """A release's lines, those of its snapshot that the board shows."""
    return await many(
        db,
        Standing,
        """
        WITH before AS (
            SELECT snapshot_id FROM releases
            WHERE board_id = (SELECT board_id FROM releases WHERE id = $2)
              AND (published_at, id) < (SELECT published_at, id FROM releases WHERE id = $2)
            ORDER BY published_at DESC, id DESC LIMIT 1
        )
        SELECT slug AS contender, now.name, now.organisation, now.rating, now.lower, now.upper, now.rank_lower,
               now.rank_upper, now.votes, now.status, now.separation, now."group", now.licence, now.open_weights,
               now.parameters_billions, now.kind, now.party, now.prompt_price, now.answer_price, now.last_vote_at,
               now.rating - earlier.rating AS delta,
               earlier.contender_id IS NULL AND EXISTS (SELECT FROM before) AS entered,
               (measured #>> ARRAY['gains', slug, 'audited', 'votes'])::integer AS gain_votes,
               (measured #>> ARRAY['gains', slug, 'unaudited', 'votes'])::integer AS gain_votes_unaudited
        FROM standings AS now
        JOIN contenders ON contenders.id = now.contender_id
        LEFT JOIN standings AS earlier
          ON earlier.snapshot_id = (SELECT snapshot_id FROM before) AND earlier.contender_id = now.contender_id
        LEFT JOIN fragilities ON fragilities.snapshot_id = now.snapshot_id
        WHERE now.snapshot_id = $1 AND now.shown
        ORDER BY now."group", now.rating DESC, slug
        """,
        snapshot_id,
        release_id,
    )
