import numpy as np
import pytest

from rating import RatingError, settings
from rating.arrays import Vector


@pytest.mark.parametrize("board", settings.RANK_BOARDS)
def test_strengths_are_centred(board: str) -> None:
    drawn = settings.strengths(np.random.default_rng(1), 20, board=board)
    assert drawn.sum() == pytest.approx(0)
    assert len(drawn) == 20


def test_boards_lie_as_they_are_named() -> None:
    def drawn(board: str, size: int = 20) -> Vector:
        return settings.strengths(np.random.default_rng(1), size, board=board)

    assert drawn("well spread", 20_000).std() == pytest.approx(0.6, abs=0.01)
    assert np.diff(drawn("4-Elo steps")) * 400 / np.log(10) == pytest.approx(np.full(19, -4))
    assert np.ptp(drawn("five tied")[:5]) == 0
    assert drawn("five tied", 5000)[5:].std() == pytest.approx(0.5, abs=0.02)
    assert not drawn("all tied").any()


def test_an_unknown_board_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(RatingError, match="well spread, 4-Elo steps"):
        settings.strengths(np.random.default_rng(1), 20, board="flat")
