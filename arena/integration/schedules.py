"""Schedules: when a board is looked after, as a cron expression in UTC."""

import re
from datetime import UTC, datetime
from typing import Final

from croniter import CroniterError, croniter

from arena.errors import ArenaError

# Without the letters that other dialects of cron have: R, for one, is a moment that chance picks.
_FIELD: Final = re.compile(
    r"[\d*,/-]+|(?:[\d,-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)+"
)


class ScheduleRefused(ArenaError):
    """This schedule can't be kept."""

    status = 400


def read(text: str) -> str:
    """The schedule as it is kept; ScheduleRefused for what is no cron expression of five fields, or never comes."""
    fields = text.lower().split()
    try:
        if len(fields) == 5 and all(_FIELD.fullmatch(field) for field in fields):
            following(" ".join(fields), datetime.now(UTC))
            return " ".join(fields)
    except CroniterError:
        pass
    raise ScheduleRefused(
        "“{text}” is no schedule. Give a cron expression of five fields (minute, hour, day, month, day of the week; in "
        "UTC) that some day fits, such as “*/10 * * * *”.",
        text=text[:100],
    )


def following(schedule: str, moment: datetime) -> datetime:
    """The first time of the schedule after this moment."""
    found: datetime = croniter(schedule, moment.astimezone(UTC)).get_next(datetime)
    return found
