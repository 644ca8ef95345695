"""Facts over HTTP: what the arena says of itself, and whether its rows agree."""

from datetime import datetime
from typing import Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from msgspec import Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.publishing import factbook, facts, rounds, smells
from arena.publishing.factbook import CHECK, Page, Value

AnyRequest = Request[Any, Any, Any]


class Fact(Struct, frozen=True, kw_only=True):
    """A public claim: its sentence with {places}, what the configuration puts there, and what its test looks at.

    `stated` is false where the configuration makes it void, a limit that is off for instance.
    """

    fact: str
    page: Page
    sentence: str
    values: dict[str, Value]
    stated: bool
    test: str
    state: Literal["holds", "contradicted", "untested"]


class Facts(Struct):
    """All facts, and when they were tested last."""

    items: list[Fact]
    next: None
    tested_at: datetime | None


@get("/facts", responses=guards.json_of(Facts))
async def list_facts(request: AnyRequest, db: Given[Pool], settings: Given[Settings]) -> Response[Any]:
    """What the arena says of itself on its pages, each claim with its test and whether the rows agree."""
    ground = await factbook.ground(db, settings)
    last = (await rounds.last(db)).get(CHECK)
    present = await smells.listed(db, states=smells.PRESENT, check=CHECK, most=len(facts.ALL))
    contradicted = {each.subject for each in present}
    tested_at = last.ended_at if last else None

    def state(name: str) -> Literal["holds", "contradicted", "untested"]:
        if f"fact {name}" in contradicted:
            return "contradicted"
        return "untested" if tested_at is None else "holds"

    told = [
        Fact(
            fact=each.name,
            page=each.page,
            sentence=each.sentence,
            values=each.values(ground),
            stated=each.holds(ground),
            test=each.promise,
            state=state(each.name),
        )
        for each in facts.ALL.values()
    ]
    return guards.fresh(request, Facts(told, None, tested_at), public=True)


routes = [list_facts]
