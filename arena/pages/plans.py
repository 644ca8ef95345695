"""Plans: what a board's own page says of its releases."""

from arena.db import Pool
from arena.integration import diagnostics
from arena.integration.boards import Board, Group
from arena.publishing import candidates, freshness


async def of(db: Pool, board: Board, at: str | None) -> dict[str, object]:
    """Which release is planned next, which one is held, the date that the page is asked for, and how old votes are.

    Of a category it is told besides how far it still tells contenders apart.
    """
    category = board.question.category if board.group is Group.CATEGORIES else None
    upcoming, held = await candidates.upcoming(db), await candidates.held(db)
    return {
        "planned": next((each for each in upcoming if each.board == board.slug), None),
        "held": next((each for each in held if each.board == board.slug), None),
        "at": at or "",
        "told_apart": await diagnostics.category(db, category) if category else None,
        "stale": (await freshness.stale(db)).get(board.slug),
    }
