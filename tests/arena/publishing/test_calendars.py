from datetime import UTC, datetime, timedelta

import pytest

from arena.publishing import calendars
from arena.publishing.calendars import CalendarBroken, DateBroken

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # A Sunday.


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("every friday at 15:00", ["2026-11-27 15:00", "2026-12-04 15:00"]),
        ("Every  Friday at 15:00 UTC", ["2026-11-27 15:00"]),
        ("0 15 * * 5", ["2026-11-27 15:00"]),
        ("0 15 * * fri", ["2026-11-27 15:00"]),
        ("last day of every second month at 12:00", ["2026-12-31 12:00", "2027-02-28 12:00", "2027-04-30 12:00"]),
        ("last day of every second month from january", ["2026-11-30 00:00", "2027-01-31 00:00"]),
        ("first day of every quarter at 06:30", ["2026-12-01 06:30", "2027-03-01 06:30"]),
        ("the last friday of every month at 9:05", ["2026-11-27 09:05", "2026-12-25 09:05"]),
        ("second tuesday of every sixth month from june", ["2026-12-08 00:00", "2027-06-08 00:00"]),
        ("first monday of march and september", ["2027-03-01 00:00", "2027-09-06 00:00"]),
        ("day 15 of january, july at 8:00", ["2027-01-15 08:00", "2027-07-15 08:00"]),
        ("every weekday at 23:59", ["2026-11-23 23:59", "2026-11-24 23:59"]),
        ("every day", ["2026-11-23 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00"]),
    ],
)
def test_a_calendar_is_read_and_gives_its_moments_in_order(text: str, moments: list[str]) -> None:
    calendar, now = calendars.read(text), NOW
    for moment in moments:
        now = calendars.following(calendar, now)
        assert f"{now:%Y-%m-%d %H:%M}" == moment
        assert now.utcoffset() == timedelta()


def test_a_moment_of_the_calendar_is_followed_by_the_next_one() -> None:
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert calendars.following(calendars.read("every friday at 15:00"), friday) == friday + timedelta(days=7)


def test_at_once_is_no_moment_and_a_cut_off_is_so_long_before() -> None:
    assert calendars.read(" At  once ").cron is None
    assert calendars.read("every friday at 15:00, cut-off 24 hours before").cut_off == timedelta(days=1)
    assert calendars.read("0 15 * * 5 cut-off 30 minutes before").cut_off == timedelta(minutes=30)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "every friday at 25:00", "every blue moon", "61 * * * *", "* * * * * *", "@hourly"),
        *("R * * * *", "H * * * *", "0 0 30 2 *", "0 0 31 2,4 *", "day 31 of every month", "*/0 * * * *"),
        *("every day, cut-off 2 days before", "first day of march, cut-off 32 days before", "0 0 * * 5#7"),
        "last day of every second month from smarch",
    ],
)
def test_what_is_no_calendar_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(CalendarBroken) as broken:
        calendars.read(text)
    assert len(str(broken.value)) > 30


def test_a_date_is_the_end_of_its_day_and_a_moment_itself() -> None:
    assert calendars.moment("2026-11-01") == datetime(2026, 11, 1, 23, 59, 59, 999999, tzinfo=UTC)
    assert calendars.moment("2026-11-01T15:00:00Z") == datetime(2026, 11, 1, 15, tzinfo=UTC)
    assert calendars.moment("2026-11-01T15:00:00+02:00") == datetime(2026, 11, 1, 13, tzinfo=UTC)
    for text in ("yesterday", "2026-13-01", "0001-01-01T00:00:00+05:00", "\0", ""):
        with pytest.raises(DateBroken):
            calendars.moment(text)
