"""What should be there and is not: lines, votes' grounds, what a card must say, ways to compare."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

MOST: Final = 100
DECIDED_WITHIN: Final = timedelta(days=7)


class _Absent(Struct, frozen=True):
    board: str
    contender: str
    name: str


@check(
    "N1",
    Smell.MISSING,
    Entity.RANKING_TABLE,
    Entity.MODEL,
    severity=Severity.BLOCK,
    threshold="One contender whose counted votes are in the last release, and which has no line there.",
)
async def listed_without_line(scene: Scene) -> list[Sighting]:
    """Every listed contender with a counted vote has a line in the last release."""
    found = await many(
        scene.db,
        _Absent,
        """
        SELECT boards.slug AS board, contenders.slug AS contender, contenders.name
        FROM boards
        JOIN LATERAL (
            SELECT snapshot_id, number FROM releases JOIN snapshots ON snapshots.id = snapshot_id
            WHERE releases.board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN endpoints ON endpoints.state = 'listed' JOIN contenders ON contenders.id = contender_id
        WHERE boards.source = 'battles' AND ($1::text IS NULL OR boards.slug = $1)
          AND NOT EXISTS (SELECT FROM standings
                          WHERE standings.snapshot_id = last.snapshot_id AND standings.contender_id = contenders.id)
          AND EXISTS (
              SELECT FROM sides JOIN votes ON votes.battle_id = sides.battle_id
              JOIN countings ON vote_id = votes.id AND countings.board_id = boards.id
              WHERE sides.contender_id = contenders.id
                AND countings.since <= last.number AND (countings.until IS NULL OR countings.until > last.number)
          )
        LIMIT $2
        """,
        *(scene.board and scene.board.slug, MOST),
    )
    return [
        Sighting(
            subject=f"{one.board} {one.contender}",
            sentence="{name} is listed and has counted votes, and no line on the board {board}.",
            values={"name": one.name, "board": one.board},
            observed="no line",
            expected="a line",
            evidence=f"/leaderboard/{one.board}",
            board=one.board,
        )
        for one in found
    ]


class _Untold(Struct, frozen=True):
    board: str
    release: str
    contender: str
    name: str
    told: str


# Of the last two releases of each board, who is in the former alone, and who of the last one retired in between.
UNTOLD: Final = """
    WITH last AS (
        SELECT boards.slug AS board, pair.* FROM boards
        JOIN LATERAL (
            SELECT id, snapshot_id, published_at, notes, lead(snapshot_id) OVER earlier AS former_id,
                   lead(published_at) OVER earlier AS former_at
            FROM releases WHERE releases.board_id = boards.id
            WINDOW earlier AS (ORDER BY published_at DESC, id DESC)
            ORDER BY published_at DESC, id DESC LIMIT 1
        ) AS pair ON true
        WHERE notes IS NOT NULL AND former_id IS NOT NULL AND ($1::text IS NULL OR boards.slug = $1)
    )
    SELECT board, last.id AS release, slug AS contender, former.name, 'gone' AS told
    FROM last JOIN standings former ON former.snapshot_id = former_id
    JOIN contenders ON contenders.id = former.contender_id
    WHERE NOT EXISTS (SELECT FROM standings present
                      WHERE present.snapshot_id = last.snapshot_id AND present.contender_id = former.contender_id)
      AND NOT jsonb_path_exists(notes -> 'gone', '$[*] ? (@.contender == $slug)', jsonb_build_object('slug', slug))
    UNION ALL
    SELECT board, last.id, slug, present.name, 'retired'
    FROM last JOIN standings present ON present.snapshot_id = last.snapshot_id
    JOIN contenders ON contenders.id = present.contender_id
    JOIN endpoints ON endpoints.contender_id = contenders.id
    JOIN endpoint_events events ON events.endpoint_id = endpoints.id
    WHERE events.state = 'retired' AND events.former <> 'retired'
      AND happened_at > former_at AND happened_at < last.published_at - interval '1 minute'
      AND NOT jsonb_path_exists(
          notes -> 'retired', '$[*] ? (@.contender == $slug)', jsonb_build_object('slug', slug))
    LIMIT $2
"""


@check(
    "N2",
    Smell.MISSING,
    Entity.RELEASE,
    Entity.RANKING_TABLE,
    Entity.MODEL,
    severity=Severity.BLOCK,
    threshold="One contender that is gone or has retired since the release before, and is not in the notes.",
)
async def untold_departures(scene: Scene) -> list[Sighting]:
    """Whoever is gone from a release, or has retired since the one before, is named in its notes."""
    found = await many(
        scene.db,
        _Untold,
        UNTOLD,
        *(scene.board and scene.board.slug, MOST),
    )
    return [
        Sighting(
            subject=f"{one.release[:12]} {one.contender} {one.told}",
            sentence="{name} is gone from the board {board}, and the notes of its release don't say so."
            if one.told == "gone"
            else "{name} has retired, and the notes of the release of {board} after it don't say so.",
            values={"name": one.name, "board": one.board},
            observed="not in the notes",
            expected=f"in the notes as {one.told}",
            evidence=f"/releases/{one.release}",
            board=one.board,
        )
        for one in found
    ]


class _Card(Struct, frozen=True):
    slug: str
    name: str
    lacks: list[str]


@check(
    "N3",
    Smell.MISSING,
    Entity.MODEL,
    severity=Severity.WARN,
    threshold="A listed contender that lacks its organisation or its licence.",
    every=timedelta(hours=1),
)
async def bare_cards(scene: Scene) -> list[Sighting]:
    """Every listed contender says whose it is and under which licence."""
    found = await many(
        scene.db,
        _Card,
        """
        SELECT slug, name, array_remove(ARRAY[CASE WHEN organisation = '' THEN 'organisation' END,
                                              CASE WHEN licence = '' THEN 'licence' END], NULL) AS lacks
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE endpoints.state = 'listed' AND committed_at IS NOT NULL AND (organisation = '' OR licence = '')
        ORDER BY slug LIMIT $1
        """,
        MOST,
    )
    return [
        Sighting(
            subject=one.slug,
            sentence="The card of {name} does not say: {lacks}.",
            values={"name": one.name, "lacks": ", ".join(one.lacks)},
            observed=", ".join(one.lacks),
            expected="all of a card",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
    ]


class _Waiting(Struct, frozen=True):
    what: str
    name: str


@check(
    "N5",
    Smell.MISSING,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.MAJOR,
    threshold="Something handed in that has waited for its end for more than 7 days.",
    every=timedelta(hours=1),
)
async def undecided_submissions(scene: Scene) -> list[Sighting]:
    """Whatever is handed in is accepted or turned away within a week."""
    found = await many(
        scene.db,
        _Waiting,
        """
        SELECT 'endpoint' AS what, contenders.slug AS name
        FROM endpoints JOIN contenders ON contenders.id = contender_id
        WHERE endpoints.state = 'checking' AND state_since < $1
        UNION ALL SELECT 'prompt set', slug FROM prompt_sets WHERE state = 'proposed' AND proposed_at < $1
        UNION ALL SELECT 'judge', slug FROM judges WHERE state IN ('draft', 'checking') AND proposed_at < $1
        LIMIT $2
        """,
        *(scene.now - DECIDED_WITHIN, MOST),
    )
    return [
        Sighting(
            subject=f"{one.what} {one.name}",
            sentence="The {what} {name} has waited for more than 7 days to be accepted or turned away.",
            values={"what": one.what, "name": one.name},
            observed="undecided",
            expected="decided within 7 days",
        )
        for one in found
    ]


class _Unfounded(Struct, frozen=True):
    vote_id: UUID
    sides: int
    drawn: bool


@check(
    "N6",
    Smell.MISSING,
    Entity.RAW_DATA,
    severity=Severity.BLOCK,
    threshold="One vote.",
)
async def unfounded_votes(scene: Scene) -> list[Sighting]:
    """Every vote of a blind battle has two sides, and the probability with which they were drawn is on record."""
    # All votes are looked at each time, since an old one can be spoilt as well as a new one. Before a release, which
    # may come every few minutes, it is those of the last day.
    found = await many(
        scene.db,
        _Unfounded,
        """
        SELECT votes.id AS vote_id, (SELECT count(*) FROM sides WHERE sides.battle_id = battles.id) AS sides,
               battles.propensity IS NOT NULL AND battles.draw_id IS NOT NULL AS drawn
        FROM votes JOIN battles ON battles.id = battle_id AND kind = 'blind'
        WHERE ($1::timestamptz IS NULL OR cast_at > $1)
          AND (battles.propensity IS NULL OR battles.draw_id IS NULL
               OR NOT EXISTS (SELECT FROM sides WHERE sides.battle_id = battles.id AND position = 0)
               OR NOT EXISTS (SELECT FROM sides WHERE sides.battle_id = battles.id AND position = 1))
        LIMIT $2
        """,
        *(scene.now - timedelta(days=1) if scene.board else None, MOST),
    )
    return [
        Sighting(
            subject=f"vote {one.vote_id}",
            sentence="A vote rests on {sides} sides, and how likely they were to meet is not on record."
            if not one.drawn
            else "A vote rests on {sides} sides.",
            values={"sides": one.sides},
            observed=f"sides: {one.sides}, drawn: {one.drawn}",
            expected="sides: 2, drawn: True",
            evidence=f"/votes/{one.vote_id}",
        )
        for one in found
    ]
