"""Benches: what judges said of the battles that a board asks for, and whether people have voted on them."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.evaluation import selections
from arena.evaluation.selections import ALL, COUNTS, Selection
from rating import Outcome


class Heard(Struct, frozen=True, kw_only=True):
    """A verdict that counts on boards of judges; `id` is its own, `vote` that of the battle's vote, if there is one.

    `contenders` are slugs in position order, `voter` is the pseudonym of the battle's voter, and `prompt` is equal for
    battles on one prompt.
    """

    id: UUID
    battle: UUID
    judge: UUID
    slug: str
    version: str
    contenders: tuple[str, str]
    outcome: Outcome
    share: float
    consistent: bool
    voter: UUID
    vote: UUID | None
    prompt: str
    categories: list[str]


class Count(Struct, frozen=True):
    """How many verdicts there are, on how many battles, and on how many of these people have voted.

    `mark` is another one as soon as these are other verdicts, be there as many as before.
    """

    verdicts: int
    battles: int
    labelled: int
    mark: str


# Said by a judge as it is now and that is listed, and not of its own family. Where a vote on the battle would not
# count, no verdict does.
_VERDICTS: Final = f"""
        FROM verdicts JOIN judges ON judges.id = verdicts.judge_id AND judges.version = verdicts.version
        JOIN battles ON battles.id = verdicts.battle_id
        JOIN voters ON voters.id = battles.voter_id
        LEFT JOIN votes ON votes.battle_id = battles.id
        LEFT JOIN tags ON tags.battle_id = battles.id
        WHERE judges.state = 'listed' AND verdicts.outcome IS NOT NULL AND NOT verdicts.own_family AND {COUNTS}"""


async def heard(db: Db, selection: Selection = ALL) -> list[Heard]:
    """Every verdict that counts and is asked for, in the order of its id."""
    asked, values = selections.chosen(selection)
    return await many(
        db,
        Heard,
        f"""
        SELECT verdicts.id, battles.id AS battle, judges.id AS judge, judges.slug, verdicts.version,
               ARRAY(SELECT contenders.slug FROM sides JOIN contenders ON contenders.id = contender_id
                     WHERE sides.battle_id = battles.id ORDER BY position) AS contenders,
               verdicts.outcome, share, coalesce(consistent, true) AS consistent, pseudonym AS voter, votes.id AS vote,
               replace(coalesce(tags.prompt, battles.id)::text, '-', '') AS prompt,
               coalesce(tags.categories, '{{}}') AS categories
        {_VERDICTS} {asked} ORDER BY verdicts.id
        """,  # noqa: S608 - constants
        *values,
    )


async def count(db: Db, selection: Selection = ALL) -> Count:
    """How many verdicts count and are asked for."""
    asked, values = selections.chosen(selection)
    found = await one(
        db,
        Count,
        f"""
        SELECT count(*) AS verdicts, count(DISTINCT battles.id) AS battles,
               count(DISTINCT votes.battle_id) AS labelled,
               to_hex(coalesce(bit_xor(uuid_hash_extended(verdicts.id, 0)), 0)) AS mark
        {_VERDICTS} {asked}
        """,
        *values,
    )
    assert found is not None
    return found
