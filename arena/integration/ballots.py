"""Ballots: the votes that the audit looks at, with what is known of how each was cast."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.evaluation import selections
from arena.integration.boards import Board
from arena.integration.snapshots import Snapshot
from rating import Outcome

# A vote that began to count later than it was cast is new to a snapshot; so much later is as good as any.
LATE: Final = "1 day"


class Ballot(Struct, frozen=True, kw_only=True):
    """A vote that counts, by published names; `fresh` is one that the snapshot it is held against doesn't count.

    `seconds` is how long the voter read so many `characters`, `trace` the week's codes of network and browser together,
    `network` the first of them; None where nobody knows.
    """

    id: UUID
    contenders: tuple[str, str]
    outcome: Outcome
    voter: UUID
    cast_at: datetime
    prompt: UUID | None
    seconds: float | None
    characters: int | None
    network: bytes | None
    trace: bytes | None
    fresh: bool


class Served(Struct, frozen=True):
    """How many battles voters were shown to their end, voted on or not, of each pair (slugs in order), by voter."""

    pairs: dict[UUID, Counter[tuple[str, str]]]

    def of(self, voters: Sequence[UUID]) -> Counter[tuple[str, str]]:
        """Those of these voters together."""
        together: Counter[tuple[str, str]] = Counter()
        for voter in voters:
            together.update(self.pairs.get(voter, Counter()))
        return together


class _Shown(Struct, frozen=True):
    voter: UUID
    pair: tuple[str, str]
    battles: int


async def contenders(db: Db, snapshot: Snapshot) -> set[str]:
    """The slugs of those whom the snapshot rates."""
    rows = await db.fetch(
        "SELECT slug FROM standings JOIN contenders ON contenders.id = contender_id WHERE snapshot_id = $1", snapshot.id
    )
    return {row["slug"] for row in rows}


async def of_window(db: Db, board: Board, snapshot: Snapshot) -> list[Ballot]:
    """The votes that are new since the snapshot and all others of whoever cast them, the oldest first.

    Of votes on contenders that the snapshot doesn't rate nothing is expected, so they are left out.
    """
    known = await contenders(db, snapshot)
    asked, values = selections.chosen(board.question, first=4)
    found = await many(
        db,
        Ballot,
        f"""
        WITH fresh AS MATERIALIZED (
            SELECT votes.id, voter_id
            FROM votes JOIN battles ON battles.id = votes.battle_id LEFT JOIN tags ON tags.battle_id = battles.id
            WHERE cast_at > $3::timestamptz - interval '{LATE}' AND {selections.counts(board.question)} {asked}
              AND NOT EXISTS (
                  SELECT FROM countings WHERE vote_id = votes.id AND board_id = $1
                  AND since <= $2 AND (until IS NULL OR until > $2)
              )
        )
        {CAST}
        WHERE battles.voter_id IN (SELECT voter_id FROM fresh) AND {selections.counts(board.question)} {asked}
        ORDER BY cast_at, votes.id
        """,  # noqa: S608 - constants
        *(board.id, snapshot.number, snapshot.taken_at, *values),
    )
    return [ballot for ballot in found if known.issuperset(ballot.contenders)]


async def served(db: Db, voters: Sequence[UUID], *, since: datetime | None = None) -> Served:
    """The blind battles that these voters (by pseudonym) saw to their end, whether they then voted or left."""
    rows = await many(
        db,
        _Shown,
        """
        SELECT voter, pair, count(*) AS battles
        FROM (
            SELECT pseudonym AS voter, array_agg(slug ORDER BY slug) AS pair
            FROM battles JOIN voters ON voters.id = voter_id JOIN sides ON sides.battle_id = battles.id
            JOIN contenders ON contenders.id = sides.contender_id
            WHERE pseudonym = ANY($1) AND battles.kind = 'blind' AND battles.state IN ('voted', 'skipped', 'expired')
              AND ($2::timestamptz IS NULL OR battles.opened_at > $2)
            GROUP BY battles.id, pseudonym
        ) AS shown
        GROUP BY voter, pair
        """,
        *(list(voters), since),
    )
    pairs: dict[UUID, Counter[tuple[str, str]]] = {}
    for row in rows:
        pairs.setdefault(row.voter, Counter())[row.pair] += row.battles
    return Served(pairs)


CAST: Final = """
        SELECT votes.id, ARRAY[first.slug, second.slug] AS contenders, votes.outcome, pseudonym AS voter, cast_at,
               tags.prompt, readings.seconds, form.characters, traces.network, traces.network || traces.agent AS trace,
               EXISTS (SELECT FROM fresh WHERE fresh.id = votes.id) AS fresh
        FROM votes
        JOIN battles ON battles.id = votes.battle_id
        JOIN voters ON voters.id = battles.voter_id
        JOIN sides a ON a.battle_id = battles.id AND a.position = 0
        JOIN sides b ON b.battle_id = battles.id AND b.position = 1
        JOIN contenders first ON first.id = a.contender_id
        JOIN contenders second ON second.id = b.contender_id
        LEFT JOIN tags ON tags.battle_id = battles.id
        LEFT JOIN readings ON readings.vote_id = votes.id
        LEFT JOIN traces ON traces.battle_id = battles.id AND traces.moment = 'voted'
        LEFT JOIN LATERAL (
            SELECT sum(characters)::bigint AS characters FROM styles WHERE styles.battle_id = battles.id
        ) AS form ON true"""
