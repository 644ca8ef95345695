"""Cases: what anybody holds against a contender in public, what became of it, and who decided it and why."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation import gates
from arena.people import voters
from arena.submission import names

MOST_CHARACTERS: Final = 2000
MOST_LINKS: Final = 5


class Reason(StrEnum):
    """What is held against a contender."""

    TEST_DATA = "test_data"
    NOT_ITSELF = "not_itself"
    CHANGED = "changed"
    VOTES = "votes"
    CARD = "card"
    HARM = "harm"
    OTHER = "other"


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    APPEALED = "appealed"


# From where a case may come into a state; an appeal is decided like a flag, and then for good.
WAYS: Final[dict[State, tuple[State, ...]]] = {
    State.ACKNOWLEDGED: (State.OPEN,),
    State.UPHELD: (State.OPEN, State.ACKNOWLEDGED, State.APPEALED),
    State.DISMISSED: (State.OPEN, State.ACKNOWLEDGED, State.APPEALED),
    State.APPEALED: (State.UPHELD,),
}
# A flag alone marks nobody: an operator has looked at it first.
STANDING: Final = (State.ACKNOWLEDGED, State.UPHELD, State.APPEALED)
Actor = Literal["voter", "account", "provider", "operator"]


class NoSuchCase(NotFound):
    """There is no case of this number."""


class NotNow(ArenaError):
    """The state of this case does not allow that; another one may have decided it meanwhile."""

    status = 409


class AppealedBefore(ArenaError):
    """This case has been appealed before. What was decided on the appeal stands."""

    status = 409


class Flagger(Struct, frozen=True):
    """Who flags: a voter or an account, one of them."""

    voter_id: UUID | None
    account_id: UUID | None


class Act(Struct, frozen=True, kw_only=True):
    """A flag, a decision or an appeal.

    `text` is None where it is withheld, because a gate found something in it, or was deleted with its writer's data.
    Links that strangers give as evidence are shown once an operator has taken the case up.
    """

    act: Literal["flagged", "acknowledged", "upheld", "dismissed", "appealed"]
    text: str | None
    links: list[str]
    withheld: bool
    actor: Actor
    happened_at: datetime


class Summary(Struct, frozen=True, kw_only=True):
    """A case in the list of cases: `flags` is how many have flagged, `state_since` when it last came on."""

    id: int
    contender: str
    name: str
    reason: Reason
    state: State
    flags: int
    opened_at: datetime
    state_since: datetime


class Case(Summary, frozen=True, kw_only=True):
    """A case whole, what happened first coming first."""

    acts: list[Act]


async def flag(
    db: Pool, slug: str, reason: Reason, *, text: str, links: Sequence[str], by: Flagger
) -> tuple[Case, bool]:
    """Hold something against a contender: joins the undecided case of this reason, or opens one; true where it is new.

    Who has flagged in this case before changes nothing by flagging again.
    """
    async with db.acquire() as connection, connection.transaction():
        contender_id = await names.known(connection, slug)
        if by.voter_id is not None:
            await voters.hold(connection, by.voter_id)
        opened = await connection.fetchval(
            """
            INSERT INTO cases (contender_id, reason) VALUES ($1, $2)
            ON CONFLICT (contender_id, reason) WHERE state IN ('open', 'acknowledged', 'appealed')
            DO UPDATE SET reason = EXCLUDED.reason
            RETURNING id
            """,
            *(contender_id, reason),
        )
        actor: Actor = "voter" if by.account_id is None else "account"
        new = await _act(connection, opened, "flagged", text, actor, by, links)
        return await require(connection, opened), new


async def acknowledge(db: Pool, case_id: int, *, text: str, account_id: UUID) -> Case:
    """An operator takes the case up."""
    return await _move(db, case_id, State.ACKNOWLEDGED, text, "operator", account_id)


async def decide(db: Pool, case_id: int, *, upheld: bool, text: str, account_id: UUID) -> Case:
    """An operator decides the case, with the reason."""
    to = State.UPHELD if upheld else State.DISMISSED
    return await _move(db, case_id, to, text, "operator", account_id)


async def appeal(db: Pool, case_id: int, *, text: str, account_id: UUID) -> Case:
    """The contender's own provider speaks against what was upheld, once; an operator decides anew."""
    mine = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM case_acts WHERE case_id = cases.id AND act = 'appealed') FROM cases
        JOIN endpoints USING (contender_id) JOIN members USING (provider_id) WHERE cases.id = $1 AND account_id = $2
        """,
        *(case_id, account_id),
    )
    if mine is None:
        raise NoSuchCase("There is no such case, or its contender is not yours.")
    if mine:
        raise AppealedBefore
    return await _move(db, case_id, State.APPEALED, text, "provider", account_id)


async def require(db: Db, case_id: int, *, whole: bool = False) -> Case:
    """The case of this number; `whole` with what is withheld, which is for operators alone."""
    found = await one(db, Case, f"{LISTED.format(acts=ACTS)} WHERE cases.id = $1", case_id, whole, STANDING)
    if found is None:
        raise NoSuchCase
    return found


async def listed(
    db: Db, *, contender: str | None = None, state: State | None = None, before: int | None = None, most: int
) -> list[Summary]:
    """Cases, the latest first, from the one before this on."""
    return await many(
        db,
        Summary,
        f"""
        {LISTED.format(acts="")}
        WHERE ($1::text IS NULL OR slug = $1) AND ($2::text IS NULL OR cases.state = $2)
          AND ($3::bigint IS NULL OR cases.id < $3) ORDER BY cases.id DESC LIMIT $4
        """,
        *(contender, state, before, most),
    )


async def open_by_contender(db: Db) -> dict[str, int]:
    """How many cases stand against each contender, by its slug: taken up by an operator and not dismissed."""
    rows = await db.fetch(
        """
        SELECT slug, count(*) AS standing FROM cases JOIN contenders ON contenders.id = contender_id
        WHERE cases.state = ANY($1) GROUP BY slug
        """,
        STANDING,
    )
    return {row["slug"]: row["standing"] for row in rows}


async def may_appeal(db: Db, case_id: int, account_id: UUID) -> bool:
    """Whether this account may speak against what was upheld."""
    found = await db.fetchval(
        """
        SELECT true FROM cases JOIN endpoints USING (contender_id) JOIN members USING (provider_id)
        WHERE cases.id = $1 AND account_id = $2 AND cases.state = 'upheld'
          AND NOT EXISTS (SELECT FROM case_acts WHERE case_id = cases.id AND act = 'appealed')
        """,
        *(case_id, account_id),
    )
    return bool(found)


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Take out what this voter wrote; that somebody flagged stays."""
    await connection.execute(
        "UPDATE case_acts SET text = NULL, links = '[]', voter_id = NULL WHERE voter_id = $1", voter_id
    )


async def _move(db: Pool, case_id: int, to: State, text: str, actor: Actor, account_id: UUID) -> Case:
    async with db.acquire() as connection, connection.transaction():
        moved = await connection.fetchval(
            "UPDATE cases SET state = $2 WHERE id = $1 AND state = ANY($3) RETURNING id", case_id, to, WAYS[to]
        )
        if moved is None:
            await require(connection, case_id)
            raise NotNow
        await _act(connection, case_id, to, text, actor, Flagger(None, account_id), ())
        return await require(connection, case_id, whole=actor == "operator")


async def _act(
    db: Connection | Proxy, case_id: int, act: str, text: str, actor: Actor, by: Flagger, links: Sequence[str]
) -> bool:
    found = gates.look("\n".join((text, *links)), turn=1, position=None)
    kept = await db.fetchval(
        """
        INSERT INTO case_acts (case_id, act, text, links, withheld, actor, voter_id, account_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true
        """,
        *(case_id, act, text, list(links), bool(found), actor, by.voter_id if by.account_id is None else None),
        by.account_id,
    )
    return bool(kept)


ACTS: Final = """, (
               SELECT jsonb_agg(jsonb_build_object(
                   'act', act, 'text', CASE WHEN $2 OR NOT withheld THEN text END, 'withheld', withheld,
                   'links', CASE WHEN $2 OR NOT withheld AND (act <> 'flagged' OR cases.state = ANY($3)) THEN links
                            ELSE '[]' END,
                   'actor', actor, 'happened_at', happened_at
               ) ORDER BY case_acts.id) FROM case_acts WHERE case_id = cases.id
           ) AS acts"""
LISTED: Final = """
        SELECT cases.id, slug AS contender, name, reason, cases.state, opened_at,
               (SELECT count(*) FROM case_acts WHERE case_id = cases.id AND act = 'flagged') AS flags,
               (SELECT max(happened_at) FROM case_acts WHERE case_id = cases.id AND (act <> 'flagged'
                OR cases.state = 'open')) AS state_since{acts}
        FROM cases JOIN contenders ON contenders.id = contender_id"""
