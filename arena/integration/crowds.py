"""Crowds: what all new votes, or those of a network or of new accounts, say together. Numbers in, findings out.

Nobody knows which votes of a crowd are rigged. Of a network all votes are listed, of a window and of new accounts all
on the contender whom they push, for it and against it: leaving those out takes nobody's side, as leaving out the ones
in its favour would.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import numpy as np

from arena.integration.ballots import Ballot, Served
from arena.integration.references import Found, Reference, counted
from rating import Tally, cohorts, drift, expectation, windows
from rating.arrays import Flags
from rating.exposure import Draws

MOST_NETWORKS: Final = 20


def contrasts(reference: Reference, fresh: Sequence[Ballot], *, level: float) -> list[Found]:
    """Hold the votes of each large network, and of all who are new, against everybody else's."""
    known = {name: code for code, name in enumerate(reference.voters)}
    active = sorted({ballot.voter for ballot in fresh})
    newcomers = [voter for voter in active if voter.hex not in known]
    codes = {voter: known[voter.hex] for voter in active if voter.hex in known}
    codes |= {voter: len(known) + place for place, voter in enumerate(newcomers)}
    cohort = [("newcomers", "all", set(newcomers)), *_networks(fresh)]
    flags: Flags = np.zeros((len(cohort), len(known) + len(newcomers)), dtype=np.bool_)
    for row, (_, _, members) in enumerate(cohort):
        flags[row, [codes[voter] for voter in members]] = True
    contrast = cohorts.contrast(_whole(reference, fresh, codes), flags, reference.tau2)
    found = []
    for row in map(int, np.flatnonzero(contrast.alarms(level))):
        kind, subject, members = cohort[row]
        code = int(contrast.contender[row])
        own = [ballot for ballot in fresh if ballot.voter in members]
        about = own if kind == "network" else _on(reference.tally.contenders[code], own)
        evidence = {"p": float(contrast.p[row]), "z": float(contrast.z[row, code]), "level": level} | counted(own)
        found.append(
            Found(
                kind=kind,
                subject=subject,
                contender=reference.tally.contenders[code],
                evidence=evidence | {"accounts": len(members)} | _points(reference, code, own),
                votes=[ballot.id for ballot in about],
            )
        )
    return found


def window(reference: Reference, fresh: Sequence[Ballot], served: Served, *, level: float) -> list[Found]:
    """Whether all new votes together push a contender, or hold it more often than it was given out."""
    first, second, outcome = reference.coded(fresh)
    voter = np.unique([ballot.voter.hex for ballot in fresh], return_inverse=True)[1]
    shown = served.of(sorted({ballot.voter for ballot in fresh}))
    size = len(reference.places)
    pairs = np.zeros((1, size, size))
    for (low, high), battles in shown.items():
        if low in reference.places and high in reference.places:
            pairs[0, reference.places[low], reference.places[high]] += battles
    if not pairs.any():
        return []
    draws, votes = Draws(pairs / pairs.sum()), windows.Votes(first, second, outcome, voter)
    seen = windows.look(reference.expected, reference.tau2, draws, votes)
    push, held = seen.alarms(level)
    return [
        Found(
            kind="window",
            subject=reference.tally.contenders[code],
            contender=reference.tally.contenders[code],
            evidence={"z": float(seen.z[code]), "p": float(seen.push[code]), "level": level / (2 * size)}
            | {"skips": float(seen.exposure[code])}
            | counted(_on(reference.tally.contenders[code], fresh))
            | _points(reference, code, fresh),
            votes=[ballot.id for ballot in _on(reference.tally.contenders[code], fresh)],
        )
        for code in map(int, np.flatnonzero(push | held))
    ]


def drifts(reference: Reference, fresh: Sequence[Ballot]) -> list[Found]:
    """Whose votes, in order, say that it is not what it was; the level is one false alarm in 54,750 votes."""
    first, second, outcome = reference.coded(fresh)
    mean, _ = expectation.points(reference.expected.lead(first, second), reference.expected.tied(first, second))
    said, found = np.array(expectation.HALVES)[outcome], []
    for slug, code in reference.places.items():
        mine = np.flatnonzero((first == code) | (second == code))
        sign = np.where(first[mine] == code, 1.0, -1.0)
        watched = drift.watch(0.5 + sign * mean[mine], 0.5 + sign * said[mine])
        if watched.found is None:
            continue
        after = [fresh[place] for place in mine[: watched.found + 1]]
        better = bool(watched.better[watched.found] > watched.worse[watched.found])
        evidence = {"better": better, "after": watched.found + 1} | counted(after)
        found.append(Found(kind="drift", subject=slug, contender=slug, evidence=evidence))
    return found


def _on(slug: str, ballots: Sequence[Ballot]) -> list[Ballot]:
    return [ballot for ballot in ballots if slug in ballot.contenders]


def _points(reference: Reference, code: int, ballots: Sequence[Ballot]) -> dict[str, float]:
    """How many points (a tie is half of one) the contender got of these votes, and how many were to be expected."""
    own = _on(reference.tally.contenders[code], ballots)
    first, second, outcome = reference.coded(own)
    mean, _ = expectation.points(reference.expected.lead(first, second), reference.expected.tied(first, second))
    sign = np.where(first == code, 1.0, -1.0)
    said = len(own) / 2 + float((sign * np.array(expectation.HALVES)[outcome]).sum())
    return {"points": said, "expected": len(own) / 2 + float((sign * mean).sum())}


def _networks(fresh: Sequence[Ballot]) -> list[tuple[str, str, set[UUID]]]:
    """The largest networks of five voters and more, called by the first of their voters."""
    members: dict[bytes, set[UUID]] = {}
    for ballot in fresh:
        if ballot.network is not None:
            members.setdefault(ballot.network, set()).add(ballot.voter)
    large = sorted((each for each in members.values() if len(each) >= cohorts.FEWEST_VOTERS), key=len, reverse=True)
    return [("network", min(each).hex, each) for each in large[:MOST_NETWORKS]]


def _whole(reference: Reference, fresh: Sequence[Ballot], codes: Mapping[UUID, int]) -> Tally:
    """The snapshot's votes and those that are new, by voters' codes."""
    first, second, outcome = reference.coded(fresh)
    held = reference.tally
    assert held.voter is not None
    voter = np.array([codes[ballot.voter] for ballot in fresh], dtype=np.int64)
    return Tally(
        held.contenders,
        np.concatenate([held.first, first]),
        np.concatenate([held.second, second]),
        np.concatenate([held.outcome, outcome]),
        np.concatenate([held.voter, voter]),
    )
