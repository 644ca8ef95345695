"""Operations: everything that waits for an operator, in one queue, with since when and until when it should be done."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from arena.db import Db, many

MOST_OF_A_KIND: Final = 100


class Waiting(Struct, frozen=True, kw_only=True):
    """Something that waits: what it is, since when, and when it should be done at the latest.

    `link` is a page where it can be seen, `call` the call that decides it; None where there is none.
    """

    kind: str
    subject: str
    sentence: str
    values: dict[str, str | int]
    severity: str | None
    since: datetime
    due_at: datetime
    overdue: bool
    link: str | None
    call: str | None


class _Row(Struct, frozen=True, kw_only=True):
    subject: str
    since: datetime
    link: str | None = None
    call: str | None = None
    sentence: str | None = None
    values: dict[str, str | int] = {}
    severity: str | None = None
    due_in_seconds: int | None = None


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of thing that waits, how long it may, and the query that finds it, for the moment $1.

    Where the sentence is empty, or may wait another time, each row of the query brings its own.
    """

    target: timedelta
    sentence: str
    query: str


KINDS: Final[dict[str, Kind]] = {
    "held_release": Kind(
        target=timedelta(days=1),
        sentence="The release of {board} is held by its self-test.",
        query="""
        SELECT boards.slug || ', ' || candidates.id AS subject, tested_at AS since, '/releases' AS link,
               jsonb_build_object('board', boards.slug) AS "values", 'block' AS severity
        FROM candidates JOIN boards ON boards.id = board_id
        WHERE state = 'held' AND tested_at <= $1 AND candidates.id = (
            SELECT max(last.id) FROM candidates last
            WHERE last.board_id = candidates.board_id AND last.state IN ('held', 'published'))
        """,
    ),
    "smell": Kind(
        target=timedelta(days=14),
        sentence="",
        query="""
        SELECT 'smell ' || id AS subject, opened_at AS since, '/smells/' || id AS link, sentence, "values", severity,
               CASE severity WHEN 'block' THEN 86400 WHEN 'major' THEN 3 * 86400 WHEN 'warn' THEN 14 * 86400
                    ELSE 30 * 86400 END AS due_in_seconds
        FROM smells WHERE state IN ('open', 'acknowledged') AND opened_at <= $1
        """,
    ),
    "failing_job": Kind(
        target=timedelta(hours=1),
        sentence="The job “{job}” failed and is held.",
        query="""
        SELECT entrypoint || ' ' || id AS subject, updated AS since, jsonb_build_object('job', entrypoint) AS "values",
               'major' AS severity
        FROM pgqueuer WHERE status IN ('failed', 'exception') AND updated <= $1
        """,
    ),
    "stuck_job": Kind(
        target=timedelta(hours=1),
        sentence="The job “{job}” has been due for a quarter of an hour and nobody works at it.",
        query="""
        SELECT entrypoint || ' ' || id AS subject, greatest(execute_after, updated) AS since,
               jsonb_build_object('job', entrypoint) AS "values", 'major' AS severity
        FROM pgqueuer
        WHERE status = 'queued' AND greatest(execute_after, updated) <= $1::timestamptz - interval '15 minutes'
           OR status = 'picked' AND heartbeat <= $1::timestamptz - interval '15 minutes'
        """,
    ),
    "submission": Kind(
        target=timedelta(minutes=5),
        sentence="“{name}” is being checked.",
        query="""
        SELECT endpoints.id::text AS subject, min(begun_at) AS since, '/submissions' AS link,
               jsonb_build_object('name', coalesce(contenders.name, endpoints.model)) AS "values"
        FROM endpoints JOIN checks ON checks.endpoint_id = endpoints.id AND ended_at IS NULL
        LEFT JOIN contenders ON contenders.id = contender_id
        WHERE endpoints.state = 'checking' AND begun_at <= $1 GROUP BY endpoints.id, contenders.name
        """,
    ),
    "paused_endpoint": Kind(
        target=timedelta(days=7),
        sentence="“{name}” was paused by an operator, who is the one to resume it.",
        query="""
        SELECT endpoints.id::text AS subject, step.happened_at AS since, '/contenders/' || contenders.slug AS link,
               'POST /api/v1/endpoints/' || endpoints.id || '/resume' AS call,
               jsonb_build_object('name', contenders.name) AS "values"
        FROM endpoints JOIN contenders ON contenders.id = contender_id
        JOIN LATERAL (SELECT actor, happened_at FROM endpoint_events
                      WHERE endpoint_id = endpoints.id AND state = 'paused' AND former <> 'paused'
                      ORDER BY id DESC LIMIT 1) AS step ON step.actor = 'operator'
        WHERE endpoints.state = 'paused' AND step.happened_at <= $1
        """,
    ),
    "flag": Kind(
        target=timedelta(days=7),
        sentence="Somebody flagged “{name}”, and no operator has looked at it.",
        query="""
        SELECT 'case ' || cases.id AS subject, opened_at AS since, '/cases/' || cases.id AS link,
               jsonb_build_object('name', contenders.name) AS "values"
        FROM cases JOIN contenders ON contenders.id = contender_id WHERE state = 'open' AND opened_at <= $1
        """,
    ),
    "case": Kind(
        target=timedelta(days=14),
        sentence="The case of “{name}” is taken up and not decided.",
        query="""
        SELECT 'case ' || cases.id AS subject, max(happened_at) AS since, '/cases/' || cases.id AS link,
               jsonb_build_object('name', contenders.name) AS "values"
        FROM cases JOIN contenders ON contenders.id = contender_id
        JOIN case_acts ON case_id = cases.id AND act = 'acknowledged'
        WHERE state = 'acknowledged' AND happened_at <= $1 GROUP BY cases.id, contenders.name
        """,
    ),
    "case_appeal": Kind(
        target=timedelta(days=7),
        sentence="The provider of “{name}” has appealed against what was decided.",
        query="""
        SELECT 'case ' || cases.id AS subject, max(happened_at) AS since, '/cases/' || cases.id AS link,
               jsonb_build_object('name', contenders.name) AS "values"
        FROM cases JOIN contenders ON contenders.id = contender_id
        JOIN case_acts ON case_id = cases.id AND act = 'appealed'
        WHERE state = 'appealed' AND happened_at <= $1 GROUP BY cases.id, contenders.name
        """,
    ),
    "vote_appeal": Kind(
        target=timedelta(days=7),
        sentence="A voter has appealed against the exclusion of a vote.",
        query="""
        SELECT 'appeal ' || id AS subject, appealed_at AS since, '/votes/' || vote_id AS link,
               'POST /api/v1/appeals/' || id || '/answer' AS call
        FROM appeals WHERE answered_at IS NULL AND appealed_at <= $1
        """,
    ),
    "audit_finding": Kind(
        target=timedelta(days=7),
        sentence="The audit found something, and nobody has decided on it.",
        query="""
        SELECT 'finding ' || id AS subject, found_at AS since, '/audit/' || id AS link
        FROM audit_findings WHERE state IN ('open', 'acknowledged') AND proposed_by IS NULL AND found_at <= $1
        """,
    ),
    "second_operator": Kind(
        target=timedelta(days=2),
        sentence="A first operator asked for an exclusion that changes the first places; a second one must agree.",
        query="""
        SELECT 'finding ' || audit_findings.id AS subject, max(happened_at) AS since,
               '/audit/' || audit_findings.id AS link
        FROM audit_findings JOIN audit_acts ON finding_id = audit_findings.id AND act = 'proposed'
        WHERE proposed_by IS NOT NULL AND state IN ('open', 'acknowledged') AND happened_at <= $1
        GROUP BY audit_findings.id
        """,
    ),
    "prompt_set": Kind(
        target=timedelta(days=7),
        sentence="The prompt set “{name}” is proposed.",
        query="""
        SELECT slug AS subject, proposed_at AS since, '/prompt-sets/' || slug AS link,
               'POST /api/v1/prompt-sets/' || slug || '/freeze' AS call, jsonb_build_object('name', name) AS "values"
        FROM prompt_sets WHERE state = 'proposed' AND proposed_at <= $1
        """,
    ),
    "judge": Kind(
        target=timedelta(days=7),
        sentence="The judge “{name}” is proposed.",
        query="""
        SELECT slug AS subject, proposed_at AS since, '/judges/' || slug AS link,
               'POST /api/v1/judges/' || slug || '/list' AS call, jsonb_build_object('name', name) AS "values"
        FROM judges WHERE state = 'draft' AND approved_by IS NULL AND proposed_at <= $1
        """,
    ),
    "stopped_run": Kind(
        target=timedelta(days=7),
        sentence="A judge run was stopped by its budget.",
        query="""
        SELECT id::text AS subject, ended_at AS since, '/api/v1/judge-runs/' || id AS link
        FROM judge_runs WHERE state = 'stopped' AND ended_at BETWEEN $1::timestamptz - interval '7 days' AND $1
        """,
    ),
    "paused_run": Kind(
        target=timedelta(days=7),
        sentence="A judge run is paused.",
        query="""
        SELECT id::text AS subject, coalesce(started_at, planned_at) AS since, '/api/v1/judge-runs/' || id AS link,
               'POST /api/v1/judge-runs/' || id || '/resume' AS call
        FROM judge_runs WHERE state = 'paused' AND coalesce(started_at, planned_at) <= $1
        """,
    ),
    "run_budget": Kind(
        target=timedelta(hours=4),
        sentence="A judge run has spent {percent}% of its budget.",
        query="""
        SELECT id::text AS subject, started_at AS since, '/api/v1/judge-runs/' || id AS link,
               jsonb_build_object('percent', floor(100 * greatest(
                   spent_tokens / nullif(budget_tokens, 0)::float8, spent_cost / nullif(budget_cost, 0)))::int
               ) AS "values"
        FROM judge_runs
        WHERE state = 'running' AND started_at <= $1
          AND (spent_tokens >= 0.9 * nullif(budget_tokens, 0) OR spent_cost >= 0.9 * nullif(budget_cost, 0))
        """,
    ),
    "spend_cap": Kind(
        target=timedelta(hours=24),
        sentence="“{name}” has used {percent}% of what its provider allows a day.",
        query="""
        SELECT id::text AS subject, date_trunc('day', $1::timestamptz, 'UTC') AS since,
               '/contenders/' || slug AS link,
               jsonb_build_object('name', name, 'percent', floor(100 * used)::int) AS "values"
        FROM (
            SELECT endpoints.id, slug, contenders.name, greatest(
                       CASE WHEN daily_calls > 0 THEN calls_today(endpoints.id)::float8 / daily_calls END,
                       CASE WHEN daily_budget > 0 THEN spent_today(endpoints.id) / daily_budget END) AS used
            FROM endpoints JOIN contenders ON contenders.id = contender_id
            WHERE state IN ('warming', 'listed') AND (daily_calls IS NOT NULL OR daily_budget IS NOT NULL)
        ) AS capped WHERE used >= 0.9
        """,
    ),
}
FIRST: Final = ("block", "major")


async def queue(db: Db, now: datetime) -> list[Waiting]:
    """Everything that waits by now: what is overdue first, then what holds releases, then by when it is due."""
    found = []
    for name, kind in KINDS.items():
        rows = await many(db, _Row, f"{kind.query} ORDER BY since, subject LIMIT $2", now, MOST_OF_A_KIND)
        found += [_waiting(name, kind, row, now) for row in rows]
    return sorted(found, key=_order)


def _waiting(name: str, kind: Kind, row: _Row, now: datetime) -> Waiting:
    target = kind.target if row.due_in_seconds is None else timedelta(seconds=row.due_in_seconds)
    return Waiting(
        kind=name,
        subject=row.subject,
        sentence=row.sentence or kind.sentence,
        values=row.values,
        severity=row.severity,
        since=row.since,
        due_at=row.since + target,
        overdue=row.since + target < now,
        link=row.link,
        call=row.call,
    )


def _order(waiting: Waiting) -> tuple[bool, int, datetime]:
    rank = FIRST.index(waiting.severity) if waiting.severity in FIRST else len(FIRST)
    return (not waiting.overdue, rank, waiting.due_at)
