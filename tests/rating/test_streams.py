import pytest

from rating import RatingError, streams
from rating.streams import Purpose


def test_a_stream_can_be_opened_again_and_differs_from_every_other() -> None:
    keys = [(0, Purpose.RANKS, 0), (0, Purpose.REPLICATES, 0), (0, Purpose.REPLICATES, 1), (1, Purpose.RANKS, 0)]
    drawn = [tuple(streams.opened(*key).random(4)) for key in keys]
    assert drawn == [tuple(streams.opened(*key).random(4)) for key in keys]
    assert len(set(drawn)) == len(keys)


def test_the_streams_bits_are_those_that_releases_were_computed_from() -> None:
    # Made by this code and kept: a change of them would make old releases irreproducible.
    bits = streams.opened(7, Purpose.REPLICATES, 17).bit_generator.random_raw(2)
    assert bits.tolist() == [3036079623749193828, 15985722856633261159]


def test_a_key_that_would_run_into_another_is_refused() -> None:
    for seed, number in ((-1, 0), (2**64, 0), (0, -1), (0, 2**48)):
        with pytest.raises(RatingError, match="A seed is a whole number"):
            streams.opened(seed, Purpose.RANKS, number)
