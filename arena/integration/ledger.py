"""The ledger: the append-only Merkle log of votes and of every act on them, made out of the outbox by one writer.

A leaf is an act as JSON without spaces and with keys in order; it, the hashes that it completes and the head that
covers it are written in one transaction, so that a leaf that is there is a leaf that can be proved.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from arena.db import Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.evaluation import commitments
from arena.integration import heads, merkle
from arena.integration.heads import Key
from arena.integration.merkle import Growth, Node

# Whoever holds this makes leaves; others find that somebody does and leave it at that.
SEQUENCER: Final = 7_215_550_927
MOST_AT_ONCE: Final = 5_000


class NoHead(NotFound):
    """The ledger has no head yet. Its first one is signed when the arena's worker has run for some seconds."""


class NoSuchLeaf(NotFound):
    """The ledger has no leaf of this number."""


class NoSuchTree(Refused):
    """There is no such tree in the ledger."""


class Broken(ArenaError):
    """The ledger is not what it was when it was signed, so nothing is added to it and nothing is released."""

    status = 503


class Head(Struct, frozen=True, kw_only=True):
    """The tree as it was last signed; `key` verifies the note, `root` is in base64."""

    size: int
    root: str
    note: str
    key: str
    signed_at: datetime


class Proof(Struct, frozen=True, kw_only=True):
    """How a leaf's hash leads to the root of the tree of `size` leaves: base64, the leaf's neighbour first."""

    leaf: int
    size: int
    hashes: list[str]


class Consistency(Struct, frozen=True, kw_only=True):
    """How the tree of `second` leaves begins with that of `first`; hashes in base64."""

    first: int
    second: int
    hashes: list[str]


class Recorded(Struct, frozen=True, kw_only=True):
    """Where the ledger tells of something: the leaf's bytes, and how its hash leads to the root of a signed head.

    Bytes and hashes are in base64, the leaf's neighbour first; `key` verifies the note.
    """

    leaf: int
    data: str
    hashes: list[str]
    size: int
    root: str
    note: str
    key: str


class _Act(Struct, frozen=True, kw_only=True):
    kind: str
    subject: str | None
    payload: dict[str, Any]
    noted_at: datetime
    opening: dict[str, Any] | None

    @property
    def leaves(self) -> list[tuple[str, str | None, bytes]]:
        """Kind, subject and data of each leaf it makes: a vote is followed by what opens its battle's commitment."""
        made = [(self.kind, self.subject, self._told(self.kind, self.payload))]
        if self.opening is not None:
            made.append(
                (
                    "battle_revealed",
                    None,
                    self._told("battle_revealed", msgspec.to_builtins(commitments.opened(self.opening))),
                )
            )
        return made

    def _told(self, kind: str, payload: Any) -> bytes:
        return msgspec.json.encode({**payload, "at": self.noted_at, "kind": kind}, order="sorted")


TAKE: Final = """
        WITH taken AS (
            DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1)
            RETURNING id, kind, subject, payload, noted_at
        )
        SELECT taken.kind, subject, payload, noted_at,
               CASE WHEN nonce IS NOT NULL THEN jsonb_build_object(
                   'battle', battles.id, 'nonce', encode(nonce, 'hex'), 'propensity', propensity, 'draw', draw_id,
                   'contenders', met.contenders, 'sides', met.sides) END AS opening
        FROM taken LEFT JOIN battles ON taken.kind = 'vote' AND battles.id = (payload->>'battle')::uuid
        LEFT JOIN LATERAL (
            SELECT coalesce(jsonb_agg(contender_id ORDER BY position), '[]') AS contenders,
                   coalesce(jsonb_agg(endpoint_id ORDER BY position), '[]') AS sides
            FROM sides WHERE battle_id = battles.id
        ) AS met ON true
        ORDER BY taken.id"""


async def append(db: Pool, key: Key, *, most: int = MOST_AT_ONCE) -> int:
    """Make leaves of what the outbox holds, sign a head that covers them, and say how many they are.

    None where another one is doing so at this moment. All or nothing is written, so whoever dies in the middle leaves
    every act in the outbox.
    """
    async with db.acquire() as connection, connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", SEQUENCER):
            return 0
        acts = await many(connection, _Act, TAKE, most)
        if not acts:
            return 0
        growth = await _grown(connection)
        leaves = [leaf for act in acts for leaf in act.leaves]
        await _write(connection, growth, leaves)
        await connection.execute(
            "INSERT INTO ledger_heads (size, root, note, key) VALUES ($1, $2, $3, $4)",
            growth.size,
            growth.root,
            key.sign(growth.size, growth.root),
            key.published,
        )
    return len(leaves)


async def _grown(connection: Proxy) -> Growth:
    """The tree where it stands; Broken where its hashes don't make the root that was signed."""
    last = await connection.fetchrow("SELECT size, root FROM ledger_heads ORDER BY size DESC LIMIT 1")
    if last is None:
        return Growth()
    size: int = last["size"]
    growth = Growth(size, await nodes(connection, lambda node: merkle.root(size, node)))
    if growth.root != last["root"]:
        raise Broken
    return growth


async def _write(connection: Proxy, growth: Growth, leaves: list[tuple[str, str | None, bytes]]) -> None:
    rows = [(growth.size + place, *leaf) for place, leaf in enumerate(leaves)]
    hashes = [node for _, _, data in leaves for node in growth.append(merkle.leaf(data))]
    await connection.copy_records_to_table("ledger_leaves", records=rows, columns=["index", "kind", "subject", "data"])
    await connection.copy_records_to_table("ledger_nodes", records=hashes, columns=["level", "index", "hash"])


async def nodes(db: Db, of: Callable[[Node], object]) -> Node:
    """The stored hashes that a piece of the tree's arithmetic asks for, read by one statement."""
    asked: list[tuple[int, int]] = []

    def noted(level: int, index: int) -> bytes:
        asked.append((level, index))
        return b""

    of(noted)
    rows = await db.fetch(
        """
        SELECT level, index, hash
        FROM ledger_nodes JOIN unnest($1::smallint[], $2::bigint[]) AS asked (level, index) USING (level, index)
        """,
        [level for level, _ in asked],
        [index for _, index in asked],
    )
    found = {(row["level"], row["index"]): row["hash"] for row in rows}
    if len(found) < len(set(asked)):
        raise Broken
    return lambda level, index: found[level, index]


async def head(db: Db) -> Head:
    """The last signed head."""
    last = await one(
        db,
        Head,
        """
        SELECT size, encode(root, 'base64') AS root, note, key, signed_at
        FROM ledger_heads ORDER BY size DESC LIMIT 1
        """,
    )
    if last is None:
        raise NoHead
    return last


async def leaf(db: Db, index: int) -> bytes:
    """The bytes of a leaf."""
    data: bytes | None = await db.fetchval("SELECT data FROM ledger_leaves WHERE index = $1", index)
    if data is None:
        raise NoSuchLeaf("The ledger has no leaf {leaf}: it has {size} by now.", leaf=index, size=await _size(db))
    return data


async def find(db: Db, kind: str, subject: str) -> int | None:
    """The last leaf of this kind about this subject, or None while there is none."""
    found: int | None = await db.fetchval(
        "SELECT max(index) FROM ledger_leaves WHERE subject = $1 AND kind = $2", subject, kind
    )
    return found


async def recorded(db: Db, kind: str, subject: str) -> Recorded | None:
    """The leaf of this kind about this subject with its proof under the last head; None while there is none."""
    index = await find(db, kind, subject)
    if index is None:
        return None
    last = await head(db)
    proof = await prove(db, index, last.size)
    return Recorded(
        leaf=index,
        data=b64encode(await leaf(db, index)).decode(),
        hashes=proof.hashes,
        size=last.size,
        root=last.root,
        note=last.note,
        key=last.key,
    )


def holds(told: Recorded) -> bool:
    """Whether the proof leads from the leaf to the root, and the key has signed that root."""
    signed = heads.opened(told.note, told.key)
    if signed is None or (signed.size, signed.root) != (told.size, b64decode(told.root)):
        return False
    path = map(b64decode, told.hashes)
    return merkle.includes(told.leaf, told.size, merkle.leaf(b64decode(told.data)), path, signed.root)


async def prove(db: Db, index: int, size: int) -> Proof:
    """That a leaf is in the tree of the first `size` leaves."""
    await _require(db, size)
    if index >= size:
        raise NoSuchTree("A tree of {size} leaves has no leaf {leaf}: they are counted from 0.", size=size, leaf=index)
    node = await nodes(db, lambda node: merkle.inclusion(index, size, node))
    return Proof(leaf=index, size=size, hashes=_told(merkle.inclusion(index, size, node)))


async def extend(db: Db, first: int, second: int) -> Consistency:
    """That the tree of the first `second` leaves begins with that of the first `first`."""
    await _require(db, second)
    if first > second:
        raise NoSuchTree("A tree of {second} leaves can't begin with one of {first}.", second=second, first=first)
    node = await nodes(db, lambda node: merkle.consistency(first, second, node))
    return Consistency(first=first, second=second, hashes=_told(merkle.consistency(first, second, node)))


async def _require(db: Db, size: int) -> None:
    present = await _size(db)
    if size > present:
        raise NoSuchTree(
            "The ledger has {present} leaves by now, so nothing is known of a tree of {size}.",
            present=present,
            size=size,
        )


async def _size(db: Db) -> int:
    size: int = await db.fetchval("SELECT coalesce(max(size), 0) FROM ledger_heads")
    return size


def _told(hashes: list[bytes]) -> list[str]:
    return [b64encode(hashed).decode() for hashed in hashes]
