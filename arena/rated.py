"""The rows of a rated vote file: what the JSON of each contender holds, and the table that people read."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final, Literal

from arena import terminal
from arena.terminal import Style
from rating import Standing, Standings, Styled

# As the settings of an arena are when nobody sets them: what rates a file has none.
ESTABLISHED_VOTES: Final = 500
ESTABLISHED_HALF_WIDTH: Final = 30.0

FEWEST_BAR_COLUMNS: Final = 10
FEWEST_NAME_COLUMNS: Final = 16
FIGURES: Final = ("Rank", "Rating", "Lower", "Upper", "Votes")
SHIFTS: Final = ("Shift", "Least", "Most")


@dataclass(frozen=True)
class Shift:
    """What equal style adds to a rating, with the ends of its interval; one that can't be estimated is None."""

    shift: float
    shift_lower: float | None
    shift_upper: float | None


@dataclass(frozen=True)
class Rated:
    """One contender's row, as the JSON has it; an end that can't be estimated is None."""

    contender: str
    rating: float
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    votes: int
    status: Literal["provisional", "established"]
    separation: str
    group: int
    shift: Shift | None

    @property
    def bounded(self) -> bool:
        """Whether both ends of the interval are known."""
        return self.lower is not None and self.upper is not None


def rows(standings: Standings) -> list[Rated]:
    """The board's rows, group by group, the highest rating first."""
    found = []
    for place, contender in enumerate(standings.contenders):
        lower, upper = float(standings.lower[place]), float(standings.upper[place])
        votes = int(standings.votes[place])
        established = votes >= ESTABLISHED_VOTES and (upper - lower) / 2 < ESTABLISHED_HALF_WIDTH
        found.append(
            Rated(
                contender=contender,
                rating=float(standings.rating[place]),
                lower=end(lower),
                upper=end(upper),
                rank_lower=int(standings.rank_lower[place]),
                rank_upper=int(standings.rank_upper[place]),
                votes=votes,
                status="established" if established else "provisional",
                separation=standings.standing[place].value,
                group=int(standings.group[place]),
                shift=_shift(standings.style, place),
            )
        )
    return sorted(found, key=lambda row: (row.group, -row.rating, row.contender))


def _shift(style: Styled | None, place: int) -> Shift | None:
    if style is None:
        return None
    shift, lower, upper = (float(column[place]) for column in (style.shift, style.lower, style.upper))
    return Shift(shift, end(lower), end(upper))


def end(value: float) -> float | None:
    """The value, or None for a number without an end: JSON has none."""
    return value if isfinite(value) else None


def table(rows: list[Rated], style: Style) -> list[str]:
    """The board as lines, intervals drawn where there is room for them; names are cut for a terminal alone."""
    longest = max(map(terminal.width_of, ("Contender", *(row.contender for row in rows))))
    header = FIGURES if rows[0].shift is None else (*FIGURES, *SHIFTS)
    figures = terminal.aligned([header, *(_figures(row, style) for row in rows)], [True] * len(header))
    statuses = terminal.aligned([("Status",), *((_status(row),) for row in rows)], [False])
    room = style.width - terminal.width_of(figures[0]) - max(map(terminal.width_of, statuses)) - 3 * len(terminal.GAP)
    name = min(longest, max(room - FEWEST_BAR_COLUMNS, FEWEST_NAME_COLUMNS)) if style.cut else longest
    drawn = room - name
    bars = [""] * (len(rows) + 1)
    if drawn >= FEWEST_BAR_COLUMNS:
        axis = _axis(rows)
        bars = [" " * drawn, *(terminal.bar(_ends(row), row.rating, axis, drawn, style.letters) for row in rows)]
    lines = []
    for contender, numbers, drawing, status in zip(
        ["Contender", *(row.contender for row in rows)], figures, bars, statuses, strict=True
    ):
        lines.append(terminal.GAP.join(filter(None, (terminal.fitted(contender, name), numbers, drawing, status))))
    return [style.bold(lines[0]), *_grouped(rows, lines[1:], style)]


def _grouped(rows: list[Rated], lines: list[str], style: Style) -> Iterator[str]:
    """The rows' lines, with a heading over each group where there are several."""
    several = rows[-1].group > 0
    for place, (row, line) in enumerate(zip(rows, lines, strict=True)):
        if several and (place == 0 or rows[place - 1].group != row.group):
            yield style.bold(
                f"Group {row.group}: nothing compares it with the others, so its ratings and ranks are its own"
            )
        yield line if row.status == "established" else style.dim(line)


def _figures(row: Rated, style: Style) -> tuple[str, ...]:
    ranks = (
        f"{row.rank_lower}"
        if row.rank_lower == row.rank_upper
        else f"{row.rank_lower}{style.letters.to}{row.rank_upper}"
    )
    lower, upper = ("none" if end is None else f"{end:,.0f}" for end in (row.lower, row.upper))
    moved = () if row.shift is None else (row.shift.shift, row.shift.shift_lower, row.shift.shift_upper)
    shifts = ("none" if points is None else f"{points:+,.0f}" for points in moved)
    return ranks, f"{row.rating:,.0f}", lower, upper, f"{row.votes:,}", *shifts


def _status(row: Rated) -> str:
    return row.status if row.separation == Standing.SETTLED else f"{row.status}, {row.separation}"


def _ends(row: Rated) -> tuple[float, float]:
    return -inf if row.lower is None else row.lower, inf if row.upper is None else row.upper


def _axis(rows: list[Rated]) -> tuple[float, float]:
    shown = [value for row in rows for value in (row.lower, row.rating, row.upper) if value is not None]
    low, high = min(shown), max(shown)
    # Room for the arrows of intervals without an end beyond the last point.
    margin = 0.0 if all(row.bounded for row in rows) else max((high - low) / 8, 1.0)
    return low - margin, high + margin
