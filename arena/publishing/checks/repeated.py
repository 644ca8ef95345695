"""Boards, votes and prompts that are there more often than they need to be."""

from datetime import timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

DAILY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
MOST_SHARED: Final = 0.98
FEWEST_SHARED: Final = 200
MOST_REPEATED: Final = 0.001
# Of two categories the votes are counted only where their numbers allow them to be the same.
ALIKE: Final = """
        WITH sized AS (
            SELECT id, slug, name, source, question, created_at, question - 'category' = '{}' AS category,
                   (SELECT votes FROM snapshots WHERE board_id = boards.id ORDER BY taken_at DESC LIMIT 1) AS votes
            FROM boards WHERE source <> 'imported' AND archived_at IS NULL
        ), paired AS (
            SELECT one.slug AS first, other.slug AS second, one.name AS first_name, other.name AS second_name,
                   one.question = other.question AS same, one.votes + other.votes AS votes,
                   CASE WHEN one.question <> other.question THEN (
                       SELECT count(*) FROM countings AS counted JOIN countings AS too USING (vote_id)
                       WHERE counted.board_id = one.id AND counted.until IS NULL
                         AND too.board_id = other.id AND too.until IS NULL
                   ) END AS shared
            FROM sized AS one JOIN sized AS other
              ON other.source = one.source AND (one.created_at, one.slug) < (other.created_at, other.slug)
            WHERE one.question = other.question
               OR one.category AND other.category AND one.question <> '{}' AND other.question <> '{}'
              -- Sets of such different sizes cannot share so much.
              AND least(one.votes, other.votes) >= greatest($1::float8 * greatest(one.votes, other.votes), $2)
        )
        SELECT first, second, first_name, second_name, coalesce(shared, votes, 0) AS shared,
               CASE WHEN same THEN coalesce(votes, 0) ELSE votes - shared END AS whole
        FROM paired WHERE same OR shared >= $1::float8 * (votes - shared) ORDER BY first, second
"""


class _Boards(Struct, frozen=True):
    first: str
    second: str
    first_name: str
    second_name: str
    shared: int
    whole: int


@check(
    "R4",
    Smell.REDUNDANT,
    Entity.TASK,
    Entity.RANKING_TABLE,
    severity=Severity.WARN,
    every=DAILY,
    seconds=120,
    threshold="Two boards with one question, or two categories of which 98% of all votes are the same, from 200 on.",
)
async def boards_alike(scene: Scene) -> list[Sighting]:
    """No two boards ask the same of the same votes."""
    found = await many(
        scene.db,
        _Boards,
        ALIKE,
        *(MOST_SHARED, FEWEST_SHARED),
    )
    return [
        Sighting(
            subject=f"boards {one.first} {one.second}",
            sentence="The boards “{first}” and “{second}” count the same votes in the same way.",
            values={"first": one.first_name, "second": one.second_name},
            observed=f"same: {one.shared} of {one.whole}",
            expected="below 98%",
            evidence=f"/leaderboard/{one.second}",
        )
        for one in found
    ]


class _Copies(Struct, frozen=True):
    subject: str
    name: str
    others: int


@check(
    "R5",
    Smell.REDUNDANT,
    Entity.RAW_DATA,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="One file of votes on two boards, or one of a thousand prompts of a set that stands there again.",
)
async def copies(scene: Scene) -> list[Sighting]:
    """No votes are brought in twice, and no prompt set asks the same prompt again."""
    files = await many(
        scene.db,
        _Copies,
        """
        SELECT 'file ' || left(sha256, 16) AS subject, min(file_name) AS name, count(DISTINCT board_id) - 1 AS others
        FROM imports GROUP BY sha256 HAVING count(DISTINCT board_id) > 1 ORDER BY sha256
        """,
    )
    prompts = await many(
        scene.db,
        _Copies,
        """
        SELECT 'prompt set ' || slug AS subject, prompt_sets.name, prompts - count(DISTINCT md5(content)) AS others
        FROM prompt_sets JOIN set_prompts ON set_id = prompt_sets.id WHERE state = 'frozen'
        GROUP BY prompt_sets.id HAVING prompts - count(DISTINCT md5(content)) > $1::float8 * prompts ORDER BY slug
        """,
        MOST_REPEATED,
    )
    told = [(each, "The votes of the file “{name}” are on {others} other boards, too.") for each in files]
    told += [(each, "{others} prompts of the set “{name}” stand there a second time.") for each in prompts]
    return [
        Sighting(
            subject=each.subject,
            sentence=sentence,
            values={"name": each.name, "others": each.others},
            observed=f"again: {each.others}",
            expected="again: 0",
        )
        for each, sentence in told
    ]


class _Sets(Struct, frozen=True):
    digest: str
    names: list[str]


@check(
    "R6",
    Smell.REDUNDANT,
    Entity.RAW_DATA,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="Two prompt sets in use with the same prompts and references.",
)
async def sets_alike(scene: Scene) -> list[Sighting]:
    """No prompt set is in use under two names."""
    found = await many(
        scene.db,
        _Sets,
        """
        SELECT digest, array_agg(name ORDER BY frozen_at, slug) AS names FROM prompt_sets WHERE state = 'frozen'
        GROUP BY digest HAVING count(*) > 1 ORDER BY digest
        """,
    )
    return [
        Sighting(
            subject=f"prompts {one.digest[:16]}",
            sentence="The prompt set “{first}” is in use under the name “{second}”, too.",
            values={"first": one.names[0], "second": one.names[1]},
            observed=f"sets: {len(one.names)}",
            expected="sets: 1",
            evidence="/prompt-sets",
        )
        for one in found
    ]
