from datetime import UTC, datetime, timedelta, timezone

import pytest

from arena.pages import formats


@pytest.mark.parametrize(
    ("value", "text"), [(1170.73, "1,171"), (-12.4, "−12"), (0, "0"), (-0.3, "0"), (1234567, "1,234,567")]
)
def test_numbers_are_whole_with_separators_and_a_true_minus(value: float, text: str) -> None:
    assert formats.number(value) == text


def test_a_rank_is_a_range_unless_there_is_only_one() -> None:
    assert formats.ranks(1, 22) == "1–22"
    assert formats.ranks(3, 3) == "3"


def test_times_are_told_in_utc_wherever_they_come_from() -> None:
    moment = datetime(2026, 11, 21, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    assert (formats.date(moment), formats.clock(moment)) == ("20 November 2026", "15:30 UTC")
    assert formats.machine(moment) == "2026-11-20T15:30:00Z"
    assert formats.date(datetime(2026, 5, 1, tzinfo=UTC)) == "1 May 2026"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (300, "5 minutes"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (86400, "1 day"),
        (31536000, "365 days"),
        (1, "1 second"),
        (0.5, "0.5 seconds"),
    ],
)
def test_a_duration_is_told_in_its_largest_even_unit(seconds: float, text: str) -> None:
    assert formats.duration(seconds) == text


def test_a_share_is_told_in_per_cent() -> None:
    assert (formats.share(0.95), formats.share(0.975)) == ("95%", "97.5%")
