"""Archives: boards of votes that were cast elsewhere, brought in from files."""

import asyncio
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from arena.db import Pool
from arena.errors import ArenaError
from arena.evaluation import imports
from arena.evaluation.imports import Origin, Provenance
from arena.integration import boards
from arena.integration.boards import Board
from arena.submission import contenders
from rating import votefile
from rating.votefile import FileVote, VoteFileUnknown, VoteFileWrong

# Two hyphens part a board from a contender of it, and the rest of the contender's slug needs room.
SLUG: Final = re.compile(r"(?!.*--)[a-z0-9][a-z0-9.-]{0,59}")


class ArchiveRefused(ArenaError):
    """These votes can't be brought in as they are."""

    status = 400


class Archive(Struct, frozen=True, kw_only=True):
    """What to bring in, and what the board is called; `renamed` gives the file's own names for our columns."""

    file: Path
    slug: str
    name: str | None = None
    attribution: str | None = None
    renamed: Mapping[str, str] = {}


class Brought(Struct, frozen=True, kw_only=True):
    """What came in."""

    board: Board
    votes: int
    contenders: int
    voters_known: bool


async def bring(db: Pool, archive: Archive) -> Brought:
    """Bring a file's votes in, all of them or none; the same content to the same board again is AlreadyImported.

    The file is read whole before anything is stored, in a thread, so that whoever shares the process isn't held up.
    """
    _check(archive)
    sha256, votes = await asyncio.to_thread(_read, archive)
    provenance = Provenance(
        file_name=os.fsencode(archive.file.name).decode(errors="replace"), attribution=archive.attribution
    )
    names = {name for vote in votes for name in vote.contenders}
    async with db.acquire() as connection, connection.transaction():
        board = await boards.open_archive(connection, archive.slug, name=archive.name, attribution=archive.attribution)
        known = await contenders.enter_names(connection, f"{board.slug}--", names)
        await imports.add(connection, Origin(board.id, board.slug, sha256), provenance, votes, known)
    return Brought(board=board, votes=len(votes), contenders=len(names), voters_known=votes[0].voter is not None)


def _check(archive: Archive) -> None:
    if not SLUG.fullmatch(archive.slug):
        raise ArchiveRefused(
            f"“{archive.slug[:100]}” can't name a board: at most 60 of a–z, 0–9, dots and single hyphens, the first "
            "no hyphen or dot."
        )
    for text, what in ((archive.name, "name"), (archive.attribution, "attribution")):
        if text is not None and not (text.strip() and text.isprintable()):
            raise ArchiveRefused(f"The board's {what} is empty or holds a character that can't be printed.")


def _once(votes: Iterable[FileVote]) -> Iterator[FileVote]:
    """The votes, none of which comes twice by the name that it has."""
    lines: dict[str, int] = {}
    for vote in votes:
        if vote.vote is not None and (first := lines.setdefault(vote.vote, vote.line)) != vote.line:
            fault = f"The vote {vote.vote} stands in line {first} already."
            raise VoteFileWrong(fault, line=vote.line, column="vote")
        yield vote


def _read(archive: Archive) -> tuple[str, list[FileVote]]:
    try:
        return votefile.digest(archive.file), list(_once(votefile.read(archive.file, renamed=archive.renamed)))
    except VoteFileUnknown as error:
        raise ArchiveRefused(str(error)) from error
    except VoteFileWrong as error:
        raise ArchiveRefused(f"{archive.file}: {error}") from error
