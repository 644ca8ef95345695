"""Heats: the contenders of one board on every other board, as how far each stands there from where it stands here."""

from msgspec import Struct

from arena.db import Db
from arena.integration import boards
from arena.integration.boards import Board
from arena.publishing import releases
from arena.publishing.releases import Standing


class Cell(Struct, frozen=True, kw_only=True):
    """A contender on another board; `away` is its rating there less its rating here.

    `told` says whether its interval there leaves its rating here out, None where that interval has not both ends.
    """

    rating: float
    lower: float | None
    upper: float | None
    votes: int
    away: float
    told: bool | None


class Line(Struct, frozen=True, kw_only=True):
    """A contender of the board, and how it stands on the other ones, in their order; None where it does not."""

    contender: str
    name: str
    organisation: str
    party: str | None
    rating: float
    cells: list[Cell | None]


class Column(Struct, frozen=True, kw_only=True):
    """Another board on which contenders of this one stand."""

    board: str
    name: str
    release: str


class Heat(Struct, frozen=True, kw_only=True):
    """A board's contenders on the other boards; without a release of its own it has no lines."""

    board: str
    release: str | None
    columns: list[Column]
    lines: list[Line]


async def of(db: Db, board: Board) -> Heat:
    """The board's contenders on every other board that they stand on, as of the last releases."""
    release = await releases.latest(db, board.slug)
    if release is None:
        return Heat(board=board.slug, release=None, columns=[], lines=[])
    own = {standing.contender for standing in release.standings if standing.group == 0}
    columns, others = [], []
    for other in await boards.listed(db):
        last = None if other.slug == board.slug else await releases.latest(db, other.slug)
        if last is not None and any(standing.contender in own for standing in last.standings):
            columns.append(Column(board=other.slug, name=other.name, release=last.id))
            others.append({line.contender: line for line in last.standings if line.group == 0})
    lines = [_line(standing, others) for standing in release.standings if standing.group == 0]
    return Heat(board=board.slug, release=release.id, columns=columns, lines=lines)


def _line(standing: Standing, others: list[dict[str, Standing]]) -> Line:
    return Line(
        contender=standing.contender,
        name=standing.name,
        organisation=standing.organisation,
        party=standing.party,
        rating=standing.rating,
        cells=[_cell(standing, other.get(standing.contender)) for other in others],
    )


def _cell(here: Standing, there: Standing | None) -> Cell | None:
    if there is None:
        return None
    closed = there.lower is not None and there.upper is not None
    return Cell(
        rating=there.rating,
        lower=there.lower,
        upper=there.upper,
        votes=there.votes,
        away=there.rating - here.rating,
        told=not there.lower <= here.rating <= there.upper if closed else None,  # type: ignore[operator]  # closed
    )
