"""Prompt sets: frozen lists of prompts that contenders answer without a voter, and that judges compare them on."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation.set_files import Prompt
from judge import Kind


class SlugTaken(ArenaError):
    """There is a prompt set of this address already. Choose another one."""

    status = 409


class TooManyProposed(ArenaError):
    """You have proposed ten prompt sets that nobody has decided on yet. Wait for that."""

    status = 409


class NotProposed(ArenaError):
    """This prompt set was decided on already."""

    status = 409


class NotFrozen(ArenaError):
    """This prompt set is not in use: nobody answers it."""

    status = 409


class State(StrEnum):
    """Where a prompt set stands; one that is used up shows everything and is asked no more."""

    PROPOSED = "proposed"
    FROZEN = "frozen"
    USED_UP = "used_up"
    DECLINED = "declined"


class Notes(Struct, frozen=True, kw_only=True):
    """What is said of a prompt set: its address, its terms, where it is from, and who may have seen it before."""

    slug: str
    name: str
    licence: str
    description: str = ""
    source: str = ""
    contamination: str = ""
    hidden: bool = False


class PromptSet(Notes, frozen=True, kw_only=True):
    """A prompt set as everybody may know of it; `reason` is why it was declined or used up."""

    id: UUID
    state: State
    digest: str
    prompts: int
    proposed_at: datetime
    frozen_at: datetime | None
    used_up_at: datetime | None
    declined_at: datetime | None
    reason: str | None

    @property
    def shows_prompts(self) -> bool:
        """Whether everybody may read what is asked."""
        return self.state is State.USED_UP or (self.state is State.FROZEN and not self.hidden)


class SetPrompt(Struct, frozen=True, kw_only=True):
    """One prompt of a set, as it stands in the database."""

    id: UUID
    position: int
    name: str
    content: str
    category: str | None
    reference: str | None
    kind: Kind | None


MOST_PROPOSED: Final = 10
COLUMNS: Final = """id, slug, name, licence, description, source, contamination, hidden, state, digest, prompts,
               proposed_at, frozen_at, used_up_at, declined_at, reason"""


async def propose(db: Connection | Proxy, notes: Notes, prompts: list[Prompt], *, account_id: UUID | None) -> PromptSet:
    """Enter a prompt set for an operator to decide on, whole or not at all."""
    async with db.transaction():
        if account_id is not None:
            await _check_open(db, account_id)
        set_id = await db.fetchval(
            """
            INSERT INTO prompt_sets (slug, name, licence, description, source, contamination, hidden, digest,
                                     prompts, account_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (slug) DO NOTHING RETURNING id
            """,
            *(notes.slug, notes.name, notes.licence, notes.description, notes.source, notes.contamination),
            *(notes.hidden, Prompt.digest(prompts), len(prompts), account_id),
        )
        if set_id is None:
            raise SlugTaken
        await _add(db, set_id, prompts)
    return await _found(db, set_id)


async def _check_open(db: Connection | Proxy, account_id: UUID) -> None:
    """Whoever proposes at the same time in the same account waits."""
    await db.execute("SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account_id)
    open_ = await db.fetchval(
        "SELECT count(*) FROM prompt_sets WHERE account_id = $1 AND state = 'proposed'", account_id
    )
    if open_ >= MOST_PROPOSED:
        raise TooManyProposed


async def _add(db: Connection | Proxy, set_id: UUID, prompts: list[Prompt]) -> None:
    rows = [(each.id, each.prompt, each.category, each.reference, each.kind) for each in prompts]
    await db.execute(
        """
        INSERT INTO set_prompts (set_id, position, name, content, category, reference, kind)
        SELECT $1, position, name, content, category, reference, kind
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
             WITH ORDINALITY AS given (name, content, category, reference, kind, position)
        """,
        set_id,
        *map(list, zip(*rows, strict=True)),
    )


async def freeze(db: Connection | Proxy, set_id: UUID, *, account_id: UUID | None) -> PromptSet:
    """Take a proposed set into use; from now on contenders answer it."""
    return await _decide(db, set_id, State.FROZEN, None, account_id)


async def decline(db: Connection | Proxy, set_id: UUID, *, reason: str, account_id: UUID) -> PromptSet:
    """Say no to a proposed set, and why."""
    return await _decide(db, set_id, State.DECLINED, reason, account_id)


async def _decide(
    db: Connection | Proxy, set_id: UUID, state: State, reason: str | None, account_id: UUID | None
) -> PromptSet:
    decided = await db.fetchval(
        """
        UPDATE prompt_sets
        SET state = $2, reason = $3, decided_by = $4,
            frozen_at = CASE $2 WHEN 'frozen' THEN now() END, declined_at = CASE $2 WHEN 'declined' THEN now() END
        WHERE id = $1 AND state = 'proposed' RETURNING true
        """,
        *(set_id, state, reason, account_id),
    )
    if not decided:
        raise NotProposed
    return await _found(db, set_id)


async def use_up(db: Connection | Proxy, set_id: UUID, *, reason: str, account_id: UUID) -> PromptSet:
    """Show everything of a set and ask it no more."""
    used_up = await db.fetchval(
        """
        UPDATE prompt_sets SET state = 'used_up', reason = $2, decided_by = $3, used_up_at = now()
        WHERE id = $1 AND state = 'frozen' RETURNING true
        """,
        *(set_id, reason, account_id),
    )
    if not used_up:
        raise NotFrozen
    return await _found(db, set_id)


async def require(db: Db, name: str) -> PromptSet:
    """The set of this address or id."""
    found = await one(
        db,
        PromptSet,
        # An id is nobody else's, whatever addresses others choose.
        f"SELECT {COLUMNS} FROM prompt_sets WHERE slug = $1 OR id::text = $1 ORDER BY id::text = $1 DESC",  # noqa: S608
        name,
    )
    if found is None:
        raise NotFound("There is no prompt set “{slug}” here.", slug=name[:100])
    return found


async def in_use(db: Db, name: str) -> PromptSet:
    """The set of this address or id, if contenders may answer it."""
    found = await require(db, name)
    if found.state is not State.FROZEN:
        raise NotFrozen
    return found


async def listed(db: Db, states: list[State], *, after: str, most: int) -> list[PromptSet]:
    """The sets that stand so, by their addresses, from the one after this."""
    return await many(
        db,
        PromptSet,
        f"SELECT {COLUMNS} FROM prompt_sets WHERE state = ANY($1) AND slug > $2 ORDER BY slug LIMIT $3",  # noqa: S608
        *(states, after, most),
    )


async def prompts(db: Db, set_id: UUID) -> list[SetPrompt]:
    """The set's prompts in their order, with their references."""
    return await many(
        db,
        SetPrompt,
        "SELECT id, position, name, content, category, reference, kind FROM set_prompts "
        "WHERE set_id = $1 ORDER BY position",
        set_id,
    )


async def _found(db: Db, set_id: UUID) -> PromptSet:
    return await require(db, str(set_id))
