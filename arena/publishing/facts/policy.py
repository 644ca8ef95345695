"""What the page of policies says, and how each of it is held against the rows."""

import math
from datetime import timedelta
from typing import Final

from arena.evaluation import probes
from arena.evaluation.readings import ENOUGH_CHARACTERS
from arena.publishing.checkup import Scene
from arena.publishing.factbook import SETTLING, Ground, Page, begun, days, fact, hours, number, share

DAY: Final = timedelta(days=1)
# So many battles tell whether a share is what it is said to be, and so far from it chance does not take it.
ENOUGH: Final = 500
FAR: Final = 5.0


@fact(
    "traces",
    Page.POLICY,
    "for {time}, a code for your network (a block of 256 addresses or more) and one for your browser’s name. They tell"
    " whether two votes of a week came from one place; they can’t be turned back, and every week has other ones;",
    lambda ground: {"time": days(ground.settings.trace_days)},
)
async def traces(scene: Scene, ground: Ground) -> str | None:
    """No such code is older than that."""
    oldest = await scene.db.fetchval("SELECT min(kept_at) FROM traces")
    limit = scene.now - timedelta(days=ground.settings.trace_days) - SETTLING
    return f"the oldest is of {oldest:%Y-%m-%d %H:%M}" if oldest is not None and oldest < limit else None


@fact(
    "one-vote",
    Page.POLICY,
    "One vote for each battle, never changed afterwards. A battle without a vote closes after {time}.",
    lambda ground: {"time": hours(ground.settings.battle_hours)},
)
async def one_vote(scene: Scene, ground: Ground) -> str | None:
    """No battle waits for a vote longer than that."""
    waiting = await scene.db.fetchval(
        "SELECT count(*) FROM battles WHERE state = 'ready' AND opened_at < $1",
        scene.now - timedelta(hours=ground.settings.battle_hours) - SETTLING,
    )
    return f"{waiting} battles" if waiting else None


@fact(
    "hasty",
    Page.POLICY,
    "A vote that came faster than {speed} characters a second can be read is kept, but not counted.",
    lambda ground: {"speed": number(ground.settings.reading_speed)},
    holds=lambda ground: ground.settings.reading_speed > 0,
)
async def hasty(scene: Scene, ground: Ground) -> str | None:
    """Every vote of the last day that came faster has been left out, whether or not it was let in again."""
    # A tenth faster than the limit, since what was shown and what is kept of it are counted at other moments.
    faster = await scene.db.fetchval(
        """
        SELECT count(*) FROM votes JOIN readings ON vote_id = votes.id JOIN battles ON battles.id = votes.battle_id
        CROSS JOIN LATERAL (
            SELECT shown FROM turns WHERE turns.battle_id = battles.id ORDER BY turn DESC LIMIT 1
        ) AS last
        WHERE kind = 'blind' AND cast_at > greatest($1::timestamptz, $2::timestamptz)
          AND least(shown[cardinality(shown) - 1], $4::int) + least(shown[cardinality(shown)], $4::int)
              > 1.1 * $3::float8 * least(text_seconds, seconds)
          AND NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id AND reason = 'hasty')
        """,
        *(begun(scene, ground), scene.now - DAY, ground.settings.reading_speed, ENOUGH_CHARACTERS),
    )
    return f"{faster} votes" if faster else None


@fact(
    "control",
    Page.POLICY,
    "About {share} of the battles are control battles: one contender answers twice, or one of the two is asked"
    " something else. They are never rated, and you are told after your vote.",
    lambda ground: {"share": share(ground.settings.control_share)},
    holds=lambda ground: ground.settings.control_share > 0,
)
async def control(scene: Scene, ground: Ground) -> str | None:
    """Among the battles of the last week under these settings about as many are control battles, and none is rated."""
    found = await scene.db.fetchrow(
        """
        SELECT count(*) AS battles, count(*) FILTER (WHERE kind = 'control') AS controls,
               (SELECT count(*) FROM countings JOIN votes ON votes.id = vote_id
                JOIN battles AS rated ON rated.id = votes.battle_id
                WHERE rated.kind = 'control' AND until IS NULL) AS rated
        FROM battles
        WHERE kind IN ('blind', 'control') AND rule <> $3 AND opened_at > greatest($1::timestamptz, $2::timestamptz)
        """,
        *(begun(scene, ground), scene.now - 7 * DAY, probes.RULE),
    )
    assert found is not None
    battles, said = found["battles"], ground.settings.control_share
    spread = math.sqrt(battles * said * (1 - said))
    far = battles >= ENOUGH and abs(found["controls"] - said * battles) > FAR * spread
    if found["rated"]:
        return f"{found['rated']} rated"
    return f"{found['controls']} of {battles}" if far else None


@fact(
    "probe",
    Page.POLICY,
    "Some suggested prompts are questions of ours. About {share} of the battles on them are probes: both answers were"
    " written for this arena, a right one and a wrong one, one of them in a sure tone. No model is asked, they are"
    " never rated, you are told after your vote which one was wrong, and what they say of all voters together stands"
    " among a board’s diagnostics, as does what the board would be by the voters who were fooled less.",
    lambda ground: {"share": share(ground.settings.probe_share)},
    holds=lambda ground: ground.settings.probe_share > 0,
)
async def probe(scene: Scene, _: Ground) -> str | None:
    """No probe has a contender for a side, and none is rated."""
    found: int = await scene.db.fetchval(
        """
        SELECT count(*) FROM controls
        WHERE probe IS NOT NULL AND (
            EXISTS (SELECT FROM sides WHERE sides.battle_id = controls.battle_id)
            OR EXISTS (SELECT FROM countings JOIN votes ON votes.id = vote_id
                       WHERE votes.battle_id = controls.battle_id AND until IS NULL)
        )
        """
    )
    return f"{found} probes" if found else None
