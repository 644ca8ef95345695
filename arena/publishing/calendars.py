"""Calendars: when a board is released, in words or as a cron expression, always in UTC."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from croniter import CroniterError, croniter
from msgspec import Struct

from arena.errors import Refused

AT_ONCE: Final = "at once"
LOOKED_AHEAD: Final = 24
MOST_CUT_OFF: Final = timedelta(days=31)
DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "sixth": 6}
UNITS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}

_CUT_OFF: Final = re.compile(r"(.+?),? cut-off (\d{1,5}) (minute|hour|day)s? before")
_AT: Final = re.compile(r"(.+?)(?: at ([01]?\d|2[0-3]):([0-5]\d))?(?: utc)?")
_EVERY: Final = re.compile(rf"every (day|weekday|{'|'.join(DAYS)})")
_DAY_OF: Final = re.compile(
    rf"(?:the )?(?:(first|last) day|day ([1-9]|1\d|2[0-8])|(first|second|third|fourth|last) ({'|'.join(DAYS)}))"
    r" of (.+)"
)
_MONTHS: Final = re.compile(
    rf"every (?:(second|third|fourth|sixth) )?month(?: from ({'|'.join(MONTHS)}))?|every (quarter)"
)
# Without the letters that other dialects of cron have: R, for one, is a moment that chance picks.
_CRON: Final = re.compile(r"[\d*,/#-]+|(?:[\d,-]|l|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
                          r"|(?:sun|mon|tue|wed|thu|fri|sat))+")  # fmt: skip


class CalendarBroken(Refused):
    """This calendar can't be read."""


class DateBroken(Refused):
    """“{text}” is no date. Write it as 2026-11-01, or with a time as 2026-11-01T15:00:00Z."""


class Calendar(Struct, frozen=True, kw_only=True):
    """When a board is released: whenever `cron` says, of the votes cast until `cut_off` before; at once without one."""

    text: str
    cron: str | None
    cut_off: timedelta = timedelta()


@lru_cache(maxsize=256)
def read(text: str) -> Calendar:
    """What a calendar says; CalendarBroken, in words, where it says nothing that can be kept.

    It is `at once`, a cron expression of five fields, or words such as `every friday at 15:00`, `last day of every
    second month at 12:00` or `first monday of march, september`; all but the first take a cut-off, such as
    `…, cut-off 24 hours before`. Every second month is every even one, and every third one ends a quarter, unless it
    says `from` which month.
    """
    plain = " ".join(text.lower().split())
    if plain == AT_ONCE:
        return Calendar(text=plain, cron=None)
    when, cut_off = _cut(plain)
    calendar = Calendar(text=plain, cron=_spoken(when) or _written(when), cut_off=cut_off)
    _check(calendar)
    return calendar


def following(calendar: Calendar, now: datetime) -> datetime:
    """The first moment of the calendar after `now`."""
    moment: datetime = croniter(calendar.cron, now.astimezone(UTC)).get_next(datetime)
    return moment


def moment(text: str) -> datetime:
    """What a date or a moment says: the end of that day (UTC), or that moment, in UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(text)
        if "T" not in text.upper() and " " not in text:
            found += timedelta(days=1) - timedelta(microseconds=1)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise DateBroken(text=text[:100], field="at") from None


def _cut(text: str) -> tuple[str, timedelta]:
    found = _CUT_OFF.fullmatch(text)
    if found is None:
        return text, timedelta()
    return found[1], int(found[2]) * UNITS[found[3]]


def _spoken(text: str) -> str | None:
    """The cron expression of a calendar in words, None where these are no such words."""
    found = _AT.fullmatch(text)
    days = _days(found[1]) if found else None
    if found is None or days is None:
        return None
    return f"{int(found[3] or 0)} {int(found[2] or 0)} {days}"


def _days(text: str) -> str | None:
    """The last three fields of cron: day of the month, month, day of the week."""
    if every := _EVERY.fullmatch(text):
        day = every[1]
        return "* * " + ("*" if day == "day" else "1-5" if day == "weekday" else str(DAYS.index(day)))
    found = _DAY_OF.fullmatch(text)
    months = _months(found[5]) if found else None
    if found is None or months is None:
        return None
    if found[4]:
        day = str(DAYS.index(found[4]))
        return f"* {months} " + (f"L{day}" if found[3] == "last" else f"{day}#{ORDINALS[found[3]]}")
    return f"{found[2] or ('L' if found[1] == 'last' else '1')} {months} *"


def _months(text: str) -> str | None:
    found = _MONTHS.fullmatch(text)
    if found is None:
        named = re.split(r", | and ", text)
        return ",".join(str(MONTHS.index(name) + 1) for name in named) if set(named) <= set(MONTHS) else None
    step = 3 if found[3] else ORDINALS[found[1]] if found[1] else 1
    begin = MONTHS.index(found[2]) + 1 if found[2] else 0
    return ",".join(str(month) for month in range(1, 13) if (month - begin) % step == 0)


def _written(text: str) -> str:
    fields = text.split()
    if len(fields) != 5 or not all(_CRON.fullmatch(field) for field in fields):
        raise CalendarBroken(
            "“{text}” is no calendar. Say “at once”, “every friday at 15:00”, “last day of every second month at "
            "12:00”, or a cron expression of five fields such as “0 15 * * 5”; all in UTC.",
            text=text[:100],
            field="calendar",
        )
    return text


def _check(calendar: Calendar) -> None:
    """Refuse a calendar that no day fits, or whose cut-off lies before the release before it."""
    try:
        moments = _ahead(calendar)
    except CroniterError as error:
        raise CalendarBroken(
            "No day fits the calendar “{text}” ({error}).", text=calendar.text[:100], error=str(error), field="calendar"
        ) from None
    shortest = min(later - sooner for sooner, later in pairwise(moments))
    if calendar.cut_off > min(shortest, MOST_CUT_OFF):
        raise CalendarBroken(
            "The cut-off of “{text}” lies before the release before, or more than 31 days back.",
            text=calendar.text[:100],
            field="calendar",
        )


def _ahead(calendar: Calendar) -> list[datetime]:
    """Its next moments from a day of a common year on, enough of them to meet the closest two."""
    days = croniter(calendar.cron, datetime(2025, 1, 1, tzinfo=UTC))
    return [days.get_next(datetime) for _ in range(LOOKED_AHEAD)]
