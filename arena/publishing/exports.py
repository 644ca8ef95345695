"""Exports: a release's files, written while they are read from the database, so that a million votes need no room."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from arena.db import Pool
from arena.integration import acts, rows
from arena.integration.acts import Excluded
from arena.integration.rows import Row
from arena.publishing import conversations, manifests, verifier
from arena.publishing.manifests import Source

Seen = Callable[[int], None]
Batches = AsyncIterator[Sequence[Struct]]

ROW: Final[dict[str, type]] = {**dict.fromkeys(rows.COLUMNS, str), "propensity": float}
EXCLUDED: Final[dict[str, type]] = {**dict.fromkeys(Excluded.__struct_fields__, str), "position": int}
FORMATS: Final = ("parquet", "jsonl")


async def write(
    db: Pool, source: Source, name: str, path: Path, *, delay_days: int, seen: Seen = lambda _: None
) -> None:
    """Write one of a release's files; whole or not at all, as it has another name until it is."""
    beside = path.with_name(f".{path.name}.part")
    try:
        await _write(db, source, manifests.named(name), beside, delay_days, seen)
        await asyncio.to_thread(beside.replace, path)
    finally:
        await asyncio.to_thread(beside.unlink, missing_ok=True)


def small(source: Source, name: str, *, delay_days: int) -> bytes | None:
    """One of a release's files that needs no vote, or None for one that does."""
    if name == "manifest.json":
        return msgspec.json.format(msgspec.json.encode(source.manifest), indent=1) + b"\n"
    if name == "verify.py":
        return Path(verifier.__file__).read_bytes()
    return card(source, delay_days).encode() if name == "README.md" else None


async def _write(db: Pool, source: Source, name: str, path: Path, delay_days: int, seen: Seen) -> None:
    if (whole := small(source, name, delay_days=delay_days)) is not None:
        await asyncio.to_thread(path.write_bytes, whole)
    elif name == "conversations.jsonl":
        await _lines(conversations.stream(db, source.snapshot_id, delay_days=delay_days), path, seen)
    else:
        await _table(db, source, name, path, seen)


async def _table(db: Pool, source: Source, name: str, path: Path, seen: Seen) -> None:
    counts = name.startswith("votes.")
    batches: Batches = rows.stream(db, source.snapshot_id) if counts else acts.stream(db, source.snapshot_id)
    if name.endswith(".jsonl"):
        await _lines(batches, path, seen)
    else:
        await _parquet(batches, ROW if counts else EXCLUDED, path, source, seen)


async def _lines(batches: Batches, path: Path, seen: Seen) -> None:
    total = 0
    with path.open("wb") as file:

        def add(batch: Sequence[Struct]) -> None:
            file.write(msgspec.json.Encoder().encode_lines(batch))

        async for batch in batches:
            total += len(batch)
            await asyncio.to_thread(add, batch)
            seen(total)


async def _parquet(batches: Batches, columns: dict[str, type], path: Path, source: Source, seen: Seen) -> None:
    # Here, so that a server that nobody asks for one doesn't load Arrow.
    from arena.publishing.parquet import Writer

    total = 0
    first: Sequence[Struct] = await anext(batches, [])
    known = {name: kind for name, kind in columns.items() if not _missing(first, name)}
    about = {"release": source.release, "board": source.board, "schema": str(manifests.SCHEMA)}
    writer = await asyncio.to_thread(Writer, path, known, about)
    with writer:
        batch: Sequence[Struct] | None = first
        while batch:
            total += len(batch)
            await asyncio.to_thread(partial(writer.add, batch))
            seen(total)
            batch = await anext(batches, None)


def _missing(batch: Sequence[Struct], name: str) -> bool:
    """Whether a column that not every set of votes has is not there; either all of its rows have it or none."""
    return bool(batch) and isinstance(batch[0], Row) and getattr(batch[0], name) is None


def card(source: Source, delay_days: int) -> str:
    """The data card: what this is, what each column means, on what terms, and how it is checked."""
    record: dict[str, Any] = source.manifest.record
    credit = f"\n{source.attribution}\n" if source.attribution else ""
    return CARD.format(
        release=source.release,
        board=source.board,
        votes=record["votes"]["count"],
        voters=record["votes"]["voters"],
        acts=record["exclusions"]["acts"],
        published=source.manifest.published_at.isoformat(),
        command=source.manifest.command,
        schema=manifests.SCHEMA,
        days=delay_days,
        credit=credit,
    )


CARD: Final = """# {board}, release {release}

{votes:,} votes by {voters:,} voters, published {published}; schema {schema}.
{credit}
| column | is |
|---|---|
| `vote` | the vote's name, 32 hexadecimal digits; nobody can make the receipt's address of it |
| `model_a`, `model_b` | the contenders, in the order in which they were shown |
| `winner` | `model_a`, `model_b`, `tie` or `tie (bothbad)` |
| `voter` | equal for votes of one voter, and nothing else; a vote whose voter nobody knows is its own |
| `prompt` | equal for votes on one prompt; not there where prompts are not known |
| `propensity` | the probability with which this pair was drawn; not there for votes that were cast elsewhere |

`excluded.parquet` has {acts:,} acts on votes that were left out (`reason`; `position` 0 for A, 1 for B; `state`
`standing` or `lifted`). `conversations.jsonl` has what was asked and answered at least {days} days ago, by the `vote`
that it belongs to. Whoever asks is told that prompts and answers may be published; what they have deleted is not in it,
and neither is any text in which something that looks like personal data or abuse was found.

Recompute the table, and check everything:

    {command}
    python3 verify.py manifest.json votes.jsonl excluded.jsonl
"""
