"""Diagnosis: a board looked through for all that might decide votes besides the answers, and what it would change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rating import biases, concentration, effects, fooled, graph, reweighting, saturation, transitivity, weights
from rating.arrays import Codes, Flags, Integers, Vector
from rating.concentration import Alone, Shared
from rating.covariates import Covariates
from rating.effects import Effect, Told
from rating.errors import RatingError
from rating.fooled import Beside
from rating.likelihood import Ties
from rating.saturation import Saturation
from rating.swaps import Swap
from rating.tally import Tally
from rating.transitivity import Transitivity

HASTY = 0.25
LENGTHS = ("position, short answers", "position, middling answers", "position, long answers")
PARTS_OF_DAY = 6
HOURS = 24
# A part of the votes smaller than this is not weighed up to the others: its few votes would be the board.
SMALLEST_PART = 0.02


class Kind(StrEnum):
    """What an effect's number is."""

    PREFERENCE = "preference"  # log-odds of a win between equals
    SHIFT = "shift"  # what a contender's strength would gain, in log-odds
    ATTENTION = "attention"  # how much more closely votes follow the board, of the gap between two contenders
    SPREAD = "spread"  # the standard deviation of what pairs add to strengths, in log-odds


@dataclass(frozen=True, eq=False, kw_only=True)
class Known:
    """What is known of N votes beside the tally; None is unknown of all, and codes below 0 and NaN of one vote.

    `length` is that of both answers together, `dwell` how long the voter took, in any unit. `mix` is the declared share
    of each code of `category`; without it the categories are weighed evenly. `cluster` numbers prompts that are nearly
    the same, `contaminated` marks those that models may know by heart, and `careful` the votes of voters whom wrong
    answers that sound sure fooled less.
    """

    covariates: Covariates | None = None
    length: Vector | None = None
    category: Integers | None = None
    mix: Mapping[int, float] | None = None
    language: Integers | None = None
    hour: Integers | None = None
    dwell: Vector | None = None
    cluster: Integers | None = None
    contaminated: Flags | None = None
    careful: Flags | None = None

    def only(self, rows: Flags) -> "Known":
        """What is known of the rows marked."""
        columns = (
            "covariates",
            "length",
            "category",
            "language",
            "hour",
            "dwell",
            "cluster",
            "contaminated",
            "careful",
        )
        cut: dict[str, object] = {}
        for name in columns:
            column = getattr(self, name)
            if column is not None:
                cut[name] = column.only(rows) if isinstance(column, Covariates) else column[rows]
        return replace(self, **cut)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Found:
    """One effect among those of its board, and who would stand above whom without it."""

    kind: Kind
    told: Told
    swaps: tuple[Swap, ...] = ()


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """All that was found in the votes of `contenders`, whom swaps, residuals and `alone` name by place.

    `categories` has the saturation of each category's code. `duplicated` is the share of votes on the commonest
    hundredth of prompts, `contaminated` that of votes on prompts models may know, and `careful` the board by the voters
    who were fooled less beside this one. None is what is not known.
    """

    contenders: tuple[str, ...]
    found: tuple[Found, ...]
    shared: Shared | None
    alone: Alone | None
    transitivity: Transitivity
    categories: dict[int, Saturation]
    duplicated: float | None
    contaminated: float | None
    careful: Beside | None


def of(tally: Tally, known: Known, *, ties: str = Ties.DAVIDSON, seed: int = 0, replicates: int = 199) -> Diagnosis:
    """Look through a board: every effect has an interval by voter, and its q-value among all of the board's.

    Contenders that share no scale with most votes are left out. What these votes can't tell is among the effects as
    unknown; what nothing is known about is not among them. The seed is that of the cycles to expect. RatingError
    without votes.
    """
    if not len(tally):
        raise RatingError("There are no votes to look through.")
    tally, known = _joined(tally, known)
    crossed = transitivity.measure(tally, seed=seed, replicates=replicates)
    careful = _careful(tally, known, ties)
    looked = [
        *_preferences(tally, known, ties),
        *_shifts(tally, known, ties),
        *_unfooled(careful, known),
        *_attention(tally, known),
        (Kind.SPREAD, crossed.spread, ()),
    ]
    told = effects.judged([effect for _, effect, _ in looked])
    numbers = tally.numbered("voter")
    return Diagnosis(
        contenders=tally.contenders,
        found=tuple(Found(kind, each, swaps) for (kind, _, swaps), each in zip(looked, told, strict=True)),
        shared=None if numbers is None else concentration.shared(np.bincount(numbers)),
        alone=concentration.alone(tally, ties=ties),
        transitivity=crossed,
        categories=_categories(tally, known),
        duplicated=None if known.cluster is None else _commonest(known.cluster),
        contaminated=None if known.contaminated is None else float(known.contaminated.mean()),
        careful=careful,
    )


_Looked = tuple[Kind, Effect, tuple[Swap, ...]]


def _joined(tally: Tally, known: Known) -> tuple[Tally, Known]:
    """The votes of the contenders that most votes join, and what is known of them."""
    group = graph.groups(tally.counts.games)
    largest = int(np.argmax(np.bincount(group, tally.counts.votes)))
    rows = group[tally.first] == largest
    names = [name for name, own in zip(tally.contenders, group, strict=True) if own == largest]
    return tally.among(names), known if rows.all() else known.only(rows)


def _preferences(tally: Tally, known: Known, ties: str) -> list[_Looked]:
    found: list[_Looked] = [(Kind.PREFERENCE, biases.of_position(tally, ties=ties), ())]
    if known.length is not None:
        thirds = biases.of_positions(tally, biases.terciles(known.length), LENGTHS, ties=ties)
        found += [(Kind.PREFERENCE, effect, ()) for effect in thirds]
    if known.covariates is None:
        return found
    try:
        styled = biases.of_features(tally, known.covariates)
    except RatingError:
        blind = [effects.unknown(name, band=biases.BAND) for name in known.covariates.names]
        return [*found, *((Kind.PREFERENCE, effect, ()) for effect in blind)]
    found += [(Kind.PREFERENCE, effect, ()) for effect in styled.features]
    return [*found, (Kind.SHIFT, reweighting.foremost("style", list(styled.moved)), styled.swaps)]


def _shifts(tally: Tally, known: Known, ties: str) -> list[_Looked]:
    asked: list[tuple[str, NDArray[Any] | None, Callable[[NDArray[Any]], Codes]]] = [
        ("category", known.category, lambda codes: _declared(codes, known.mix)),
        ("language", known.language, _even),
        ("time of day", known.hour, lambda hours: _even(hours * PARTS_OF_DAY // HOURS)),
        ("hasty votes", known.dwell, lambda dwell: reweighting.without(dwell < np.quantile(dwell, HASTY))),
        ("duplicates", known.cluster, reweighting.once),
        ("contamination", known.contaminated, reweighting.without),
    ]
    return [_shift(name, tally, column, weigh, ties) for name, column, weigh in asked if column is not None]


def _shift(name: str, tally: Tally, column: NDArray[Any], weigh: Callable[[NDArray[Any]], Codes], ties: str) -> _Looked:
    """What other weights would change, among the votes of which what they depend on is known."""
    rows = column >= 0
    if not rows.any():
        return Kind.SHIFT, effects.unknown(name, band=0.0), ()
    votes, amounts = (tally, column) if rows.all() else (tally.only(rows), column[rows])
    try:
        found = reweighting.measure(votes, weigh(amounts), ties=ties)
    except RatingError:
        return Kind.SHIFT, effects.unknown(name, band=0.0), ()
    return Kind.SHIFT, found.effect(name), found.swaps


def _careful(tally: Tally, known: Known, ties: str) -> Beside | None:
    if known.careful is None:
        return None
    try:
        return fooled.beside(tally, known.careful, ties=ties)
    except RatingError:
        return None


def _unfooled(careful: Beside | None, known: Known) -> list[_Looked]:
    if known.careful is None:
        return []
    if careful is None:
        return [(Kind.SHIFT, effects.unknown("fooled", band=0.0), ())]
    return [(Kind.SHIFT, careful.both.effect("fooled"), careful.swaps)]


def _even(part: Integers) -> Codes:
    """As many votes in every part that is not tiny; tiny ones stay as they are, beside them."""
    counts = np.bincount(part)
    names = np.flatnonzero(counts)
    large = counts[names] >= SMALLEST_PART * len(part)
    share = counts[names] / len(part)
    each = np.where(large, share[large].sum() / max(1, np.count_nonzero(large)), share)
    return weights.post_stratified(part, dict(zip(names.tolist(), each.tolist(), strict=True)))


def _declared(category: Integers, mix: Mapping[int, float] | None) -> Codes:
    return _even(category) if mix is None else weights.post_stratified(category, mix)


def _attention(tally: Tally, known: Known) -> list[_Looked]:
    if known.dwell is None:
        return []
    rows = known.dwell >= 0
    return [(Kind.ATTENTION, biases.of_attention(tally.only(rows), known.dwell[rows]), ())]


def _categories(tally: Tally, known: Known) -> dict[int, Saturation]:
    if known.category is None:
        return {}
    codes = np.unique(known.category[known.category >= 0])
    return {int(code): saturation.measure(tally.only(known.category == code)) for code in codes}


def _commonest(cluster: Integers) -> float:
    """The share of votes on the commonest hundredth of clusters, one at the least."""
    counts = np.sort(np.unique(cluster[cluster >= 0], return_counts=True)[1])[::-1]
    most = max(1, round(concentration.TOP * len(counts)))
    return float(counts[:most].sum() / counts.sum()) if len(counts) else 0.0
