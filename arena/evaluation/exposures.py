"""Exposure: how often an endpoint was to be met by the draws that it took part in, how often it was, and how it did."""

from datetime import datetime
from math import ceil
from uuid import UUID

from msgspec import Struct

from arena.db import Db, one
from arena.evaluation.selections import COUNTS


class Exposure(Struct, frozen=True, kw_only=True):
    """How an endpoint was met in these days, by those who did not know whom they met.

    `promised` is the number of battles that the draws it took part in made to be expected, `drawn` how many of those
    had it as a side. Votes, and of them wins and ties (both bad is one), are of all its blind battles; `counting` of
    them count. Answers and failures are those of every call. Times to the first text are in seconds, None where nothing
    was said.
    """

    promised: float
    drawn: int
    battles: int
    votes: int
    wins: int
    ties: int
    counting: int
    answers: int
    refused: int
    failures: dict[str, int]
    first_text_median: float | None
    first_text_p90: float | None


class Shown(Struct, frozen=True, kw_only=True):
    """How an endpoint was met in so many whole days (UTC) until `until`, as everybody may know it.

    Only battles that are over by then: numbers that move with a battle under way would tell who is in it. `draws` is
    how many drawn battles it could have been met in, `promised` how many of them were to be expected, `drawn` how many
    it was met in. Answers and failures are those of all its battles of these days.
    """

    days: int
    until: datetime
    draws: int
    promised: float
    drawn: int
    votes: int
    answers: int
    failures: dict[str, int]


class Today(Struct, frozen=True, kw_only=True):
    """What an endpoint was asked today (UTC) and what that cost, and how many battles it answers now."""

    calls: int
    spent: float
    answering: int


async def of(db: Db, endpoint_id: UUID, *, days: int) -> Exposure:
    """How the endpoint was met in these days, each of 24 hours until now."""
    met = await db.fetchrow(MET, endpoint_id, days)
    told = await db.fetchrow(TOLD, endpoint_id, days)
    promised = await db.fetchval(PROMISED, endpoint_id, days)
    assert met is not None
    assert told is not None
    return Exposure(promised=promised, **met, **told)


async def today(db: Db, endpoint_id: UUID) -> Today:
    """How much of a day's allowance is used."""
    found = await one(
        db,
        Today,
        "SELECT calls_today($1) AS calls, spent_today($1) AS spent, battles_answering($1) AS answering",
        endpoint_id,
    )
    assert found is not None
    return found


async def shown(db: Db, endpoint_id: UUID, *, days: int) -> Shown:
    """How the endpoint was met, for everybody."""
    found = await one(db, Shown, SHOWN, endpoint_id, days)
    assert found is not None
    return found


def forecast(votes: int, half_width: float, *, wanted: float) -> int:
    """How many more votes an interval of ± `wanted` takes, if it narrows on with the square root of the votes."""
    return max(0, ceil(votes * ((half_width / wanted) ** 2 - 1)))


OVER = """kind = 'blind' AND closed_at < until AND opened_at >= until - make_interval(days => $2)"""
SHOWN = f"""
        WITH span AS (SELECT date_trunc('day', now(), 'UTC') AS until),
        met AS (
            SELECT battle_id, position, draw_id FROM span CROSS JOIN sides JOIN battles ON battles.id = battle_id
            WHERE endpoint_id = $1 AND last_asked_at >= until - make_interval(days => $2) AND {OVER}
        ),
        told AS (SELECT failure, finish FROM met JOIN answers USING (battle_id, position)),
        taken AS (
            SELECT shares[array_position(endpoint_ids, $1)] AS share
            FROM span CROSS JOIN draws JOIN battles ON draw_id = draws.id
            WHERE endpoint_ids @> ARRAY[$1::uuid] AND {OVER}
        )
        SELECT $2::integer AS days, until,
               (SELECT count(*) FROM taken) AS draws, (SELECT coalesce(sum(share), 0) FROM taken) AS promised,
               (SELECT count(draw_id) FROM met) AS drawn,
               (SELECT count(*) FROM met JOIN votes USING (battle_id)) AS votes,
               (SELECT count(*) FROM told WHERE failure IS NULL AND finish IS NOT NULL) AS answers,
               coalesce((SELECT jsonb_object_agg(failure, times) FROM (
                   SELECT failure, count(*) AS times FROM told WHERE failure IS NOT NULL GROUP BY failure
               ) AS one), '{{}}') AS failures
        FROM span"""  # noqa: S608 - a constant
MET = f"""
        SELECT count(*) FILTER (WHERE draw_id IS NOT NULL) AS drawn, count(*) AS battles, count(votes.id) AS votes,
               count(*) FILTER (WHERE outcome = CASE position WHEN 0 THEN 'a' ELSE 'b' END) AS wins,
               count(*) FILTER (WHERE outcome IN ('tie', 'both_bad')) AS ties,
               count(votes.id) FILTER (WHERE {COUNTS}) AS counting
        FROM sides AS mine JOIN battles ON battles.id = mine.battle_id
        LEFT JOIN votes ON votes.battle_id = battles.id
        WHERE mine.endpoint_id = $1 AND last_asked_at >= now() - make_interval(days => $2) AND battles.kind = 'blind'
          AND opened_at >= now() - make_interval(days => $2)"""  # noqa: S608 - a constant
TOLD = """
        WITH asked AS (
            SELECT failure, finish, first_text_seconds
            FROM sides JOIN answers USING (battle_id, position)
            WHERE endpoint_id = $1 AND last_asked_at >= now() - make_interval(days => $2)
              AND (failure IS NOT NULL OR finish IS NOT NULL)
        )
        SELECT count(*) FILTER (WHERE coalesce(failure, 'refused') = 'refused') AS answers,
               count(*) FILTER (WHERE failure = 'refused' OR (failure IS NULL AND finish = 'content_filter'))
                   AS refused,
               coalesce((SELECT jsonb_object_agg(failure, times) FROM (
                   SELECT failure, count(*) AS times FROM asked WHERE failure <> 'refused' GROUP BY failure
               ) AS one), '{}') AS failures,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY first_text_seconds) AS first_text_median,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY first_text_seconds) AS first_text_p90
        FROM asked"""
PROMISED = """
        SELECT coalesce(sum(shares[array_position(endpoint_ids, $1)]), 0)
        FROM draws JOIN battles ON draw_id = draws.id
        WHERE endpoint_ids @> ARRAY[$1::uuid] AND opened_at >= now() - make_interval(days => $2)"""
