"""`arena rate`: a vote file rated without any server, as a table for people and JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

import rating
from arena import rated, terminal
from arena.errors import Refused
from arena.rated import Rated
from arena.terminal import Progress
from rating import RatingError, Standings, Styled, Tally, covariates, votefile
from rating.outcomes import OUTCOMES, Outcome
from rating.votefile import Cluster, Columns, VoteFileUnknown


class VotesRefused(Refused):
    """These votes can't be rated as they are."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to rate, and how."""

    file: Path
    out: Path | None
    ties: str | None
    prior: float
    replicates: int
    seed: int
    cluster: Cluster
    style: tuple[str, ...] = ()
    renamed: Mapping[str, str]


def run(order: Order, *, say: Callable[[str], None]) -> None:
    """Read, rate, write the JSON if asked to, say the table; VotesRefused with the fault's place."""
    progress = Progress(sys.stderr)
    try:
        columns = votefile.load(
            order.file,
            renamed=order.renamed,
            cluster=order.cluster,
            style=order.style,
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
    rows = rated.rows(standings)
    if order.out:
        order.out.write_text(_json(rows, standings, tally, columns), encoding="utf-8")
    for note in _notes(columns, order, standings.style):
        print(f"arena: {note}", file=sys.stderr)
    style = terminal.style_of(sys.stdout)
    say(style.shown("\n".join([*rated.table(rows, style), "", _summed(tally, standings)])))


def _rated(columns: Columns, order: Order) -> tuple[Tally, Standings]:
    tally = columns.tally
    standings = rating.rate(
        tally,
        ties=order.ties,
        prior=order.prior,
        cluster=order.cluster,
        seed=order.seed,
        replicates=order.replicates,
        style=covariates.of(columns.style, order.style) if order.style else None,
    )
    return tally, standings


def _json(rows: list[Rated], standings: Standings, tally: Tally, columns: Columns) -> str:
    said = np.bincount(columns.outcome, minlength=len(OUTCOMES))
    told = {
        "ratings": [_row(row) for row in rows],
        "method": _method(standings),
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


def _row(row: Rated) -> dict[str, Any]:
    told = asdict(row)
    return told | (told.pop("shift") or {})


def _method(standings: Standings) -> dict[str, Any]:
    """The choices made; at equal style with each feature's coefficient, for one root mean square of the difference."""
    told: dict[str, Any] = {
        name: rated.end(value) if isinstance(value, float) else value for name, value in standings.method.items()
    }
    told |= {
        "bootstrap_ratio": standings.bootstrap_ratio,
        "residual": standings.residual,
        "error_bound": rated.end(standings.error_bound),
    }
    if (style := standings.style) is None:
        return told
    columns = (
        style.features,
        style.coefficients.tolist(),
        map(rated.end, style.errors.tolist()),
        style.scales.tolist(),
    )
    names = ("feature", "coefficient", "standard_error", "scale")
    return told | {"style": [dict(zip(names, feature, strict=True)) for feature in zip(*columns, strict=True)]}


def _notes(columns: Columns, order: Order, style: Styled | None) -> Iterator[str]:
    """What somebody should know before they believe the table."""
    if columns.unread:
        yield f"Not read: {', '.join(columns.unread)}."
    if order.cluster == "voter" and columns.voter is None:
        yield "There is no voter column, so every vote counts as a voter of its own; intervals may be too narrow."
    if style and style.silent:
        yield f"No two sides differ in {', '.join(style.silent)}, so nothing is known of its worth."
    if style and order.cluster == "voter" and columns.prompt is not None:
        yield "At equal style votes are clustered by voter alone, whether or not prompts repeat."
    if len(columns) == 1:
        yield "There is one vote, and one vote bounds nothing."
    elif (columns.outcome >= Outcome.TIE.code).all():
        yield "Every vote is a tie, so nobody is ahead of anybody."


def _summed(tally: Tally, standings: Standings) -> str:
    """What the table was made of, in a line or two."""
    voters = ""
    if tally.voter is not None:
        voters = f" by {tally.clusters('voter'):,} voters (worth {standings.effective_voters:,.0f} equally busy ones)"
    many = "1 vote" if len(tally) == 1 else f"{len(tally):,} votes"
    choices = ", ".join(f"{name} {_short(value)}" for name, value in standings.method.items() if value is not None)
    return f"{many} on {len(tally.contenders):,} contenders{voters}\nMethod: {choices}{_styled(standings.style)}"


def _styled(style: Styled | None) -> str:
    if style is None:
        return ""
    found = zip(style.features, style.coefficients, style.errors, strict=True)
    told = ", ".join(
        f"{name} {worth:+.3g} ± {error:.2g}" if isfinite(error) else f"{name} unknown" for name, worth, error in found
    )
    return f"\nStyle: {told} (log-odds for one root mean square of the difference, and standard error)"


def _short(value: str | float) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
