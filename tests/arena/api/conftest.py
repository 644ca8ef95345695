"""What tests of the API have in common."""

from collections.abc import AsyncIterator

import pytest

from arena.db import Pool
from arena.people import accounts, keys
from arena.people.accounts import Role
from arena.people.keys import Scope
from tests.builders import Visitor


@pytest.fixture
async def operator(db: Pool) -> dict[str, str]:
    """The headers of an operator's calls."""
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
        _, words = await keys.make(connection, account, name="key", scopes=tuple(Scope), days=None)
    return {"authorization": f"Bearer {words}", "content-type": "application/json"}


async def _signed_up(visitor: Visitor, who: str) -> Visitor:
    account = {"email": f"{who}@example.org", "name": who, "password": "correct horse battery"}
    status, body = await visitor.post("/api/v1/accounts", account | {"organisation": f"{who}'s lab"})
    assert status == 201, body
    return visitor


@pytest.fixture
async def ann(visitor: Visitor) -> Visitor:
    """Somebody with an organisation, signed in."""
    return await _signed_up(visitor, "ann")


@pytest.fixture
async def bob(arena: str) -> AsyncIterator[Visitor]:
    """Somebody else, of another organisation."""
    async with Visitor(arena) as stranger:
        yield await _signed_up(stranger, "bob")
