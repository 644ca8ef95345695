"""How numbers, ranges and times are written; the one place to change when pages speak another language."""

from datetime import UTC, datetime

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def number(value: float) -> str:
    """A whole number with thousands separators: 1,171; −12."""
    return f"{round(value):,}".replace("-", MINUS)


def share(value: float) -> str:
    """A part of one as a percentage: 95%."""
    return f"{value * 100:.4g}%"


def ranks(lower: int, upper: int) -> str:
    """A range of ranks: 1–22, or 1 alone."""
    return number(lower) if lower == upper else f"{number(lower)}{DASH}{number(upper)}"


def date(moment: datetime) -> str:
    """A day: 20 November 2026."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def clock(moment: datetime) -> str:
    """A time of day: 15:00 UTC."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def machine(moment: datetime) -> str:
    """A moment as RFC 3339, for programs that read the page."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(seconds: float) -> str:
    """A length of time in its largest even unit: 5 minutes, 90 seconds."""
    for size, unit in UNITS:
        count = seconds / size
        if count >= 1 and count == int(count):
            return f"{number(count)} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:g} seconds"
