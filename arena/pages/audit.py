"""The audit as pages: what was found, what one finding rests on, and every vote with where it stands."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import names
from arena.integration import audit_table, audits, boards, defaults, findings
from arena.integration.audit_table import Wanted
from arena.integration.boards import OVERALL
from arena.integration.findings import State
from arena.pages import private
from arena.people.accounts import Account, Role

PAGE: Final = 50
LINES: Final = 100
MOST_MOVED: Final = 20
UNDECIDED: Final = (State.OPEN, State.ACKNOWLEDGED)
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
Words = Annotated[str | None, QueryParameter(max_length=100)]


@get("/audit", include_in_schema=False)
async def show_all(
    db: Given[Pool], cursor: Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)] = None
) -> Template:
    """What the audit has looked at and found, the latest first."""
    found = await findings.listed(db, before=cursor, most=PAGE + 1)
    context = {
        "audited": await audits.summary(db, await boards.require(db, OVERALL)),
        "findings": found[:PAGE],
        "earlier": found[PAGE - 1].id if len(found) > PAGE else None,
        "all_votes": await boards.find(db, defaults.ALL_VOTES.slug),
    }
    return Template("audit/list.html", context=context, headers={"cache-control": "no-cache"})


@get("/audit/{finding_id:int}", include_in_schema=False)
async def show(finding_id: Number, reader: Given[Account | None], db: Given[Pool]) -> Template:
    """One finding with its evidence drawn; operators find here how to decide it."""
    finding = await findings.require(db, finding_id)
    operator = reader is not None and Role.OPERATOR in reader.roles
    undecided = finding.state in UNDECIDED
    effect = next((act.effect for act in reversed(finding.acts) if act.effect), None)
    parts: dict[str, float] = finding.evidence.get("parts", {})
    context = {
        "finding": finding,
        "effect": effect,
        "moved": list(effect.moved[:MOST_MOVED]) if effect else [],
        "widest": max((abs(each.change) for each in effect.moved), default=1.0) if effect else 1.0,
        "parts": sorted(parts.items(), key=lambda part: part[1]),
        "may_acknowledge": operator and finding.state is State.OPEN,
        "may_decide": operator and undecided,
        "may_exclude": operator and undecided and finding.votes > 0,
        "may_restore": operator and finding.state is State.EXCLUDED,
    }
    return private.page("audit/show.html", reader, context)


@get("/audit/votes", include_in_schema=False)
async def show_votes(
    db: Given[Pool],
    status: Words = None,
    voter: Words = None,
    contender: Words = None,
    finding: Annotated[str | None, QueryParameter(pattern="^[0-9]{0,15}$")] = None,
    cursor: Words = None,
) -> Template:
    """Every vote with where it stands and why, by published names."""
    # An empty field of the form asks for nothing.
    asked = {"status": status or "", "voter": voter or "", "contender": contender or "", "finding": finding or ""}
    wanted = Wanted(
        status=status or None,
        voter=_name(voter),
        contender=contender or None,
        finding=int(finding) if finding else None,
    )
    found = await audit_table.page(db, wanted, after=_name(cursor), most=LINES + 1)
    context: dict[str, Any] = {
        "lines": found[:LINES],
        "following": found[LINES - 1].vote if len(found) > LINES else None,
        "asked": asked,
        "query": {name: value for name, value in asked.items() if value},
    }
    return Template("audit/votes.html", context=context, headers={"cache-control": "no-cache"})


def _name(text: str | None) -> UUID | None:
    if not text:
        return None
    name = names.kept(text)
    if name is None:
        raise Refused("“{name}” is no published name: 32 hexadecimal digits.", name=text[:40], field="voter")
    return name


routes = [show_all, show_votes]
