"""Where an interval stands on its table's scale; the drawing itself is in the template."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

REFERENCE = 1000.0
STEPS = (10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1000.0, 2000.0, 2500.0, 5000.0)
MOST_STEPS = 5
FEW_TICKS = 3
LEAST_SPAN = 100.0
MARGIN = 0.06


class Bounded(Protocol):
    """Whatever has an interval; a bound of None is no bound."""

    @property
    def rating(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...


@dataclass(frozen=True)
class Measure:
    """What a scale measures: where its reference is, its round steps, and how little it may span."""

    reference: float = REFERENCE
    steps: tuple[float, ...] = STEPS
    least_span: float = LEAST_SPAN


RATING = Measure()
MEASURES = {
    "rating": RATING,
    "logits": Measure(0.0, tuple(step / 100 for step in STEPS), 0.5),
    "win_rate": Measure(0.5, (0.05, 0.1, 0.2, 0.25, 0.5), 0.2),
}


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
    measure: Measure = RATING

    @classmethod
    def of(cls, lines: Iterable[Bounded], measure: Measure = RATING) -> Self:
        """A scale that holds every rating, every finite end and the reference, with some air."""
        values = [measure.reference]
        for line in lines:
            values += [value for value in (line.lower, line.rating, line.upper) if value is not None]
        low, high = min(values), max(values)
        air = max((high - low) * MARGIN, (measure.least_span - (high - low)) / 2)
        return cls(low - air, high + air, measure)

    def x(self, value: float) -> float:
        """The value's place in per cent of the width."""
        return round((value - self.low) / (self.high - self.low) * 100, 2)

    @property
    def step(self) -> float:
        """The smallest round step that gives the grid at most five."""
        span = self.high - self.low
        return next((step for step in self.measure.steps if span / step <= MOST_STEPS), span / MOST_STEPS)

    @property
    def ticks(self) -> list[Tick]:
        """The grid; the reference is always one of its lines and has its label."""
        reference = self.measure.reference
        first = -int((reference - self.low) // self.step)
        last = int((self.high - reference) // self.step)
        values = [(place, reference + place * self.step) for place in range(first, last + 1)]
        return [Tick(self.x(value), value, len(values) <= FEW_TICKS or place % 2 == 0) for place, value in values]


@dataclass(frozen=True)
class Whisker:
    """An interval and its point, in per cent of the width; an open end reaches the edge."""

    start: float
    end: float
    point: float
    open_below: bool
    open_above: bool


def whisker(line: Bounded, scale: Scale) -> Whisker:
    """The line's interval on the scale; who has no rating stands at the reference."""
    return Whisker(
        start=0.0 if line.lower is None else scale.x(line.lower),
        end=100.0 if line.upper is None else scale.x(line.upper),
        point=scale.x(scale.measure.reference if line.rating is None else line.rating),
        open_below=line.lower is None,
        open_above=line.upper is None,
    )
