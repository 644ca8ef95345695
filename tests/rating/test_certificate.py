import numpy as np
import pytest

import rating
from rating import certificate
from tests.rating import boards


@pytest.mark.parametrize("ties", ["davidson", "davidson-common", "rao-kupper", "half", "drop"])
@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_numbers_rounded_for_print_are_certified_to_what_the_rounding_took(ties: str, prior: float) -> None:
    counts = boards.llmfao().counts
    fit = rating.fit(counts, ties=ties, prior=prior)
    level = None if fit.tie_level is None else round(fit.tie_level, 6)
    rounded = fit.theta.round(6)
    found = certificate.certify(
        counts,
        rounded,
        phantom=round(fit.phantom, 6),
        ties=ties,
        tie_level=level,
        tie_propensity=fit.tie_propensity.round(6),
        prior=prior,
    )
    true = np.abs((fit.theta - fit.theta.mean()) - (rounded - rounded.mean())).max()
    assert 0 < true < 1e-6
    assert found.bound == pytest.approx(true, rel=1e-2)
    assert found.bound * rating.scale.PER_LOGIT < 2e-4


def test_wrong_numbers_are_not_certified() -> None:
    counts = boards.llmfao().counts
    fit = rating.fit(counts, ties="half")
    moved = fit.theta.copy()
    moved[3] += 0.01
    found = certificate.certify(counts, moved, phantom=fit.phantom, ties="half")
    assert found.bound == pytest.approx(0.01, rel=0.05)
    assert found.residual > 1e-2


def test_a_board_carries_its_own_certificate() -> None:
    found = rating.rate(boards.llmfao())
    assert found.residual < 1e-8
    assert found.error_bound < 1e-9
