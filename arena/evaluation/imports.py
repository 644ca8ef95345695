"""Imports: votes that were cast elsewhere, with the file they came from."""

from datetime import datetime
from uuid import UUID, uuid4, uuid5

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.errors import ArenaError
from arena.evaluation.votes import Counted
from rating.votefile import FileVote

BATCH = 10_000


class AlreadyImported(ArenaError):
    """This board has these votes already, so nothing was changed."""

    status = 409


class Provenance(Struct, frozen=True, kw_only=True):
    """Where votes come from; `sha256` is that of the file's content."""

    file_name: str
    sha256: str
    attribution: str | None


async def add(
    db: Connection | Proxy, board_id: UUID, origin: Provenance, votes: list[FileVote], contenders: dict[str, UUID]
) -> None:
    """Keep a file's votes for a board, within the caller's transaction; the same content again is refused.

    A voter is known by a name only within the board: the id made of it can't be told apart from a random one by
    anybody who doesn't know the board's own id, which is never published.
    """
    import_id = await db.fetchval(
        """
        INSERT INTO imports (id, board_id, file_name, sha256, votes, attribution)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (board_id, sha256) DO NOTHING
        RETURNING id
        """,
        uuid4(),
        board_id,
        origin.file_name,
        origin.sha256,
        len(votes),
        origin.attribution,
    )
    if import_id is None:
        raise AlreadyImported
    for begin in range(0, len(votes), BATCH):
        await _add(db, board_id, import_id, votes[begin : begin + BATCH], contenders)


async def _add(
    db: Connection | Proxy, board_id: UUID, import_id: UUID, votes: list[FileVote], contenders: dict[str, UUID]
) -> None:
    rows = []
    for vote in votes:
        vote_id = uuid5(import_id, str(vote.line))
        voter_id = vote_id if vote.voter is None else uuid5(board_id, vote.voter)
        first, second = (contenders[name] for name in vote.contenders)
        rows.append((vote_id, vote.line, first, second, vote.outcome.value, voter_id, vote.prompt))
    await db.execute(
        """
        INSERT INTO imported_votes (id, import_id, line, contender_ids, outcome, voter_id, prompt)
        SELECT id, $1, line, ARRAY[first, second], outcome, voter_id, prompt
        FROM unnest($2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[])
             AS given (id, line, first, second, outcome, voter_id, prompt)
        """,
        import_id,
        *map(list, zip(*rows, strict=True)),
    )


async def counted(db: Db, board_id: UUID, *, until: datetime | None = None) -> list[Counted]:
    """Every imported vote of a board, or of them those brought in by a moment, contenders in position order."""
    return await many(
        db,
        Counted,
        """
        SELECT imported_votes.id, ARRAY[first.slug, second.slug] AS contenders, outcome, voter_id
        FROM imported_votes
        JOIN imports ON imports.id = import_id
        JOIN contenders first ON first.id = contender_ids[1]
        JOIN contenders second ON second.id = contender_ids[2]
        WHERE board_id = $1 AND ($2::timestamptz IS NULL OR imported_at <= $2)
        ORDER BY imported_votes.id
        """,
        *(board_id, until),
    )


async def count(db: Db, board_id: UUID) -> int:
    """How many imported votes a board has."""
    number: int = await db.fetchval("SELECT coalesce(sum(votes), 0) FROM imports WHERE board_id = $1", board_id)
    return number
