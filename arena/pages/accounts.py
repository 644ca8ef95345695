"""The page of one's account: password, keys, and who belongs to one's organisations."""

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.response import Redirect, Template

from arena.db import Pool
from arena.pages import private
from arena.people import keys, members
from arena.people.accounts import Account, Role


@get("/account", include_in_schema=False)
async def show(reader: Given[Account | None], db: Given[Pool]) -> Template | Redirect:
    """One's own account."""
    if reader is None:
        return private.sign_in("/account")
    memberships = await members.of(db, reader.id)
    context = {
        "keys": await keys.listed(db, reader.id),
        "organisations": [(each, await members.listed(db, each.provider_id)) for each in memberships],
        "operator": Role.OPERATOR in reader.roles,
    }
    return private.page("accounts/show.html", reader, context)
