"""What moved between two releases: in words, as a waterfall of one contender, and as a table of all."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from msgspec import structs

from arena import guards
from arena.pages import assets, languages
from arena.pages.intervals import Scale
from arena.publishing.movement import Moved, Movement, Movements
from rating.movement import Fate

# So small a part is nothing at the one decimal that is shown.
NOTHING: Final = 0.05
LEAST_SPAN: Final = 30.0
MARGIN: Final = 0.08
MOST_LINES: Final = 10
MOST_NAMES: Final = 12


@dataclass(frozen=True)
class Step:
    """One part of a change: its points, and where its bar begins and how wide it is, in per cent."""

    part: str
    points: float
    x: float
    width: float


@dataclass(frozen=True)
class Waterfall:
    """A contender's way from one rating to the other; `main` are the parts that are not nothing, the largest first."""

    line: Moved
    scale: Scale
    start: float
    end: float
    steps: list[Step]
    main: list[Step]


@dataclass(frozen=True)
class Names:
    """Contenders of one fate: the first few by name, and how many more there are."""

    fate: Fate
    shown: list[str]
    more: int


def waterfall(line: Moved) -> Waterfall | None:
    """The steps between the ratings in the order of the fits, None for a change without parts."""
    if line.parts is None or line.before is None or line.after is None:
        return None
    parts = structs.asdict(line.parts)
    ends = list(accumulate(parts.values(), initial=line.before))
    scale = _scale([*ends, line.after])
    steps = [
        Step(part, points, scale.x(min(begin, end)), round(abs(scale.x(end) - scale.x(begin)), 2))
        for (part, points), begin, end in zip(parts.items(), ends, ends[1:], strict=False)
    ]
    main = sorted((step for step in steps if abs(step.points) >= NOTHING), key=lambda step: -abs(step.points))
    return Waterfall(line, scale, scale.x(line.before), scale.x(line.after), steps, main)


def _scale(values: list[float]) -> Scale:
    low, high = min(values), max(values)
    air = max((high - low) * MARGIN, (LEAST_SPAN - (high - low)) / 2)
    return Scale(low - air, high + air)


def context(movement: Movement, contender: str | None = None, *, most: int | None = MOST_LINES) -> dict[str, object]:
    """What `releases/movement.html` is given: the waterfall of the contender named, or of the largest change."""
    changed = [line for line in movement.contenders if line.change is not None]
    split = [line for line in changed if line.parts is not None]
    chosen = next((line for line in split if line.contender == contender), split[0] if split else None)
    return {
        "movement": movement,
        "lines": changed[:most],
        "lines_in_all": len(changed),
        "waterfall": waterfall(chosen) if chosen else None,
        "fates": [found for fate in Fate if fate is not Fate.SPLIT and (found := _names(movement, fate)).shown],
    }


def _names(movement: Movement, fate: Fate) -> Names:
    names = [line.name for line in movement.contenders if line.fate is fate]
    return Names(fate, names[:MOST_NAMES], max(len(names) - MOST_NAMES, 0))


@get("/releases/{release_id:str}/diff/{other_id:str}", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    release_id: FromPath[str],
    other_id: FromPath[str],
    movements: Given[Movements],
    contender: Annotated[str | None, QueryParameter(name="contender", max_length=100)] = None,
) -> Response[Any]:
    """What moved from the other release to this one, and why one contender did."""
    movement = await movements.between(other_id, release_id)
    made_of = (languages.of(request).tag, movement.before.id, movement.after.id, contender)
    etag = assets.etag(*made_of)
    headers = {"etag": etag, "cache-control": guards.PUBLIC}
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Template("releases/diff.html", context=context(movement, contender, most=None), headers=headers)
