from collections import Counter
from itertools import combinations
from math import fsum, log
from random import Random
from uuid import UUID

import pytest
from scipy.stats import chi2

from arena.evaluation import pairing
from arena.evaluation.pairing import TooFewContenders
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
from arena.upstream import Dialect, Target


def _entrants(number: int, *rates: float) -> list[Entrant]:
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
            rates[n] if rates else 1.0,
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


RATES = [
    (1.0, 1.0, 1.0, 1.0),
    (1.0, 0.2, 1.0, 0.2, 1.0),
    (3.0, 0.05, 1.0, 7.0),
    (1e-3, 1e3, 1.0),
    (0.0, 1.0, 2.0, 0.5),
]


@pytest.mark.parametrize("rates", RATES)
def test_pairs_come_as_often_as_their_propensity_says(rates: tuple[float, ...]) -> None:
    chance, entrants, draws = Random(7), _entrants(len(rates), *rates), 20_000
    products = {(i, j): rates[i] * rates[j] for i, j in combinations(range(len(rates)), 2) if rates[i] * rates[j]}
    expected = {pair: product / fsum(products.values()) for pair, product in products.items()}
    drawn: Counter[tuple[int, int]] = Counter()
    turned: Counter[tuple[int, int]] = Counter()
    for _ in range(draws):
        pairing_ = pairing.draw(entrants, chance=chance)
        i, j = (entrant.contender_id.int for entrant in pairing_.entrants)
        pair = (min(i, j), max(i, j))
        assert pairing_.propensity == pytest.approx(expected[pair], rel=1e-12)
        assert pairing_.propensity is not None
        assert pairing_.propensity <= 1
        drawn[pair] += 1
        turned[pair] += i > j
    g = 2 * sum(n * log(n / (draws * expected[pair])) for pair, n in drawn.items())
    assert set(drawn) <= set(expected)
    assert chi2.sf(g, len(expected) - 1) > 0.001
    # Either may be shown first: five standard deviations of a fair toss.
    assert all(abs(turned[pair] - n / 2) <= 5 * (n / 4) ** 0.5 + 1 for pair, n in drawn.items())


@pytest.mark.parametrize("rates", RATES)
def test_the_shares_of_a_draw_are_those_of_its_pairs(rates: tuple[float, ...]) -> None:
    shares = pairing.draw(_entrants(len(rates), *rates)).shares
    products = {(i, j): rates[i] * rates[j] for i, j in combinations(range(len(rates)), 2)}
    for n, rate in enumerate(rates):
        share = fsum(product for pair, product in products.items() if n in pair) / fsum(products.values())
        assert shares.get(UUID(int=n), 0.0) == pytest.approx(share if rate else 0.0, rel=1e-9)
    assert sum(shares.values()) == pytest.approx(2)


def test_nobody_with_a_rate_of_nothing_makes_up_a_pair() -> None:
    with pytest.raises(TooFewContenders):
        pairing.draw(_entrants(3, 1.0, 0.0, 0.0))
