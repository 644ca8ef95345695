"""The receipt of a vote: what became of it, for whoever has its address."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.evaluation import votes
from arena.publishing import receipts


@get("/votes/{vote_id:uuid}", include_in_schema=False)
async def show(vote_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool]) -> Template:
    """Counted or not, why, in which releases, and what can be done."""
    receipt = await receipts.require(db, vote_id)
    open_appeal = any(plea.answered_at is None for plea in receipt.appeals)
    excluded = any(act.lifted_at is None for act in receipt.exclusions) and receipt.control is None
    context = {
        "receipt": receipt,
        "may_appeal": excluded and not open_appeal and await votes.belongs(db, vote_id, voter_id),
    }
    return Template("votes/show.html", context=context, headers={"cache-control": "no-store"})
