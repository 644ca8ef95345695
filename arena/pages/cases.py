"""Cases as pages: what was held against contenders, what became of it, and who said what."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from arena.db import Pool
from arena.evaluation import cases
from arena.evaluation.cases import State
from arena.pages import private
from arena.people.accounts import Account, Role

PAGE = 50
Number = Annotated[int, PathParameter(ge=1, le=2**62)]


@get("/cases", include_in_schema=False)
async def show_all(
    db: Given[Pool], cursor: Annotated[int | None, QueryParameter(name="cursor", ge=0, le=2**62)] = None
) -> Template:
    """All cases, the latest first."""
    found = await cases.listed(db, before=cursor, most=PAGE + 1)
    context = {"cases": found[:PAGE], "earlier": found[PAGE - 1].id if len(found) > PAGE else None}
    return Template("cases/list.html", context=context, headers={"cache-control": "no-cache"})


@get("/cases/{case_id:int}", include_in_schema=False)
async def show(case_id: Number, reader: Given[Account | None], db: Given[Pool]) -> Template:
    """A case; who may act on it finds here how."""
    operator = reader is not None and Role.OPERATOR in reader.roles
    case = await cases.require(db, case_id, whole=operator)
    undecided = case.state in (State.OPEN, State.ACKNOWLEDGED, State.APPEALED)
    context = {
        "case": case,
        "may_acknowledge": operator and case.state is State.OPEN,
        "may_decide": operator and undecided,
        "may_appeal": reader is not None and await cases.may_appeal(db, case_id, reader.id),
    }
    return private.page("cases/show.html", reader, context)
