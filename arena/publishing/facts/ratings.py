"""What the page of methodology says of ratings and releases, held against the last releases."""

import math
from typing import Any, Final

from arena.integration.boards import OVERALL
from arena.publishing.checkup import Scene
from arena.publishing.factbook import SETTLING, Ground, Page, begun, fact, number, seconds, share
from rating.scale import PER_LOGIT, Scale

ROUNDED: Final = 0.01
# The part of a release's bill in which the settings are that it was made with.
SETTINGS: Final = "releases.bill #> '{configuration,settings}'"
LAST: Final = "(SELECT DISTINCT ON (board_id) * FROM releases ORDER BY board_id, published_at DESC) AS releases"


@fact(
    "scale",
    Page.METHODOLOGY,
    "The odds that A is preferred to B depend on the difference of their ratings alone, and {points} points are odds of"
    " {odds} to one.",
    lambda _: {"points": number(PER_LOGIT * math.log(10)), "odds": number(10)},
)
async def scale(scene: Scene, ground: Ground) -> str | None:
    """On every last release the ratings lie as far apart as their strengths say."""
    found = await scene.db.fetchval(
        f"""
        SELECT max(abs(spread - $1::float8)) FROM (
            SELECT (max(rating) - min(rating)) / nullif(max(theta) - min(theta), 0) AS spread
            FROM {LAST} JOIN standings ON standings.snapshot_id = releases.snapshot_id
            GROUP BY releases.id, "group"
        ) AS groups
        """,  # noqa: S608 - a constant
        PER_LOGIT,
    )
    return f"off by {found:g} points a logit" if found is not None and found > ROUNDED else None


@fact(
    "ties",
    Page.METHODOLOGY,
    "A tie, and both bad, is an outcome of its own: how often each contender draws is estimated beside its strength.",
    holds=lambda ground: ground.method["ties"] == "davidson",
)
async def ties(scene: Scene, ground: Ground) -> str | None:
    """Every last release was fitted with this rule for ties."""
    return await _made_otherwise(scene, "ties", ground.method["ties"])


@fact(
    "prior",
    Page.METHODOLOGY,
    "Draws against an average opponent that are added to each contender’s votes: {draws}.",
    lambda ground: {"draws": number(float(ground.method["prior"] or 0))},
    holds=lambda ground: float(ground.method["prior"] or 0) > 0,
)
async def prior(scene: Scene, ground: Ground) -> str | None:
    """Every last release was fitted with this many draws added."""
    return await _made_otherwise(scene, "prior", ground.method["prior"])


@fact(
    "average",
    Page.METHODOLOGY,
    "The average contender is at {rating}.",
    lambda _: {"rating": number(Scale().level)},
)
async def average(scene: Scene, ground: Ground) -> str | None:
    """The mean of all ratings of the overall board's last release, in each of its groups, is this."""
    found = await scene.db.fetchval(
        f"""
        SELECT max(abs(mean - $1::float8)) FROM (
            SELECT avg(rating) AS mean FROM {LAST} JOIN boards ON boards.id = releases.board_id
            JOIN standings ON standings.snapshot_id = releases.snapshot_id WHERE slug = $2 GROUP BY "group"
        ) AS groups
        """,  # noqa: S608 - a constant
        *(Scale().level, OVERALL),
    )
    return f"off by {found:g}" if found is not None and found > ROUNDED else None


@fact(
    "level",
    Page.METHODOLOGY,
    "An interval is meant to hold the true rating in {level} of cases.",
    lambda ground: {"level": share(float(ground.method["level"] or 0))},
)
async def level(scene: Scene, ground: Ground) -> str | None:
    """Every last release has intervals of this level."""
    return await _made_otherwise(scene, "level", ground.method["level"])


@fact(
    "ranks",
    Page.METHODOLOGY,
    "All pairs are compared at once, so that all ranges of a board hold together in {level} of cases.",
    lambda ground: {"level": share(float(ground.method["level"] or 0))},
)
async def ranks(scene: Scene, ground: Ground) -> str | None:
    """No rank of a last release lies outside those there are, and no best rank below the worst one."""
    found = await scene.db.fetchval(
        f"""
        SELECT count(*) FROM {LAST} JOIN standings ON standings.snapshot_id = releases.snapshot_id
        WHERE rank_lower < 1 OR rank_lower > rank_upper
           OR rank_upper > (SELECT count(*) FROM standings other
                            WHERE other.snapshot_id = standings.snapshot_id AND other."group" = standings."group")
        """  # noqa: S608 - a constant
    )
    return f"{found} lines" if found else None


@fact(
    "established",
    Page.METHODOLOGY,
    "A contender is established from {votes} votes on, once its interval is narrower than ± {half} points. Before that"
    " it is provisional.",
    lambda ground: {
        "votes": number(ground.settings.established_votes),
        "half": number(ground.settings.established_half_width),
    },
)
async def established(scene: Scene, ground: Ground) -> str | None:
    """No last release made with these settings calls a contender established that is not, or provisional that is."""
    wrong = await scene.db.fetchval(
        f"""
        SELECT count(*) FROM {LAST} JOIN standings ON standings.snapshot_id = releases.snapshot_id
        WHERE ({SETTINGS} ->> 'established_votes')::float8 = $1
          AND ({SETTINGS} ->> 'established_half_width')::float8 = $2
          AND (status = 'established')
              IS DISTINCT FROM (standings.votes >= $1 AND coalesce((upper - lower) / 2 < $2, false))
        """,  # noqa: S608 - a constant
        *(float(ground.settings.established_votes), float(ground.settings.established_half_width)),
    )
    return f"{wrong} lines" if wrong else None


@fact(
    "totals",
    Page.METHODOLOGY,
    "Each counted vote is on two lines of its board, so that a table's votes add up to twice the votes that it counts.",
)
async def totals(scene: Scene, ground: Ground) -> str | None:
    """The lines of every last release add up."""
    wrong = await scene.db.fetchval(
        f"""
        SELECT count(*) FROM (
            SELECT snapshots.id FROM {LAST} JOIN snapshots ON snapshots.id = releases.snapshot_id
            JOIN standings ON standings.snapshot_id = snapshots.id
            GROUP BY snapshots.id HAVING sum(standings.votes) <> 2 * max(snapshots.votes)
        ) AS boards
        """  # noqa: S608 - a constant
    )
    return f"{wrong} boards" if wrong else None


@fact(
    "cadence",
    Page.METHODOLOGY,
    "A board is released soon after new votes, at most every {time}.",
    lambda ground: {"time": seconds(ground.settings.release_seconds)},
)
async def cadence(scene: Scene, ground: Ground) -> str | None:
    """No board without a calendar was released by the arena sooner after a release than this."""
    shortest = await scene.db.fetchval(
        """
        SELECT min(gap) FROM (
            SELECT releases.id, published_at, published_at - lag(published_at) OVER (
                       PARTITION BY releases.board_id ORDER BY published_at) AS gap
            FROM releases JOIN boards ON boards.id = board_id WHERE calendar = 'at once'
        ) AS gaps
        WHERE published_at > $1
          AND EXISTS (SELECT FROM candidates JOIN candidate_events ON candidate_id = candidates.id
                      WHERE release_id = gaps.id AND candidate_events.state = 'published' AND actor = 'arena')
        """,
        begun(scene, ground) + SETTLING,
    )
    # Between the clock that is asked and the moment it is written lies the work itself.
    early = shortest is not None and shortest.total_seconds() < ground.settings.release_seconds * 0.9
    return f"{shortest.total_seconds():.0f} s" if early else None


async def _made_otherwise(scene: Scene, choice: str, chosen: Any) -> str | None:
    """What this choice was on last releases of boards of people's votes, where it was another one."""
    found = await scene.db.fetch(
        f"""
        SELECT DISTINCT method -> $1::text AS made FROM {LAST} JOIN boards ON boards.id = releases.board_id
        JOIN snapshots ON snapshots.id = releases.snapshot_id WHERE boards.source = 'battles'
        """,  # noqa: S608 - a constant
        choice,
    )
    others = sorted(str(row["made"]) for row in found if row["made"] not in (chosen, str(chosen)))
    return ", ".join(others) or None
