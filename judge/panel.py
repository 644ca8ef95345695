"""Panels: several judges of different families, and the one verdict they come to."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from judge.errors import PanelRefused
from judge.verdicts import Verdict
from rating import Outcome

# How far from the middle the weighted share must be for a side to have won.
MARGIN: Final = 1 / 8


class Member(Struct, frozen=True):
    """A judge of a panel: its name, the family of models it comes from, and what its word weighs."""

    judge: str
    family: str
    weight: float = 1.0


class Joined(Struct, frozen=True, kw_only=True):
    """What a panel came to; `heard` members had something to say, and `excused` ones judge no answer of their family.

    `agreement` is the weight of those who are for the outcome, out of the weight heard. Without a majority of the
    weight that could have been heard there is no outcome.
    """

    outcome: Outcome | None
    share: float | None
    agreement: float | None
    heard: int
    excused: tuple[str, ...]


def check(members: tuple[Member, ...]) -> None:
    """PanelRefused unless these are at least two judges of at least two families, each once and with a weight."""
    if len({member.judge for member in members}) < len(members):
        raise PanelRefused("A judge sits on a panel once.")
    if len({member.family for member in members}) < 2:
        raise PanelRefused("A panel needs judges of at least two families, as one family shares its faults.")
    if any(not 0 < member.weight < float("inf") for member in members):
        raise PanelRefused("Every member's weight is a number above 0.")


def join(
    members: tuple[Member, ...], verdicts: Mapping[str, Verdict], families: frozenset[str], *, own: bool = False
) -> Joined:
    """The panel's verdict out of its members'; who is of a family that is judged is excused unless `own`."""
    check(members)
    excused = tuple(member.judge for member in members if member.family in families and not own)
    seated = [member for member in members if member.judge not in excused]
    heard = [
        (member.weight, verdicts[member.judge])
        for member in seated
        if member.judge in verdicts and verdicts[member.judge].outcome is not None
    ]
    weight = sum(weight for weight, _ in heard)
    if not heard or weight * 2 <= sum(member.weight for member in seated):
        return Joined(outcome=None, share=None, agreement=None, heard=len(heard), excused=excused)
    share = sum(weight * (verdict.share or 0.0) for weight, verdict in heard) / weight
    outcome = Outcome.A if share > 0.5 + MARGIN else Outcome.B if share < 0.5 - MARGIN else Outcome.TIE
    agreed = sum(weight for weight, verdict in heard if verdict.outcome == outcome)
    return Joined(outcome=outcome, share=share, agreement=agreed / weight, heard=len(heard), excused=excused)
