"""Recitals: texts that are written already, told at the tempo of answers that were really given."""

from collections import deque
from collections.abc import Iterable
from random import Random
from typing import Final

from msgspec import Struct

# From fewer answers a recital would be told at the tempo of the few that came last.
ENOUGH: Final = 20
MOST: Final = 400


class Tempo(Struct, frozen=True):
    """When an answer's first text came, and how many characters came in each second from then on."""

    first_seconds: float
    rate: float


class Recital(Struct, frozen=True):
    """A text and its tempo."""

    text: str
    tempo: Tempo

    def by(self, seconds: float) -> str:
        """What has been told so many seconds after the question: something from the first text on."""
        told = int((seconds - self.tempo.first_seconds) * self.tempo.rate)
        return self.text[: max(1, told)]


class Tempos:
    """The tempos of the last answers that this process heard."""

    def __init__(self) -> None:
        self._heard: deque[Tempo] = deque(maxlen=MOST)

    @property
    def enough(self) -> bool:
        """Whether so many were heard that one of them tells nothing."""
        return len(self._heard) >= ENOUGH

    def hear(self, answers: Iterable[tuple[int, float | None, float | None]]) -> None:
        """Remember answers by characters, seconds to the first text, and seconds in all; None is not known."""
        for characters, first, whole in answers:
            if characters and first is not None and whole is not None and whole > first:
                self._heard.append(Tempo(first, characters / (whole - first)))

    def draw(self, chance: Random) -> Tempo:
        """One of those heard."""
        return chance.choice(self._heard)
