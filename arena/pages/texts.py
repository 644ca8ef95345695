"""Pages of text, generated from what runs: how the numbers are made, and what is kept."""

from functools import cache

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.response import Template

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import policies
from arena.evaluation.categories import CLASSIFIER
from arena.guards import YEAR
from arena.integration.paces import Paces
from arena.pages import detectors
from rating import Tally, rate
from rating.standings import Method

BOARD = "overall"


@cache
def method() -> Method:
    """The choices that `rate` makes where it is not told otherwise."""
    return rate(Tally.of_votes(())).method


@get("/methodology", include_in_schema=False)
async def methodology(settings: Given[Settings], db: Given[Pool], paces: Given[Paces]) -> Template:
    """How ratings are made, and pairs drawn."""
    context = {
        "method": method(),
        "settings": settings,
        "policy": await policies.present(db),
        "pace": await paces.of(BOARD),
        "classifier": CLASSIFIER,
    }
    return Template("texts/methodology.html", context=context, headers={"cache-control": "no-cache"})


@get("/policy", include_in_schema=False)
async def policy(settings: Given[Settings]) -> Template:
    """What is kept of a visit, and what may be published."""
    context = {"settings": settings, "cookie_seconds": YEAR}
    return Template("texts/policy.html", context=context, headers={"cache-control": "no-cache"})


@get("/methodology/audit", include_in_schema=False)
async def detection() -> Template:
    """What the audit looks for, how much of it is found on boards whose truth is known, and what can't be."""
    context = {"power": detectors.POWER, "groups": detectors.GROUPS, "figures": detectors}
    return Template("texts/audit.html", context=context, headers={"cache-control": "no-cache"})
