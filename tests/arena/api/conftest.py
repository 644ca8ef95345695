"""What tests of the API have in common."""

import pytest

from arena.db import Pool
from arena.people import accounts, keys
from arena.people.accounts import Role
from arena.people.keys import Scope


@pytest.fixture
async def operator(db: Pool) -> dict[str, str]:
    """The headers of an operator's calls."""
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
        _, words = await keys.make(connection, account, name="key", scopes=tuple(Scope), days=None)
    return {"authorization": f"Bearer {words}", "content-type": "application/json"}
