from collections import Counter
from itertools import combinations
from math import fsum, log
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from msgspec import structs
from scipy.stats import chi2

from arena.evaluation import pairing
from arena.evaluation.pairing import Ground, Table, TooFewContenders
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
from arena.upstream import Dialect, Target
from rating import allocation
from rating.allocation import Known, Shares


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


def _ground(size: int, **changes: Any) -> Ground:
    """A ground of the first contenders: half as far apart each, the last one with few votes."""
    allowed = ~np.eye(size, dtype=np.bool_)
    theta = np.linspace(-1, 1, size)
    newcomers = np.arange(size) == size - 1
    parts: dict[str, Any] = {
        "theta": theta,
        "gain": allocation.trace_gain(theta, np.diag(np.where(newcomers, 0.5, 0.02))),
        "rated": np.ones(size, dtype=np.bool_),
        "newcomers": newcomers,
        "group": np.zeros(size, dtype=np.int64),
    }
    known = Known(**parts | {name: changes.pop(name) for name in list(changes) if name in parts})
    whole: dict[str, Any] = {"allowed": allowed, "known": known, "shares": Shares()}
    return Ground(places={UUID(int=n): n for n in range(size)}, **whole | changes)


def _g(drawn: Counter[frozenset[int]], expected: dict[frozenset[int], float]) -> float:
    """The p-value of the G-test of these draws against these probabilities."""
    draws = drawn.total()
    g = 2 * fsum(times * log(times / (draws * expected[pair])) for pair, times in drawn.items())
    return float(chi2.sf(g, len(expected) - 1))


def _expected(table: Table) -> dict[frozenset[int], float]:
    pairs = zip(table.low.tolist(), table.high.tolist(), strict=True)
    return {frozenset(pair): chance for pair, chance in zip(pairs, table.chances.tolist(), strict=True)}


def _many(entrants: list[Entrant], table: Table, draws: int, chance: Random) -> Counter[frozenset[int]]:
    found: Counter[frozenset[int]] = Counter()
    for _ in range(draws):
        one, other = pairing.drawn(entrants, table, chance=chance).entrants
        found[frozenset((one.contender_id.int, other.contender_id.int))] += 1
    return found


def test_a_hundred_thousand_draws_fit_the_logged_probabilities_and_a_broken_draw_does_not() -> None:
    entrants = _entrants(12, *(1.0,) * 11, 0.2)
    table = pairing.tabulate(entrants, _ground(12))
    assert table.rule == pairing.MIXTURE
    assert _g(_many(entrants, table, 100_000, Random(7)), _expected(table)) > 0.001

    # A draw that is off by a fiftieth in the pairs it comes to first.
    class Off(Random):
        def random(self) -> float:
            return float(super().random() ** 1.02)

    assert _g(_many(entrants, table, 100_000, Off(7)), _expected(table)) < 0.001


def test_what_is_logged_of_a_draw_is_its_own_pair_and_everybodys_share() -> None:
    entrants, chance = _entrants(12), Random(3)
    table = pairing.tabulate(entrants, _ground(12))
    expected = _expected(table)
    assert fsum(expected.values()) == pytest.approx(1)
    for _ in range(200):
        pair = pairing.drawn(entrants, table, chance=chance)
        assert pair.propensity == expected[frozenset(entrant.contender_id.int for entrant in pair.entrants)]
        assert pair.rule == pairing.MIXTURE
    for n in range(12):
        share = fsum(chance for pair, chance in expected.items() if n in pair)
        assert pair.shares[UUID(int=n)] == pytest.approx(share)


def test_a_newcomer_meets_those_rated_closest_to_it_most_and_everybody_now_and_then() -> None:
    expected = _expected(pairing.tabulate(_entrants(12), _ground(12)))
    even = 1 / 66
    close = [expected[frozenset((11, n))] for n in range(6, 11)]
    far = [expected[frozenset((11, n))] for n in range(6)]
    assert min(close) > 3 * max(far)
    assert min(expected.values()) >= 0.2 * even
    # 30 % are its own, and it is one of the two in its share of the rest.
    assert fsum(close) > 0.3


def test_those_whose_votes_do_not_count_are_drawn_by_their_rates_alone() -> None:
    entrants = _entrants(12, *(1.0,) * 11, 0.2)
    entrants[-1] = structs.replace(entrants[-1], state=State.WARMING)
    expected = _expected(pairing.tabulate(entrants, _ground(12)))
    even = 0.2 / (11 * 10 / 2 + 11 * 0.2)
    # Half is uniform, and so is the share of newcomers, of whom there is none left.
    assert [expected[frozenset((11, n))] for n in range(11)] == pytest.approx([0.8 * even] * 11)


def test_who_may_not_meet_never_does_and_with_nobody_to_meet_there_is_no_battle() -> None:
    allowed = ~np.eye(6, dtype=np.bool_)
    allowed[2, 3] = allowed[3, 2] = False
    ground = _ground(6, allowed=allowed)
    assert frozenset((2, 3)) not in _expected(pairing.tabulate(_entrants(6), ground))
    with pytest.raises(TooFewContenders):
        pairing.draw(_entrants(6)[2:4], ground=ground)


def test_contenders_that_were_never_compared_with_the_others_meet_them_in_their_own_share_of_battles() -> None:
    group = np.array([0] * 10 + [1] * 2)
    expected = _expected(pairing.tabulate(_entrants(12), _ground(12, group=group)))
    joined = _expected(pairing.tabulate(_entrants(12), _ground(12)))

    def across(chances: dict[frozenset[int], float]) -> float:
        return fsum(chance for pair, chance in chances.items() if len({group[n] for n in pair}) == 2)

    assert across(expected) == pytest.approx(0.3 + 0.7 * across(joined))


def test_a_pair_drawn_without_some_is_drawn_by_what_is_left_and_says_so() -> None:
    entrants, chance = _entrants(4), Random(5)
    table = pairing.tabulate(entrants, None)
    without = {frozenset((UUID(int=0), UUID(int=1))), frozenset((UUID(int=0), UUID(int=2)))}
    pairs = [pairing.drawn(entrants, table, without=without, chance=chance) for _ in range(400)]
    assert {pair.propensity for pair in pairs} == {0.25}
    assert not {frozenset(one.contender_id for one in pair.entrants) for pair in pairs} & without
    assert pairs[0].shares == {UUID(int=0): 0.25, UUID(int=1): 0.5, UUID(int=2): 0.5, UUID(int=3): 0.75}
    # Where none would be left, all may come.
    two = _entrants(2)
    met = {frozenset(one.contender_id for one in two)}
    assert pairing.drawn(two, pairing.tabulate(two, None), without=met).propensity == 1
