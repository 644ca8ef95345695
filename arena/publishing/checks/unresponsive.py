"""What can be reached and does not do its work: jobs that stand still, endpoints that fall silent, votes that stop."""

from datetime import timedelta
from statistics import median
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

MOST: Final = 100
STILL: Final = timedelta(minutes=15)
BEHIND: Final = timedelta(minutes=30)
ANSWERED_WITHIN: Final = timedelta(days=7)
FEWEST_CALLS: Final = 50
SILENT_SHARE: Final = 0.02
FEWEST_VOTES: Final = 20
DROP: Final = 0.5


class _Still(Struct, frozen=True):
    what: str
    name: str


@check(
    "U3",
    Smell.UNRESPONSIVE,
    Entity.SUBMISSION_CHANNEL,
    Entity.HARNESS,
    Entity.RANKING_TABLE,
    severity=Severity.MAJOR,
    threshold="A contract test or a judge run without a sign of life for 15 minutes, or a board 30 minutes behind.",
    hits=2,
)
async def standing_still(scene: Scene) -> list[Sighting]:
    """Contract tests, judge runs and boards go on."""
    found = await many(
        scene.db,
        _Still,
        """
        SELECT 'contract test' AS what, contenders.slug AS name
        FROM checks JOIN endpoints ON endpoints.id = endpoint_id JOIN contenders ON contenders.id = contender_id
        WHERE ended_at IS NULL AND coalesce(alive_until, begun_at) < $1
        UNION ALL
        SELECT 'judge run', id::text FROM judge_runs
        WHERE state = 'running' AND coalesce(alive_until, started_at) < $1
        UNION ALL
        SELECT 'board', slug FROM boards
        JOIN LATERAL (
            SELECT published_at FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        WHERE slug = 'overall' AND calendar = 'at once'
          AND EXISTS (SELECT FROM votes JOIN battles ON battles.id = battle_id
                      WHERE kind = 'blind' AND cast_at > published_at AND cast_at < $2
                        AND NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id))
          AND NOT EXISTS (SELECT FROM candidates WHERE candidates.board_id = boards.id AND state = 'held'
                          AND tested_at > published_at)
        LIMIT $3
        """,
        *(scene.now - STILL, scene.now - BEHIND, MOST),
    )
    return [
        Sighting(
            subject=f"{one.what} {one.name}",
            sentence="The {what} {name} does not go on.",
            values={"what": one.what, "name": one.name},
            observed="no sign of life",
            expected="goes on",
        )
        for one in found
    ]


class _Queued(Struct, frozen=True):
    entrypoint: str
    jobs: int


@check(
    "U4",
    Smell.UNRESPONSIVE,
    Entity.HARNESS,
    severity=Severity.MAJOR,
    threshold="A job that could have run for 15 minutes and was not taken up.",
    hits=2,
)
async def waiting_jobs(scene: Scene) -> list[Sighting]:
    """No job waits long for a worker."""
    found = await many(
        scene.db,
        _Queued,
        """
        SELECT entrypoint, count(*) AS jobs FROM pgqueuer
        WHERE status = 'queued' AND execute_after < $1 GROUP BY entrypoint ORDER BY entrypoint
        """,
        scene.now - STILL,
    )
    return [
        Sighting(
            subject=one.entrypoint,
            sentence="{jobs} jobs of the kind {kind} wait for a worker.",
            values={"jobs": one.jobs, "kind": one.entrypoint},
            observed=f"{one.jobs} waiting",
            expected="0",
        )
        for one in found
    ]


class _Silent(Struct, frozen=True):
    slug: str
    name: str
    answers: int
    silent: int


@check(
    "U5",
    Smell.UNRESPONSIVE,
    Entity.MODEL,
    Entity.HARNESS,
    severity=Severity.MAJOR,
    threshold="A contender that fell silent or was too slow in more than 2% of its answers of a day, of at least 50.",
    every=timedelta(hours=1),
    hits=2,
)
async def silent_endpoints(scene: Scene) -> list[Sighting]:
    """Whoever is listed answers."""
    found = await many(
        scene.db,
        _Silent,
        """
        SELECT slug, name, count(*) AS answers, count(*) FILTER (WHERE failure IN ('timeout', 'slow')) AS silent
        FROM sides JOIN endpoints ON endpoints.id = endpoint_id AND endpoints.state = 'listed'
        JOIN contenders ON contenders.id = sides.contender_id
        JOIN answers ON answers.battle_id = sides.battle_id AND answers.position = sides.position
        WHERE last_asked_at > $1 GROUP BY contenders.id
        HAVING count(*) >= $2 AND count(*) FILTER (WHERE failure IN ('timeout', 'slow')) > $3::float8 * count(*)
        """,
        *(scene.now - timedelta(days=1), FEWEST_CALLS, SILENT_SHARE),
    )
    return [
        Sighting(
            subject=one.slug,
            sentence="{name} fell silent in {silent} of {answers} answers.",
            values={"name": one.name, "silent": one.silent, "answers": one.answers},
            observed=f"{one.silent} of {one.answers}",
            expected=f"{SILENT_SHARE:.0%} at most",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
    ]


@check(
    "U6",
    Smell.UNRESPONSIVE,
    Entity.RAW_DATA,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.MAJOR,
    threshold="A day with less than half the votes of a usual one, which is the median of 7 and at least 20.",
    every=timedelta(hours=1),
    hits=2,
)
async def fewer_votes(scene: Scene) -> list[Sighting]:
    """Votes that count go on coming as they usually do."""
    rows = await scene.db.fetch(
        """
        SELECT floor(extract(epoch FROM $1 - cast_at) / 86400)::int AS day, count(*) AS votes
        FROM votes JOIN battles ON battles.id = battle_id
        WHERE kind = 'blind' AND cast_at > $1 - interval '8 days' AND cast_at <= $1
          AND NOT EXISTS (SELECT FROM exclusions
                          WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL)
        GROUP BY day
        """,
        scene.now,
    )
    votes = {row["day"]: row["votes"] for row in rows}
    usual = median(votes.get(day, 0) for day in range(1, 8))
    if usual < FEWEST_VOTES or votes.get(0, 0) >= DROP * usual:
        return []
    return [
        Sighting(
            subject="votes",
            sentence="{votes} votes of the last day count, and {usual} do on a usual one.",
            values={"votes": votes.get(0, 0), "usual": round(usual)},
            observed=f"{votes.get(0, 0)}",
            expected=f"{DROP * usual:.0f} or more",
        )
    ]


@check(
    "U7",
    Smell.UNRESPONSIVE,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.MAJOR,
    threshold="An appeal or a case without an answer for more than 7 days.",
    every=timedelta(hours=1),
)
async def unanswered(scene: Scene) -> list[Sighting]:
    """Whoever appeals or flags is answered within a week."""
    found = await many(
        scene.db,
        _Still,
        """
        SELECT 'appeal' AS what, id::text AS name FROM appeals WHERE answered_at IS NULL AND appealed_at < $1
        UNION ALL
        SELECT 'case', id::text FROM cases WHERE state IN ('open', 'appealed') AND opened_at < $1
        LIMIT $2
        """,
        *(scene.now - ANSWERED_WITHIN, MOST),
    )
    return [
        Sighting(
            subject=f"{one.what} {one.name}",
            sentence="The {what} {name} has had no answer for more than 7 days.",
            values={"what": one.what, "name": one.name},
            observed="no answer",
            expected="an answer within 7 days",
            evidence=f"/cases/{one.name}" if one.what == "case" else None,
        )
        for one in found
    ]
