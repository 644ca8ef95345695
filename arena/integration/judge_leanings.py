"""Judge leanings: what a judge prefers beyond what people's ratings expect."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.integration.judge_rows import Told
from rating import covariates, leanings
from rating.agreement import Estimated
from rating.arrays import Codes, Matrix, Vector, expit
from rating.errors import DidNotConverge


class Leaning(Struct, frozen=True, kw_only=True):
    """What the judge prefers beyond what people's ratings expect: `effect` in log-odds, of one typical difference.

    `chance` is the same as what becomes of an even pair: 0.5 is no leaning.
    """

    towards: str
    effect: Estimated
    chance: Estimated


def of(told: Sequence[Told], strengths: Mapping[UUID, float], own: AbstractSet[UUID]) -> list[Leaning]:
    """Fit all leanings at once, by what was said of every pair in each of both orders.

    `strengths` are people's ratings in log-odds, `own` who is of the judge's family.
    """
    known = [
        each
        for each in told
        if None not in (each.first, each.second, each.characters, each.lists)
        and all(contender in strengths for contender in each.contender_ids)
    ]
    if not known:
        return []
    towards, features = _features(known, own)
    shares = np.array([[each.first or 0, -(each.second or 0)] for each in known]).T.ravel()
    offset = np.array([strengths[a] - strengths[b] for a, b in (each.contender_ids for each in known)])
    cluster = np.tile(numbered(each.prompt for each in known), 2)
    try:
        found = leanings.measure((shares + 2) / 4, np.concatenate([offset, -offset]), features, cluster)
    except DidNotConverge:
        # Then the judge goes by something in every single battle, which no finite figure tells.
        return []
    if found is None:
        return []
    ends = zip(towards, found.coefficients, found.lower, found.upper, strict=True)
    return [_leaning(name, np.array([value, lower, upper])) for name, value, lower, upper in ends]


def _features(known: Sequence[Told], own: AbstractSet[UUID]) -> tuple[list[str], Matrix]:
    """What tells the side shown first from the other, in both orders (2N x K); what never differs is left out."""
    pairs = {"longer": [each.characters for each in known], "lists": [each.lists for each in known]}
    columns: dict[str, Codes] = {}
    for name, sides in pairs.items():
        first, second = np.array(sides, dtype=np.int64).T
        columns |= {f"{name}_a": np.concatenate([first, second]), f"{name}_b": np.concatenate([second, first])}
    form = covariates.of(columns, pairs)
    kin = np.array([(a in own) - (b in own) for a, b in (each.contender_ids for each in known)], dtype=float)
    values = {
        "first": np.ones(2 * len(known)),
        **{name: form.column(place).astype(float) for place, name in enumerate(form.names)},
        "own_family": np.concatenate([kin, -kin]),
    }
    told = {name: column for name, column in values.items() if column.any()}
    return list(told), np.column_stack(list(told.values()))


def _leaning(towards: str, ends: Vector) -> Leaning:
    return Leaning(
        towards=towards, effect=Estimated(*ends.tolist()), chance=Estimated(*np.asarray(expit(ends)).tolist())
    )


def numbered(names: Iterable[UUID]) -> Codes:
    """Each name's number, in the order in which they come."""
    numbers: dict[UUID, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
