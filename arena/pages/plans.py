"""Plans: what a board's own page says of its releases."""

from arena.db import Pool
from arena.integration.boards import Board
from arena.publishing import candidates


async def of(db: Pool, board: Board, at: str | None) -> dict[str, object]:
    """Which release is planned next, which one is held, and the date that the page is asked for, if it is one."""
    upcoming, held = await candidates.upcoming(db), await candidates.held(db)
    return {
        "planned": next((each for each in upcoming if each.board == board.slug), None),
        "held": next((each for each in held if each.board == board.slug), None),
        "at": at or "",
    }
