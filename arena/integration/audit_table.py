"""The audit's table: every vote with where it stands, why, and what the audit says of its voter; no personal data."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, Pool
from arena.evaluation import names
from arena.evaluation.selections import COUNTS
from arena.integration import rows
from rating import Outcome

COLUMNS: Final = (
    "vote",
    "cast_on",
    "model_a",
    "model_b",
    "winner",
    "voter",
    "status",
    "reasons",
    "p",
    "looked_at",
    "findings",
)


class Line(Struct, frozen=True, kw_only=True):
    """A vote by published names; `cast_on` is the day.

    `status` is counted, excluded or waiting (a contender is not listed yet); `reasons` are those of the exclusions that
    stand. `p` is the chance that an honest voter looks as bad, at the worst of the audit's looks at the vote's voter,
    which was after `looked_at` votes; None where nobody has looked. `findings` are the numbers of those that it is in.
    """

    vote: str
    cast_on: str
    model_a: str
    model_b: str
    winner: str
    voter: str
    status: str
    reasons: list[str]
    p: float | None
    looked_at: int | None
    findings: list[int]


class Wanted(Struct, frozen=True, kw_only=True):
    """Which votes are asked for; None is all."""

    status: str | None = None
    voter: UUID | None = None
    contender: str | None = None
    finding: int | None = None


async def page(db: Db, wanted: Wanted, *, after: UUID | None, most: int) -> list[Line]:
    """Votes by ascending name, from the one after this on."""
    found = await db.fetch(f"{TABLE} LIMIT $6", *_values(wanted), after, most)
    return [_line(*record) for record in found]


async def stream(db: Pool, wanted: Wanted) -> AsyncIterator[list[Line]]:
    """All of them, some thousands at a time."""
    async for batch in rows.read(db, TABLE, *_values(wanted), None):
        yield [_line(*record) for record in batch]


def _values(wanted: Wanted) -> tuple[Any, ...]:
    return wanted.status, wanted.voter, wanted.contender, wanted.finding


def _line(vote: UUID, cast_on: str, first: str, second: str, outcome: str, voter: UUID, *rest: Any) -> Line:
    status, reasons, p, looked_at, findings = rest
    return Line(
        vote=vote.hex,
        cast_on=cast_on,
        model_a=first,
        model_b=second,
        winner=rows.WORDS[Outcome(outcome)],
        voter=voter.hex,
        status=status,
        reasons=reasons,
        p=p,
        looked_at=looked_at,
        findings=findings,
    )


# Contenders that the public has not been told of are in no row.
TABLE: Final = f"""
        SELECT {names.VOTE} AS vote, (cast_at AT TIME ZONE 'UTC')::date::text, first.slug, second.slug, outcome,
               pseudonym, standing.status, standing.reasons, look.p, look.votes, told.findings
        FROM votes
        JOIN battles ON battles.id = votes.battle_id AND battles.kind = 'blind'
        JOIN voters ON voters.id = battles.voter_id
        JOIN sides a ON a.battle_id = battles.id AND a.position = 0
        JOIN sides b ON b.battle_id = battles.id AND b.position = 1
        JOIN contenders first ON first.id = a.contender_id AND first.committed_at IS NOT NULL
        JOIN contenders second ON second.id = b.contender_id AND second.committed_at IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT reasons, CASE WHEN cardinality(reasons) > 0 THEN 'excluded' WHEN {COUNTS} THEN 'counted'
                                 ELSE 'waiting' END AS status
            FROM (
                SELECT ARRAY(SELECT reason FROM exclusions WHERE exclusions.battle_id = battles.id
                             AND lifted_at IS NULL ORDER BY exclusions.id) AS reasons
            ) AS why
        ) AS standing
        CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT finding_id FROM audit_finding_votes WHERE vote_id = votes.id ORDER BY 1) AS findings
        ) AS told
        LEFT JOIN LATERAL (
            SELECT p, audit_looks.votes FROM audit_looks
            WHERE audit_looks.kind = 'voter' AND subject = replace(pseudonym::text, '-', '') ORDER BY p LIMIT 1
        ) AS look ON true
        WHERE ($1::text IS NULL OR standing.status = $1) AND ($2::uuid IS NULL OR pseudonym = $2)
          AND ($3::text IS NULL OR $3 IN (first.slug, second.slug)) AND ($4::bigint IS NULL OR $4 = ANY(told.findings))
          AND ($5::uuid IS NULL OR {names.VOTE} > $5)
        ORDER BY {names.VOTE}"""  # noqa: S608 - constants
