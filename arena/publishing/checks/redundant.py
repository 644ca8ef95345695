"""Contenders that are there more often than they need to be.

A pair of contenders that one check or another takes for one and the same is proposed for merging: its subject is
`pair KEPT MERGED`, by their addresses, the one that was entered first before the other.
"""

from datetime import timedelta
from itertools import combinations, permutations
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.integration import meetings
from arena.integration.boards import OVERALL
from arena.integration.meetings import Kept
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

DAILY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
# Shorter answers are the same however different two models are.
LEAST_CHARACTERS: Final = 40
FEWEST_ANSWERS: Final = 20
MOST_SAME: Final = 0.95
FEWEST_MEETINGS: Final = 300
# So far from half the share of the votes may be.
ASIDE: Final = 0.02
# The pairs of contenders that these find are proposed for merging.
PAIRS: Final = ("R1", "R2", "R3")


class _Pair(Struct, frozen=True):
    """Two that may be one, the older first; `count` of `whole` says how much of them is the same."""

    first: str
    second: str
    first_name: str
    second_name: str
    count: int = 0
    whole: int = 0


def _sighted(pair: _Pair, sentence: str, observed: str, expected: str, **values: str | int) -> Sighting:
    return Sighting(
        subject=f"pair {pair.first} {pair.second}",
        sentence=sentence,
        values={"first": pair.first_name, "second": pair.second_name, **values},
        observed=observed,
        expected=expected,
        evidence=f"/compare?with={pair.first},{pair.second}",
    )


class _Decided(Struct, frozen=True):
    kept: str
    merged: str


async def _undecided(scene: Scene, told: list[Sighting]) -> list[Sighting]:
    """Without the pairs that an operator has decided on."""
    rows = await many(
        scene.db,
        _Decided,
        """
        SELECT kept.slug AS kept, merged.slug AS merged FROM merges
        JOIN contenders AS kept ON kept.id = kept_id JOIN contenders AS merged ON merged.id = merged_id
        """,
    )
    over = {f"pair {one} {other}" for row in rows for one, other in permutations((row.kept, row.merged))}
    return [sighting for sighting in told if sighting.subject not in over]


@check(
    "R1",
    Smell.REDUNDANT,
    Entity.MODEL,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="Two with the same endpoint and model, the same parameters, and the same version and precision.",
)
async def twins(scene: Scene) -> list[Sighting]:
    """No two contenders are the same model at the same endpoint, asked in the same way."""
    found = await many(
        scene.db,
        _Pair,
        """
        WITH active AS (
            SELECT slug, name, entered_at, base_url, model, parameters, coalesce(system_prompt, '') AS system_prompt,
                   version, precision, kind
            FROM endpoints JOIN contenders ON contenders.id = contender_id
            WHERE state IN ('warming', 'listed') AND committed_at IS NOT NULL
        )
        SELECT one.slug AS first, other.slug AS second, one.name AS first_name, other.name AS second_name
        FROM active AS one JOIN active AS other
          ON other.base_url = one.base_url AND other.model = one.model AND other.parameters = one.parameters
         AND other.system_prompt = one.system_prompt AND other.version = one.version
         AND other.precision = one.precision AND other.kind IS NOT DISTINCT FROM one.kind
         AND (one.entered_at, one.slug) < (other.entered_at, other.slug)
        ORDER BY first, second
        """,
    )
    sentence = "{first} and {second} are the same model at the same endpoint, and nothing that is shown tells why."
    told = [_sighted(pair, sentence, "endpoints: 1", "endpoints: 2") for pair in found]
    return await _undecided(scene, told)


@check(
    "R2",
    Smell.REDUNDANT,
    Entity.MODEL,
    Entity.SCORE,
    severity=Severity.WARN,
    every=DAILY,
    seconds=60,
    threshold="95% of 20 or more answers of 40 characters or more are the same, letter for letter.",
)
async def echoes(scene: Scene) -> list[Sighting]:
    """No two contenders answer the prompts of a set in the same words."""
    found = await many(
        scene.db,
        _Pair,
        """
        WITH long AS (
            SELECT prompt_id, contender_id, text FROM set_answers WHERE format = 'plain' AND length(text) >= $1
        ), compared AS (
            SELECT one.contender_id AS one_id, other.contender_id AS other_id, count(*) AS whole,
                   count(*) FILTER (WHERE one.text = other.text) AS count
            FROM long AS one JOIN long AS other USING (prompt_id)
            WHERE one.contender_id < other.contender_id GROUP BY 1, 2
            HAVING count(*) >= $2 AND count(*) FILTER (WHERE one.text = other.text) >= $3::float8 * count(*)
        )
        SELECT older.slug AS first, newer.slug AS second, older.name AS first_name, newer.name AS second_name,
               count, whole
        FROM compared
        JOIN contenders AS older ON older.id IN (one_id, other_id)
        JOIN contenders AS newer ON newer.id IN (one_id, other_id)
         AND (older.entered_at, older.slug) < (newer.entered_at, newer.slug)
        WHERE older.committed_at IS NOT NULL AND newer.committed_at IS NOT NULL
          -- One that has retired, because it was merged or on its own, is not listed again without need.
          AND (SELECT count(*) FROM endpoints WHERE contender_id IN (one_id, other_id) AND state = 'retired') = 0
        ORDER BY first, second
        """,
        *(LEAST_CHARACTERS, FEWEST_ANSWERS, MOST_SAME),
    )
    sentence = "{first} and {second} gave the same answer to {count} of {whole} prompts."
    told = [
        _sighted(pair, sentence, f"same: {pair.count} of {pair.whole}", "below 95%", count=pair.count, whole=pair.whole)
        for pair in found
    ]
    return await _undecided(scene, told)


class _Row(Struct, frozen=True):
    slug: str
    name: str
    organisation: str


@check(
    "R3",
    Smell.REDUNDANT,
    Entity.SCORE,
    Entity.MODEL,
    severity=Severity.INFO,
    every=DAILY,
    threshold="Two listed contenders of one organisation, 300 votes or more between them, and 48% to 52% for each.",
)
async def level(scene: Scene) -> list[Sighting]:
    """No two contenders of an organisation meet again and again as if they were one."""
    snapshot = await scene.db.fetchval(
        "SELECT snapshots.id FROM snapshots JOIN boards ON boards.id = board_id WHERE slug = $1"
        " ORDER BY taken_at DESC LIMIT 1",
        OVERALL,
    )
    kept = await meetings.read(scene.db, snapshot) if snapshot else None
    if kept is None:
        return []
    rows = await many(
        scene.db,
        _Row,
        """
        SELECT slug, name, lower(organisation) AS organisation
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE organisation <> '' AND state = 'listed' AND slug = ANY($1) ORDER BY entered_at, slug
        """,
        list(kept.met.contenders),
    )
    kin = [(one, other) for one, other in combinations(rows, 2) if one.organisation == other.organisation]
    told = [sighting for one, other in kin if (sighting := _level(kept, one, other)) is not None]
    return await _undecided(scene, told)


def _level(kept: Kept, one: _Row, other: _Row) -> Sighting | None:
    met, places = kept.met, {slug: place for place, slug in enumerate(kept.met.contenders)}
    i, j = places[one.slug], places[other.slug]
    shared = int(met.ties[i, j] + met.both_bad[i, j])
    votes = int(met.wins[i, j] + met.wins[j, i]) + shared
    if votes < FEWEST_MEETINGS or abs((int(met.wins[i, j]) + shared / 2) / votes - 0.5) > ASIDE:
        return None
    share = round(100 * (int(met.wins[i, j]) + shared / 2) / votes)
    sentence = "{first} has {share}% of {votes} votes against {second}, which the same organisation made."
    pair = _Pair(one.slug, other.slug, one.name, other.name)
    return _sighted(pair, sentence, f"share: {share}%", "below 48% or above 52%", share=share, votes=votes)
