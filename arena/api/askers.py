"""Askers: what somebody who has signed in may act on."""

from uuid import UUID

from arena.db import Pool
from arena.guards import Asker, NotSignedIn
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import owners


def operates(asker: Asker) -> bool:
    """Whether the asker is an operator, and has not come with a key that may do less."""
    return Role.OPERATOR in asker.account.roles and (asker.scopes is None or Scope.OPERATE in asker.scopes)


def require(asker: Asker | None, scope: Scope, role: Role) -> None:
    """Make sure that somebody asks who may."""
    if asker is None:
        raise NotSignedIn
    asker.require(scope, role)


async def contender(db: Pool, asker: Asker, slug: str) -> UUID:
    """The contender for which the asker may act: their own, or as an operator any."""
    asker.require(Scope.SUBMIT)
    return await owners.contender(db, slug, account_id=None if operates(asker) else asker.account.id)


async def acts_for(db: Pool, asker: Asker, slug: str) -> bool:
    """Whether the asker may act for the contender of this address."""
    return operates(asker) or await owners.owns(db, slug, account_id=asker.account.id)
