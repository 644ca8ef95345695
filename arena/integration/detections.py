"""Detections: what the detectors say of single voters and of accounts that look like one. Numbers in, findings out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np

from arena.integration.ballots import Ballot, Served
from arena.integration.references import Found, Look, Reference, counted
from rating import cohorts, exposure, habits, suspicion
from rating.arrays import Vector
from rating.detectors import Detector
from rating.suspicion import Grounds

OTHERS: Final = ("skips", "tempo", "repetition")
SECONDS_A_DAY: Final = 86_400
MOSTLY: Final = 0.9


def voters(
    reference: Reference,
    ballots: Mapping[UUID, Sequence[Ballot]],
    due: Mapping[UUID, Sequence[int]],
    served: Served,
    rng: np.random.Generator,
) -> tuple[list[Look], list[Found]]:
    """Look at voters at the checkpoints that each has come to; `ballots` has all votes of everybody active."""
    looks, found = [], []
    beside = _beside(reference, ballots, served)
    for point in sorted({point for points in due.values() for point in points}):
        names = [voter for voter, points in due.items() if point in points]
        battles = reference.battles([ballots[voter][:point] for voter in names])
        look = suspicion.look(Grounds(reference.expected, reference.tau2, None), battles, rng)
        others = np.array([beside[voter] for voter in names])
        whole = suspicion.together(look.p, *others.T)
        for place, voter in enumerate(names):
            p = float(whole[place])
            looks.append(Look(kind="voter", subject=voter.hex, votes=point, level=suspicion.LEVEL, p=p))
            if p <= suspicion.LEVEL:
                told = _told(reference, look, place, others[place], ballots[voter])
                evidence = {"p": p, "level": suspicion.LEVEL, "looked_at": point, **told[1]}
                own = [ballot.id for ballot in ballots[voter]]
                found.append(Found(kind="voter", subject=voter.hex, contender=told[0], evidence=evidence, votes=own))
    return looks, found


def groups(
    reference: Reference, fresh: Sequence[Ballot], served: Served, rng: np.random.Generator, *, level: float
) -> list[Found]:
    """Look at accounts that share network and browser on one day, three and more, as at one voter."""
    joined = _joined(fresh)
    large = [group for group in joined if suspicion.due(len(group))]
    found = []
    for group in large:
        point = suspicion.due(len(group))[-1]
        names = sorted({ballot.voter for ballot in group})
        look = suspicion.look(
            Grounds(reference.expected, reference.tau2, None), reference.battles([group[:point]]), rng
        )
        others = np.array([_skipped(reference, group, served.of(names)), np.nan, np.nan])
        p = float(suspicion.together(look.p, *others[:, None])[0])
        if p <= level / len(large):
            contender, told = _told(reference, look, 0, others, group)
            evidence = {"p": p, "level": level / len(large), "looked_at": point, "accounts": len(names), **told}
            own = [ballot.id for ballot in group]
            found.append(Found(kind="group", subject=names[0].hex, contender=contender, evidence=evidence, votes=own))
    return found


def _told(
    reference: Reference, look: suspicion.Suspicion, place: int, others: Vector, ballots: Sequence[Ballot]
) -> tuple[str | None, dict[str, Any]]:
    """Whom a look speaks of, and its evidence: the chance of as much in an honest voter, detector by detector."""
    parts = {detector.name.lower(): float(look.parts[place, detector]) for detector in Detector}
    parts.pop("exposure")
    parts |= {name: float(p) for name, p in zip(OTHERS, others, strict=True) if not np.isnan(p)}
    code = int(look.contender[place])
    slug = _held(ballots) if code < 0 else reference.tally.contenders[code]
    return slug, {"detector": min(parts, key=lambda name: parts[name]), "parts": parts, **counted(ballots)}


def _held(ballots: Sequence[Ballot]) -> str | None:
    """Who is in nine of ten votes or more."""
    slug, times = Counter(slug for ballot in ballots for slug in ballot.contenders).most_common(1)[0]
    return slug if times >= MOSTLY * len(ballots) else None


def _beside(
    reference: Reference, ballots: Mapping[UUID, Sequence[Ballot]], served: Served
) -> dict[UUID, tuple[float, float, float]]:
    """By voter: the p of what was skipped, of the tempo and of repetitions; NaN where too little is known."""
    names = list(ballots)
    every = [(code, ballot) for code, voter in enumerate(names) for ballot in ballots[voter]]
    voter = np.array([code for code, _ in every], dtype=np.int64)
    cluster = np.unique([str(ballot.prompt or ballot.id) for _, ballot in every], return_inverse=True)[1]
    repeated = habits.repetition(voter, cluster, *reference.coded([ballot for _, ballot in every])).p
    timed = [(code, b, b.seconds, b.characters) for code, b in every if b.seconds is not None and b.characters]
    hurried = np.full(len(names), np.nan)
    if timed:
        at = np.array([ballot.cast_at.timestamp() for _, ballot, _, _ in timed])
        seconds, characters = (np.array([row[place] for row in timed], dtype=np.float64) for place in (2, 3))
        tempo = habits.tempo(np.array([row[0] for row in timed], dtype=np.int64), seconds, characters, at).p
        hurried[: len(tempo)] = tempo
    return {
        name: (_skipped(reference, ballots[name], served.of([name])), float(hurried[code]), float(repeated[code]))
        for code, name in enumerate(names)
    }


def _skipped(reference: Reference, ballots: Sequence[Ballot], shown: Mapping[tuple[str, str], int]) -> float:
    """The chance of voting so often where one contender is, for who leaves battles blindly; NaN where none was left."""
    size = len(reference.places)
    given, voted = np.zeros((1, size), dtype=np.int64), np.zeros((1, size), dtype=np.int64)
    known = {pair: battles for pair, battles in shown.items() if reference.places.keys() >= set(pair)}
    for pair, times in known.items():
        given[0, [reference.places[slug] for slug in pair]] += times
    for ballot in ballots:
        voted[0, [reference.places[slug] for slug in ballot.contenders]] += 1
    battles = np.array([sum(known.values())])
    if battles[0] <= len(ballots) or (voted > given).any():
        return np.nan
    return float(exposure.skips(given, voted, battles, np.array([len(ballots)]))[0][0])


def _joined(fresh: Sequence[Ballot]) -> list[list[Ballot]]:
    """The votes of each group of accounts that share network and browser on one day."""
    names = sorted({ballot.voter for ballot in fresh})
    codes = {voter: code for code, voter in enumerate(names)}
    traced = [ballot for ballot in fresh if ballot.trace is not None]
    if not traced:
        return []
    key = np.unique([(ballot.trace or b"").hex() for ballot in traced], return_inverse=True)[1]
    day = np.array([ballot.cast_at.timestamp() // SECONDS_A_DAY for ballot in traced], dtype=np.int64)
    left, right, _ = cohorts.links(key, day)
    own = np.array([codes[ballot.voter] for ballot in traced])
    members = cohorts.components(own[left], own[right], voters=len(names))
    return [[ballot for ballot in fresh if codes[ballot.voter] in set(part.tolist())] for part in members]
