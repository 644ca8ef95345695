import asyncio
import json
from uuid import uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.people import voters
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

JSON = {"content-type": "application/json"}


@pytest.fixture
async def entered(db: Pool, provider: Provider) -> None:
    provider.script("anna", ["# One\n\n", "Some ", "**bold** text.\n\n", "The end."])
    provider.script("berta", ["Two ", "words."])
    await contender(db, provider, "anna", slug="anna", name="Anna")
    await contender(db, provider, "berta", slug="berta", name="Berta")


@pytest.mark.usefixtures("entered")
async def test_a_battle_is_opened_followed_voted_on_and_revealed(visitor: Visitor, db: Pool) -> None:
    battle_id = await visitor.ask("What is one?")
    heard = await visitor.hear(battle_id)
    assert heard.end == "ready"
    assert heard.seqs() == list(range(1, len(heard.seqs()) + 1))
    texts = {"# One\n\nSome **bold** text.\n\nThe end.", "Two words."}
    assert set(heard.texts()) == texts

    status, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert (status, battle["state"], battle["reveal"]) == (200, "ready", None)
    assert tuple(side["text"] for side in battle["sides"]) == heard.texts()
    assert any("<strong>bold</strong>" in side["html"] for side in battle["sides"])

    status, voted = await visitor.vote(battle_id, "a")
    assert status == 201
    assert voted["vote"]["outcome"] == "a"
    assert voted["receipt"]["id"] == voted["vote"]["id"]
    names = {"# One\n\nSome **bold** text.\n\nThe end.": "anna", "Two words.": "berta"}
    assert [side["contender"] for side in voted["reveal"]["sides"]] == [names[text] for text in heard.texts()]
    assert [side["characters"] for side in voted["reveal"]["sides"]] == [len(text) for text in heard.texts()]

    assert await visitor.vote(battle_id, "a") == (200, voted)
    status, problem = await visitor.vote(battle_id, "b")
    assert (status, problem["detail"]) == (409, "You have voted A in this battle. A vote is never changed.")
    status, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert (battle["state"], battle["reveal"]) == ("voted", voted["reveal"])
    assert await db.fetchval("SELECT count(*) FROM votes") == 1


@pytest.mark.usefixtures("entered")
async def test_the_last_html_of_a_side_is_its_whole_answer(visitor: Visitor) -> None:
    heard = await visitor.hear(await visitor.ask())
    whole = [event.data for event in heard.events if event.name == "html"][-1]
    assert [(side["from"], side["rest"]) for side in whole["sides"]] == [(0, ""), (0, "")]
    first = heard.texts().index("# One\n\nSome **bold** text.\n\nThe end.")
    assert "<h3>One</h3>" in whole["sides"][first]["html"]


@pytest.mark.usefixtures("entered")
async def test_a_stream_goes_on_after_a_tick_and_can_be_read_again(visitor: Visitor) -> None:
    battle_id = await visitor.ask()
    whole = await visitor.hear(battle_id)
    again = await visitor.hear(battle_id)
    assert again.texts() == whole.texts()
    rest = await visitor.hear(battle_id, params={"after": "1"})
    assert rest.seqs() == whole.seqs()[1:]
    rest = await visitor.hear(battle_id, headers={"Last-Event-ID": "2"})
    assert rest.seqs() == whole.seqs()[2:]
    rest = await visitor.hear(battle_id, headers={"Last-Event-ID": "junk\x80"})
    assert rest.seqs() == whole.seqs()


async def test_a_battle_of_another_process_is_told_from_what_is_kept(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    for word in ("One.", "Two."):
        await contender(db, provider, f"words:{word}")
    async with Visitor(await open_arena()) as visitor:
        battle_id = await visitor.ask()
        heard = await visitor.hear(battle_id)
        async with Visitor(await open_arena()) as elsewhere:
            elsewhere.take_cookies_of(visitor)
            again = await elsewhere.hear(battle_id)
            assert (again.end, again.texts()) == ("ready", heard.texts())
            assert (await elsewhere.vote(battle_id, "a"))[0] == 201


async def test_a_side_that_fails_voids_the_battle_in_neutral_words(
    visitor: Visitor, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "words:fine", slug="fine")
    await contender(db, provider, "status500", slug="broken", name="Broken")
    battle_id = await visitor.ask()
    heard = await visitor.hear(battle_id)
    assert (heard.end, heard.events[-1].data) == ("failed", {"code": "interrupted"})
    status, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert (battle["state"], battle["reveal"]) == ("void", None)
    status, problem = await visitor.vote(battle_id, "a")
    assert status == 409
    assert "does not count" in problem["detail"]
    assert await db.fetchval("SELECT count(*) FROM answers WHERE failure = 'status'") == 1


async def test_a_battle_takes_no_vote_while_it_streams(visitor: Visitor, db: Pool, provider: Provider) -> None:
    gate = asyncio.Event()
    provider.script("slow", ["begun", gate, " and done"])
    for _ in range(2):
        await contender(db, provider, "slow")
    battle_id = await visitor.ask()
    status, problem = await visitor.vote(battle_id, "a")
    assert (status, problem["detail"]) == (409, "Both are answering. You can vote when both have finished.")
    gate.set()
    assert (await visitor.hear(battle_id)).texts() == ("begun and done", "begun and done")
    assert (await visitor.vote(battle_id, "tie"))[0] == 201


async def test_leaving_ends_both_calls_and_reveals_nothing(visitor: Visitor, db: Pool, provider: Provider) -> None:
    for model in ("hang_mid", "hang"):
        await contender(db, provider, model)
    battle_id = await visitor.ask()
    calls = [await provider.called(number) for number in (1, 2)]
    status, _ = await visitor.post(f"/api/v1/battles/{battle_id}/skip", {"reason": "boring"})
    assert status == 200
    async with asyncio.timeout(1):
        await asyncio.gather(*(call.closed_early.wait() for call in calls))
    assert (await visitor.hear(battle_id)).events[-1].data == {"code": "closed"}
    assert (await visitor.vote(battle_id, "a"))[0] == 409
    assert (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["reveal"] is None


@pytest.mark.usefixtures("entered")
async def test_nobody_reads_or_votes_on_somebody_elses_battle(arena: str, visitor: Visitor) -> None:
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    async with Visitor(arena) as other, Visitor(arena) as stranger:
        await other.ask()
        for somebody in (other, stranger):
            for unknown in (battle_id, str(uuid4())):
                assert (await somebody.get(f"/api/v1/battles/{unknown}"))[0] == 404
                assert (await somebody.get(f"/api/v1/battles/{unknown}/stream"))[0] == 404
                assert (await somebody.vote(unknown, "a"))[0] == 404
                assert (await somebody.post(f"/api/v1/battles/{unknown}/skip", {}))[0] == 404


async def test_without_two_contenders_no_battle_is_opened(visitor: Visitor, db: Pool, provider: Provider) -> None:
    await contender(db, provider, "words:alone")
    status, problem = await visitor.post("/api/v1/battles", {"prompt": "Anybody?"})
    assert status == 503
    assert "Fewer than two" in problem["detail"]
    assert await db.fetchval("SELECT count(*) FROM voters") == 0


BODIES: dict[str, tuple[bytes, int]] = {
    "empty prompt": (b'{"prompt": ""}', 400),
    "blank prompt": (b'{"prompt": " \\n\\t"}', 400),
    "a megabyte": (json.dumps({"prompt": "x" * 1_000_000}).encode(), 400),
    "three megabytes": (json.dumps({"prompt": "x" * 3_000_000}).encode(), 413),
    "control character": (b'{"prompt": "a\\u0007b"}', 400),
    "null character": (b'{"prompt": "a\\u0000b"}', 400),
    "lone surrogate": (b'{"prompt": "a\\ud800b"}', 400),
    "broken utf-8": (b'{"prompt": "a\xff\xfeb"}', 400),
    "malformed json": (b'{"prompt": ', 400),
    "no body": (b"", 400),
    "no object": (b'["prompt"]', 400),
    "number": (b'{"prompt": 7}', 400),
    "nothing": (b'{"prompt": null}', 400),
    "missing": (b"{}", 400),
    "unknown field": (b'{"prompt": "a", "model": "b"}', 400),
    "deep json": (b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
}


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("name", BODIES)
async def test_a_prompt_that_cant_be_asked_is_a_sentence_and_leaves_nothing(
    visitor: Visitor, db: Pool, name: str
) -> None:
    body, expected = BODIES[name]
    status, problem = await visitor.post("/api/v1/battles", data=body, headers=JSON)
    assert status == expected, problem
    assert problem["status"] == expected
    assert problem["detail"].endswith("."), problem
    assert len(problem["detail"]) > 10
    for table in ("battles", "voters", "turns", "sides"):
        assert await db.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_does_not_say_it_is_json_is_refused(visitor: Visitor, content_type: str) -> None:
    headers = {"content-type": content_type}
    status, problem = await visitor.post("/api/v1/battles", data=b'{"prompt": "a"}', headers=headers)
    assert status == 415
    assert "application/json" in problem["detail"]


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("outcome", ["", "A", "left", "model_a", "tie (bothbad)", 1, None, ["a"]])
async def test_an_outcome_nobody_knows_is_refused(visitor: Visitor, db: Pool, outcome: object) -> None:
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    status, problem = await visitor.post(f"/api/v1/battles/{battle_id}/vote", {"outcome": outcome})
    assert status == 400
    assert problem["detail"].endswith(".")
    assert await db.fetchval("SELECT count(*) FROM votes") == 0


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("cookie", ["junk", "a.b", "é", f"{uuid4().hex}.{'0' * 64}", "." * 3000, '"\\000"'])
async def test_a_voter_cookie_that_isnt_ours_is_refused_and_taken_away(visitor: Visitor, db: Pool, cookie: str) -> None:
    headers = JSON | {"cookie": f"voter={cookie}"}
    for path, body in (("battles", {"prompt": "a"}), (f"battles/{uuid4()}/vote", {"outcome": "a"})):
        status, problem = await visitor.post(f"/api/v1/{path}", body, headers=headers)
        assert status == 401, problem
        assert "cookie" in problem["detail"]
    assert b"voter=" in visitor.received
    assert b"Max-Age=0" in visitor.received
    assert await db.fetchval("SELECT count(*) FROM battles") == 0


@pytest.mark.usefixtures("entered")
@pytest.mark.parametrize("cookie", [";;;", "=", "\xff\xfe", "a" * 4000, "other=1; =; x"])
async def test_other_peoples_cookies_are_none_of_our_business(visitor: Visitor, cookie: str) -> None:
    status, _ = await visitor.post("/api/v1/battles", {"prompt": "a"}, headers=JSON | {"cookie": cookie})
    assert status == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/battles/not-an-id", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/battles", 405),
        ("DELETE", "/api/v1/boards", 405),
        ("GET", f"/api/v1/battles/{uuid4()}/stream?after=-1", 400),
        ("GET", f"/api/v1/battles/{uuid4()}/stream?after=x", 400),
        ("GET", f"/api/v1/battles/{uuid4()}/stream?after={'9' * 5000}", 400),
        ("TRACE", "/api/v1/boards", 405),
    ],
)
async def test_a_wrong_address_is_a_problem_with_a_sentence(
    visitor: Visitor, method: str, path: str, status: int
) -> None:
    answered, problem = await visitor._call(method, path, headers=JSON)
    assert answered == status
    assert (problem["status"], problem["detail"][-1]) == (status, ".")


@pytest.mark.usefixtures("entered")
async def test_a_cookie_is_given_once_and_signed(visitor: Visitor, settings: Settings) -> None:
    await visitor.ask()
    given = bytes(visitor.received)
    assert b"HttpOnly" in given
    assert b"samesite=lax" in given.lower()
    cookie = given.partition(b"voter=")[2].partition(b";")[0].decode()
    voters.read(cookie, settings.secret)
    visitor.received.clear()
    await visitor.ask()
    assert b"set-cookie" not in visitor.received.lower()
