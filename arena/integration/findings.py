"""Findings: what the audit holds against votes, and what operators did about it, when and why."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation import mass_acts
from arena.evaluation.exclusions import Reason
from arena.integration.effects import Effect
from arena.integration.references import Found

# Why votes may be left out by a finding.
REASONS: Final = (Reason.AUTOMATED, Reason.COLLUSION, Reason.CARELESS)


class State(StrEnum):
    """Where a finding stands; resolved is one whose votes count again."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    EXCLUDED = "excluded"
    DISMISSED = "dismissed"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What a finding is about."""

    VOTER = "voter"
    GROUP = "group"
    NETWORK = "network"
    NEWCOMERS = "newcomers"
    WINDOW = "window"
    DRIFT = "drift"


class NoSuchFinding(NotFound):
    """There is no finding of this number."""


class DecidedAlready(ArenaError):
    """The state of this finding does not allow that; another operator may have decided it meanwhile."""

    status = 409


class SamePerson(ArenaError):
    """This changes the first places, so another operator must say so, too. You have said it already."""

    status = 409


class OtherReason(ArenaError):
    """The first operator gave the reason “{reason}”. Give the same one, or dismiss the finding."""

    status = 409


class NoVotes(ArenaError):
    """This finding lists no votes, so there are none to exclude. Its page says what can be done instead."""

    status = 409


class Act(Struct, frozen=True, kw_only=True):
    """What an operator did: `effect` is what leaving the votes out would have changed at that moment."""

    act: str
    reason: Reason | None
    text: str
    effect: Effect | None
    happened_at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """What is held against votes; `subject` is a published name, `votes` how many it is about.

    `left_out` of them do not count now because operators agreed with it; fewer than all where appeals were granted.
    `awaits_second` is the reason that a first operator gave for an exclusion which another one must confirm.
    """

    id: int
    board: str
    kind: Kind
    subject: str
    contender: str | None
    name: str | None
    state: State
    evidence: dict[str, Any]
    votes: int
    left_out: int
    awaits_second: Reason | None
    found_at: datetime
    acts: list[Act]


async def keep(db: Db, board_id: UUID, found: Found) -> None:
    """Open a finding; one that nobody has decided gets the newer evidence, and one that is decided stays as it is."""
    kept = await db.fetchval(
        """
        INSERT INTO audit_findings (board_id, kind, subject, contender_id, evidence)
        VALUES ($1, $2, $3, (SELECT id FROM contenders WHERE slug = $4), $5)
        ON CONFLICT (board_id, kind, subject) DO UPDATE
        SET evidence = EXCLUDED.evidence, contender_id = EXCLUDED.contender_id
        WHERE audit_findings.state IN ('open', 'acknowledged') AND audit_findings.proposed_by IS NULL
        RETURNING id
        """,
        *(board_id, found.kind, found.subject, found.contender, found.evidence),
    )
    await db.execute(
        """
        INSERT INTO audit_finding_votes (finding_id, vote_id)
        SELECT $1::bigint, unnest($2::uuid[]) WHERE $1::bigint IS NOT NULL ON CONFLICT DO NOTHING
        """,
        *(kept, found.votes),
    )


async def require(db: Db, finding_id: int) -> Finding:
    """The finding of this number."""
    found = await one(db, Finding, f"{TOLD} WHERE audit_findings.id = $1", finding_id)
    if found is None:
        raise NoSuchFinding
    return found


async def listed(
    db: Db, *, state: State | None = None, kind: Kind | None = None, before: int | None = None, most: int
) -> list[Finding]:
    """Findings, the latest first, from the one before this on."""
    return await many(
        db,
        Finding,
        f"""
        {TOLD} WHERE ($1::text IS NULL OR audit_findings.state = $1) AND ($2::text IS NULL OR audit_findings.kind = $2)
          AND ($3::bigint IS NULL OR audit_findings.id < $3) ORDER BY audit_findings.id DESC LIMIT $4
        """,
        *(state, kind, before, most),
    )


async def votes(db: Db, finding_id: int) -> list[UUID]:
    """The ids of the votes that it is about."""
    rows = await db.fetch("SELECT vote_id FROM audit_finding_votes WHERE finding_id = $1", finding_id)
    return [row["vote_id"] for row in rows]


async def acknowledge(db: Pool, finding_id: int, *, text: str, effect: Effect, account_id: UUID) -> Finding:
    """An operator takes it up."""
    async with db.acquire() as connection, connection.transaction():
        await _move(connection, finding_id, State.ACKNOWLEDGED, (State.OPEN,))
        await _act(connection, finding_id, "acknowledged", text, account_id, effect=effect)
        return await require(connection, finding_id)


async def dismiss(db: Pool, finding_id: int, *, text: str, account_id: UUID) -> Finding:
    """An operator finds nothing in it, and says why; a first operator's wish to exclude is void then."""
    async with db.acquire() as connection, connection.transaction():
        await _move(connection, finding_id, State.DISMISSED, (State.OPEN, State.ACKNOWLEDGED))
        await _act(connection, finding_id, "dismissed", text, account_id)
        return await require(connection, finding_id)


async def exclude(db: Pool, finding_id: int, reason: Reason, *, text: str, effect: Effect, account_id: UUID) -> Finding:
    """Rate the finding's votes no more; where that changes the first places, once a second operator says so, too."""
    async with db.acquire() as connection, connection.transaction():
        proposed = await _held(connection, finding_id)
        about = await votes(connection, finding_id)
        if not about:
            raise NoVotes
        if effect.top and proposed is None:
            await _propose(connection, finding_id, reason, account_id)
            await _act(connection, finding_id, "proposed", text, account_id, reason=reason, effect=effect)
            return await require(connection, finding_id)
        if effect.top and proposed is not None:
            _second(proposed, reason, account_id)
        await _move(connection, finding_id, State.EXCLUDED, (State.OPEN, State.ACKNOWLEDGED))
        evidence = {"finding": finding_id, "note": text}
        await mass_acts.exclude(connection, about, reason, evidence=evidence, account_id=account_id)
        await _act(connection, finding_id, "excluded", text, account_id, reason=reason, effect=effect)
        return await require(connection, finding_id)


async def restore(db: Pool, finding_id: int, *, text: str, account_id: UUID) -> Finding:
    """Let the votes count again as far as this finding goes."""
    async with db.acquire() as connection, connection.transaction():
        await _move(connection, finding_id, State.RESOLVED, (State.EXCLUDED,))
        reason = await connection.fetchval(
            "SELECT reason FROM audit_acts WHERE finding_id = $1 AND act = 'excluded' ORDER BY id DESC LIMIT 1",
            finding_id,
        )
        about = await votes(connection, finding_id)
        await mass_acts.lift(connection, about, Reason(reason), because=text, account_id=account_id)
        await _act(connection, finding_id, "restored", text, account_id)
        return await require(connection, finding_id)


async def _held(db: Connection | Proxy, finding_id: int) -> tuple[Reason, UUID] | None:
    """What a first operator proposed, the finding being held until the transaction ends."""
    row = await db.fetchrow(
        "SELECT proposed_reason, proposed_by FROM audit_findings WHERE id = $1 FOR UPDATE", finding_id
    )
    if row is None:
        raise NoSuchFinding
    return None if row["proposed_by"] is None else (Reason(row["proposed_reason"]), row["proposed_by"])


def _second(proposed: tuple[Reason, UUID], reason: Reason, account_id: UUID) -> None:
    if proposed[1] == account_id:
        raise SamePerson
    if proposed[0] is not reason:
        raise OtherReason(reason=proposed[0].value)


async def _propose(db: Connection | Proxy, finding_id: int, reason: Reason, account_id: UUID) -> None:
    moved = await db.fetchval(
        """
        UPDATE audit_findings SET state = 'acknowledged', proposed_reason = $2, proposed_by = $3
        WHERE id = $1 AND state IN ('open', 'acknowledged') RETURNING true
        """,
        *(finding_id, reason, account_id),
    )
    if not moved:
        raise DecidedAlready


async def _move(db: Connection | Proxy, finding_id: int, to: State, ways: Sequence[State]) -> None:
    moved = await db.fetchval(
        """
        UPDATE audit_findings SET state = $2, proposed_reason = NULL, proposed_by = NULL
        WHERE id = $1 AND state = ANY($3) RETURNING true
        """,
        *(finding_id, to, list(ways)),
    )
    if not moved:
        await require(db, finding_id)
        raise DecidedAlready


async def _act(
    db: Connection | Proxy,
    finding_id: int,
    act: str,
    text: str,
    account_id: UUID,
    *,
    reason: Reason | None = None,
    effect: Effect | None = None,
) -> None:
    await db.execute(
        """
        INSERT INTO audit_acts (finding_id, act, reason, text, effect, account_id) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        *(finding_id, act, reason, text, effect, account_id),
    )


# A contender that the public has not been told of is not named.
TOLD: Final = """
        SELECT audit_findings.id, boards.slug AS board, audit_findings.kind, subject, audit_findings.state,
               audit_findings.evidence, contenders.slug AS contender, contenders.name, proposed_reason AS awaits_second,
               found_at,
               (SELECT count(*) FROM audit_finding_votes WHERE finding_id = audit_findings.id) AS votes,
               (SELECT count(*) FROM audit_finding_votes
                JOIN votes ON votes.id = vote_id JOIN exclusions USING (battle_id)
                WHERE finding_id = audit_findings.id AND exclusions.evidence->>'finding' = audit_findings.id::text
                  AND lifted_at IS NULL) AS left_out,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'act', act, 'reason', reason, 'text', text, 'effect', effect, 'happened_at', happened_at
                ) ORDER BY audit_acts.id), '[]') FROM audit_acts WHERE finding_id = audit_findings.id) AS acts
        FROM audit_findings JOIN boards ON boards.id = board_id
        LEFT JOIN contenders ON contenders.id = contender_id AND committed_at IS NOT NULL"""
