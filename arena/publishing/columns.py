"""Columns: what a table can show of a contender, what it is sorted by, and the fields it is exported as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from arena.publishing.standings import Standing

Value = str | float | int | bool | datetime | None
Scale = Literal["rating", "logits", "win_rate"]
Ranks = Literal["overall", "shown"]


@dataclass(frozen=True)
class Line:
    """A standing as a table shows it.

    `rating` and its interval are on the table's scale, and the ranks among whom it ranks; what was fitted is beside it
    in `standing`.
    """

    standing: Standing
    rating: float | None
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    pinned: bool = False


@dataclass(frozen=True)
class Field:
    """A value as it is exported: what it is called, its type, and where it is read."""

    name: str
    kind: type
    read: Callable[[Line], Value]


@dataclass(frozen=True)
class Column:
    """What stands under one head: its fields, and the value it is sorted by, where None comes last.

    Whoever sorts by it without saying which way gets the highest first where that is `high`.
    """

    name: str
    fields: tuple[Field, ...]
    key: Callable[[Line], Any]
    high: bool = False


def _of(name: str, kind: type) -> Field:
    return Field(name, kind, lambda line: getattr(line.standing, name))


def _column(name: str, *fields: Field, high: bool = False) -> Column:
    return Column(name, fields, lambda line: _ordered(fields[0].read(line)), high)


def _ordered(value: Value) -> Any:
    """A text without regard to case, and an empty one as unknown."""
    return (value.casefold() or None) if isinstance(value, str) else value


def _width(line: Line) -> float | None:
    return None if line.lower is None or line.upper is None else line.upper - line.lower


_CONTENDER: Final = (_of("contender", str), _of("name", str), _of("organisation", str))
_RATING: Final = Field("rating", float, lambda line: line.rating)
_BOUNDS: Final = (Field("lower", float, lambda line: line.lower), Field("upper", float, lambda line: line.upper))
_RANKS: Final = (
    Field("rank_lower", int, lambda line: line.rank_lower),
    Field("rank_upper", int, lambda line: line.rank_upper),
)
ALL: Final = {
    column.name: column
    for column in (
        Column("rank", _RANKS, lambda line: (line.rank_lower, line.rank_upper)),
        Column("contender", _CONTENDER, lambda line: _ordered(line.standing.name)),
        Column("rating", (_RATING,), lambda line: line.rating, high=True),
        Column("interval", _BOUNDS, _width),
        _column("change", _of("delta", float), _of("entered", bool), high=True),
        _column("votes", _of("votes", int), high=True),
        _column("status", _of("status", str)),
        _column("last_vote", _of("last_vote_at", datetime), high=True),
        _column("licence", _of("licence", str)),
        _column("open", _of("open_weights", bool), high=True),
        _column("size", _of("parameters_billions", float), high=True),
        _column("kind", _of("kind", str)),
        _column("official", _of("party", str)),
        _column("price", _of("answer_price", float), _of("prompt_price", float)),
        _column("group", _of("group", int), _of("separation", str)),
        _column("gain", _of("gain_votes", int), _of("gain_votes_unaudited", int)),
        _column("flagged", _of("flagged", bool), high=True),
    )
}
# A rating is never shown without its interval, nor either without whose they are.
ALWAYS: Final = ("contender", "rating", "interval")
USUAL: Final = ("rank", *ALWAYS, "change", "votes", "status", "last_vote")


def usual(standings: Sequence[Standing]) -> tuple[str, ...]:
    """The usual columns, without those that would be empty in all lines."""
    moved = any(one.entered or one.delta is not None for one in standings)
    seen = any(one.last_vote_at for one in standings)
    empty = ({"change"} if not moved else set()) | ({"last_vote"} if not seen else set())
    return tuple(name for name in USUAL if name not in empty)


def fields(names: tuple[str, ...], scale: Scale, ranks: Ranks) -> list[Field]:
    """The fields of these columns; what is on another scale than usual has another name, so that nobody mistakes it."""
    return [_renamed(field, scale, ranks) for name in names for field in ALL[name].fields]


def _renamed(field: Field, scale: Scale, ranks: Ranks) -> Field:
    name = field.name
    if scale != "rating":
        name = {"rating": scale, "lower": f"{scale}_lower", "upper": f"{scale}_upper"}.get(name, name)
    if ranks == "shown":
        name = {"rank_lower": "shown_rank_lower", "rank_upper": "shown_rank_upper"}.get(name, name)
    return Field(name, field.kind, field.read)
