"""Pages of text, generated from what runs: how the numbers are made, and what is kept."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency as Given
from litestar.response import Template

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.categories import CLASSIFIER
from arena.guards import YEAR
from arena.pages import detectors, languages, stating
from arena.publishing import factbook, facts, rounds, smells
from arena.publishing.factbook import CHECK, Ground

AnyRequest = Request[Any, Any, Any]


@get("/methodology", include_in_schema=False)
async def methodology(request: AnyRequest, settings: Given[Settings], db: Given[Pool]) -> Template:
    """How ratings are made, and pairs drawn."""
    ground = await factbook.ground(db, settings)
    context = {"ground": ground, "classifier": CLASSIFIER, **await _stated(request, db, ground)}
    return Template("texts/methodology.html", context=context, headers={"cache-control": "no-cache"})


@get("/policy", include_in_schema=False)
async def policy(request: AnyRequest, settings: Given[Settings], db: Given[Pool]) -> Template:
    """What is kept of a visit, and what may be published."""
    ground = await factbook.ground(db, settings)
    context = {"settings": settings, "cookie_seconds": YEAR, **await _stated(request, db, ground)}
    return Template("texts/policy.html", context=context, headers={"cache-control": "no-cache"})


async def _stated(request: AnyRequest, db: Pool, ground: Ground) -> dict[str, Any]:
    """The facts' sentences, which of them the rows contradict now, and when they were last held against them."""
    present = await smells.listed(db, states=smells.PRESENT, check=CHECK, most=len(facts.ALL))
    last = (await rounds.last(db)).get(CHECK)
    return {
        "told": stating.told(ground, languages.of(request)),
        "contradicted": present,
        "tested_at": last.ended_at if last else None,
        "facts": len(facts.ALL),
    }


@get("/methodology/audit", include_in_schema=False)
async def detection() -> Template:
    """What the audit looks for, how much of it is found on boards whose truth is known, and what can't be."""
    context = {"power": detectors.POWER, "groups": detectors.GROUPS, "figures": detectors}
    return Template("texts/audit.html", context=context, headers={"cache-control": "no-cache"})
