"""Answers that say who they are, from the provider to the voter, the receipt and the rating."""

import pytest

from arena.db import Pool
from arena.evaluation import exclusions, votes
from arena.evaluation.identities import Names
from tests.builders import Visitor, contender
from tests.upstream import Provider

LEAK = {"reason": "leak", "side": 0}


async def _says(db: Pool, provider: Provider, model: str, text: str, **card: str) -> None:
    provider.script(model, [text])
    await contender(db, provider, model, slug=model, **card)


async def _ready(visitor: Visitor, battle_id: str) -> list[dict[str, object]]:
    heard = await visitor.hear(battle_id)
    assert heard.end == "ready"
    remarks: list[dict[str, object]] = heard.events[-1].data.get("remarks", [])
    return remarks


async def test_the_voter_is_told_at_once_and_the_vote_is_not_counted(
    visitor: Visitor, db: Pool, provider: Provider
) -> None:
    await _says(db, provider, "anna", "I am ChatGPT, and one.")
    await _says(db, provider, "berta", "It is two.")
    battle_id = await visitor.ask()
    told = await _ready(visitor, battle_id)
    _, shown = await visitor.get(f"/api/v1/battles/{battle_id}")
    leaking = next(side for side, answer in enumerate(shown["sides"]) if "ChatGPT" in answer["text"])
    assert told == shown["remarks"] == [LEAK | {"side": leaking}]
    assert b"evidence" not in visitor.received
    await visitor.vote(battle_id, "a")
    assert await votes.count(db) == 0
    standing = (await exclusions.standing(db, await db.fetchval("SELECT id FROM battles")))[0]
    assert standing.evidence == {
        "turn": 1, "name": "ChatGPT", "how": "I am", "span": [5, 12], "version": "leaks-1"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Zyx-Prime 7B", "Someone else"])
async def test_a_remark_tells_no_more_than_the_text(visitor: Visitor, db: Pool, provider: Provider, name: str) -> None:
    """The same text is remarked on whoever wrote it, so that the remark is no way to ask."""
    await _says(db, provider, "anna", "Ask Zyx-Prime 7B about it.", name=name)
    await _says(db, provider, "berta", "Ask Zyx-Prime 7B about it.", name="Berta")
    await _says(db, provider, "zyx-prime-7b", "Ask Zyx-Prime 7B about it.", name="Zyx-Prime 7B")
    assert await _ready(visitor, await visitor.ask()) == [LEAK, LEAK | {"side": 1}]


async def test_every_turn_is_looked_at_with_what_the_voter_has_said_so_far(
    visitor: Visitor, db: Pool, provider: Provider
) -> None:
    for model in ("anna", "berta"):
        await _says(db, provider, model, "GPT-3 was published in 2020.")
    spoken_of = await visitor.ask("What is GPT-3?")
    assert await _ready(visitor, spoken_of) == []
    unasked = await visitor.ask("What happened in 2020?")
    assert await _ready(visitor, unasked) == [LEAK, LEAK | {"side": 1}]
    for model in ("anna", "berta"):
        provider.script(model, ["I am GPT-3."])
    status, _ = await visitor.post(f"/api/v1/battles/{spoken_of}/turns", {"prompt": "And you?"})
    assert status == 201
    assert await _ready(visitor, spoken_of) == [LEAK, LEAK | {"side": 1}]


@pytest.mark.parametrize(("kind", "chosen"), [("named", ["anna", "berta"]), ("direct", ["anna"])])
async def test_who_is_named_may_name_himself(
    visitor: Visitor, db: Pool, provider: Provider, kind: str, chosen: list[str]
) -> None:
    for model in ("anna", "berta"):
        await _says(db, provider, model, "I am ChatGPT.")
    _, opened = await visitor.post("/api/v1/battles", {"prompt": "Who?", "kind": kind, "contenders": chosen})
    assert await _ready(visitor, opened["id"]) == []
    assert await _ready(visitor, await visitor.ask()) == [LEAK, LEAK | {"side": 1}]


async def test_whoever_is_entered_is_known_by_name_soon(db: Pool, provider: Provider) -> None:
    names = Names(db)
    assert not any("zyxprime" in name.text.casefold() for name in await names.present())
    await contender(db, provider, "zyxprime-7b", name="Zyxprime 7B")
    assert any("zyxprime" in name.text.casefold() for name in await Names(db).present())
