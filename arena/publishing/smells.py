"""Smells: what the checks found, since when, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.publishing.checkup import Check, Entity, Severity, Sighting, Smell

# So often in a row it is looked for and not seen before it is over.
CLEAN: Final = 2


class State(StrEnum):
    """Where a finding stands; a suspected one has not been seen often enough to be told."""

    SUSPECTED = "suspected"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


PRESENT: Final = (State.OPEN, State.ACKNOWLEDGED, State.MUTED)


class NoSuchSmell(NotFound):
    """There is no finding of this number."""


class Over(ArenaError):
    """The state of this finding does not allow that; it may be over by now, or muted."""

    status = 409


class NotMuted(ArenaError):
    """This finding holds releases, so it can't be muted: what it found must be repaired."""

    status = 409


class Act(Struct, frozen=True, kw_only=True):
    """What became of a finding; without an operator it was the arena by itself."""

    act: str
    text: str | None
    operator: bool
    happened_at: datetime


class Finding(Struct, frozen=True, kw_only=True):
    """A smell: what was observed and what expected, since when, and where it stands.

    `board` is the one whose releases it concerns, None for all; `release_id` the one it held last.
    """

    id: int
    check: str
    smell: Smell
    entity: Entity
    subject: str
    board: str | None
    severity: Severity
    sentence: str
    values: dict[str, str | int]
    observed: str
    expected: str
    evidence: str | None
    state: State
    consecutive: int
    first_seen_at: datetime
    last_seen_at: datetime
    opened_at: datetime
    muted_until: datetime | None
    resolved_at: datetime | None
    release_id: str | None
    acts: list[Act]


READ: Final = """
        SELECT smells.id, check_id AS "check", smell, entity, subject, boards.slug AS board, severity, sentence,
               "values", observed, expected, evidence, state, consecutive, first_seen_at, last_seen_at, opened_at,
               muted_until, resolved_at, release_id,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'act', act, 'text', text, 'operator', account_id IS NOT NULL, 'happened_at', happened_at
                ) ORDER BY smell_acts.id), '[]') FROM smell_acts WHERE smell_id = smells.id) AS acts
        FROM smells LEFT JOIN boards ON boards.id = board_id"""


async def keep(db: Pool, found_by: Check, sightings: Sequence[Sighting], now: datetime) -> None:
    """What the check has seen now: new findings begin, those seen again go on, those not seen twice in a row are over.

    One seen fewer times in a row than its check asks for is suspected; not seen once, it is forgotten.
    """
    async with db.acquire() as connection, connection.transaction():
        # Two looks of one check at the same time count one after the other.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('smell ' || $1))", found_by.id)
        for sighting in {each.subject: each for each in sightings}.values():
            await _see(connection, found_by, sighting, now)
        await _miss(connection, found_by, [each.subject for each in sightings], now)
        await _unmute(connection, found_by, now)


async def _see(connection: Proxy, found_by: Check, sighting: Sighting, now: datetime) -> None:
    await connection.execute(
        """
        WITH seen AS (
            INSERT INTO smells (check_id, subject, smell, entity, board_id, severity, sentence, "values", observed,
                                expected, evidence, state, opened_at, first_seen_at, last_seen_at)
            VALUES ($1, $2, $3, $4, (SELECT id FROM boards WHERE slug = $5), $6, $7, $8, $9, $10, $11,
                    CASE WHEN $12::int > 1 THEN 'suspected' ELSE 'open' END,
                    CASE WHEN $12 = 1 THEN $13::timestamptz END, $13, $13)
            ON CONFLICT (check_id, subject) WHERE state <> 'resolved' DO UPDATE
            SET last_seen_at = $13, clean = 0, consecutive = smells.consecutive + 1, sentence = EXCLUDED.sentence,
                "values" = EXCLUDED."values", observed = EXCLUDED.observed, expected = EXCLUDED.expected,
                evidence = EXCLUDED.evidence,
                state = CASE WHEN smells.state = 'suspected' AND smells.consecutive + 1 >= $12 THEN 'open'
                             ELSE smells.state END,
                opened_at = CASE WHEN smells.state = 'suspected' AND smells.consecutive + 1 >= $12 THEN $13
                                 ELSE smells.opened_at END
            RETURNING id, opened_at
        )
        INSERT INTO smell_acts (smell_id, act, happened_at) SELECT id, 'opened', $13 FROM seen
        WHERE opened_at = $13 AND NOT EXISTS (SELECT FROM smell_acts WHERE smell_id = seen.id)
        """,
        *(found_by.id, sighting.subject, found_by.smell, sighting.entity or found_by.entities[0], sighting.board),
        *(found_by.severity, sighting.sentence, sighting.values, sighting.observed, sighting.expected),
        *(sighting.evidence, found_by.hits, now),
    )


async def _miss(connection: Proxy, found_by: Check, seen: list[str], now: datetime) -> None:
    await connection.execute(
        "DELETE FROM smells WHERE check_id = $1 AND state = 'suspected' AND subject <> ALL($2)", found_by.id, seen
    )
    await connection.execute(
        """
        WITH missed AS (
            UPDATE smells SET clean = clean + 1, consecutive = 0,
                state = CASE WHEN clean + 1 >= $3 THEN 'resolved' ELSE state END,
                resolved_at = CASE WHEN clean + 1 >= $3 THEN $4::timestamptz END,
                muted_until = CASE WHEN clean + 1 >= $3 THEN NULL ELSE muted_until END
            WHERE check_id = $1 AND state <> 'resolved' AND subject <> ALL($2)
            RETURNING id, state
        )
        INSERT INTO smell_acts (smell_id, act, happened_at) SELECT id, 'resolved', $4 FROM missed
        WHERE state = 'resolved'
        """,
        *(found_by.id, seen, CLEAN, now),
    )


async def _unmute(connection: Proxy, found_by: Check, now: datetime) -> None:
    await connection.execute(
        """
        WITH heard AS (
            UPDATE smells SET state = 'open', muted_until = NULL
            WHERE check_id = $1 AND state = 'muted' AND muted_until <= $2 RETURNING id
        )
        INSERT INTO smell_acts (smell_id, act, happened_at) SELECT id, 'unmuted', $2 FROM heard
        """,
        *(found_by.id, now),
    )


async def require(db: Db, smell_id: int) -> Finding:
    """The finding of this number."""
    found = await one(db, Finding, f"{READ} WHERE smells.id = $1 AND state <> 'suspected'", smell_id)
    if found is None:
        raise NoSuchSmell
    return found


async def listed(
    db: Db,
    *,
    states: Sequence[State] = (),
    smell: Smell | None = None,
    check: str | None = None,
    before: int | None = None,
    most: int,
) -> list[Finding]:
    """Findings in these states, or all of them, the latest first, from the one before this on."""
    return await many(
        db,
        Finding,
        f"""
        {READ} WHERE state <> 'suspected' AND ($1::text[] = '{{}}' OR state = ANY($1))
          AND ($2::text IS NULL OR smell = $2) AND ($3::text IS NULL OR check_id = $3)
          AND ($4::bigint IS NULL OR smells.id < $4)
        ORDER BY smells.id DESC LIMIT $5
        """,
        *(list(states), smell, check, before, most),
    )


async def holding(db: Db, board_id: UUID) -> list[Finding]:
    """What holds the board's next release, as far as the checks have seen by now."""
    return await many(
        db,
        Finding,
        f"""
        {READ} WHERE severity = 'block' AND state IN ('open', 'acknowledged')
          AND (board_id IS NULL OR board_id = $1) ORDER BY smells.id
        """,
        board_id,
    )


async def acknowledge(db: Pool, smell_id: int, *, text: str, account_id: UUID, now: datetime) -> Finding:
    """An operator takes it up."""
    return await _move(db, smell_id, "acknowledged", (State.OPEN,), State.ACKNOWLEDGED, text, account_id, now)


async def mute(db: Pool, smell_id: int, *, until: datetime, text: str, account_id: UUID, now: datetime) -> Finding:
    """Leave it out of what is open until then."""
    found = await require(db, smell_id)
    if found.severity is Severity.BLOCK:
        raise NotMuted
    if until <= now:
        raise Refused("Say until when it shall be muted: a moment to come.", field="until")
    return await _move(db, smell_id, "muted", PRESENT, State.MUTED, text, account_id, now, until=until)


async def resolve(db: Pool, smell_id: int, *, text: str, account_id: UUID, now: datetime) -> Finding:
    """An operator says how it was repaired; should it be seen again, it is another finding."""
    return await _move(db, smell_id, "resolved", PRESENT, State.RESOLVED, text, account_id, now)


async def _move(
    db: Pool,
    smell_id: int,
    act: str,
    of: Sequence[State],
    to: State,
    text: str,
    account_id: UUID,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Finding:
    async with db.acquire() as connection, connection.transaction():
        moved = await connection.fetchval(
            """
            UPDATE smells SET state = $2, muted_until = $4,
                   resolved_at = CASE WHEN $2 = 'resolved' THEN $5::timestamptz END
            WHERE id = $1 AND state = ANY($3) RETURNING id
            """,
            *(smell_id, to, list(of), until, now),
        )
        if moved is None:
            await require(connection, smell_id)
            raise Over
        await connection.execute(
            "INSERT INTO smell_acts (smell_id, act, text, account_id, happened_at) VALUES ($1, $2, $3, $4, $5)",
            *(smell_id, act, text, account_id, now),
        )
        return await require(connection, smell_id)


async def held(db: Db, found: Sequence[Finding], release_id: str, now: datetime) -> None:
    """These have held a release; said once for each release that they hold."""
    await db.execute(
        """
        WITH holding AS (
            UPDATE smells SET release_id = $2 WHERE id = ANY($1) AND release_id IS DISTINCT FROM $2 RETURNING id
        )
        INSERT INTO smell_acts (smell_id, act, text, happened_at) SELECT id, 'held', $2, $3 FROM holding
        """,
        *([one.id for one in found], release_id, now),
    )
