"""Tags: what the first prompt of a battle is about, in which language, and whether it had been asked before."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many, one
from arena.evaluation import categories, fingerprints, languages, presets
from arena.evaluation.categories import CLASSIFIER
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.fingerprints import NEAR, Fingerprint

BLOCK = 200


class Tagged(Struct, frozen=True, kw_only=True):
    """How a prompt was sorted, and by which version of the rules; a `preset` is one that the arena offers."""

    categories: list[str]
    language: str
    classifier: str
    preset: bool


class Tag(Tagged, frozen=True, kw_only=True):
    """How a prompt was sorted, and what it is known again by."""

    fingerprint: Fingerprint


class Shares(Struct, frozen=True):
    """Of so many battles, how many began with a preset, and how many of the others with a prompt that was known."""

    battles: int
    presets: int
    same: int
    alike: int


class _Prompt(Struct, frozen=True):
    battle_id: UUID
    text: str


def of(prompt: str) -> Tag:
    """Sort a prompt and take its fingerprint."""
    fingerprint = fingerprints.of(prompt)
    return Tag(
        categories=categories.of(prompt),
        language=languages.of(prompt),
        classifier=CLASSIFIER,
        preset=presets.holds(fingerprint.digest),
        fingerprint=fingerprint,
    )


async def keep(db: Connection | Proxy, battle_id: UUID, tag: Tag | None) -> None:
    """Keep how the battle's first prompt was sorted, and whether it was known; once, however often told."""
    if tag is None:
        return
    await db.execute(
        """
        INSERT INTO tags (battle_id, categories, language, classifier, preset, digest, sketch, bands, prompt, resembles)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8,
               coalesce((SELECT prompt FROM tags WHERE digest = $6 LIMIT 1), gen_random_uuid()), CASE
            WHEN $5 THEN NULL
            WHEN EXISTS (SELECT FROM tags WHERE digest = $6) THEN 'same'
            WHEN EXISTS (SELECT FROM tags WHERE bands && $8 AND alike(sketch, $7) >= $9) THEN 'alike'
        END
        ON CONFLICT (battle_id) DO NOTHING
        """,
        battle_id,
        *_values(tag),
        NEAR,
    )


async def tagged(db: Db, battle_id: UUID) -> Tagged | None:
    """How a battle's prompt was sorted; None for one that has not been answered yet."""
    return await one(
        db, Tagged, "SELECT categories, language, classifier, preset FROM tags WHERE battle_id = $1", battle_id
    )


async def remarks(db: Db, battle_id: UUID, tag: Tag | None, most: int) -> list[Remark]:
    """What is to be said of a prompt that its voter has asked, or nearly so, `most` times within a day (0: nothing).

    Battles count that were voted on or can be; those being answered at this very moment don't, so that a voter with
    several open at once may get so many more. What the arena offers itself may be asked at will.
    """
    if tag is None or tag.preset or most == 0:
        return []
    earlier = await db.fetchval(
        """
        SELECT count(*)
        FROM battles JOIN tags ON tags.battle_id = battles.id
        WHERE voter_id = (SELECT voter_id FROM battles WHERE id = $1) AND id <> $1
          AND kind = 'blind' AND opened_at > now() - interval '1 day' AND state IN ('ready', 'voted')
          AND (digest = $2 OR (bands && $4 AND alike(sketch, $3) >= $5))
        """,
        battle_id,
        tag.fingerprint.digest,
        tag.fingerprint.sketch,
        tag.fingerprint.bands,
        NEAR,
    )
    return [Remark(reason=Reason.DUPLICATE, evidence={"earlier": earlier})] if earlier >= most else []


async def shares(db: Db) -> Shares:
    """How much of what is asked had been asked before."""
    found = await one(
        db,
        Shares,
        """
        SELECT count(*) AS battles, count(*) FILTER (WHERE preset) AS presets,
               count(*) FILTER (WHERE resembles = 'same') AS same, count(*) FILTER (WHERE resembles = 'alike') AS alike
        FROM tags
        """,
    )
    assert found is not None
    return found


async def retag(db: Db, *, most: int = BLOCK) -> int:
    """Sort anew what another classifier has sorted, so many at a time, and say how many that were.

    What was deleted keeps what it was sorted as.
    """
    outdated = await many(
        db,
        _Prompt,
        """
        SELECT battle_id, coalesce(string_agg(part ->> 'text', '' ORDER BY place), '') AS text
        FROM (
            SELECT battle_id, content FROM tags JOIN turns USING (battle_id)
            WHERE (classifier < $1 OR classifier > $1) AND digest IS NOT NULL AND turn = 1
            LIMIT $2
        ) AS outdated
        LEFT JOIN LATERAL jsonb_array_elements(content) WITH ORDINALITY AS parts (part, place) ON true
        GROUP BY battle_id
        """,
        CLASSIFIER,
        most,
    )
    for prompt in outdated:
        await db.execute(
            """
            UPDATE tags SET categories = $2, language = $3, classifier = $4, preset = $5, digest = $6, sketch = $7,
                            bands = $8, tagged_at = now()
            WHERE battle_id = $1 AND digest IS NOT NULL
            """,
            prompt.battle_id,
            *_values(of(prompt.text)),
        )
    return len(outdated)


async def waiting(db: Db) -> int:
    """How many prompts another classifier has sorted and this one is still to sort."""
    number: int = await db.fetchval(
        "SELECT count(*) FROM tags WHERE (classifier < $1 OR classifier > $1) AND digest IS NOT NULL", CLASSIFIER
    )
    return number


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Nothing is left by which this voter's prompts could be known again; what they were about stays."""
    await connection.execute(
        """
        UPDATE tags SET digest = NULL, sketch = NULL, bands = NULL
        FROM battles WHERE battles.id = battle_id AND voter_id = $1
        """,
        voter_id,
    )


def _values(tag: Tag) -> tuple[Any, ...]:
    fingerprint = tag.fingerprint
    return (
        tag.categories,
        tag.language,
        tag.classifier,
        tag.preset,
        fingerprint.digest,
        fingerprint.sketch,
        fingerprint.bands,
    )
