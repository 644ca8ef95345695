"""Fits: the votes of a board rated as its question asks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

import rating
from arena.integration import rows
from arena.integration.questions import Question
from arena.integration.rows import Row
from rating import Standings, Tally, covariates, weights
from rating.arrays import Codes, Flags, Vector
from rating.covariates import Covariates

SEED: Final = 20260101


def rate(told: Sequence[Row], question: Question, *, replicates: int) -> Standings:
    """The standings of these votes, as `arena rate` gives them of the same columns; at equal style no replicates."""
    return rating.rate(
        tally(told, question),
        ties=question.ties,
        cluster=question.cluster.value,
        seed=SEED,
        replicates=0 if question.style else replicates,
        style=_covariates(told, question) if question.style else None,
    )


def tally(told: Sequence[Row], question: Question) -> Tally:
    """The votes as the rating counts them, with what the question makes them weigh."""
    coded = rows.tally(told)
    weight = _weight(told, coded, question)
    return coded if weight is None else replace(coded, weight=weight)


def votes_each(told: Sequence[Row], contenders: Iterable[str]) -> Codes:
    """How many votes each contender has, whatever they weigh."""
    places = {contender: place for place, contender in enumerate(contenders)}
    sides = [places[contender] for row in told for contender in (row.model_a, row.model_b)]
    return np.bincount(np.array(sides, dtype=np.int64), minlength=len(places)).astype(np.int64)


def displaced(standings: Standings, question: Question) -> Vector:
    """How far the anchor moves each rating: all that are comparable with it, and nobody where it has no votes."""
    moves, anchor = np.zeros(len(standings.contenders)), question.anchor
    if anchor is None or anchor.contender not in standings.contenders:
        return moves
    place = standings.contenders.index(anchor.contender)
    moves[standings.group == standings.group[place]] = anchor.rating - standings.rating[place]
    return moves


def anchored(standings: Standings, question: Question) -> Standings:
    """The standings on the board's own scale."""
    moves = displaced(standings, question)
    ends = {name: getattr(standings, name) + moves for name in ("rating", "lower", "upper")}
    return replace(standings, **ends)


def shown(votes: Codes, established: Flags, question: Question) -> Flags:
    """Whose lines the board shows."""
    return np.asarray((votes >= question.minimum_votes) & (established | (not question.established_only)))


def _weight(told: Sequence[Row], coded: Tally, question: Question) -> Codes | None:
    if question.even_pairs:
        size = len(coded.contenders)
        drawn = np.array([row.propensity for row in told], dtype=np.float64)
        return weights.inverse_propensity(drawn, pairs=max(1, size * (size - 1) // 2))
    if question.voter_cap is not None and coded.voter is not None:
        return weights.capped(coded.voter, question.voter_cap)
    return None


def _covariates(told: Sequence[Row], question: Question) -> Covariates:
    columns = {name: np.array([getattr(row, name) for row in told], dtype=np.int64) for name in rows.FORM}
    return covariates.of(columns, question.style)
