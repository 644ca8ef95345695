"""`arena simulate pairing`: what a rule of pairing costs or saves, as a table for people and JSON for programs."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from arena import terminal
from arena.errors import Refused
from arena.terminal import Progress, Style
from rating import RatingError, savings
from rating.savings import RULES, SURE, Saving, Trial

HEADER: Final = ("Rule", "Error", "Worth", "±", "Wrong order", "Worth", "±", "Newcomer", "±")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to simulate: what a Trial takes, and by which rules; all where none is named."""

    trial: dict[str, Any]
    rules: tuple[str, ...]
    out: Path | None


def run(order: Order, *, say: Callable[[str], None]) -> None:
    """Simulate, write the JSON if asked to, say the table."""
    unknown = [name for name in order.rules if name not in RULES]
    if unknown:
        raise Refused("There is no rule “{name}”. There are {known}.", name=unknown[0], known=", ".join(RULES))
    chosen = {name: RULES[name] for name in dict.fromkeys(("uniform", *(order.rules or RULES)))}
    progress = Progress(sys.stderr)
    try:
        trial = Trial(**order.trial)
        found = savings.compare(trial, chosen, seen=lambda rule: progress.say(f"Drawing pairs by {rule}"))
    except RatingError as error:
        raise Refused("{fault}", fault=str(error)) from error
    finally:
        progress.clear()
    if order.out:
        told = {"trial": asdict(trial), "rules": [asdict(saving) for saving in found]}
        order.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    style = terminal.style_of(sys.stdout)
    say(style.shown("\n".join([*_table(found, style), "", *_explained(trial)])))


def _table(found: list[Saving], style: Style) -> list[str]:
    rows = [HEADER, *(_row(saving) for saving in found)]
    header, *lines = terminal.aligned(rows, [False, *[True] * (len(HEADER) - 1)])
    return [style.bold(header), *lines]


def _row(saving: Saving) -> tuple[str, ...]:
    return (
        saving.rule,
        f"{saving.error:.1f}",
        f"{saving.worth:,.0f}",
        f"{saving.worth_error:,.0f}",
        f"{saving.disorder:.2%}",
        f"{saving.order_worth:,.0f}",
        f"{saving.order_worth_error:,.0f}",
        f"{saving.newcomer:,.0f}",
        f"{saving.newcomer_error:,.0f}",
    )


def _explained(trial: Trial) -> list[str]:
    return [
        f"{trial.boards:,} boards of {trial.contenders:,} contenders (spread {trial.spread:g} points), "
        f"{trial.votes:,} votes each.",
        "Error: of a rating, in points. Worth: the votes on uniform pairs that do as well, by error and by order.",
        f"Newcomer: the votes that one more contender takes until its standard error is {SURE:g} points.",
        "±: standard errors of the simulation.",
    ]
