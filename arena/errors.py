"""The errors of the service: each is a sentence that its reader can act on."""

from typing import ClassVar


class ArenaError(Exception):
    """Something went wrong that the reader can do nothing about; it has been recorded."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or type(self).sentence())

    @classmethod
    def sentence(cls) -> str:
        """The class's own sentence, used where an error says nothing more precise."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class NotFound(ArenaError):
    """There is nothing of this name here."""

    status = 404


class Refused(ArenaError):
    """The request can't be carried out as it was sent."""

    status = 400


class Later(ArenaError):
    """The arena can't do this at the moment; try again in a few seconds.

    `seconds` is how long that will be, None where nobody knows.
    """

    status = 503

    def __init__(self, detail: str | None = None, *, seconds: float | None = None) -> None:
        super().__init__(detail)
        self.seconds = seconds


class SettingsWrong(ArenaError):
    """A setting is missing or has a value that can't be used."""
