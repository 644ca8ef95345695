"""What people paste, from a phone number to a flood: it is sorted, refused in a sentence, or shown without harm."""

import asyncio
from urllib.parse import urlsplit

import pytest

from arena.config import Action
from arena.db import Pool
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

HOSTILE = "\u202eevil\u2066 " + "a" + "\u0301" * 100 + "\u200b" * 100 + "\n\n" + ">" * 300 + "[" * 300


@pytest.fixture
async def entered(db: Pool, provider: Provider) -> None:
    provider.script("anna", ["One."])
    provider.script("berta", ["Two."])
    for model in ("anna", "berta"):
        await contender(db, provider, model, slug=model)


@pytest.mark.usefixtures("entered")
async def test_the_voter_learns_after_the_vote_what_the_prompt_was_sorted_as(visitor: Visitor) -> None:
    battle_id = await visitor.ask("Write a Python function that reverses a string")
    heard = await visitor.hear(battle_id)
    assert heard.events[-1].data == {}
    assert (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["tags"] is None
    await visitor.vote(battle_id, "a")
    told = (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["tags"]
    assert told == {"categories": ["code"], "language": "en", "classifier": "rules-1", "preset": False}


@pytest.mark.usefixtures("entered")
async def test_the_voter_is_told_at_once_that_a_repeated_prompt_does_not_count(open_arena: Open) -> None:
    async with Visitor(await open_arena(same_prompt_votes=1)) as visitor:
        ends = []
        for prompt in ("Why is the sky blue at noon?", "Why is the sky blue at noon??"):
            battle_id = await visitor.ask(prompt)
            ends.append((await visitor.hear(battle_id)).events[-1].data)
            await visitor.vote(battle_id, "a")
        assert ends == [{}, {"remarks": [{"reason": "duplicate", "side": None}]}]
        assert (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["remarks"] == ends[1]["remarks"]


@pytest.mark.usefixtures("entered")
async def test_a_gate_refuses_before_anything_is_asked(open_arena: Open, db: Pool) -> None:
    async with Visitor(await open_arena(personal_prompts=Action.REFUSE)) as visitor:
        battle_id = await visitor.ask("Hello")
        await visitor.hear(battle_id)
        for path in ("/api/v1/battles", f"/api/v1/battles/{battle_id}/turns"):
            status, problem = await visitor.post(path, {"prompt": "Mail maria.keller82@posteo.de"})
            assert (status, problem["detail"]) == (
                400,
                "This prompt seems to hold personal data at place 6. Take it out, since prompts may be published.",
            )
    assert await db.fetchval("SELECT count(*) FROM turns") == 1


@pytest.mark.usefixtures("entered")
async def test_a_hostile_answer_reaches_the_voter_and_can_be_voted_on(visitor: Visitor, provider: Provider) -> None:
    provider.script("berta", [HOSTILE])
    battle_id = await visitor.ask(HOSTILE)
    assert (await visitor.hear(battle_id)).end == "ready"
    _, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert battle["turns"][0]["prompt"] == HOSTILE
    assert {side["text"] for side in battle["sides"]} == {"One.", HOSTILE}
    assert all(side["html"].count("\u0301") <= 4 for side in battle["sides"])
    assert (await visitor.vote(battle_id, "tie"))[0] == 201


async def test_a_prompt_of_200_kilobytes_is_refused_in_a_sentence(visitor: Visitor) -> None:
    status, problem = await visitor.post("/api/v1/battles", {"prompt": "a" * 200_000})
    assert (status, problem["detail"]) == (400, "This prompt has 200,000 characters; 32,000 fit.")


async def test_control_characters_without_end_are_refused_in_a_sentence(visitor: Visitor) -> None:
    status, problem = await visitor.post("/api/v1/battles", {"prompt": "a" + "\x07" * 10_000})
    assert status == 400
    assert problem["detail"] == "The text holds the control character U+0007 at place 2. Take it out."


@pytest.mark.parametrize("length", [3_000_000, 30_000_000])
async def test_a_body_that_is_too_large_is_refused_in_a_sentence_however_it_is_sent(arena: str, length: int) -> None:
    """Over a plain socket that reads nothing until all is sent, as a browser does."""
    address = urlsplit(arena)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    async with asyncio.timeout(60):
        writer.write(
            b"POST /api/v1/battles HTTP/1.1\r\nhost: arena\r\ncontent-type: application/json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n" % length
        )
        for _ in range(length // 100_000):
            writer.write(b" " * 100_000)
            await writer.drain()
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"This request is larger than the arena reads. Send less." in answer
    writer.close()
