"""Effects: what leaving votes out would change on a board, by fitting it again without them."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Pool
from arena.evaluation.votes import Counted
from arena.integration import fits, material, rows
from arena.integration.boards import Board
from arena.integration.questions import Question
from rating import RatingError

LEADERS: Final = 5


class Moved(Struct, frozen=True):
    """A contender's rating with all votes that count and without those asked about, None where it has none then."""

    contender: str
    rating: float
    without: float | None

    @property
    def change(self) -> float:
        """In points; nothing where it would not be rated."""
        return 0.0 if self.without is None else self.without - self.rating


class Effect(Struct, frozen=True):
    """What leaving so many votes out would change; `leaders` are the first five, before and then.

    `moved` has every contender, the largest change first. `top` says whether another five would stand first, or in
    another order.
    """

    votes: int
    leaders: list[str]
    leaders_then: list[str]
    moved: list[Moved]
    top: bool


async def of(db: Pool, board: Board, vote_ids: Sequence[UUID]) -> Effect:
    """What the board would be without these votes; computed on a copy, so that nothing changes."""
    counted = (await material.selected(db, board)).counted
    out = set(vote_ids)
    kept = [vote for vote in counted if vote.id not in out]
    before, then = await asyncio.to_thread(lambda: (_ratings(counted, board.question), _ratings(kept, board.question)))
    leaders, leaders_then = _leaders(before), _leaders(then)
    moved = [Moved(slug, rating, then.get(slug)) for slug, rating in before.items()]
    moved.sort(key=lambda each: (-abs(each.change), each.contender))
    return Effect(len(counted) - len(kept), leaders, leaders_then, moved, leaders != leaders_then)


def _ratings(counted: Sequence[Counted], question: Question) -> dict[str, float]:
    """Nobody is rated where there are too few votes for it."""
    told = [rows.published(vote, {}) for vote in counted]
    try:
        standings = fits.anchored(fits.rate(told, question, replicates=0), question)
    except RatingError:
        return {}
    return dict(zip(standings.contenders, map(float, standings.rating), strict=True))


def _leaders(ratings: dict[str, float]) -> list[str]:
    return sorted(ratings, key=lambda slug: (-ratings[slug], slug))[:LEADERS]
