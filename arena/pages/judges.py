"""The judge board: how good each judge is, and one judge with everything that was measured of it."""

from dataclasses import dataclass

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.errors import NotFound
from arena.evaluation import attacks
from arena.evaluation.attacks import Withstood
from arena.integration import contested, judge_quality
from arena.integration.judge_measures import FEWEST, Compared
from arena.integration.judge_quality import Ranked
from arena.pages import intervals
from arena.pages.intervals import Scale, Whisker
from arena.submission import judges

HEADERS = {"cache-control": "no-cache"}


@dataclass(frozen=True)
class Line:
    """A judge's accuracy as what is drawn: the point, and ends that are there."""

    rating: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Row:
    """A judge on the board: `against` is its agreement where that is enough to go by, drawn as a whisker."""

    ranked: Ranked
    against: Compared | None
    people: Compared | None
    line: Line
    whisker: Whisker
    withstood: Withstood | None


@get("/judges", include_in_schema=False)
async def show_all(db: Given[Pool]) -> Template:
    """The judges, the best first, and those of whom too little is known to rank them."""
    ranked = await judge_quality.board(db, await judges.listed(db))
    withstood = await attacks.withstood(db, [each.judge.id for each in ranked])
    lines = [_line(each) for each in ranked]
    scale = Scale.of(lines, intervals.MEASURES["win_rate"])
    rows = [_row(each, line, scale, withstood.get(each.judge.id)) for each, line in zip(ranked, lines, strict=True)]
    context = {"rows": rows, "scale": scale, "fewest": FEWEST, "contested": await contested.of(db)}
    return Template("judges/list.html", context=context, headers=HEADERS)


@get("/judges/{slug:str}", include_in_schema=False)
async def show(slug: FromPath[str], db: Given[Pool]) -> Template:
    """One judge: how far it agrees with people, where it leans, what its confidence is worth, how it stood attacks."""
    judge = await judges.require(db, slug)
    if judge.listed_at is None:
        raise NotFound("There is no such judge.")
    row = await judge_quality.place(db, judge)
    trials = [each for each in await attacks.latest(db, judge.id) if each.figures and each.version == judge.version]
    context = {
        "row": row,
        "judge": judge,
        "quality": row.quality,
        "figures": row.quality.figures if row.quality else None,
        "fewest": FEWEST,
        "withstood": (await attacks.withstood(db, [judge.id])).get(judge.id),
        "attacks": trials[0].figures if trials else None,
    }
    return Template("judges/show.html", context=context, headers=HEADERS)


def _line(ranked: Ranked) -> Line:
    against = _enough(ranked)
    if against is None:
        return Line(None, None, None)
    told = against.accuracy
    return Line(told.value, told.lower, told.upper)


def _row(ranked: Ranked, line: Line, scale: Scale, withstood: Withstood | None) -> Row:
    overall = ranked.quality.figures.overall if ranked.quality else None
    people = overall.people if overall and overall.people and overall.people.enough else None
    return Row(ranked, _enough(ranked), people, line, intervals.whisker(line, scale), withstood)


def _enough(ranked: Ranked) -> Compared | None:
    overall = ranked.quality.figures.overall if ranked.quality else None
    return overall.judge if overall and overall.judge.enough else None


routes = [show_all, show]
