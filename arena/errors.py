"""The errors of the service: each is a sentence that its reader can act on."""

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

# A sentence with its values, in the language of whoever asks.
Say = Callable[[str, Mapping[str, str | int]], str]
_PLACE = re.compile(r"\{([a-z_]+)\}")


class ArenaError(Exception):
    """Something went wrong that the reader can do nothing about; it has been recorded."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str | None = None, **values: str | int) -> None:
        """`detail` names its values as {places}, so that another language can put them elsewhere."""
        self.detail = detail or type(self).sentence()
        self.values = values
        super().__init__(filled(self.detail, values))

    @classmethod
    def sentence(cls) -> str:
        """The class's own sentence, used where an error says nothing more precise."""
        return (cls.__doc__ or "").strip().splitlines()[0]


def filled(sentence: str, values: Mapping[str, str | int]) -> str:
    """The sentence with its values in their places; braces that name no value are text, since a value may hold some."""

    def value(found: re.Match[str]) -> str:
        given = values.get(found[1], found[0])
        return f"{given:,}" if isinstance(given, int) else given

    return _PLACE.sub(value, sentence)


class NotFound(ArenaError):
    """There is nothing of this name here."""

    status = 404


class Refused(ArenaError):
    """The request can't be carried out as it was sent."""

    status = 400


class NoSuchCursor(Refused):
    """No list here gave this cursor. Leave it out to begin at the start."""

    def __init__(self) -> None:
        super().__init__(field="cursor")


class Later(ArenaError):
    """The arena can't do this at the moment; try again in a few seconds.

    `seconds` is how long that will be, None where nobody knows.
    """

    status = 503

    def __init__(self, detail: str | None = None, *, seconds: float | None = None, **values: str | int) -> None:
        super().__init__(detail, **values)
        self.seconds = seconds


class SettingsWrong(ArenaError):
    """A setting is missing or has a value that can't be used."""
