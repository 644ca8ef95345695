"""Judges: models that compare two answers, each with a rubric and the family it comes from."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from arena import jobs
from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.submission.contract import Step
from arena.submission.lifecycle import State as Stage
from arena.submission.questions import Terms
from arena.upstream import Target
from judge import rubric

# How long a worker that has said nothing is taken to be alive.
ALIVE_SECONDS: Final = 30.0
INTERRUPTED: Final = "interrupted"
PAIRS: Final = "pairwise"


class SlugTaken(ArenaError):
    """There is a judge of this address already. A judge with another rubric or endpoint is another judge."""

    status = 409


class NotFromHere(ArenaError):
    """This judge is being checked, or has retired."""

    status = 409


class State(StrEnum):
    """Where a judge stands: proposed, being checked, judging, refused by its check, or no longer judging."""

    DRAFT = "draft"
    CHECKING = "checking"
    LISTED = "listed"
    REJECTED = "rejected"
    RETIRED = "retired"


class Proposal(Struct, frozen=True, kw_only=True):
    """A judge to be registered."""

    slug: str
    name: str
    family: str
    endpoint_id: UUID
    rubric: str
    settings: Terms
    own_family: bool


class Judge(Struct, frozen=True, kw_only=True):
    """A judge; `version` names all that decides what it says, None until it was checked."""

    id: UUID
    slug: str
    name: str
    family: str
    endpoint_id: UUID
    provider_id: UUID
    contender_id: UUID
    provider: str
    model: str
    rubric: str
    settings: Terms
    version: str | None
    own_family: bool
    state: State
    reason: str | None
    approved: bool
    prompt_price: float | None
    answer_price: float | None
    concurrency: int | None
    proposed_at: datetime
    checked_at: datetime | None
    listed_at: datetime | None


class Tried(Struct, frozen=True, kw_only=True):
    """A step of a judge's check; the sentence has its `values` in {places}."""

    name: str
    state: str
    sentence: str = ""
    values: dict[str, str | int] = {}
    code: str | None = None
    seconds: float | None = None


SHOWN: Final = """
        SELECT judges.id, judges.slug, judges.name, family, endpoint_id, endpoints.provider_id, contender_id,
               providers.slug AS provider, model, rubric, settings, version, own_family, judges.state, judges.reason,
               approved_by IS NOT NULL AS approved, prompt_price, answer_price, concurrency, proposed_at, checked_at,
               judges.listed_at
        FROM judges JOIN endpoints ON endpoints.id = endpoint_id
        JOIN providers ON providers.id = endpoints.provider_id"""


async def propose(db: Connection | Proxy, proposal: Proposal, *, account_id: UUID, approved: bool) -> UUID:
    """Register a judge and have it checked; one that no operator has `approved` stays a draft after that."""
    _check_rubric(proposal.rubric)
    async with db.transaction():
        judge_id: UUID | None = await db.fetchval(
            """
            INSERT INTO judges (slug, name, family, endpoint_id, rubric, settings, own_family, state, account_id,
                                approved_by)
            SELECT $1, $2, $3, id, $5, $6, $7, 'checking', $8::uuid, CASE WHEN $9 THEN $8::uuid END
            FROM endpoints WHERE id = $4 AND state <> $10
            ON CONFLICT (slug) DO NOTHING
            RETURNING id
            """,
            *(proposal.slug, proposal.name, proposal.family, proposal.endpoint_id, proposal.rubric),
            *(proposal.settings, proposal.own_family, account_id, approved, Stage.RETIRED),
        )
        if judge_id is None:
            if await db.fetchval("SELECT true FROM judges WHERE slug = $1", proposal.slug):
                raise SlugTaken
            raise Refused("There is no such endpoint, or it has retired.", field="endpoint_id")
        await jobs.audition_soon(db, judge_id)
    return judge_id


def _check_rubric(name: str) -> None:
    offered = [each for each in rubric.names() if each.startswith(PAIRS)]
    if name not in offered:
        raise Refused(
            "There is no rubric “{name}” for pairs; there are: {names}.",
            name=name[:60],
            names=", ".join(offered),
            field="rubric",
        )


async def check(db: Connection | Proxy, judge_id: UUID, *, approved_by: UUID | None) -> None:
    """Have a judge checked again with its endpoint as it is now; an operator who asks for it lets it judge."""
    async with db.transaction():
        begun = await db.fetchval(
            """
            UPDATE judges
            SET state = 'checking', reason = NULL, steps = '[]', worker = NULL, alive_until = NULL,
                settings = settings || '{"structured": null}', approved_by = coalesce($2, approved_by)
            WHERE id = $1 AND state NOT IN ('checking', 'retired') RETURNING true
            """,
            *(judge_id, approved_by),
        )
        if begun is None:
            raise NotFromHere
        await jobs.audition_soon(db, judge_id)


async def retire(db: Db, judge_id: UUID, *, reason: str) -> None:
    """Let the judge judge no more; what it said stays."""
    await db.execute("UPDATE judges SET state = 'retired', reason = $2 WHERE id = $1", judge_id, reason)


async def require(db: Db, slug: str) -> Judge:
    """The judge of this address."""
    found = await one(db, Judge, f"{SHOWN} WHERE judges.slug = $1", slug)
    if found is None:
        raise NotFound("There is no such judge.")
    return found


async def listed(db: Db, *, all_states: bool = False) -> list[Judge]:
    """The judges that judge or have judged, by address; `all_states` tells of the others, too."""
    return await many(
        db, Judge, f"{SHOWN} WHERE $1 OR judges.state = 'listed' OR judges.listed_at IS NOT NULL ORDER BY 2", all_states
    )


async def of(db: Db, judge_ids: list[UUID]) -> list[Judge]:
    """These judges, by address."""
    return await many(db, Judge, f"{SHOWN} WHERE judges.id = ANY($1) ORDER BY judges.slug", judge_ids)


async def steps(db: Db, judge_id: UUID) -> list[Tried]:
    """The steps of the judge's last check."""
    return msgspec.convert(await db.fetchval("SELECT steps FROM judges WHERE id = $1", judge_id), list[Tried])


async def claim(db: Db, judge_id: UUID, worker: UUID) -> Judge | None:
    """The judge to check, for this worker alone; None where another has it or it is over."""
    claimed = await db.fetchval(
        """
        UPDATE judges SET worker = $2, alive_until = now() + make_interval(secs => $3)
        WHERE id = $1 AND state = 'checking' AND worker IS NULL RETURNING true
        """,
        *(judge_id, worker, ALIVE_SECONDS),
    )
    return await one(db, Judge, f"{SHOWN} WHERE judges.id = $1", judge_id) if claimed else None


async def beat(db: Db, judge_id: UUID, worker: UUID) -> None:
    """The worker is still at it."""
    await db.execute(
        "UPDATE judges SET alive_until = now() + make_interval(secs => $3) "
        "WHERE id = $1 AND worker = $2 AND state = 'checking'",
        *(judge_id, worker, ALIVE_SECONDS),
    )


async def keep(db: Db, judge_id: UUID, worker: UUID, tried: list[Step]) -> None:
    """How far the check has come; what went over the wire is not kept."""
    shown = [
        Tried(
            name=step.name,
            state=step.state,
            sentence=step.sentence,
            values=dict(step.values),
            code=step.code,
            seconds=step.seconds,
        )
        for step in tried
    ]
    await db.execute("UPDATE judges SET steps = $3 WHERE id = $1 AND worker = $2", judge_id, worker, shown)


async def end(db: Db, judge_id: UUID, worker: UUID, *, terms: Terms, version: str, reason: str | None) -> None:
    """The check is over: a judge that passed it judges if an operator has approved, and else stays a draft."""
    await db.execute(
        """
        UPDATE judges
        SET state = CASE WHEN $5::text IS NOT NULL THEN 'rejected' WHEN approved_by IS NULL THEN 'draft'
                         ELSE 'listed' END,
            listed_at = CASE WHEN $5::text IS NULL AND approved_by IS NOT NULL THEN coalesce(listed_at, now())
                             ELSE listed_at END,
            settings = $3, version = $4, reason = $5, checked_at = now(), worker = NULL, alive_until = NULL
        WHERE id = $1 AND worker = $2 AND state = 'checking'
        """,
        *(judge_id, worker, terms, version, reason),
    )


async def look_after(db: Pool) -> int:
    """Reject the judges whose check was broken off, and call a worker for those that wait; how many were."""
    async with db.acquire() as connection, connection.transaction():
        gone = await connection.fetch(
            """
            UPDATE judges SET state = 'rejected', reason = $1, worker = NULL, alive_until = NULL
            WHERE state = 'checking' AND alive_until < now() RETURNING id
            """,
            INTERRUPTED,
        )
        for row in await connection.fetch("SELECT id FROM judges WHERE state = 'checking' AND worker IS NULL"):
            await jobs.audition_soon(connection, row["id"])
    return len(gone)


def version(target: Target, rubric_name: str, terms: Terms) -> str:
    """What names all that decides what a judge says: a change of any of it makes another version."""
    digest, _, _ = rubric.words(rubric_name)
    parts: list[Any] = [target.base_url, target.model, target.dialect, target.parameters, digest, terms]
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
