"""`arena rate`: a vote file rated without any server, as a table for people and JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Final, Literal

import numpy as np

import rating
from arena import terminal
from arena.errors import Refused
from arena.terminal import Progress, Style
from rating import RatingError, Standing, Standings, Tally, votefile
from rating.outcomes import OUTCOMES, Outcome
from rating.votefile import Cluster, Columns, VoteFileUnknown

# As the settings of an arena are when nobody sets them: what rates a file has none.
ESTABLISHED_VOTES: Final = 500
ESTABLISHED_HALF_WIDTH: Final = 30.0

FEWEST_BAR_COLUMNS: Final = 10
FEWEST_NAME_COLUMNS: Final = 16
FIGURES: Final = ("Rank", "Rating", "Lower", "Upper", "Votes")


class VotesRefused(Refused):
    """These votes can't be rated as they are."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to rate, and how."""

    file: Path
    out: Path | None
    ties: str
    prior: float
    replicates: int
    seed: int
    cluster: Cluster
    renamed: Mapping[str, str]


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

    @property
    def bounded(self) -> bool:
        """Whether both ends of the interval are known."""
        return self.lower is not None and self.upper is not None


def run(order: Order, *, say: Callable[[str], None]) -> None:
    """Read, rate, write the JSON if asked to, say the table; VotesRefused with the fault's place."""
    progress = Progress(sys.stderr)
    try:
        columns = votefile.load(
            order.file,
            renamed=order.renamed,
            cluster=order.cluster,
            seen=lambda votes: progress.say(f"Reading {order.file.name}: {votes:,} votes"),
        )
        progress.say(f"Rating {len(columns.contenders):,} contenders by {len(columns):,} votes")
        tally, standings = _rated(columns, order)
    except VoteFileUnknown as error:
        raise VotesRefused(str(error)) from error
    except RatingError as error:
        raise VotesRefused("{file}: {fault}", file=str(order.file), fault=str(error)) from error
    except OSError as error:
        raise VotesRefused("{file}: {fault}.", file=str(order.file), fault=error.strerror or str(error)) from error
    finally:
        progress.clear()
    rows = _rows(standings)
    if order.out:
        order.out.write_text(_json(rows, standings, tally, columns), encoding="utf-8")
    for note in _notes(columns, order):
        print(f"arena: {note}", file=sys.stderr)
    style = terminal.style_of(sys.stdout)
    say(style.shown("\n".join([*_table(rows, style), "", _summed(tally, standings)])))


def _rated(columns: Columns, order: Order) -> tuple[Tally, Standings]:
    tally = Tally(
        contenders=columns.contenders,
        first=columns.first,
        second=columns.second,
        outcome=columns.outcome,
        voter=columns.voter,
        prompt=columns.prompt,
        weight=columns.weight,
    )
    standings = rating.rate(
        tally,
        ties=order.ties,
        prior=order.prior,
        cluster=order.cluster,
        seed=order.seed,
        replicates=order.replicates,
    )
    return tally, standings


def _rows(standings: Standings) -> list[Rated]:
    """The board's rows, group by group, the highest rating first."""
    rows = []
    for place, contender in enumerate(standings.contenders):
        lower, upper = float(standings.lower[place]), float(standings.upper[place])
        votes = int(standings.votes[place])
        established = votes >= ESTABLISHED_VOTES and (upper - lower) / 2 < ESTABLISHED_HALF_WIDTH
        rows.append(
            Rated(
                contender=contender,
                rating=float(standings.rating[place]),
                lower=lower if isfinite(lower) else None,
                upper=upper if isfinite(upper) else None,
                rank_lower=int(standings.rank_lower[place]),
                rank_upper=int(standings.rank_upper[place]),
                votes=votes,
                status="established" if established else "provisional",
                separation=standings.standing[place].value,
                group=int(standings.group[place]),
            )
        )
    return sorted(rows, key=lambda row: (row.group, -row.rating, row.contender))


def _json(rows: list[Rated], standings: Standings, tally: Tally, columns: Columns) -> str:
    said = np.bincount(columns.outcome, minlength=len(OUTCOMES))
    told = {
        "ratings": [asdict(row) for row in rows],
        "method": {
            **{name: _finite(value) for name, value in standings.method.items()},
            "bootstrap_ratio": standings.bootstrap_ratio,
            "residual": standings.residual,
            "error_bound": _finite(standings.error_bound),
        },
        "tally": {
            "votes": len(tally),
            "contenders": len(tally.contenders),
            "groups": len({row.group for row in rows}),
            "voters": None if tally.voter is None else tally.clusters("voter"),
            "effective_voters": None if tally.voter is None else standings.effective_voters,
            "outcomes": {outcome.value: int(count) for outcome, count in zip(OUTCOMES, said, strict=True)},
            "weighted": tally.weight is not None,
            "columns_not_read": list(columns.unread),
        },
    }
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _finite(value: str | float | None) -> str | float | None:
    """The value, or None for a number without an end: JSON has none."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _notes(columns: Columns, order: Order) -> Iterator[str]:
    """What somebody should know before they believe the table."""
    if columns.unread:
        yield f"Not read: {', '.join(columns.unread)}."
    if order.cluster == "voter" and columns.voter is None:
        yield "There is no voter column, so every vote counts as a voter of its own; intervals may be too narrow."
    if len(columns) == 1:
        yield "There is one vote, and one vote bounds nothing."
    elif (columns.outcome >= Outcome.TIE.code).all():
        yield "Every vote is a tie, so nobody is ahead of anybody."


def _table(rows: list[Rated], style: Style) -> list[str]:
    """The board as lines, intervals drawn where there is room for them; names are cut for a terminal alone."""
    longest = max(map(terminal.width_of, ("Contender", *(row.contender for row in rows))))
    figures = terminal.aligned([FIGURES, *(_figures(row, style) for row in rows)], [True] * len(FIGURES))
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
    return ranks, f"{row.rating:,.0f}", lower, upper, f"{row.votes:,}"


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


def _summed(tally: Tally, standings: Standings) -> str:
    """What the table was made of, in a line or two."""
    voters = ""
    if tally.voter is not None:
        voters = f" by {tally.clusters('voter'):,} voters (worth {standings.effective_voters:,.0f} equally busy ones)"
    many = "1 vote" if len(tally) == 1 else f"{len(tally):,} votes"
    choices = ", ".join(f"{name} {_short(value)}" for name, value in standings.method.items() if value is not None)
    return f"{many} on {len(tally.contenders):,} contenders{voters}\nMethod: {choices}"


def _short(value: str | float) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
