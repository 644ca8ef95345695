import math

import numpy as np
import pytest
from scipy import stats

from rating import RatingError, variants


def test_the_best_of_ten_is_1_539_sds_above_the_rest() -> None:
    """Tippett 1925, the expected largest of N standard normals; for two it is 1/√π, for three 3/(2√π)."""
    assert variants.expected_best(10) == pytest.approx(1.539, abs=0.0005)
    assert variants.expected_best(2) == pytest.approx(1 / math.sqrt(math.pi))
    assert variants.expected_best(3) == pytest.approx(1.5 / math.sqrt(math.pi))
    assert variants.expected_best(1) == pytest.approx(0.0, abs=1e-12)


def test_inflation_is_in_the_units_of_the_standard_error() -> None:
    """Simulated for the design at 11 points: +6.2, +12.8, +16.9, +22.0 for 2, 5, 10 and 27 variants."""
    found = [variants.inflation(11.0, tried) for tried in (2, 5, 10, 27)]
    assert found == pytest.approx([6.2, 12.8, 16.9, 22.0], abs=0.6)


def test_no_variant_at_all_is_refused() -> None:
    with pytest.raises(RatingError, match="At least one"):
        variants.expected_best(0)


def test_two_shares_are_tested_as_the_exact_binomial_does() -> None:
    found = variants.promised(np.array([14, 6]), np.array([0.4, 0.6]), np.random.default_rng(1))
    assert found.exact
    assert found.p == pytest.approx(stats.binomtest(14, 20, 0.4).pvalue)


def test_three_shares_are_summed_over_all_tables() -> None:
    counts, chances = np.array([3, 1, 0]), np.array([0.2, 0.3, 0.5])
    masses = [stats.multinomial.pmf((a, b, 4 - a - b), 4, chances) for a in range(5) for b in range(5 - a)]
    bound = stats.multinomial.pmf(counts, 4, chances) * (1 + 1e-9)
    expected = sum(mass for mass in masses if mass <= bound)
    assert variants.promised(counts, chances, np.random.default_rng(1)).p == pytest.approx(expected)


def test_large_tables_are_simulated_and_agree_with_what_was_promised_or_not() -> None:
    rng = np.random.default_rng(3)
    chances = np.full(20, 0.05)
    fair, unfair = rng.multinomial(2000, chances), rng.multinomial(2000, np.repeat([0.04, 0.06], 10))
    assert variants.promised(fair, chances, rng, replays=4000).p > 0.01
    found = variants.promised(unfair, chances, rng, replays=4000)
    assert found.p < 0.001
    assert not found.exact


def test_what_was_never_promised_cannot_be() -> None:
    assert variants.promised(np.array([5, 1]), np.array([1.0, 0.0]), np.random.default_rng(1)).p == 0.0


def test_chances_that_do_not_fit_the_counts_are_refused() -> None:
    with pytest.raises(RatingError, match="one chance for each count"):
        variants.promised(np.array([1, 2]), np.array([0.5, 0.4]), np.random.default_rng(1))
