from collections import Counter
from random import Random
from uuid import UUID

import pytest

from arena.evaluation import pairing
from arena.evaluation.pairing import TooFewContenders
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
from arena.upstream import Dialect, Target


def _entrants(number: int) -> list[Entrant]:
    return [
        Entrant(
            UUID(int=n),
            Target(
                endpoint_id=UUID(int=n),
                base_url="https://example.org",
                model="m",
                dialect=Dialect.OPENAI,
                parameters={},
                system_prompt=None,
                allowed=frozenset(),
            ),
            State.LISTED,
            1.0,
        )
        for n in range(number)
    ]


def test_a_contender_never_meets_itself_and_every_ordered_pair_comes_equally_often() -> None:
    chance, entrants = Random(1), _entrants(4)
    drawn = Counter(
        tuple(entrant.contender_id.int for entrant in pairing.draw(entrants, chance=chance).entrants)
        for _ in range(12_000)
    )
    assert len(drawn) == 12
    # 1,000 expected each; five standard deviations are 151.
    assert all(abs(times - 1000) < 151 for times in drawn.values())


@pytest.mark.parametrize(("number", "propensity"), [(2, 1.0), (3, 1 / 3), (5, 1 / 10)])
def test_the_propensity_is_that_of_the_unordered_pair(number: int, propensity: float) -> None:
    drawn = pairing.draw(_entrants(number))
    assert drawn.propensity == pytest.approx(propensity)
    assert drawn.rule == pairing.RULE


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_contenders_are_said(number: int) -> None:
    with pytest.raises(TooFewContenders, match="Fewer than two"):
        pairing.draw(_entrants(number))
