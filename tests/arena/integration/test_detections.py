"""Detections on people's votes: planted bots are found among LLMFAO's workers, and few of the workers are."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from arena.evaluation import names
from arena.integration import detections
from arena.integration.ballots import Ballot, Served
from arena.integration.references import Reference
from rating import Outcome, Tally, suspicion
from tests.rating import boards

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
OUTCOMES = (Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD)
FAVOURED = 7
VOTES = 50


def _ballots(name: str, contenders: tuple[str, ...], rows: list[tuple[int, int, int]]) -> tuple[UUID, list[Ballot]]:
    voter = names.made("voter", name)
    return voter, [
        Ballot(
            id=names.made("vote", name, place),
            contenders=(contenders[first], contenders[second]),
            outcome=OUTCOMES[said],
            voter=voter,
            cast_at=BEGAN + timedelta(minutes=place),
            prompt=None,
            seconds=None,
            characters=None,
            network=None,
            trace=None,
            fresh=True,
        )
        for place, (first, second, said) in enumerate(rows)
    ]


def _bot(kind: str, size: int, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    rows = []
    for _ in range(VOTES):
        first, second = map(int, rng.permutation(size)[:2])
        if kind == "favouring":
            other = first if first != FAVOURED else second
            rows.append((FAVOURED, other, 0) if rng.random() < 0.5 else (other, FAVOURED, 1))
        else:
            rows.append((first, second, 0 if kind == "left" else int(rng.integers(2))))
    return rows


def _workers(tally: Tally, half: int) -> dict[str, list[tuple[int, int, int]]]:
    assert tally.voter is not None
    rows: dict[str, list[tuple[int, int, int]]] = {}
    for first, second, said, voter in zip(tally.first, tally.second, tally.outcome, tally.voter, strict=True):
        if voter % 2 != half:
            rows.setdefault(f"worker {voter}", []).append((int(first), int(second), int(said)))
    return rows


def test_planted_bots_are_found_among_the_workers_of_llmfao_and_few_workers_are() -> None:
    tally, found, looked = boards.llmfao(), set(), 0
    assert tally.voter is not None
    for half in (0, 1):
        rng = np.random.default_rng([20261122, half])
        history = tally.only(tally.voter % 2 == half)
        reference = Reference.of_tally(history, (), rng)
        rows = {name: each for name, each in _workers(tally, half).items() if len(each) >= VOTES}
        looked += len(rows)
        for kind in ("clicking", "left", "favouring"):
            rows |= {f"{kind} {half} {number}": _bot(kind, len(tally.contenders), rng) for number in range(5)}
        told = dict(_ballots(name, tally.contenders, each) for name, each in rows.items())
        called = dict(zip(told, rows, strict=True))
        looks, findings = detections.voters(reference, told, dict.fromkeys(told, (VOTES,)), Served({}), rng)
        assert {look.level for look in looks} == {suspicion.LEVEL}
        found |= {called[UUID(each.subject)].rpartition(" ")[0].split()[0] + each.subject for each in findings}
    by_kind = {
        kind: sum(name.startswith(kind) for name in found) for kind in ("worker", "clicking", "left", "favouring")
    }
    assert (by_kind["left"], by_kind["favouring"]) == (10, 10), by_kind
    assert by_kind["clicking"] >= 3, by_kind
    # Three of 37 workers, at .2 %: people's habits are wider than the model's honest voter, so a finding is a question.
    assert (looked, by_kind["worker"] <= 5) == (37, True), (by_kind, looked)
