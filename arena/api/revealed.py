"""What a voter is told of the two sides after the vote, with where they stand."""

from typing import Any

from msgspec import Struct

from arena.evaluation.controls import What
from arena.evaluation.reveals import Unveiled
from arena.evaluation.second_opinions import SecondOpinion
from arena.publishing.releases import Release

PLACE = ("rating", "lower", "upper", "rank_lower", "rank_upper", "group")


class SideRevealed(Unveiled, frozen=True, kw_only=True):
    """Who a side was, and where that contender stands on the board; null where it does not yet."""

    rating: float | None
    lower: float | None
    upper: float | None
    rank_lower: int | None
    rank_upper: int | None
    group: int | None


class Reveal(Struct):
    """Who was who, in position order, and what a control battle was: `control_side` is who was asked something else,
    or, of a probe, which of two texts of the arena was wrong.

    `verdicts` are what judges said of the battle, which are no votes; empty before the vote, and until one has judged.
    """

    sides: list[SideRevealed]
    control: What | None
    control_side: int | None
    verdicts: list[SecondOpinion]


def placed(
    unveiled: list[Unveiled],
    release: Release | None,
    verdicts: list[SecondOpinion],
    control: What | None,
    control_side: int | None,
) -> Reveal:
    """Who the sides were, each with its place in the release."""
    standings = {standing.contender: standing for standing in release.standings} if release else {}
    sides = []
    for side in unveiled:
        standing = standings.get(side.contender or "")
        place: dict[str, Any] = {name: getattr(standing, name, None) for name in PLACE}
        told = {name: getattr(side, name) for name in Unveiled.__struct_fields__}
        sides.append(SideRevealed(**told, **place))
    return Reveal(sides, control, control_side, verdicts)
