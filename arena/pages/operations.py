"""The operators' page: everything that waits for one of them, and what they did last."""

from datetime import UTC, datetime
from typing import Any, Final

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.response import Redirect, Template

from arena.db import Pool
from arena.evaluation import appeals
from arena.guards import NotAllowed
from arena.pages import private
from arena.pages.smells import rounded
from arena.people.accounts import Account, Role
from arena.publishing import deeds, operations

MOST_DEEDS: Final = 50


@get("/operate", include_in_schema=False)
async def show(reader: Given[Account | None], db: Given[Pool]) -> Template | Redirect:
    """One queue, what is overdue first; for operators."""
    if reader is None:
        return private.sign_in("/operate")
    if Role.OPERATOR not in reader.roles:
        raise NotAllowed
    now = datetime.now(UTC)
    found = await operations.queue(db, now)
    pleas = await appeals.listed(db, unanswered=True, before=None, most=operations.MOST_OF_A_KIND)
    context: dict[str, Any] = {
        "waiting": found,
        "appeals": {f"appeal {each.id}": each for each in pleas},
        "overdue": sum(each.overdue for each in found),
        "done": await deeds.listed(db, most=MOST_DEEDS),
        "now": now,
        "rounded": rounded,
    }
    return private.page("operations/show.html", reader, context)
