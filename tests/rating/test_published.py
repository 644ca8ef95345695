"""Real votes, fitted by us and by others."""

import numpy as np
import pytest
from scipy import stats

from rating import bradley_terry
from rating.arrays import Matrix, Vector
from tests.rating import boards


def zermelo(wins: Matrix) -> Vector:
    """An independent fit: Zermelo's iteration (1929) for e^θ, wᵢ / Σ nᵢⱼ/(eᵢ + eⱼ), to rounding."""
    games, strength = wins + wins.T, np.ones(len(wins))
    for _ in range(1000):
        before = strength
        strength = wins.sum(axis=1) / (games / (strength[:, None] + strength)).sum(axis=1)
        strength = strength / np.exp(np.log(strength).mean())
        if np.abs(np.log(strength / before)).max() < 1e-14:
            return np.asarray(np.log(strength))
    raise AssertionError("Zermelo's iteration did not settle.")


def test_llmfao_without_a_prior_is_what_zermelo_and_evalica_make_of_it() -> None:
    tally = boards.llmfao()
    theta = bradley_terry.fit(tally.counts.wins, prior=0).theta
    assert np.abs(theta - zermelo(tally.counts.wins)).max() < 1e-7
    published = boards.golden("llmfao-scores")["scores"]
    evalica = np.log([published[contender] for contender in tally.contenders])
    assert np.abs(theta - (evalica - evalica.mean())).max() < 1e-7
    assert sum(published.values()) == pytest.approx(1)


def test_llmfaos_crowd_and_gpt4_rank_alike_as_published() -> None:
    """0.7309, Spearman, in LLMFAO's notebook; of 59 contenders GPT-4 has judged every one."""
    crowd, judge = boards.llmfao(), boards.llmfao("llmfao-gpt4")
    assert crowd.contenders == judge.contenders
    first, second = (bradley_terry.fit(tally.counts.wins, prior=0).theta for tally in (crowd, judge))
    assert stats.spearmanr(first, second).statistic == pytest.approx(0.730918, abs=5e-7)
