"""Where an interval stands on its table's scale; the drawing itself is in the template."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

REFERENCE = 1000.0
STEPS = (10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000)
MOST_STEPS = 5
FEW_TICKS = 3
LEAST_SPAN = 100.0
MARGIN = 0.06


class Rated(Protocol):
    """Whatever has a rating with an interval; an end of None is open."""

    @property
    def rating(self) -> float: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...


@dataclass(frozen=True)
class Tick:
    """A line of the grid, in per cent of the width; where there are many, every second one carries its value."""

    x: float
    value: float
    labelled: bool


@dataclass(frozen=True)
class Scale:
    """One scale for every row of a table."""

    low: float
    high: float

    @classmethod
    def of(cls, standings: Iterable[Rated]) -> Self:
        """A scale that holds every rating, every finite end and the reference, with some air."""
        values = [REFERENCE]
        for standing in standings:
            ends = (standing.lower, standing.rating, standing.upper)
            values += [value for value in ends if value is not None]
        low, high = min(values), max(values)
        air = max((high - low) * MARGIN, (LEAST_SPAN - (high - low)) / 2)
        return cls(low - air, high + air)

    def x(self, value: float) -> float:
        """The value's place in per cent of the width."""
        return round((value - self.low) / (self.high - self.low) * 100, 2)

    @property
    def step(self) -> float:
        """The smallest round step that gives the grid at most five."""
        span = self.high - self.low
        return next((step for step in STEPS if span / step <= MOST_STEPS), span / MOST_STEPS)

    @property
    def ticks(self) -> list[Tick]:
        """The grid; the reference is always one of its lines and has its label."""
        first = -int((REFERENCE - self.low) // self.step)
        last = int((self.high - REFERENCE) // self.step)
        values = [(place, REFERENCE + place * self.step) for place in range(first, last + 1)]
        return [Tick(self.x(value), value, len(values) <= FEW_TICKS or place % 2 == 0) for place, value in values]


@dataclass(frozen=True)
class Whisker:
    """An interval and its point, in per cent of the width; an open end reaches the edge."""

    start: float
    end: float
    point: float
    open_below: bool
    open_above: bool


def whisker(standing: Rated, scale: Scale) -> Whisker:
    """The standing's interval on the scale."""
    return Whisker(
        start=0.0 if standing.lower is None else scale.x(standing.lower),
        end=100.0 if standing.upper is None else scale.x(standing.upper),
        point=scale.x(standing.rating),
        open_below=standing.lower is None,
        open_above=standing.upper is None,
    )
