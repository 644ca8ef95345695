"""Appeals: what a voter says against an exclusion of their vote, and what an operator answers."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation import exclusions
from arena.evaluation.exclusions import NoSuchVote, Reason

MOST_CHARACTERS: Final = 2000


class NothingToAppeal(ArenaError):
    """No exclusion of this vote stands, so there is nothing to appeal against."""

    status = 409


class AppealedAlready(ArenaError):
    """You have appealed for this vote already. An operator will answer, and the receipt will show the answer."""

    status = 409


class NoSuchAppeal(NotFound):
    """There is no such appeal, or it has been answered already."""


class Appeal(Struct, frozen=True, kw_only=True):
    """What a voter says against the exclusion of a vote, None once their data was deleted, and the answer to it.

    `reasons` are those of the exclusions that stand.
    """

    id: int
    vote_id: UUID
    text: str | None
    appealed_at: datetime
    reasons: list[Reason]
    answer: str | None
    answered_at: datetime | None
    account_id: UUID | None


COLUMNS: Final = """
               appeals.id, vote_id, text, appealed_at, answer, answered_at, appeals.account_id,
               ARRAY(SELECT reason FROM exclusions JOIN votes USING (battle_id)
                     WHERE votes.id = vote_id AND lifted_at IS NULL ORDER BY exclusions.id) AS reasons"""


async def make(db: Pool, vote_id: UUID, voter_id: UUID | None, text: str) -> Appeal:
    """Keep what the vote's own voter says against its exclusion; one appeal at a time."""
    made = await one(
        db,
        Appeal,
        f"""
        INSERT INTO appeals (vote_id, text)
        SELECT votes.id, $3 FROM votes JOIN battles ON battles.id = battle_id
        WHERE votes.id = $1 AND voter_id = $2 AND battles.kind = 'blind'
          AND EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL)
        ON CONFLICT (vote_id) WHERE answered_at IS NULL DO NOTHING
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant
        vote_id,
        voter_id,
        text,
    )
    if made is None:
        raise await _why_not(db, vote_id, voter_id)
    return made


async def _why_not(db: Db, vote_id: UUID, voter_id: UUID | None) -> ArenaError:
    """Another voter's vote and one that there isn't are the same to whoever asks."""
    open_at = await db.fetch(
        """
        SELECT appealed_at FROM votes JOIN battles ON battles.id = battle_id
        LEFT JOIN appeals ON vote_id = votes.id AND appeals.answered_at IS NULL
        WHERE votes.id = $1 AND voter_id = $2
        """,
        vote_id,
        voter_id,
    )
    if not open_at:
        return NoSuchVote()
    return AppealedAlready() if open_at[0]["appealed_at"] else NothingToAppeal()


async def answer(db: Pool, appeal_id: int, *, text: str, lift: bool, account_id: UUID) -> tuple[Appeal, list[UUID]]:
    """Answer an appeal with a sentence, and the votes that this lets in; `lift` lets the vote count again."""
    async with db.acquire() as connection, connection.transaction():
        answered = await connection.fetchval(
            """
            UPDATE appeals SET answer = $2, answered_at = now(), account_id = $3
            WHERE id = $1 AND answered_at IS NULL
            RETURNING vote_id
            """,
            appeal_id,
            text,
            account_id,
        )
        if answered is None:
            raise NoSuchAppeal
        let_in = []
        if lift:
            let_in = await exclusions.lift_all(connection, answered, because=text, account_id=account_id)
        found = await one(connection, Appeal, f"SELECT {COLUMNS} FROM appeals WHERE id = $1", appeal_id)  # noqa: S608 - a constant
    assert found is not None
    return found, let_in


async def listed(db: Db, *, unanswered: bool, before: int | None, most: int) -> list[Appeal]:
    """Appeals, the latest first; those that wait for an answer, or all of them."""
    return await many(
        db,
        Appeal,
        f"""
        SELECT {COLUMNS} FROM appeals
        WHERE (NOT $1 OR answered_at IS NULL) AND ($2::bigint IS NULL OR appeals.id < $2)
        ORDER BY appeals.id DESC LIMIT $3
        """,  # noqa: S608 - a constant
        unanswered,
        before,
        most,
    )


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Take out what this voter wrote; that there was an appeal, and the answer, stay."""
    await connection.execute(
        """
        UPDATE appeals SET text = NULL
        FROM votes JOIN battles ON battles.id = battle_id
        WHERE votes.id = vote_id AND voter_id = $1
        """,
        voter_id,
    )
