"""Submissions: whether people who begin one get through, and whether endpoints are what was said of them."""

from datetime import timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

HOURLY: Final = timedelta(hours=1)
LEFT_AFTER: Final = timedelta(days=7)
LOOKED_BACK: Final = timedelta(days=90)
FEWEST: Final = 20
MOST_LEFT: Final = 0.4
MOST: Final = 100


class _Begun(Struct, frozen=True):
    whole: int
    left: int


@check(
    "C4",
    Smell.CONFUSING,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.WARN,
    every=HOURLY,
    hits=2,
    threshold="More than 40% of 20 or more submissions of 90 days that nobody has gone on with for 7 days.",
)
async def abandoned_submissions(scene: Scene) -> list[Sighting]:
    """Most providers who begin to submit a contender go on until it meets others."""
    # A contender that was let through and retired later has got through; one that was taken back before has not.
    found = await many(
        scene.db,
        _Begun,
        """
        SELECT count(*) AS whole, count(*) FILTER (
            WHERE state_since <= $2 AND (state IN ('draft', 'rejected') OR state = 'retired' AND NOT EXISTS (
                SELECT FROM endpoint_events AS events
                WHERE endpoint_id = endpoints.id AND events.state IN ('warming', 'listed')))
        ) AS "left"
        FROM endpoints WHERE created_at > $1 AND created_at <= $2
        """,
        *(scene.now - LOOKED_BACK, scene.now - LEFT_AFTER),
    )
    return [
        Sighting(
            subject="submissions",
            sentence="Of {whole} submissions that were begun, {left} were left before they got through.",
            values={"whole": one.whole, "left": one.left},
            observed=f"left: {one.left} of {one.whole}",
            expected="left: up to 40%",
            evidence="/submissions",
        )
        for one in found
        if one.whole >= FEWEST and one.left > MOST_LEFT * one.whole
    ]


class _Unlike(Struct, frozen=True):
    slug: str
    name: str
    step: str


SENTENCES: Final = {
    "model": "The endpoint of {name} lists its models, and not the one that {name} is said to be.",
    "context": "The endpoint of {name} did not read as much as is said of it.",
}


@check(
    "X7",
    Smell.MISMATCHED,
    Entity.MODEL,
    severity=Severity.MAJOR,
    every=HOURLY,
    hits=2,
    threshold="A listed contender whose last contract test found another list of models, or less context, than stated.",
)
async def unlike_stated(scene: Scene) -> list[Sighting]:
    """Every listed contender's endpoint has the model and reads the context that its provider has stated."""
    found = await many(
        scene.db,
        _Unlike,
        """
        SELECT slug, contenders.name, check_steps.name AS step
        FROM endpoints JOIN contenders ON contenders.id = contender_id
        JOIN LATERAL (
            SELECT id FROM checks WHERE endpoint_id = endpoints.id AND ended_at <= $1 ORDER BY begun_at DESC LIMIT 1
        ) AS last ON true
        JOIN check_steps ON check_id = last.id AND check_steps.name = ANY($2) AND check_steps.state IN ('warn', 'fail')
        -- What is not stated any more can't be otherwise.
        AND (check_steps.name <> 'context' OR context_tokens IS NOT NULL)
        WHERE endpoints.state = 'listed' AND committed_at IS NOT NULL ORDER BY slug, step LIMIT $3
        """,
        *(scene.now, list(SENTENCES), MOST),
    )
    return [
        Sighting(
            subject=f"contender {one.slug} {one.step}",
            sentence=SENTENCES[one.step],
            values={"name": one.name},
            observed=f"contract test, {one.step}: not as stated",
            expected="as stated",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
    ]
