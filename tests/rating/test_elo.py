import numpy as np
import pytest

from rating import Outcome, RatingError, Tally, elo
from rating.arrays import Codes, Vector
from rating.elo import Glicko
from tests.rating import boards


def codes(*outcomes: Outcome) -> Codes:
    return np.array([outcome.code for outcome in outcomes], dtype=np.int64)


def places(*contenders: int) -> Codes:
    return np.array(contenders, dtype=np.int64)


def online(tally: Tally) -> Vector:
    return elo.online(tally.first, tally.second, tally.outcome, start=np.full(len(tally.contenders), 1000.0))


def test_llmfao_in_the_order_of_its_file_gives_the_published_elo() -> None:
    tally, published = boards.llmfao(), boards.golden("llmfao-plain")["elo"]
    assert online(tally) == pytest.approx([published[item] for item in tally.contenders], rel=1e-12)


def test_elo_depends_on_the_order_of_the_votes_and_not_on_their_sides() -> None:
    tally = boards.llmfao()
    first, second, outcome = (column[::-1] for column in (tally.first, tally.second, tally.outcome))
    backwards = elo.online(first, second, outcome, start=np.full(len(tally.contenders), 1000.0))
    assert np.abs(backwards - online(tally)).max() > 5
    assert online(tally.swapped) == pytest.approx(online(tally), rel=1e-12)


def test_votes_in_two_parts_are_votes_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = boards.llmfao()
    whole = online(tally)
    monkeypatch.setattr(elo, "CHUNK", 1000)
    assert online(tally).tolist() == whole.tolist()


def test_one_vote_between_equals_moves_half_of_k_and_leaves_the_start_alone() -> None:
    start = np.array([1000.0, 1000.0])
    moved = elo.online(places(0), places(1), codes(Outcome.B), start=start, k=32)
    assert moved.tolist() == [984, 1016]
    assert start.tolist() == [1000, 1000]
    assert elo.online(places(0), places(1), codes(Outcome.BOTH_BAD), start=start).tolist() == [1000, 1000]


@pytest.mark.parametrize("k", [0.0, -4.0, 401.0, float("nan")])
def test_a_k_that_would_run_away_is_refused(k: float) -> None:
    with pytest.raises(RatingError, match="k is the most"):
        elo.online(places(0), places(1), codes(Outcome.A), start=np.full(2, 1000.0), k=k)


def test_glickmans_example_comes_out_as_printed() -> None:
    # Glickman 2013, “Example of the Glicko-2 system”: 1464.06 (by his rounded steps), 151.52, .05999.
    before = Glicko(np.array([1500.0, 1400, 1550, 1700]), np.array([200.0, 30, 100, 300]), np.full(4, 0.06))
    said = codes(Outcome.A, Outcome.B, Outcome.B)
    after = elo.glicko2(before, places(0, 0, 0), places(1, 2, 3), said)
    assert after.rating[0] == pytest.approx(1464.05, abs=0.005)
    assert after.deviation[0] == pytest.approx(151.52, abs=0.005)
    assert after.volatility[0] == pytest.approx(0.059996, abs=5e-7)


def test_a_contender_is_rated_the_same_whoever_else_plays_and_on_whichever_side() -> None:
    before = Glicko(np.array([1500.0, 1400, 1550, 1700]), np.array([200.0, 30, 100, 300]), np.full(4, 0.06))
    said = codes(Outcome.A, Outcome.B, Outcome.B)
    alone = elo.glicko2(before, places(0, 0, 0), places(1, 2, 3), said)
    turned = elo.glicko2(
        before, places(1, 2, 3, 1), places(0, 0, 0, 2), codes(Outcome.B, Outcome.A, Outcome.A, Outcome.A)
    )
    for name in ("rating", "deviation", "volatility"):
        assert getattr(turned, name)[0] == pytest.approx(getattr(alone, name)[0], rel=1e-9)


def test_who_rests_becomes_less_certain_and_keeps_the_rating() -> None:
    before = Glicko.newcomers(3)
    after = elo.glicko2(before, places(0), places(1), codes(Outcome.A))
    assert after.rating[2] == 1500
    assert after.volatility[2] == 0.06
    assert after.deviation[2] == pytest.approx(np.hypot(350, 0.06 * elo.GLICKO))
    assert after.deviation[0] < 350


def test_a_great_surprise_raises_volatility() -> None:
    # Thirty losses of a strong and well-known contender to a weak one: the other bracket of step 5.
    before = Glicko(np.array([2200.0, 1200]), np.array([40.0, 40]), np.full(2, 0.06))
    rows = np.zeros(30, dtype=np.int64)
    after = elo.glicko2(before, rows, rows + 1, rows + Outcome.B.code)
    assert (after.volatility > 0.065).all()
    assert after.rating[0] < 2100


def test_glicko_refuses_a_tau_of_zero() -> None:
    with pytest.raises(RatingError, match="tau"):
        elo.glicko2(Glicko.newcomers(2), places(0), places(1), codes(Outcome.A), tau=0)
