"""Material: what a board's next snapshot is made of."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from arena.db import Pool, Proxy
from arena.evaluation import benches, exclusions, imports, votes
from arena.evaluation.benches import Heard
from arena.evaluation.exclusions import Acts
from arena.evaluation.votes import Counted
from arena.integration.boards import Board, Source
from arena.submission import contenders


class Selected(Struct, frozen=True):
    """What a snapshot is made of, all of it as of one moment: the votes, and what had been excluded.

    `imports` is how many files the votes came in, and `names` what is published for a contender's slug where that is
    not the slug itself. `heard` are the verdicts beside the votes, or in their place.
    """

    counted: list[Counted]
    acts: Acts = Acts(0, "")
    imports: int = 0
    names: Mapping[str, str] = {}
    heard: list[Heard] = []


async def selected(db: Pool, board: Board, *, until: datetime | None = None) -> Selected:
    """The votes that the board asks for and what had been excluded of them, all as of one moment;
    with a moment, those cast by then."""
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        if board.source is not Source.IMPORTED:
            return await _of_battles(connection, board, until)
        return Selected(
            await imports.counted(connection, board.id, until=until),
            imports=await imports.came(connection, board.id, until=until),
            names=await contenders.names(connection, f"{board.slug}--"),
        )


async def _of_battles(connection: Proxy, board: Board, until: datetime | None) -> Selected:
    known = await exclusions.acts(connection, board.question)
    if board.source is Source.BATTLES:
        return Selected(await votes.counted(connection, board.question, until=until), known)
    heard = await benches.heard(connection, board.question)
    if board.source is Source.JUDGE:
        return Selected([_as_vote(each) for each in heard], known, heard=heard)
    return Selected(await votes.counted(connection, board.question, until=until), known, heard=heard)


def _as_vote(heard: Heard) -> Counted:
    """A verdict as the rating reads one that judges alone have a say in: the judge is its voter."""
    return Counted(heard.id, heard.contenders, heard.outcome, heard.judge, heard.id, heard.prompt)
