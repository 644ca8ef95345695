"""How numbers, ranges and times are written in the reader's language."""

from datetime import UTC, datetime
from functools import lru_cache

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent

from arena.pages.languages import Language

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def number(value: float, language: Language) -> str:
    """A whole number with separators: 1,171; −12."""
    return _whole(round(value), language)


@lru_cache(maxsize=4096)
def _whole(value: int, language: Language) -> str:
    return format_decimal(value, locale=language.locale).replace("-", MINUS)


def tenths(value: float, language: Language) -> str:
    """A number with one decimal: 1,021.5."""
    # What rounds to nothing has no sign.
    return format_decimal(round(value, 1) + 0.0, format="#,##0.0", locale=language.locale).replace("-", MINUS)


def points(value: float, language: Language) -> str:
    """A difference with its sign and one decimal: +28.5; nothing is 0."""
    if not round(value, 1):
        return "0"
    return ("+" if value > 0 else "") + tenths(value, language)


def share(value: float, language: Language) -> str:
    """A part of one as a percentage: 95%."""
    return format_percent(value, format="#,##0.##%", locale=language.locale)


def percent(value: float, language: Language) -> str:
    """A part of one as a whole percentage: 64%."""
    return format_percent(value, format="#,##0%", locale=language.locale)


def measured(value: float, scale: str, language: Language) -> str:
    """A number on a table's scale: 1,171 points, 0.53 on the log-odds scale, or 62.4% of the field."""
    if scale == "rating":
        return number(value, language)
    pattern = "0.0%" if scale == "win_rate" else "0.00"
    write = format_percent if scale == "win_rate" else format_decimal
    return write(value, format=pattern, locale=language.locale).replace("-", MINUS)


def signed(value: float, language: Language) -> str:
    """A whole difference with its sign: +8, −9, 0."""
    return f"+{number(value, language)}" if round(value) > 0 else number(value, language)


def amount(value: float, language: Language) -> str:
    """A size or a price, as exact as it was entered: 0.15, 70, 1,000."""
    return format_decimal(value, format="#,##0.######", locale=language.locale)


def day(moment: datetime, language: Language) -> str:
    """A day in short: 20 Nov 2026."""
    return format_skeleton("yMMMd", moment.astimezone(UTC), locale=language.locale)


def ranks(lower: int, upper: int, language: Language) -> str:
    """A range of ranks: 1–22, or 1 alone."""
    best, worst = number(lower, language), number(upper, language)
    return best if lower == upper else f"{best}{DASH}{worst}"


def date(moment: datetime, language: Language) -> str:
    """A day: 20 November 2026."""
    return format_date(moment.astimezone(UTC), "long", locale=language.locale)


def clock(moment: datetime, language: Language) -> str:
    """A time of day: 15:00 UTC."""
    return language.say("{time} UTC", {"time": f"{moment.astimezone(UTC):%H:%M}"})


def moment(when: datetime, language: Language) -> str:
    """A day and a time: 20 Nov, 15:00 UTC."""
    day = format_skeleton("MMMd", when.astimezone(UTC), locale=language.locale)
    pattern = str(language.locale.datetime_formats["medium"])
    return pattern.replace("{1}", day).replace("{0}", clock(when, language))


def machine(moment: datetime, _: Language) -> str:
    """A moment as RFC 3339, for programs that read the page."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def duration(seconds: float, language: Language) -> str:
    """A length of time in its largest even unit: 5 minutes, 90 seconds."""
    ngettext = language.catalogue.ngettext
    count, sentence = seconds, ngettext("{count} second", "{count} seconds", 1 if seconds == 1 else 2)
    if _even(seconds, 86400):
        count = seconds // 86400
        sentence = ngettext("{count} day", "{count} days", int(count))
    elif _even(seconds, 3600):
        count = seconds // 3600
        sentence = ngettext("{count} hour", "{count} hours", int(count))
    elif _even(seconds, 60):
        count = seconds // 60
        sentence = ngettext("{count} minute", "{count} minutes", int(count))
    return sentence.replace("{count}", format_decimal(count, locale=language.locale))


def _even(seconds: float, size: int) -> bool:
    return seconds >= size and seconds % size == 0
