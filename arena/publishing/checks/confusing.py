"""What is there and works, and is not told so that people can follow it."""

import re
import unicodedata
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

import arena
from arena.db import many
from arena.publishing import columns
from arena.publishing.checkup import REGISTER, Entity, Scene, Severity, Sighting, Smell, check

DAILY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)
# With fewer characters nothing is explained.
LEAST: Final = 20
PLACEHOLDER: Final = re.compile(r"\b(?:todo|tbd|fixme|xxx|lorem ipsum|placeholder)\b|\{\w*\}|\{\{|<\w+ here>", re.I)
# Names of models differ by a digit or a letter on purpose, so those are alike that look the same, not those that are
# written nearly so.
LOOKALIKES: Final = str.maketrans("0il", "o11")
# The glossary of a table's columns, as it stands on its page.
GLOSSARY: Final = Path(arena.__file__).parent / "pages" / "templates" / "boards" / "meanings.html"
MEANING: Final = re.compile(r'^\s*"(\w+)": \(_\("((?:[^"\\]|\\.)*)"', re.M)
LAST_TESTS: Final = 20
FEWEST_PROVIDERS: Final = 3
MONTH: Final = timedelta(days=30)
FEWEST_APPEALS: Final = 3
UNCLEAR: Final = "unclear_task"
MOST_UNCLEAR: Final = 0.1
FEWEST_BATTLES: Final = 100


class _Told(Struct, frozen=True):
    """What somebody reads of something; `least` is how many characters it has to have."""

    subject: str
    entity: Entity
    name: str
    text: str
    least: int
    evidence: str | None


@check(
    "C1",
    Smell.CONFUSING,
    Entity.TASK,
    Entity.MODEL,
    Entity.RAW_DATA,
    Entity.METRIC,
    Entity.PROTOCOL,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="Fewer than 20 characters of what must be explained, or a text with a gap that nobody has filled in.",
)
async def unexplained(scene: Scene) -> list[Sighting]:
    """Boards, prompt sets and checks say what they are about, and no text that is shown has a gap in it."""
    stored = await many(
        scene.db,
        _Told,
        """
        SELECT 'board ' || slug AS subject, 'task' AS entity, name, description AS text, $1::int AS least,
               '/leaderboard/' || slug AS evidence FROM boards
        UNION ALL
        SELECT 'prompt set ' || slug, 'raw data', name, concat_ws(' ', description, nullif(source, '')), $1,
               '/prompt-sets/' || slug FROM prompt_sets WHERE state = 'frozen'
        UNION ALL
        SELECT 'contender ' || contenders.slug, 'model', name,
               concat_ws(' ', name, organisation, version, precision, architecture, licence, description), 0,
               '/contenders/' || slug
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE state = 'listed' AND committed_at IS NOT NULL
        UNION ALL
        SELECT 'judge ' || slug, 'metric', name, name || ' ' || family, 0, '/judges/' || slug
        FROM judges WHERE state = 'listed'
        """,
        LEAST,
    )
    checks = [
        _Told(f"check {each.id}", Entity.PROTOCOL, each.id, each.promise, LEAST, "/smells")
        for each in REGISTER.values()
    ]
    return [_gap(each) for each in [*stored, *checks] if len(each.text) < each.least or PLACEHOLDER.search(each.text)]


def _gap(told: _Told) -> Sighting:
    short = len(told.text) < told.least
    return Sighting(
        subject=told.subject,
        sentence="The text of “{name}” says too little." if short else "What is said of “{name}” has a gap in it.",
        values={"name": told.name},
        observed=f"characters: {len(told.text)}" if short else "a placeholder",
        expected=f"characters: {LEAST} or more" if short else "no placeholder",
        evidence=told.evidence,
        entity=told.entity,
    )


class _Label(Struct, frozen=True):
    kind: str
    entity: Entity
    slug: str
    label: str


@check(
    "C2",
    Smell.CONFUSING,
    Entity.MODEL,
    Entity.TASK,
    Entity.RAW_DATA,
    Entity.METRIC,
    Entity.SCORE,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="Two labels that are equal without regard to capitals, signs and characters that look the same.",
)
async def labels_alike(scene: Scene) -> list[Sighting]:
    """No two contenders, boards, prompt sets or judges look the same by what is shown of them."""
    found = await many(
        scene.db,
        _Label,
        """
        SELECT 'contender' AS kind, 'model' AS entity, slug, concat_ws(' ', organisation, name, version, precision)
               AS label FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE state = 'listed' AND committed_at IS NOT NULL
        UNION ALL SELECT 'board', 'task', slug, name FROM boards
        UNION ALL SELECT 'prompt set', 'raw data', slug, name FROM prompt_sets WHERE state = 'frozen'
        UNION ALL SELECT 'judge', 'metric', slug, name FROM judges WHERE state = 'listed'
        ORDER BY kind, slug
        """,
    )
    alike: dict[tuple[str, str], list[_Label]] = defaultdict(list)
    for each in found:
        alike[each.kind, _looks(each.label)].append(each)
    return [
        Sighting(
            subject=f"{kind} {same[0].slug}",
            sentence="The labels “{first}” and “{second}” look the same and are not.",
            values={"first": same[0].label, "second": same[1].label},
            observed=f"labels: {len(same)} alike",
            expected="labels: 1",
            entity=same[0].entity,
        )
        for (kind, _), same in alike.items()
        if len(same) > 1
    ]


def _looks(label: str) -> str:
    """The label as an eye in a hurry sees it."""
    plain = unicodedata.normalize("NFKC", label).casefold().translate(LOOKALIKES)
    return "".join(letter for letter in plain if letter.isalnum())


class _Counted(Struct, frozen=True):
    name: str
    count: int
    whole: int


@check(
    "C3",
    Smell.CONFUSING,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.WARN,
    every=HOURLY,
    hits=2,
    threshold="Three providers or more among the last 20 contract tests.",
)
async def stumbling_blocks(scene: Scene) -> list[Sighting]:
    """No step of the contract test turns one provider after the other away."""
    found = await many(
        scene.db,
        _Counted,
        """
        SELECT reason AS name, count(DISTINCT provider_id) AS count, $1::int AS whole FROM (
            SELECT checks.reason, provider_id FROM checks JOIN endpoints ON endpoints.id = endpoint_id
            WHERE ended_at > $3 ORDER BY ended_at DESC LIMIT $1
        ) AS last
        WHERE reason IS NOT NULL GROUP BY reason HAVING count(DISTINCT provider_id) >= $2 ORDER BY reason
        """,
        *(LAST_TESTS, FEWEST_PROVIDERS, scene.now - MONTH),
    )
    return [
        Sighting(
            subject=f"reason {one.name}",
            sentence="{count} providers failed the contract test for the same reason: {reason}.",
            values={"count": one.count, "reason": one.name},
            observed=f"providers: {one.count}",
            expected=f"providers: below {FEWEST_PROVIDERS}",
            evidence="/submissions",
        )
        for one in found
    ]


@check(
    "C5",
    Smell.CONFUSING,
    Entity.PROTOCOL,
    severity=Severity.WARN,
    every=HOURLY,
    hits=2,
    threshold="Three appeals or more in 30 days against exclusions for one reason.",
)
async def disputed_rules(scene: Scene) -> list[Sighting]:
    """No rule by which votes are excluded is appealed against again and again."""
    found = await many(
        scene.db,
        _Counted,
        """
        SELECT exclusions.reason AS name, count(DISTINCT appeals.id) AS count, 0 AS whole
        FROM appeals JOIN votes ON votes.id = vote_id JOIN exclusions ON exclusions.battle_id = votes.battle_id
        WHERE appealed_at > $1 GROUP BY exclusions.reason HAVING count(DISTINCT appeals.id) >= $2 ORDER BY 1
        """,
        *(scene.now - MONTH, FEWEST_APPEALS),
    )
    return [
        Sighting(
            subject=f"reason {one.name}",
            sentence="{count} people appealed in {days} days against exclusions for one reason: {reason}.",
            values={"count": one.count, "days": MONTH.days, "reason": one.name},
            observed=f"appeals: {one.count}",
            expected=f"appeals: below {FEWEST_APPEALS}",
            evidence="/policy",
        )
        for one in found
    ]


@check(
    "C6",
    Smell.CONFUSING,
    Entity.RANKING_TABLE,
    Entity.SCORE,
    severity=Severity.WARN,
    every=HOURLY,
    threshold="One column.",
)
async def undefined_columns(_: Scene) -> list[Sighting]:
    """Every column of a leaderboard is defined in its glossary."""
    meanings = dict(MEANING.findall(GLOSSARY.read_text()))
    return [
        Sighting(
            subject=f"column {name}",
            sentence="The column “{name}” stands in tables, and nothing says what it means.",
            values={"name": name},
            observed=f"characters: {len(meanings.get(name, ''))}",
            expected=f"characters: {LEAST} or more",
            evidence="/leaderboard#columns",
        )
        for name in columns.ALL
        if len(meanings.get(name, "")) < LEAST
    ]


@check(
    "C7",
    Smell.CONFUSING,
    Entity.PROTOCOL,
    Entity.TASK,
    severity=Severity.WARN,
    every=DAILY,
    hits=2,
    seconds=60,
    threshold="More than a tenth of 100 or more battles of 30 days that voters ended.",
)
async def unclear_tasks(scene: Scene) -> list[Sighting]:
    """Few battles are left because the task is unclear."""
    found = await many(
        scene.db,
        _Counted,
        """
        SELECT 'battles' AS name, count(*) FILTER (WHERE state = 'skipped' AND reason = $2) AS count, count(*) AS whole
        FROM battles WHERE closed_at > $1 AND state IN ('voted', 'skipped')
        """,
        *(scene.now - MONTH, UNCLEAR),
    )
    return [
        Sighting(
            subject=one.name,
            sentence="{count} of {whole} battles were left because their task was unclear.",
            values={"count": one.count, "whole": one.whole},
            observed=f"unclear: {one.count} of {one.whole}",
            expected="unclear: up to 10%",
        )
        for one in found
        if one.whole >= FEWEST_BATTLES and one.count > MOST_UNCLEAR * one.whole
    ]
