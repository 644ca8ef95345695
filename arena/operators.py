"""The first operator, and keys for operators: what `arena operator` does where nobody can sign in yet."""

from arena.db import pool
from arena.people import accounts, keys
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import providers


async def create(database_url: str, *, email: str, name: str, organisation: str) -> str:
    """Open an operator's account with an organisation of its own; a key with every scope."""
    async with pool(database_url, size=2) as db, db.acquire() as connection, connection.transaction():
        account = await accounts.open(
            connection, email=email, name=name, password=None, roles=(Role.OPERATOR, Role.PROVIDER)
        )
        await providers.found(connection, name=organisation, account_id=account.id)
        _, words = await keys.make(connection, account, name="arena operator create", scopes=tuple(Scope), days=None)
        return words


async def key(database_url: str, *, email: str, days: int | None) -> str:
    """A new key for an operator, with every scope."""
    async with pool(database_url, size=2) as db:
        account = await accounts.require(db, email)
        scopes = [scope for scope in Scope if scope is not Scope.OPERATE or Role.OPERATOR in account.roles]
        _, words = await keys.make(db, account, name="arena operator key", scopes=scopes, days=days)
        return words
