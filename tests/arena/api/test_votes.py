"""What becomes of a vote, over HTTP: its receipt, exclusions, appeals, and battles that only measure."""

import json
import logging
import re
from typing import Any
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.evaluation import probes, recitals
from arena.people import accounts, keys
from arena.people.accounts import Role
from arena.people.keys import Scope
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Call, Provider

AGENT = "Netscape-Navigator/4.04 (Amiga; a browser like no other)"
ADDRESS = "203.0.113.77"


@pytest.fixture
async def entered(db: Pool, provider: Provider) -> None:
    for model in ("words:one", "words:two"):
        await contender(db, provider, model)


async def _key(db: Pool, email: str, *roles: Role) -> dict[str, str]:
    async with db.acquire() as connection:
        account = await accounts.open(connection, email=email, name="Op", password=None, roles=roles)
        scopes = [scope for scope in Scope if scope is not Scope.OPERATE or Role.OPERATOR in roles]
        _, words = await keys.make(connection, account, name="key", scopes=scopes, days=None)
    return {"authorization": f"Bearer {words}", "content-type": "application/json"}


async def _voted(visitor: Visitor, outcome: str = "a", **more: Any) -> Any:
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    status, body = await visitor.post(f"/api/v1/battles/{battle_id}/vote", {"outcome": outcome, **more})
    assert status == 201, body
    return body


@pytest.mark.usefixtures("entered")
async def test_the_votes_answer_carries_the_receipt_that_anybody_with_its_id_may_read(
    visitor: Visitor, arena: str
) -> None:
    body = await _voted(visitor)
    async with Visitor(arena) as stranger:
        status, receipt = await stranger.get(f"/api/v1/votes/{body['vote']['id']}")
        assert (status, receipt) == (200, body["receipt"])
        assert (receipt["counted"], receipt["reason"], receipt["leaf"], receipt["releases"]) == (True, None, None, [])
        assert not any(side["name"] in json.dumps(receipt) for side in body["reveal"]["sides"])
        assert (await stranger.get(f"/api/v1/votes/{uuid4()}"))[0] == 404


@pytest.mark.usefixtures("entered")
async def test_an_exclusion_an_appeal_and_its_answer_change_the_board_and_the_receipt(
    open_arena: Open, db: Pool, operator: dict[str, str]
) -> None:
    async with Visitor(await open_arena(working=True)) as visitor:
        vote_id = (await _voted(visitor))["vote"]["id"]
        path = f"/api/v1/votes/{vote_id}"

        async def told(*expected: object) -> bool:
            _, receipt = await visitor.get(path)
            _, board = await visitor.get("/api/v1/boards/overall")
            release = board["release"]
            return (receipt["counted"], receipt["released"], release and release["votes"]) == expected

        await until(lambda: told(True, 1, 1))
        status, excluded = await visitor.post(f"{path}/exclusions", {"note": "A campaign."}, headers=operator)
        assert (status, excluded["reason"], excluded["vote_id"]) == (201, "operator", vote_id)
        await until(lambda: told(False, 1, 0))
        status, plea = await visitor.post(f"{path}/appeal", {"text": "I read both."})
        assert (status, plea["answer"]) == (201, None)
        assert (await visitor.post(f"{path}/appeal", {"text": "Again."}))[0] == 409
        _, waiting = await visitor.get("/api/v1/appeals", headers=operator, params={"unanswered": "true"})
        [appeal] = waiting["items"]
        assert (appeal["text"], appeal["reasons"]) == ("I read both.", ["operator"])
        answer = {"text": "You are right.", "lift": True}
        assert (await visitor.post(f"/api/v1/appeals/{appeal['id']}/answer", answer, headers=operator))[0] == 200
        await until(lambda: told(True, 2, 1))
        _, receipt = await visitor.get(path)
        assert [plea["answer"] for plea in receipt["appeals"]] == ["You are right."]
        _, found = await visitor.get("/api/v1/exclusions", headers=operator, params={"reason": "operator"})
        assert [one["lifted_because"] for one in found["items"]] == ["You are right."]
        assert (await visitor.get("/api/v1/exclusions", headers=operator, params={"reason": "leak"}))[1]["items"] == []


@pytest.mark.usefixtures("entered")
async def test_acts_on_votes_are_for_operators_alone(visitor: Visitor, db: Pool, operator: dict[str, str]) -> None:
    vote_id = (await _voted(visitor))["vote"]["id"]
    other = await _key(db, "ann@example.org", Role.PROVIDER)
    calls = [
        ("POST", f"/api/v1/votes/{vote_id}/exclusions", {"note": "?"}),
        ("POST", "/api/v1/exclusions/1/lift", {"reason": "?"}),
        ("POST", "/api/v1/appeals/1/answer", {"text": "?", "lift": False}),
        ("GET", "/api/v1/exclusions", None),
        ("GET", "/api/v1/appeals", None),
    ]
    for method, path, body in calls:
        for headers, expected in (({"content-type": "application/json"}, 401), (other, 403)):
            call = visitor.post(path, body, headers=headers) if method == "POST" else visitor.get(path, headers=headers)
            assert (await call)[0] == expected, path
    for number, expected in ((1, 404), (10**30, 400)):
        path = f"/api/v1/exclusions/{number}/lift"
        assert (await visitor.post(path, {"reason": "?"}, headers=operator))[0] == expected
    assert (await visitor.post(f"/api/v1/votes/{uuid4()}/exclusions", {"note": "?"}, headers=operator))[0] == 404
    wrong = {"note": "?", "reason": "dislike"}
    assert (await visitor.post(f"/api/v1/votes/{vote_id}/exclusions", wrong, headers=operator))[0] == 400


@pytest.mark.usefixtures("entered")
async def test_only_the_own_voter_can_appeal_and_only_with_words(
    visitor: Visitor, arena: str, operator: dict[str, str]
) -> None:
    path = f"/api/v1/votes/{(await _voted(visitor))['vote']['id']}"
    assert (await visitor.post(f"{path}/appeal", {"text": "Why?"}))[0] == 409
    await visitor.post(f"{path}/exclusions", {"note": "?"}, headers=operator)
    async with Visitor(arena) as stranger:
        assert (await stranger.post(f"{path}/appeal", {"text": "Mine!"}))[0] == 404
    for text in ("", "x" * 2001, "a\0b"):
        assert (await visitor.post(f"{path}/appeal", {"text": text}))[0] == 400


@pytest.mark.usefixtures("entered")
async def test_reading_times_come_with_the_vote_and_nonsense_is_refused(visitor: Visitor, db: Pool) -> None:
    await _voted(visitor, reading={"seconds": 12.5, "sides": [6.25, 5]})
    assert tuple(await db.fetchrow("SELECT seconds, side_seconds FROM readings") or ()) == (12.5, [6.25, 5])
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    for reading in (
        {"seconds": -1, "sides": [0, 0]},
        {"seconds": 1, "sides": [1]},
        {"seconds": 1},
        7,
        {"seconds": "x"},
    ):
        body = {"outcome": "a", "reading": reading}
        assert (await visitor.post(f"/api/v1/battles/{battle_id}/vote", body))[0] == 400


async def test_a_hasty_vote_is_kept_and_its_receipt_says_so(open_arena: Open, db: Pool, provider: Provider) -> None:
    for model in ("anna", "berta"):
        provider.script(model, ["so long an answer " * 100])
        await contender(db, provider, model, slug=model)
    async with Visitor(await open_arena(reading_speed=300, pace_characters=5000)) as visitor:
        body = await _voted(visitor)
        assert (body["receipt"]["counted"], body["receipt"]["reason"]) == (False, "hasty")
        assert (await visitor.vote(await _battle_of(db), "a"))[1]["receipt"]["reason"] == "hasty"
    row = await db.fetchrow("SELECT shown_at BETWEEN asked_at AND answered_at AS between FROM turns, battles")
    assert row is not None
    assert row["between"]


async def _battle_of(db: Pool) -> str:
    return str(await db.fetchval("SELECT id FROM battles"))


@pytest.mark.usefixtures("entered")
async def test_neither_address_nor_browser_is_anywhere_and_their_codes_are(
    open_arena: Open, db: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"user-agent": AGENT, "x-forwarded-for": ADDRESS, "content-type": "application/json"}
    async with Visitor(await open_arena(trusted_proxies=1)) as visitor:
        for _ in range(2):
            _, opened = await visitor.post("/api/v1/battles", {"prompt": "Why?"}, headers=headers)
            await visitor.hear(opened["id"])
            path = f"/api/v1/battles/{opened['id']}/vote"
            assert (await visitor.post(path, {"outcome": "tie"}, headers=headers))[0] == 201
        await visitor.post(path, {"outcome": "a"}, headers=headers)
    assert await db.fetchval("SELECT count(*) FROM traces") == 4
    assert await db.fetchval("SELECT count(DISTINCT (network, agent)) FROM traces") == 1
    tables = await db.fetch("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'")
    assert len(tables) > 20
    for table in tables:
        rows = await db.fetch(f'SELECT "{table["name"]}"::text AS row FROM "{table["name"]}"')
        _assert_nothing_of_them("\n".join(row["row"] for row in rows))
    _assert_nothing_of_them(caplog.text)


def _assert_nothing_of_them(text: str) -> None:
    for trace in ("203.0.113", "Netscape", "Amiga", "no other", ADDRESS.encode().hex(), AGENT.encode().hex()[:40]):
        assert trace not in text


def _speak(call: Call) -> str:
    return f"You asked: {call.question}"


async def test_a_probe_asks_nobody_can_not_be_told_before_the_vote_and_is_told_after_it(
    open_arena: Open, db: Pool, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recitals, "ENOUGH", 4)
    question = probes.ALL[3]
    for model in ("anna", "berta"):
        provider.script(model, ["Six words ", "are all ", "I say."])
        await contender(db, provider, model, slug=model)
    async with Visitor(await open_arena(control_share=0, probe_share=1)) as visitor:
        await visitor.hear(await visitor.ask("Who are you?"))
        heard = []
        # Too few have been heard before the first one, so that it is no probe, and the second one is.
        for asked in (question.prompt, probes.ALL[4].prompt):
            visitor.received.clear()
            battle_id = await visitor.ask(asked)
            await visitor.hear(battle_id)
            _, shown = await visitor.get(f"/api/v1/battles/{battle_id}")
            text = visitor.received.decode()
            assert "probe" not in text
            assert "control" not in re.sub(r"(?i)cache-control", "", text)
            heard.append((set(re.findall(r'"([a-z_]+)":|^([a-z-]+): ', text, re.MULTILINE)), shown["kind"]))
        assert heard[0][1] == heard[1][1] == "blind"
        assert heard[0][0] ^ heard[1][0] == set()
        assert len(provider.calls) == 4
        told = [side["text"] for side in shown["sides"]]
        forms = [claim for one in (probes.ALL[4].right, probes.ALL[4].wrong) for claim in (one.hedged, one.assertive)]
        assert set(told) < set(forms)
        status, body = await visitor.vote(battle_id, "a")
        assert (status, body["receipt"]["counted"], body["receipt"]["reason"]) == (201, False, "control")
        assert (body["reveal"]["control"], body["receipt"]["control"]) == ("probe", "probe")
        wrong = {probes.ALL[4].wrong.hedged, probes.ALL[4].wrong.assertive}
        assert told[body["reveal"]["control_side"]] in wrong
        assert [side["contender"] for side in body["reveal"]["sides"]] == [None, None]
        assert (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["reveal"] == body["reveal"]
        assert (await visitor.get(f"/votes/{body['receipt']['id']}", headers={"accept": "text/html"}))[0] == 200
        # The same question again is no probe for whoever has met it, and what a probe is asked on, somebody answers.
        await visitor.hear(await visitor.ask(probes.ALL[4].prompt))
        assert len(provider.calls) == 6
        battle_id = await visitor.ask(probes.ALL[5].prompt)
        await visitor.hear(battle_id)
        assert len(provider.calls) == 6
        await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "And why?"})
        await visitor.hear(battle_id)
        assert [call.question for call in provider.calls[6:]] == ["And why?"] * 2
        _, body = await visitor.vote(battle_id, "a")
        assert body["reveal"]["control"] == "probe"
        assert len(await probes.votes(db)) == 1


async def _before_the_vote(open_arena: Open, share: float) -> tuple[list[str], Any, Visitor]:
    """The shape of all that is received before a vote: names, kinds and lengths, without what chance makes."""
    visitor = Visitor(await open_arena(control_share=share))
    await visitor.__aenter__()
    visitor.received.clear()
    battle_id = await visitor.ask("What is a cat?")
    await visitor.hear(battle_id)
    await visitor.get(f"/api/v1/battles/{battle_id}")
    text = visitor.received.decode()
    assert "control" not in re.sub(r"(?i)cache-control", "", text)
    keys = re.findall(r'"([a-z_]+)":|^([a-z-]+): |^(\w+)$', text, re.MULTILINE)
    return [name for found in keys for name in found if name], battle_id, visitor


@pytest.mark.parametrize("repeat", range(4))
async def test_a_control_battle_can_not_be_told_before_the_vote_and_is_told_after_it(
    open_arena: Open, db: Pool, provider: Provider, repeat: int
) -> None:
    for model in ("anna", "berta"):
        provider.script(model, ["Six words are all I say."])
        await contender(db, provider, model, slug=model)
    blind, _, someone = await _before_the_vote(open_arena, 0)
    control, battle_id, visitor = await _before_the_vote(open_arena, 1)
    assert control == blind
    rows = await db.fetch("SELECT state, kind FROM battles ORDER BY opened_at")
    assert [(row["state"], row["kind"]) for row in rows] == [("ready", "blind"), ("ready", "control")]
    status, body = await visitor.vote(battle_id, "tie")
    assert (status, body["receipt"]["counted"], body["receipt"]["reason"]) == (201, False, "control")
    what, side = body["reveal"]["control"], body["reveal"]["control_side"]
    contenders = {side["contender"] for side in body["reveal"]["sides"]}
    asked = [call.question for call in provider.calls[2:]]
    if what == "same":
        assert (len(contenders), side, asked) == (1, None, ["What is a cat?"] * 2)
    else:
        assert (what, len(contenders), side in (0, 1)) == ("other_prompt", 2, True)
        assert sorted(question == "What is a cat?" for question in asked) == [False, True]
    assert (await visitor.get(f"/api/v1/battles/{battle_id}"))[1]["reveal"] == body["reveal"]
    assert (await visitor.get("/api/v1/controls"))[1]["items"][0]["noise"]["trials"] == (what == "same")
    for one in (someone, visitor):
        await one.__aexit__(None, None, None)


async def test_what_is_asked_on_goes_to_both_sides_of_a_control_battle(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    for model in ("anna", "berta"):
        provider.teach(model, _speak)
        await contender(db, provider, model, slug=model)
    async with Visitor(await open_arena(control_share=1)) as visitor:
        kinds: set[str] = set()
        while kinds != {"same", "other_prompt"}:
            provider.calls.clear()
            battle_id = await visitor.ask("What is a cat?")
            await visitor.hear(battle_id)
            await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "And a dog?"})
            await visitor.hear(battle_id)
            first, second = provider.calls[:2], provider.calls[2:]
            assert [call.question for call in second] == ["And a dog?"] * 2
            for call in second:
                # Each goes on from what it was asked and said itself.
                prompt, answer, _ = (message["content"] for message in call.messages)
                assert answer == f"You asked: {prompt}"
            assert sorted(call.messages[0]["content"] for call in second) == sorted(call.question for call in first)
            _, body = await visitor.vote(battle_id, "both_bad")
            kinds.add(body["reveal"]["control"])
