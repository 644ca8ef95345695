from datetime import UTC, datetime, timedelta, timezone
from gettext import NullTranslations

import pytest
from babel import Locale

from arena.pages import formats
from arena.pages.languages import CHINESE, ENGLISH, Language


@pytest.mark.parametrize(
    ("value", "text"), [(1170.73, "1,171"), (-12.4, "−12"), (0, "0"), (-0.3, "0"), (1234567, "1,234,567")]
)
def test_numbers_are_whole_with_separators_and_a_true_minus(value: float, text: str) -> None:
    assert formats.number(value, ENGLISH) == text


def test_a_rank_is_a_range_unless_there_is_only_one() -> None:
    assert formats.ranks(1, 22, ENGLISH) == "1–22"
    assert formats.ranks(3, 3, ENGLISH) == "3"


def test_times_are_told_in_utc_wherever_they_come_from() -> None:
    moment = datetime(2026, 11, 21, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    assert (formats.date(moment, ENGLISH), formats.clock(moment, ENGLISH)) == ("20 November 2026", "15:30 UTC")
    assert formats.machine(moment, ENGLISH) == "2026-11-20T15:30:00Z"
    assert formats.moment(moment, ENGLISH) == "20 Nov, 15:30 UTC"
    assert formats.date(datetime(2026, 5, 1, tzinfo=UTC), ENGLISH) == "1 May 2026"


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
    assert formats.duration(seconds, ENGLISH) == text


def test_a_share_is_told_in_per_cent() -> None:
    assert (formats.share(0.95, ENGLISH), formats.share(0.975, ENGLISH)) == ("95%", "97.5%")


def test_chinese_dates_times_and_durations_are_written_as_chinese_writes_them() -> None:
    moment = datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert (formats.date(moment, CHINESE), formats.clock(moment, CHINESE)) == ("2026年11月20日", "15:00（UTC）")
    assert formats.moment(moment, CHINESE) == "11月20日 15:00（UTC）"
    assert (formats.duration(300, CHINESE), formats.duration(86400, CHINESE)) == ("5 分钟", "1 天")


def test_separators_are_those_of_the_language() -> None:
    german = Language("de", Locale("de"), NullTranslations())
    assert (formats.number(-1234.6, german), formats.share(0.975, german)) == ("−1.235", "97,5%")
