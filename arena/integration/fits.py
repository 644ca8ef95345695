"""Fits: the votes of a board rated as its question asks."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

import rating
from arena.evaluation import style
from arena.evaluation.votes import Counted
from arena.integration.questions import Question
from rating import Standings, Tally, covariates, weights
from rating.arrays import Codes, Flags, Vector
from rating.covariates import Covariates

SEED: Final = 20260101


def rate(counted: list[Counted], question: Question, *, replicates: int) -> Standings:
    """The standings of these votes, as `arena rate` gives them of the same columns; at equal style no replicates."""
    return rating.rate(
        tally(counted, question),
        ties=question.ties,
        cluster=question.cluster.value,
        seed=SEED,
        replicates=0 if question.style else replicates,
        style=_covariates(counted, question) if question.style else None,
    )


def tally(counted: list[Counted], question: Question) -> Tally:
    """The votes as the rating counts them; where some prompts are known, a vote without one has one of its own."""
    known = any(vote.prompt is not None for vote in counted)
    coded = Tally.of(
        [vote.contenders[0] for vote in counted],
        [vote.contenders[1] for vote in counted],
        [vote.outcome.value for vote in counted],
        voter=[str(vote.voter_id) for vote in counted],
        prompt=[vote.prompt or str(vote.id) for vote in counted] if known else None,
    )
    weight = _weight(counted, coded, question)
    return coded if weight is None else replace(coded, weight=weight)


def votes_each(counted: list[Counted], contenders: Iterable[str]) -> Codes:
    """How many votes each contender has, whatever they weigh."""
    places = {contender: place for place, contender in enumerate(contenders)}
    sides = [places[contender] for vote in counted for contender in vote.contenders]
    return np.bincount(np.array(sides, dtype=np.int64), minlength=len(places)).astype(np.int64)


def displaced(standings: Standings, question: Question) -> Vector:
    """How far the anchor moves each rating: all that are comparable with it, and nobody where it has no votes."""
    moves, anchor = np.zeros(len(standings.contenders)), question.anchor
    if anchor is None or anchor.contender not in standings.contenders:
        return moves
    place = standings.contenders.index(anchor.contender)
    moves[standings.group == standings.group[place]] = anchor.rating - standings.rating[place]
    return moves


def shown(votes: Codes, established: Flags, question: Question) -> Flags:
    """Whose lines the board shows."""
    return np.asarray((votes >= question.minimum_votes) & (established | (not question.established_only)))


def _weight(counted: list[Counted], coded: Tally, question: Question) -> Codes | None:
    if question.even_pairs:
        size = len(coded.contenders)
        drawn = np.array([vote.propensity for vote in counted], dtype=np.float64)
        return weights.inverse_propensity(drawn, pairs=max(1, size * (size - 1) // 2))
    if question.voter_cap is not None and coded.voter is not None:
        return weights.capped(coded.voter, question.voter_cap)
    return None


def _covariates(counted: list[Counted], question: Question) -> Covariates:
    columns: dict[str, Codes] = {}
    for side, name in enumerate("ab"):
        features = np.array([vote.style[side] for vote in counted if vote.style], dtype=np.int64)
        features = features.reshape(len(counted), len(style.FEATURES))
        columns |= {f"{feature}_{name}": features[:, place] for place, feature in enumerate(style.FEATURES)}
    return covariates.of(columns, question.style)
