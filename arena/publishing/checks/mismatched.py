"""Whether numbers that are told in several places are the same, and shares what they are said to be."""

import math
from datetime import timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.integration import fairness
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

MOST: Final = 100
FEWEST: Final = 500
UNLIKELY: Final = 0.001
DISCOVERED: Final = 0.01


class _Total(Struct, frozen=True):
    board: str
    release: str
    lines: int
    counted: int
    votes: int
    recorded: int


@check(
    "X4",
    Smell.MISMATCHED,
    Entity.SCORE,
    Entity.RANKING_TABLE,
    Entity.RAW_DATA,
    severity=Severity.BLOCK,
    threshold="A last release whose lines, counted votes, published votes and head don't say the same number.",
)
async def totals(scene: Scene) -> list[Sighting]:
    """The votes of a release's head are half the sum of its lines, those it counts, and those it publishes."""
    found = await many(
        scene.db,
        _Total,
        """
        SELECT slug AS board, last.id AS release, snapshots.votes,
               (SELECT coalesce(sum(votes), 0) FROM standings WHERE standings.snapshot_id = snapshots.id) AS lines,
               CASE WHEN source = 'battles' THEN
                   (SELECT count(*) FROM countings WHERE countings.board_id = boards.id AND since <= number
                    AND (until IS NULL OR until > number)) ELSE snapshots.votes END AS counted,
               coalesce((record::jsonb #>> '{votes,count}')::bigint, snapshots.votes) AS recorded
        FROM boards
        JOIN LATERAL (
            SELECT id, snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN snapshots ON snapshots.id = last.snapshot_id
        WHERE ($1::text IS NULL OR slug = $1)
        """,
        scene.board and scene.board.slug,
    )
    return [
        Sighting(
            subject=one.release[:12],
            sentence="{board}: the lines have {lines} votes, {counted} are counted, {recorded} published, {votes} "
            "told.",
            values={
                "board": one.board,
                "lines": one.lines,
                "counted": one.counted,
                "recorded": one.recorded,
                "votes": one.votes,
            },
            observed=f"{one.lines}, {one.counted}, {one.recorded}",
            expected=f"{2 * one.votes}, {one.votes}, {one.votes}",
            evidence=f"/releases/{one.release}",
            board=one.board,
        )
        for one in found
        if one.lines != 2 * one.votes or one.counted != one.votes or one.recorded != one.votes
    ]


@check(
    "X1",
    Smell.MISMATCHED,
    Entity.PROTOCOL,
    Entity.MODEL,
    severity=Severity.MAJOR,
    threshold="Shares of battles less likely than 1 in 1,000 under the recorded draws, of at least 500 battles.",
    every=timedelta(hours=6),
)
async def exposure(scene: Scene) -> list[Sighting]:
    """Providers and contenders get the share of battles that the draws on record give them."""
    report = await fairness.latest(scene.db)
    if report is None or report.exposure.battles < FEWEST:
        return []
    told = (("provider", report.exposure.providers_p), ("contender", report.exposure.contenders_p))
    return [
        Sighting(
            subject=who,
            sentence="Of {battles} battles the shares of the {who}s are not those that the draws gave them.",
            values={"battles": report.exposure.battles, "who": who},
            observed=f"p = {p:.1e}",
            expected=f"p >= {UNLIKELY}",
            evidence="/fairness",
        )
        for who, p in told
        if p is not None and p < UNLIKELY
    ]


class _Shown(Struct, frozen=True):
    slug: str
    name: str
    battles: int
    first: int


@check(
    "X2",
    Smell.MISMATCHED,
    Entity.PROTOCOL,
    Entity.HARNESS,
    severity=Severity.MAJOR,
    threshold="A contender that was A more or less often than by a fair coin, with a false discovery rate of 1%.",
    every=timedelta(hours=1),
    hits=2,
)
async def positions(scene: Scene) -> list[Sighting]:
    """Each contender is A as often as B."""
    found = await many(
        scene.db,
        _Shown,
        """
        SELECT slug, name, count(*) AS battles, count(*) FILTER (WHERE position = 0) AS first
        FROM sides JOIN battles ON battles.id = battle_id JOIN contenders ON contenders.id = contender_id
        WHERE battles.kind = 'blind' AND opened_at > $1 GROUP BY contenders.id
        """,
        scene.now - timedelta(days=30),
    )
    odd = _odd(found)
    return [
        Sighting(
            subject=one.slug,
            sentence="{name} was A in {first} of {battles} battles.",
            values={"name": one.name, "first": one.first, "battles": one.battles},
            observed=f"{one.first} of {one.battles}",
            expected="half",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
        if one.slug in odd
    ]


def _odd(found: list[_Shown]) -> set[str]:
    """Who is A too often or too rarely, at a false discovery rate (Benjamini & Hochberg 1995)."""
    # Balanced in blocks, a share lies closer to a half than by a coin, so the normal tail is on the safe side.
    tails = sorted(
        (math.erfc(abs(2 * one.first - one.battles) / math.sqrt(2 * one.battles)), one.slug) for one in found
    )
    places = [place for place, (tail, _) in enumerate(tails, 1) if tail < DISCOVERED * place / len(tails)]
    return {slug for _, slug in tails[: max(places, default=0)]}


def _tail(first: int, battles: int) -> float:
    return math.erfc(abs(2 * first - battles) / math.sqrt(2 * battles))


class _Apart(Struct, frozen=True):
    board: str
    release: str
    groups: int


@check(
    "N10",
    Smell.MISSING,
    Entity.SCORE,
    Entity.METRIC,
    severity=Severity.MAJOR,
    threshold="Listed contenders with 100 votes or more each that no chain of votes compares.",
    every=timedelta(hours=1),
)
async def uncompared(scene: Scene) -> list[Sighting]:
    """Listed contenders with votes enough can be compared with each other."""
    found = await many(
        scene.db,
        _Apart,
        """
        SELECT slug AS board, last.id AS release, count(DISTINCT "group") AS groups
        FROM boards
        JOIN LATERAL (
            SELECT id, snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN standings ON standings.snapshot_id = last.snapshot_id AND votes >= $1
        JOIN endpoints ON endpoints.contender_id = standings.contender_id AND state = 'listed'
        WHERE source = 'battles' GROUP BY slug, last.id HAVING count(DISTINCT "group") > 1
        """,
        100,
    )
    return [
        Sighting(
            subject=one.board,
            sentence="On the board {board} listed contenders are in {groups} groups that no votes compare.",
            values={"board": one.board, "groups": one.groups},
            observed=f"{one.groups} groups",
            expected="1 group",
            evidence=f"/leaderboard/{one.board}",
            board=one.board,
        )
        for one in found
    ]
