"""Exclusions: why the vote of a battle is not rated. Each has a reason and can be lifted; none changes a vote."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena import digests
from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import NotFound
from arena.evaluation import names, selections
from arena.evaluation.selections import ALL, Selection


class Reason(StrEnum):
    """Why a battle's vote is not rated."""

    LEAK = "leak"
    HASTY = "hasty"
    DUPLICATE = "duplicate"
    PERSONAL = "personal"
    TOXIC = "toxic"
    OPERATOR = "operator"
    AUTOMATED = "automated"
    COLLUSION = "collusion"
    CARELESS = "careless"


class NoSuchExclusion(NotFound):
    """There is no such exclusion, or it has been lifted already."""


class NoSuchVote(NotFound):
    """There is no such vote, or it is not yours."""


class Remark(Struct, frozen=True, kw_only=True):
    """What keeps a battle from being rated; `position` is that of the side it is about, None for the whole.

    The evidence is for the audit and never leaves the house before the vote.
    """

    reason: Reason
    position: int | None = None
    evidence: dict[str, Any] = {}


class Exclusion(Struct, frozen=True, kw_only=True):
    """A battle's vote is not rated, since when, why, and until when."""

    id: int
    battle_id: UUID
    reason: Reason
    position: int | None
    evidence: dict[str, Any]
    account_id: UUID | None
    excluded_at: datetime
    lifted_at: datetime | None
    lifted_because: str | None


class OnRecord(Exclusion, frozen=True, kw_only=True):
    """An exclusion with the vote that it is about, None while the battle has none, and who lifted it."""

    vote_id: UUID | None
    lifted_by: UUID | None


class Act(Struct, frozen=True):
    """An exclusion as far as it is published: of which vote, why, of which side if of one, and whether it was lifted.

    `vote` is the vote's published name.
    """

    id: int
    vote: UUID
    reason: Reason
    position: int | None
    lifted: bool

    @property
    def word(self) -> str:
        """Where it stands, in the word that is published."""
        return "lifted" if self.lifted else "standing"


class Acts(Struct, frozen=True):
    """What has been excluded and lifted of a board's votes: how many acts that were, their digest, and which.

    The digest is empty where there were none. An act that takes another one back is another act, so that what was
    excluded meanwhile is told from what never was.
    """

    count: int
    digest: str
    known: list[Act] = []


COLUMNS: Final = "id, battle_id, reason, position, evidence, account_id, excluded_at, lifted_at, lifted_because"
ON_RECORD: Final = """
        SELECT exclusions.id, exclusions.battle_id, reason, position, evidence, account_id, excluded_at, lifted_at,
               lifted_because, lifted_by, votes.id AS vote_id
        FROM exclusions LEFT JOIN votes USING (battle_id)"""
# Only blind battles could be rated at all.
OF_VOTES: Final = """
        FROM exclusions JOIN votes USING (battle_id) JOIN battles ON battles.id = battle_id
        LEFT JOIN tags USING (battle_id)
        WHERE battles.kind = 'blind'"""


async def keep(
    db: Connection | Proxy, battle_id: UUID, remarks: Sequence[Remark], *, account_id: UUID | None = None
) -> None:
    """Exclude the battle's vote for these reasons; what stands already stays as it is."""
    if not remarks:
        return
    await db.executemany(
        """
        INSERT INTO exclusions (battle_id, reason, position, evidence, account_id) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        [(battle_id, remark.reason, remark.position, remark.evidence, account_id) for remark in remarks],
    )


async def exclude(db: Pool, vote_id: UUID, reason: Reason, *, note: str, account_id: UUID) -> OnRecord:
    """Rate this vote no more; where it is excluded for this reason already, that stands as it is."""
    async with db.acquire() as connection, connection.transaction():
        battle_id = await connection.fetchval("SELECT battle_id FROM votes WHERE id = $1", vote_id)
        if battle_id is None:
            raise NoSuchVote
        # Whoever lifts the exclusion that stands must wait, or it could be gone before it is told.
        await connection.execute("SELECT FROM exclusions WHERE battle_id = $1 FOR UPDATE", battle_id)
        await keep(connection, battle_id, [Remark(reason=reason, evidence={"note": note})], account_id=account_id)
        found = await many(
            connection,
            OnRecord,
            f"{ON_RECORD} WHERE battle_id = $1 AND reason = $2 AND position IS NULL AND lifted_at IS NULL",
            battle_id,
            reason,
        )
    return found[0]


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Delete what was found in this voter's battles; that something was, and what for, stays."""
    await connection.execute(
        "UPDATE exclusions SET evidence = '{}' WHERE battle_id IN (SELECT id FROM battles WHERE voter_id = $1)",
        voter_id,
    )


async def lift(db: Db, exclusion_id: int, *, because: str, account_id: UUID) -> UUID:
    """Let the vote count again as far as this reason goes; the battle it is about."""
    battle_id: UUID | None = await db.fetchval(
        """
        UPDATE exclusions SET lifted_at = now(), lifted_because = $2, lifted_by = $3
        WHERE id = $1 AND lifted_at IS NULL
        RETURNING battle_id
        """,
        exclusion_id,
        because,
        account_id,
    )
    if battle_id is None:
        raise NoSuchExclusion
    return battle_id


async def lift_all(db: Db, vote_id: UUID, *, because: str, account_id: UUID) -> list[UUID]:
    """Let a vote count again whatever it was excluded for; the ids of the votes that are let in.

    Where a finding of the audit left it out, so are the same voter's other votes of that finding: what is said of one
    of them is said of the voter, who need not appeal for each.
    """
    rows = await db.fetch(
        """
        WITH about AS (
            SELECT battle_id, voter_id FROM votes JOIN battles ON battles.id = battle_id WHERE votes.id = $1
        ), found AS (
            SELECT evidence->>'finding' AS finding FROM exclusions JOIN about USING (battle_id) WHERE lifted_at IS NULL
        )
        UPDATE exclusions SET lifted_at = now(), lifted_because = $2, lifted_by = $3
        FROM about JOIN battles USING (voter_id) JOIN votes ON votes.battle_id = battles.id
        WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL
          AND (battles.id = about.battle_id OR evidence->>'finding' IN (SELECT finding FROM found))
        RETURNING votes.id
        """,
        vote_id,
        because,
        account_id,
    )
    return sorted({row["id"] for row in rows})


async def require(db: Db, exclusion_id: int) -> OnRecord:
    """The exclusion of this number, standing or lifted."""
    found = await one(db, OnRecord, f"{ON_RECORD} WHERE exclusions.id = $1", exclusion_id)
    if found is None:
        raise NoSuchExclusion
    return found


async def listed(db: Db, *, reason: Reason | None, before: int | None, most: int) -> list[OnRecord]:
    """Every exclusion there ever was, the latest first, of one reason or of all."""
    return await many(
        db,
        OnRecord,
        f"""
        {ON_RECORD}
        WHERE ($1::text IS NULL OR reason = $1) AND ($2::bigint IS NULL OR exclusions.id < $2)
        ORDER BY exclusions.id DESC LIMIT $3
        """,
        reason,
        before,
        most,
    )


async def standing(db: Db, battle_id: UUID) -> list[Exclusion]:
    """The exclusions of a battle that have not been lifted, the first one first."""
    return await many(
        db,
        Exclusion,
        f"SELECT {COLUMNS} FROM exclusions WHERE battle_id = $1 AND lifted_at IS NULL ORDER BY id",  # noqa: S608 - a constant
        battle_id,
    )


async def acts(db: Db, selection: Selection = ALL) -> Acts:
    """What has been done to the votes that could be rated; in one transaction with the votes, it is of these votes.

    A board that counts what was excluded knows of none.
    """
    if not selection.exclusions:
        return Acts(0, "")
    asked, values = selections.chosen(selection)
    known = await many(
        db,
        Act,
        f"""
        SELECT exclusions.id, {names.VOTE} AS vote, exclusions.reason, position, lifted_at IS NOT NULL AS lifted
        {OF_VOTES} {asked} ORDER BY exclusions.id
        """,
        *values,
    )
    return Acts(len(known) + sum(act.lifted for act in known), digest(known), known)


def digest(known: Sequence[Act]) -> str:
    """The acts' digest, each act being a JSON array: vote, reason, position, and “standing” or “lifted”."""
    if not known:
        return ""
    return digests.of(
        digests.leaf(digests.canonical((act.vote.hex, act.reason, act.position, act.word))) for act in known
    )


async def count(db: Db, selection: Selection = ALL) -> int:
    """How many acts there have been; no act takes the number back, so it tells whether anything was done."""
    if not selection.exclusions:
        return 0
    asked, values = selections.chosen(selection)
    number: int = await db.fetchval(f"SELECT count(*) + count(lifted_at) {OF_VOTES} {asked}", *values)
    return number
