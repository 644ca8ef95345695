"""Imports: votes that were cast elsewhere, with the file they came from."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from msgspec import Struct

from arena.db import Connection, Db, Proxy, much
from arena.errors import ArenaError
from arena.evaluation import names
from arena.evaluation.votes import Counted
from rating.votefile import FileVote

BATCH = 10_000


class AlreadyImported(ArenaError):
    """This board has these votes already, so nothing was changed."""

    status = 409


class VoteThereTwice(ArenaError):
    """A vote of this name is on the board already."""

    status = 409


class Origin(Struct, frozen=True):
    """The board that votes come to, and the content they come from."""

    board_id: UUID
    slug: str
    sha256: str


class Provenance(Struct, frozen=True, kw_only=True):
    """Where votes come from."""

    file_name: str
    attribution: str | None


async def add(
    db: Connection | Proxy, origin: Origin, provenance: Provenance, votes: list[FileVote], contenders: dict[str, UUID]
) -> None:
    """Keep a file's votes for a board, within the caller's transaction that holds it; the same again is refused.

    Votes, voters and prompts that come with names of ours keep them. Any other gets one made of the board's slug and
    of what the file says, so that the same file makes the same votes wherever it is brought in.
    """
    import_id = await db.fetchval(
        """
        INSERT INTO imports (id, board_id, file_name, sha256, votes, attribution, number)
        SELECT $1, $2, $3, $4, $5, $6, count(*) + 1 FROM imports WHERE board_id = $2
        ON CONFLICT (board_id, sha256) DO NOTHING
        RETURNING id
        """,
        uuid4(),
        origin.board_id,
        provenance.file_name,
        origin.sha256,
        len(votes),
        provenance.attribution,
    )
    if import_id is None:
        raise AlreadyImported
    for begin in range(0, len(votes), BATCH):
        await _add(db, origin, import_id, votes[begin : begin + BATCH], contenders)


async def _add(
    db: Connection | Proxy, origin: Origin, import_id: UUID, votes: list[FileVote], contenders: dict[str, UUID]
) -> None:
    rows = []
    for vote in votes:
        first, second = (contenders[contender] for contender in vote.contenders)
        said = (first, second, vote.outcome.value)
        rows.append((uuid5(import_id, str(vote.line)), vote.line, *said, *_names(origin, vote)))
    await _refuse_known(db, origin, [row[-1] for row in rows])
    await db.execute(
        """
        INSERT INTO imported_votes (id, import_id, line, contender_ids, outcome, voter_id, prompt, vote)
        SELECT id, $1, line, ARRAY[first, second], outcome, voter_id, prompt, vote
        FROM unnest($2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::uuid[])
             AS given (id, line, first, second, outcome, voter_id, prompt, vote)
        """,
        import_id,
        *map(list, zip(*rows, strict=True)),
    )


def _names(origin: Origin, vote: FileVote) -> tuple[UUID, str | None, UUID]:
    """The names of voter, prompt and vote; a vote that nobody knows the voter of is its own."""
    name = names.kept(vote.vote) or names.made("vote", origin.slug, origin.sha256, vote.line)
    voter = name if vote.voter is None else names.kept(vote.voter) or names.made("voter", origin.slug, vote.voter)
    if vote.prompt is None:
        return voter, None, name
    return voter, (names.kept(vote.prompt) or names.made("prompt", origin.slug, vote.prompt)).hex, name


async def _refuse_known(db: Connection | Proxy, origin: Origin, votes: Sequence[UUID]) -> None:
    known = await db.fetchval(
        "SELECT vote FROM imported_votes JOIN imports ON imports.id = import_id WHERE board_id = $1 AND vote = ANY($2)",
        origin.board_id,
        votes,
    )
    if known is not None:
        raise VoteThereTwice("The vote {vote} is on this board already, so nothing was changed.", vote=known.hex)


async def counted(db: Db, board_id: UUID, *, until: datetime | None = None) -> list[Counted]:
    """Every imported vote of a board, or of them those brought in by a moment, contenders in position order.

    Of a prompt it has only what tells equal ones.
    """
    return await much(
        db,
        Counted,
        f"""
        SELECT imported_votes.id, ARRAY[first.slug, second.slug] AS contenders, outcome, voter_id AS voter, vote,
               {names.PROMPT} AS prompt
        FROM imported_votes
        JOIN imports ON imports.id = import_id
        JOIN contenders first ON first.id = contender_ids[1]
        JOIN contenders second ON second.id = contender_ids[2]
        WHERE board_id = $1 AND ($2::timestamptz IS NULL OR imported_at <= $2)
        ORDER BY imported_votes.id
        """,  # noqa: S608 - a constant
        *(board_id, until),
    )


async def came(db: Db, board_id: UUID, *, until: datetime | None = None) -> int:
    """How many files of votes have come to a board, or had by a moment."""
    sql = "SELECT count(*) FROM imports WHERE board_id = $1 AND ($2::timestamptz IS NULL OR imported_at <= $2)"
    number: int = await db.fetchval(sql, board_id, until)
    return number


async def count(db: Db, board_id: UUID) -> int:
    """How many imported votes a board has."""
    number: int = await db.fetchval("SELECT coalesce(sum(votes), 0) FROM imports WHERE board_id = $1", board_id)
    return number
