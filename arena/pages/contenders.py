"""The public page of a contender: its card, its names, and the versions before and after it."""

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.evaluation import set_results
from arena.submission import contenders


@get("/contenders/{slug:str}", include_in_schema=False)
async def show(slug: FromPath[str], db: Given[Pool]) -> Template:
    """What is said of a contender, and what it was called."""
    entry = await contenders.require(db, slug)
    answered = await set_results.of_contender(db, slug)
    context = {"entry": entry, "set_results": answered}
    return Template("contenders/show.html", context=context, headers={"cache-control": "no-cache"})
