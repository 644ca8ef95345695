"""Recounts: the boards that ask for votes which were left out or let in again are looked after at once."""

from collections.abc import Sequence
from uuid import UUID

from arena import jobs
from arena.db import Pool
from arena.evaluation import selections
from arena.integration import boards
from arena.integration.boards import OVERALL
from arena.integration.questions import Source


async def soon(db: Pool, vote_ids: Sequence[UUID]) -> list[str]:
    """Have every board looked after that an exclusion of any of these votes changes; their slugs."""
    called = []
    for board in await boards.listed(db):
        if board.source is Source.IMPORTED or not board.question.exclusions:
            continue
        if await selections.asks(db, board.question, vote_ids):
            # Somebody waits for the board that everybody looks at; the others come after it.
            await jobs.refit_soon(db, board.slug, priority=jobs.AWAITED if board.slug == OVERALL else 0)
            called.append(board.slug)
    return called
