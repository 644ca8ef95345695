"""Pages for those who are signed in: kept by nobody, and another organisation's are not there."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar.response import Redirect, Template

from arena.db import Pool
from arena.errors import NotFound
from arena.people import members
from arena.people.accounts import Account
from arena.submission import registrations
from arena.submission.registrations import Registered

NOT_KEPT = {"cache-control": "no-store"}


def page(template: str, reader: Account | None, context: dict[str, Any]) -> Template:
    """The page for this reader, whose name stands at its top."""
    return Template(template, context={"reader": reader, **context}, headers=NOT_KEPT)


def sign_in(back: str) -> Redirect:
    """To where one signs in, and back from there; the same for what there is and what there isn't."""
    return Redirect(f"/providers?next={quote(back, safe='')}", status_code=303, headers=NOT_KEPT)


async def own(db: Pool, reader: Account, endpoint_id: UUID) -> Registered:
    """The reader's endpoint; others are not told whether there is one."""
    found = await registrations.require(db, endpoint_id)
    if found.provider_id not in {each.provider_id for each in await members.of(db, reader.id)}:
        raise NotFound("There is no such endpoint, or it is not yours.")
    return found
