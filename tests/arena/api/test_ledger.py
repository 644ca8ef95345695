"""The ledger over HTTP: what was voted is proved within seconds, and what is not there is refused with a sentence."""

import hashlib
import json
from base64 import b64decode
from typing import Any

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.integration import heads, ledger, merkle
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Provider


@pytest.fixture
async def entered(db: Pool, provider: Provider) -> None:
    for model in ("words:one", "words:two"):
        await contender(db, provider, model)


async def _voted(visitor: Visitor) -> tuple[Any, Any]:
    _, opened = await visitor.post("/api/v1/battles", {"prompt": "Which is it?"})
    await visitor.hear(opened["id"])
    _, shown = await visitor.get(f"/api/v1/battles/{opened['id']}")
    assert (shown["commitment"], shown["opening"]) == (opened["commitment"], None)
    status, voted = await visitor.vote(opened["id"], "a")
    assert status == 201
    return opened, voted


@pytest.mark.usefixtures("entered")
async def test_a_voter_checks_the_receipts_proof_and_what_was_promised_of_the_pair(open_arena: Open) -> None:
    async with Visitor(await open_arena(working=True)) as visitor:
        opened, voted = await _voted(visitor)
        path = f"/api/v1/votes/{voted['vote']['id']}"

        async def recorded() -> bool:
            return (await visitor.get(path))[1]["leaf"] is not None

        await until(recorded)
        receipt = (await visitor.get(path))[1]
        leaf, head = receipt["leaf"], receipt["proof"]["head"]
        data = (await visitor.get(f"/api/v1/ledger/leaves/{leaf}"))[1].encode()
        told = json.loads(data)
        assert (told["kind"], told["battle"], told["outcome"]) == ("vote", opened["id"], "a")
        signed = heads.opened(head["note"], head["key"])
        assert signed is not None
        path_up = [b64decode(hashed) for hashed in receipt["proof"]["hashes"]]
        assert merkle.includes(leaf, signed.size, merkle.leaf(data), path_up, signed.root)
        shown = (await visitor.get(f"/api/v1/battles/{opened['id']}"))[1]
        pledge = {name: value for name, value in shown["opening"].items() if name != "nonce"}
        canonical = json.dumps(pledge, sort_keys=True, separators=(",", ":")).encode()
        nonce = bytes.fromhex(shown["opening"]["nonce"])
        assert hashlib.sha256(b"\x02" + nonce + canonical).hexdigest() == opened["commitment"]
        committed = json.loads((await visitor.get(f"/api/v1/ledger/leaves/{leaf - 1}"))[1])
        assert (committed["kind"], committed["commitment"]) == ("battle_committed", opened["commitment"])


async def test_heads_leaves_and_proofs_are_told_and_what_is_not_there_is_refused(
    visitor: Visitor, db: Pool, settings: Settings
) -> None:
    status, problem = await visitor.get("/api/v1/ledger/head")
    assert (status, "no head yet" in problem["detail"]) == (404, True)
    for name in ("One", "Two", "Three"):
        await db.execute(
            "INSERT INTO contenders (slug, name, organisation, description) VALUES (lower($1), $1, 'House', '')", name
        )
    await ledger.append(db, heads.key(settings))
    status, head = await visitor.get("/api/v1/ledger/head")
    assert (status, head["size"], head["fault"]) == (200, 3, None)
    _, proof = await visitor.get("/api/v1/ledger/proof?leaf=2&size=3")
    assert (proof["leaf"], proof["size"], len(proof["hashes"])) == (2, 3, 1)
    _, consistency = await visitor.get("/api/v1/ledger/consistency?first=2&second=3")
    assert (consistency["first"], consistency["second"], len(consistency["hashes"])) == (2, 3, 1)
    for path, expected, words in (
        ("leaves/3", 404, "no leaf 3"),
        ("proof?leaf=3&size=3", 400, "has no leaf 3"),
        ("proof?leaf=0&size=4", 400, "nothing is known of a tree of 4"),
        ("consistency?first=3&second=2", 400, "can't begin with"),
        ("consistency?first=1&second=99", 400, "nothing is known of a tree of 99"),
        ("consistency?first=0&second=3", 400, "first"),
        ("proof?leaf=-1&size=3", 400, "leaf"),
    ):
        status, problem = await visitor.get(f"/api/v1/ledger/{path}")
        assert (status, words in problem["detail"]) == (expected, True), (path, problem)
