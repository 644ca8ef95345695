"""Curves: where a rating and its interval stand over time; the drawing itself is in the template."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.pages.intervals import Scale
from arena.publishing.careers import Point

HEIGHT = 200
# Room for half a line of text above and below.
AIR = 12


@dataclass(frozen=True)
class Spot:
    """A point of the curve: x in per cent of the width, y in pixels, and the ends of its interval."""

    x: float
    y: float
    top: float
    bottom: float
    point: Point


@dataclass(frozen=True)
class Line:
    """A line of the grid."""

    y: float
    value: float


@dataclass(frozen=True)
class Curve:
    """A history as it is drawn; `band` and `path` are in a box of 100 by HEIGHT, stretched over the width."""

    height: int
    spots: list[Spot]
    lines: list[Line]
    band: str
    path: str


def curve(points: Sequence[Point]) -> Curve:
    """The history on one scale, by time; an end that is open reaches the edge."""
    scale = Scale.of(points)
    spots = [
        Spot(
            x=x,
            y=_y(point.rating, scale),
            top=0.0 if point.upper is None else _y(point.upper, scale),
            bottom=float(HEIGHT) if point.lower is None else _y(point.lower, scale),
            point=point,
        )
        for x, point in zip(_times(points), points, strict=True)
    ]
    outline = [(spot.x, spot.top) for spot in spots] + [(spot.x, spot.bottom) for spot in reversed(spots)]
    return Curve(
        height=HEIGHT,
        spots=spots,
        lines=[Line(_y(tick.value, scale), tick.value) for tick in scale.ticks],
        band=_path(outline) + " Z",
        path=_path([(spot.x, spot.y) for spot in spots]),
    )


def _times(points: Sequence[Point]) -> list[float]:
    """Each point's place in time, in per cent; one alone stands in the middle."""
    first, last = points[0].published_at, points[-1].published_at
    span = (last - first).total_seconds()
    if not span:
        return [50.0] * len(points)
    return [round((point.published_at - first).total_seconds() / span * 100, 2) for point in points]


def _y(value: float, scale: Scale) -> float:
    return round(AIR + (1 - scale.x(value) / 100) * (HEIGHT - 2 * AIR), 1)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in places)
