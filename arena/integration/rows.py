"""Rows: the votes that a snapshot counted as everybody may read them, and the digest that names them all."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena import digests
from arena.db import Db, Pool, one
from arena.evaluation import names as published_names
from arena.evaluation import selections, style
from arena.evaluation.votes import Counted
from rating import Outcome, Tally
from rating.votefile import WINNERS, fingerprints

# What of a row is in its digest, in this order; on a board at equal style the answers' features, too.
COLUMNS: Final = ("vote", "model_a", "model_b", "winner", "voter", "prompt")
FORM: Final = tuple(f"{feature}_{side}" for feature in style.FEATURES for side in "ab")
WORDS: Final[Mapping[Outcome, str]] = {outcome: word for word, outcome in reversed(WINNERS.items())}
EXPORT_SECONDS: Final = 600
BATCH: Final = 2_000


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vote in the field's exchange format, by names that are the same wherever it is brought in.

    `vote` and `voter` are 32 hexadecimal digits; a vote that nobody knows the voter of is its own. `prompt` is None
    where prompts are not known. `propensity` is the probability with which the pair was drawn, None where it was not;
    the digest leaves it out. What follows is the form of both answers, on boards at equal style alone.
    """

    vote: str
    model_a: str
    model_b: str
    winner: str
    voter: str
    prompt: str | None = None
    propensity: float | None = None
    characters_a: int | None = None
    characters_b: int | None = None
    headings_a: int | None = None
    headings_b: int | None = None
    lists_a: int | None = None
    lists_b: int | None = None
    bold_a: int | None = None
    bold_b: int | None = None

    @property
    def styled(self) -> bool:
        """Whether the form of the answers is told."""
        return self.characters_a is not None


class Source(Struct, frozen=True):
    """What a snapshot counted, as far as its votes are found by it."""

    id: UUID
    board_id: UUID
    number: int
    imports: int
    imported: bool
    styled: bool


def published(vote: Counted, names: Mapping[str, str]) -> Row:
    """The row of a vote, `names` giving what is published for a contender's slug where that is another name."""
    first, second = (names.get(slug, slug) for slug in vote.contenders)
    return Row(
        vote=vote.vote.hex,
        model_a=first,
        model_b=second,
        winner=WORDS[vote.outcome],
        voter=vote.voter.hex,
        prompt=vote.prompt,
        propensity=vote.propensity,
        **({} if vote.style is None else form(*vote.style)),
    )


def form(first: Sequence[int], second: Sequence[int]) -> dict[str, int]:
    """The features of both answers (in the order of style.FEATURES) by their columns."""
    return dict(zip(FORM, (each for both in zip(first, second, strict=True) for each in both), strict=True))


def canonical(row: Row) -> bytes:
    """The row's one spelling: a JSON array of COLUMNS and, where it is told, FORM, without spaces, in UTF-8."""
    told = (row.vote, row.model_a, row.model_b, row.winner, row.voter, row.prompt)
    return digests.canonical((*told, *(getattr(row, name) for name in FORM)) if row.styled else told)


def digest(rows: Iterable[Row]) -> str:
    """SHA-256 over the rows' leaves in ascending order, a leaf being SHA-256(0x00 || canonical row) as in RFC 6962."""
    return digests.of(digests.leaf(canonical(row)) for row in rows)


def tally(rows: Sequence[Row]) -> Tally:
    """The rows, ready to be rated; voters are told apart as they are in a file, so that not a bit differs."""
    known = any(row.prompt is not None for row in rows)
    prompts = [row.prompt or row.vote for row in rows] if known else []
    return Tally.of(
        [row.model_a for row in rows],
        [row.model_b for row in rows],
        [row.winner for row in rows],
        voter=fingerprints.of_texts([row.voter for row in rows]),
        prompt=fingerprints.of_texts(prompts) if prompts else None,
    )


async def of(db: Pool, snapshot_id: UUID) -> list[Row]:
    """All rows that the snapshot counted, by ascending name of the vote."""
    return [row async for batch in stream(db, snapshot_id) for row in batch]


async def stream(db: Pool, snapshot_id: UUID) -> AsyncIterator[list[Row]]:
    """The rows that the snapshot counted, some thousands at a time, so that a million need no room."""
    source = await _source(db, snapshot_id)
    counted = COUNTED.format(features="form.features", form=selections.FORM) if source.styled else WITHOUT_FORM
    sql, last = (IMPORTED, source.imports) if source.imported else (counted, source.number)
    async for batch in read(db, sql, source.board_id, last, source.id, nested=not source.imported):
        yield [_row(*record) for record in batch]


async def read(db: Pool, sql: str, *values: object, nested: bool = True) -> AsyncIterator[list[Any]]:
    """What a statement finds, some thousands of records at a time; only those are in memory.

    Not `nested`: PostgreSQL, which has not counted the lines of a new snapshot yet, may not read all votes for each.
    """
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        # Putting a million in order takes PostgreSQL longer than any other statement may.
        await connection.execute(f"SET LOCAL statement_timeout = '{EXPORT_SECONDS}s'")
        # All cores at once would keep those waiting who vote meanwhile.
        await connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        if not nested:
            await connection.execute("SET LOCAL enable_nestloop = off")
        cursor = await connection.cursor(sql, *values, timeout=EXPORT_SECONDS)
        while batch := await cursor.fetch(BATCH, timeout=EXPORT_SECONDS):
            yield batch


def _row(
    vote: UUID,
    first: str,
    second: str,
    outcome: str,
    voter: UUID,
    prompt: str | None,
    propensity: float | None,
    features: tuple[list[int], list[int]] | None,
) -> Row:
    return Row(
        vote=vote.hex,
        model_a=first,
        model_b=second,
        winner=WORDS[Outcome(outcome)],
        voter=voter.hex,
        prompt=prompt,
        propensity=propensity,
        **({} if features is None else form(*features)),
    )


async def _source(db: Db, snapshot_id: UUID) -> Source:
    source = await one(
        db,
        Source,
        """
        SELECT snapshots.id, board_id, number, imports, source = 'imported' AS imported,
               snapshots.question ? 'style' AS styled
        FROM snapshots JOIN boards ON boards.id = board_id WHERE snapshots.id = $1
        """,
        snapshot_id,
    )
    assert source is not None
    return source


COUNTED: Final = f"""
        SELECT {published_names.VOTE} AS vote, first.slug, second.slug, outcome, pseudonym,
               {published_names.ASKED} AS prompt, propensity, {{features}}
        FROM countings
        JOIN votes ON votes.id = vote_id
        JOIN battles ON battles.id = votes.battle_id
        JOIN voters ON voters.id = battles.voter_id
        LEFT JOIN tags ON tags.battle_id = battles.id
        JOIN sides a ON a.battle_id = battles.id AND a.position = 0
        JOIN sides b ON b.battle_id = battles.id AND b.position = 1
        JOIN contenders first ON first.id = a.contender_id
        JOIN contenders second ON second.id = b.contender_id
        {{form}}
        WHERE countings.board_id = $1 AND since <= $2 AND (until IS NULL OR until > $2) AND $3::uuid IS NOT NULL
        ORDER BY vote"""  # noqa: S608 - a constant
WITHOUT_FORM: Final = COUNTED.format(features="NULL", form="")
# Contenders by the names that they had when the snapshot was taken.
IMPORTED: Final = f"""
        SELECT vote, first.name, second.name, outcome, voter_id, {published_names.PROMPT} AS prompt, NULL, NULL
        FROM imported_votes
        JOIN imports ON imports.id = import_id
        JOIN standings first ON first.snapshot_id = $3 AND first.contender_id = contender_ids[1]
        JOIN standings second ON second.snapshot_id = $3 AND second.contender_id = contender_ids[2]
        WHERE board_id = $1 AND number <= $2
        ORDER BY vote"""  # noqa: S608 - a constant
