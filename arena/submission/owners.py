"""Owners: whose a contender is, where only they may act for it."""

from uuid import UUID

from arena.db import Db
from arena.errors import NotFound


async def contender(db: Db, slug: str, *, account_id: UUID | None) -> UUID:
    """The contender that the public knows of, if it is the account's; without one, whosever it is."""
    found: UUID | None = await db.fetchval(
        """
        SELECT contenders.id FROM contenders
        WHERE slug = $1 AND committed_at IS NOT NULL AND ($2::uuid IS NULL OR EXISTS (
            SELECT FROM endpoints JOIN members USING (provider_id)
            WHERE contender_id = contenders.id AND account_id = $2
        ))
        """,
        slug,
        account_id,
    )
    if found is None:
        raise NotFound("There is no such contender, or it is not yours.")
    return found


async def taken(db: Db, slug: str) -> bool:
    """Whether there is a contender of this address, public or not."""
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM contenders WHERE slug = $1)", slug)
    return found


async def owns(db: Db, slug: str, *, account_id: UUID) -> bool:
    """Whether the contender is the account's."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM contenders JOIN endpoints ON contender_id = contenders.id JOIN members USING (provider_id)
            WHERE slug = $1 AND account_id = $2
        )
        """,
        slug,
        account_id,
    )
    return found
