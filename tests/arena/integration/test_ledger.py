"""The ledger: what is noted becomes leaves once, in one order, under a signed head, and nothing can be rewritten."""

import asyncio
import hashlib
import json
from base64 import b64decode
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from arena import outbox
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import commitments, exclusions, forgetting, votes
from arena.evaluation.commitments import Pledge
from arena.evaluation.exclusions import Reason, Remark
from arena.integration import boards, heads, ledger, ledger_checks, merkle
from arena.integration.heads import Key
from arena.integration.ledger import Broken, Head, NoHead, NoSuchLeaf, NoSuchTree
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
def key(settings: Settings) -> Key:
    return heads.key(settings)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def _noted(db: Pool, many: int) -> None:
    for number in range(many):
        await outbox.note(db, "settings_changed", {"number": number})


async def _leaves(db: Pool) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT data FROM ledger_leaves ORDER BY index")
    return [json.loads(row["data"]) for row in rows]


async def _proved(db: Pool, head: Head, index: int) -> bool:
    proof = await ledger.prove(db, index, head.size)
    hashed = merkle.leaf(await ledger.leaf(db, index))
    return merkle.includes(index, head.size, hashed, map(b64decode, proof.hashes), b64decode(head.root))


async def _tampered(db: Pool, sql: str, *values: object) -> None:
    """Whoever owns the database can put its guards out of action; the ledger must show what they did then."""
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE ledger_leaves DISABLE TRIGGER USER")
        await connection.execute("ALTER TABLE ledger_nodes DISABLE TRIGGER USER")
        await connection.execute(sql, *values)
        await connection.execute("ALTER TABLE ledger_leaves ENABLE TRIGGER USER")
        await connection.execute("ALTER TABLE ledger_nodes ENABLE TRIGGER USER")


async def test_a_battle_and_its_vote_are_leaves_that_open_each_other(
    db: Pool, key: Key, entrants: list[Entrant]
) -> None:
    battle, voter = await ready_battle(db, entrants)
    assert battle.commitment is not None
    assert await commitments.disclose(db, battle.id) is None
    vote = await votes.cast(db, battle.id, voter, Outcome.A)
    await votes.cast(db, battle.id, voter, Outcome.A)
    assert await ledger.append(db, key) == 5
    told = await _leaves(db)
    assert [leaf["kind"] for leaf in told] == [
        "contender_registered",
        "contender_registered",
        "battle_committed",
        "vote",
        "battle_revealed",
    ]
    assert told[2]["commitment"] == battle.commitment
    assert str(vote.id) not in json.dumps(told)
    assert str(voter) not in json.dumps(told)
    revealed = told[4]
    pledge = {name: revealed[name] for name in ("battle", "contenders", "draw", "propensity", "sides")}
    canonical = json.dumps(pledge, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(b"\x02" + bytes.fromhex(revealed["nonce"]) + canonical).hexdigest() == battle.commitment
    disclosed = await commitments.disclose(db, battle.id)
    assert disclosed is not None
    assert commitments.of(disclosed, bytes.fromhex(disclosed.nonce)).hex() == battle.commitment
    assert {revealed["contenders"][0], revealed["contenders"][1]} == {told[0]["contender"], told[1]["contender"]}
    assert await ledger.find(db, "vote", str(vote.id)) == 3


async def test_a_battle_without_a_vote_is_not_revealed(db: Pool, key: Key, entrants: list[Entrant]) -> None:
    await ready_battle(db, entrants)
    await ledger.append(db, key)
    assert "battle_revealed" not in [leaf["kind"] for leaf in await _leaves(db)]


def test_another_pair_another_order_and_another_nonce_make_another_commitment() -> None:
    pledge = Pledge(uuid4(), [uuid4(), uuid4()], [uuid4(), uuid4()], "0.5", uuid4())
    nonce = bytes(32)
    turned = msgspec.structs.replace(pledge, contenders=pledge.contenders[::-1], sides=pledge.sides[::-1])
    likelier = msgspec.structs.replace(pledge, propensity="0.25")
    made = {commitments.of(pledge, nonce), commitments.of(pledge, bytes([1] * 32))}
    assert len(made | {commitments.of(turned, nonce), commitments.of(likelier, nonce)}) == 4


async def test_an_exclusion_its_lifting_a_snapshot_and_a_release_are_leaves(
    db: Pool, key: Key, settings: Settings, entrants: list[Entrant]
) -> None:
    battle, voter = await ready_battle(db, entrants)
    vote = await votes.cast(db, battle.id, voter, Outcome.A)
    async with db.acquire() as connection:
        remark = Remark(reason=Reason.LEAK, position=1, evidence={"text": "I am Anna"})
        await exclusions.keep(connection, battle.id, [remark])
    await db.execute("UPDATE exclusions SET lifted_at = now(), lifted_because = 'It was not.'")
    release = await releases.refresh(db, await boards.require(db, "overall"), settings)
    await ledger.append(db, key)
    told = {leaf["kind"]: leaf for leaf in await _leaves(db)}
    assert (told["exclusion"]["reason"], told["exclusion"]["side"]) == ("leak", 1)
    assert told["exclusion_lifted"]["exclusion"] == told["exclusion"]["exclusion"]
    assert told["release"]["release"] == release
    assert told["release"]["snapshot"] == told["snapshot"]["snapshot"]
    assert "Anna" not in json.dumps([told["exclusion"], told["exclusion_lifted"]])
    assert vote.new


async def test_every_leaf_is_proved_under_every_head_and_each_head_extends_those_before(db: Pool, key: Key) -> None:
    made = []
    for many in (1, 2, 4, 7):
        await _noted(db, many)
        assert await ledger.append(db, key) == many
        head = await ledger.head(db)
        signed = heads.opened(head.note, head.key)
        assert signed is not None
        assert (signed.size, signed.root) == (head.size, b64decode(head.root))
        assert all([await _proved(db, head, index) for index in range(head.size)])
        made.append(head)
    assert await ledger.append(db, key) == 0
    for first in made:
        for second in made[made.index(first) :]:
            shown = await ledger.extend(db, first.size, second.size)
            former, root = b64decode(first.root), b64decode(second.root)
            assert merkle.extends(first.size, second.size, former, root, map(b64decode, shown.hashes))


async def test_what_is_not_there_is_refused_with_a_sentence(db: Pool, key: Key) -> None:
    with pytest.raises(NoHead):
        await ledger.head(db)
    await _noted(db, 3)
    await ledger.append(db, key)
    with pytest.raises(NoSuchLeaf, match="no leaf 3: it has 3 by now"):
        await ledger.leaf(db, 3)
    with pytest.raises(NoSuchTree, match="has no leaf 2"):
        await ledger.prove(db, 2, 2)
    with pytest.raises(NoSuchTree, match="nothing is known of a tree of 4"):
        await ledger.prove(db, 0, 4)
    with pytest.raises(NoSuchTree, match="nothing is known of a tree of 9"):
        await ledger.extend(db, 1, 9)
    with pytest.raises(NoSuchTree, match="can't begin with"):
        await ledger.extend(db, 3, 2)


async def test_two_sequencers_at_once_make_one_log(db: Pool, key: Key) -> None:
    await _noted(db, 60)

    async def drained() -> int:
        made = 0
        while await db.fetchval("SELECT true FROM outbox LIMIT 1"):
            made += await ledger.append(db, key, most=7)
        return made

    assert sum(await asyncio.gather(*(drained() for _ in range(4)))) == 60
    assert [leaf["number"] for leaf in await _leaves(db)] == list(range(60))
    assert await ledger_checks.check(db) is None


async def test_who_dies_in_the_middle_loses_and_doubles_nothing(db: Pool, key: Key, settings: Settings) -> None:
    await _noted(db, 3)
    await ledger.append(db, key)
    await _noted(db, 5)

    class Dying(Key):
        def sign(self, size: int, root: bytes) -> str:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await ledger.append(db, Dying("arena", bytes(32)))
    assert (await ledger.head(db)).size == 3
    assert await ledger.append(db, key) == 5
    assert [leaf["number"] for leaf in await _leaves(db)] == [0, 1, 2, 0, 1, 2, 3, 4]
    assert await ledger_checks.check(db) is None


@pytest.mark.parametrize("table", ["ledger_leaves", "ledger_nodes", "ledger_heads"])
async def test_the_ledgers_tables_refuse_to_be_changed(db: Pool, key: Key, table: str) -> None:
    await _noted(db, 2)
    await ledger.append(db, key)
    for act in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET {_column(table)} = {_column(table)}"):
        with pytest.raises(asyncpg.RestrictViolationError, match="only grows"):
            await db.execute(act)


def _column(table: str) -> str:
    return {"ledger_leaves": "data", "ledger_nodes": "hash", "ledger_heads": "note"}[table]


async def test_a_rewritten_leaf_is_found_and_holds_every_release(
    db: Pool, key: Key, settings: Settings, entrants: list[Entrant]
) -> None:
    battle, voter = await ready_battle(db, entrants)
    vote = await votes.cast(db, battle.id, voter, Outcome.A)
    await ledger.append(db, key)
    assert await ledger_checks.check(db) is None
    index = await ledger.find(db, "vote", str(vote.id))
    assert index is not None
    data = (await ledger.leaf(db, index)).replace(b'"outcome":"a"', b'"outcome":"b"')
    await _tampered(db, "UPDATE ledger_leaves SET data = $2 WHERE index = $1", index, data)
    assert not await _proved(db, await ledger.head(db), index)
    assert await ledger_checks.check(db) == f"The ledger's leaf {index} is not what it was when it was recorded."
    with pytest.raises(releases.Held):
        await releases.refresh(db, await boards.require(db, "overall"), settings)
    assert await db.fetchval("SELECT count(*) FROM releases") == 0


async def test_a_leaf_rewritten_with_its_hashes_does_not_make_the_signed_root(db: Pool, key: Key) -> None:
    await _noted(db, 1)
    await ledger.append(db, key)
    data = b"{}"
    await _tampered(db, "UPDATE ledger_leaves SET data = $1", data)
    await _tampered(db, "UPDATE ledger_nodes SET hash = $1", merkle.leaf(data))
    assert await ledger_checks.check(db) == "The ledger's hashes do not make the root that was signed for 1 leaves."
    await _noted(db, 1)
    with pytest.raises(Broken):
        await ledger.append(db, key)
    assert await db.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_leaf_that_is_gone_is_found(db: Pool, key: Key) -> None:
    await _noted(db, 3)
    await ledger.append(db, key)
    await _tampered(db, "DELETE FROM ledger_leaves WHERE index = 2")
    assert await ledger_checks.check(db) == "The ledger's leaf 2 is gone."


async def test_a_rewritten_first_vote_is_found(db: Pool, key: Key, entrants: list[Entrant]) -> None:
    for outcome in (Outcome.A, Outcome.B):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, outcome)
    await ledger.append(db, key)
    assert await ledger_checks.check(db) is None
    await db.execute("UPDATE votes SET outcome = 'tie' WHERE outcome = 'a'")
    fault = await ledger_checks.check(db)
    first = [leaf["kind"] for leaf in await _leaves(db)].index("vote")
    assert fault == f"The vote of the ledger's leaf {first} is not what it was when it was recorded."


async def test_erasure_destroys_the_salt_and_every_proof_still_holds(
    db: Pool, key: Key, entrants: list[Entrant]
) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await ledger.append(db, key)
    committed = next(leaf for leaf in await _leaves(db) if leaf["kind"] == "battle_committed")
    salt = await db.fetchval("SELECT salt FROM battles WHERE id = $1", battle.id)
    assert hashlib.sha256(b"\x03" + salt + voter.bytes).hexdigest() == committed["voter"]
    assert hashlib.sha256(b"\x04" + salt + b"Which is it?").hexdigest() == committed["prompt"]
    await forgetting.forget(db, voter)
    assert await db.fetchval("SELECT salt FROM battles WHERE id = $1", battle.id) is None
    head = await ledger.head(db)
    assert all([await _proved(db, head, index) for index in range(head.size)])
    assert await ledger_checks.check(db) is None


async def test_of_a_contender_that_is_tested_privately_only_its_number_is_told(
    db: Pool, key: Key, entrants: list[Entrant]
) -> None:
    await db.execute(
        "INSERT INTO contenders (slug, name, organisation, description, committed_at) "
        "VALUES ('secret-one', 'Secret one', 'House', '', NULL)"
    )
    await ledger.append(db, key)
    assert [leaf.get("slug") for leaf in await _leaves(db)] == ["anna", "berta", None]
    await db.execute("UPDATE contenders SET committed_at = now() WHERE slug = 'secret-one'")
    await ledger.append(db, key)
    registered, announced = (await _leaves(db))[2:]
    assert (announced["kind"], announced["slug"]) == ("contender_announced", "secret-one")
    assert announced["contender"] == registered["contender"]
