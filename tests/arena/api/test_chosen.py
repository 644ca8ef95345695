"""Named side by side and chats with one contender, over HTTP: kept, and never rated."""

from typing import Any

import pytest

from arena.db import Pool
from arena.evaluation import exposures, votes
from arena.submission import endpoints
from arena.submission.endpoints import Entrant
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider


@pytest.fixture(autouse=True)
async def entrants(db: Pool, provider: Provider) -> dict[str, Entrant]:
    return {
        name: await contender(db, provider, f"words:{name} says one two three", slug=name, name=name.title())
        for name in ("anna", "berta", "clara")
    }


async def _open(visitor: Visitor, kind: str, *contenders: str) -> tuple[int, Any]:
    return await visitor.post("/api/v1/battles", {"prompt": "Why?", "kind": kind, "contenders": list(contenders)})


async def test_two_named_ones_stand_in_the_order_chosen_and_their_vote_is_kept_and_not_counted(
    visitor: Visitor, db: Pool
) -> None:
    for chosen in (["anna", "clara"], ["clara", "anna"]):
        status, battle = await _open(visitor, "named", *chosen)
        assert status == 201
        address = f"/api/v1/battles/{battle['id']}"
        _, told = await visitor.get(address)
        assert (told["kind"], [side["contender"] for side in told["reveal"]["sides"]]) == ("named", chosen)
        heard = await visitor.hear(battle["id"])
        assert heard.end == "ready"
        assert [text.split()[0] for text in heard.texts()] == chosen
        assert (await visitor.get(address))[1]["reveal"]["sides"][0]["characters"] > 0
        status, cast = await visitor.vote(battle["id"], "a")
        assert (status, cast["receipt"]["counted"], cast["receipt"]["reason"]) == (201, False, "named")
        assert await visitor.vote(battle["id"], "a") == (200, cast)
    assert await votes.count(db) == 0
    assert await votes.counted(db) == []
    kept = await db.fetch("SELECT DISTINCT kind, rule, propensity, draw_id FROM battles")
    assert [tuple(row) for row in kept] == [("named", "chosen", None, None)]
    _, mine = await visitor.get("/api/v1/me/battles")
    assert [(one["counted"], one["reason"]) for one in mine["items"]] == [(False, "named")] * 2


async def test_a_chat_has_one_side_goes_on_and_takes_no_vote(visitor: Visitor) -> None:
    status, battle = await _open(visitor, "direct", "berta")
    assert status == 201
    heard = await visitor.hear(battle["id"])
    assert {len(event.data["sides"]) for event in heard.events if event.name in ("tick", "html")} == {1}
    status, turn = await visitor.post(f"/api/v1/battles/{battle['id']}/turns", {"prompt": "And?"})
    assert (status, turn["turn"]) == (201, 2)
    again = await visitor.hear(battle["id"])
    assert again.end == "ready"
    assert again.seqs() == list(range(1, len(again.seqs()) + 1))
    assert {event.data["turn"] for event in again.events if event.name == "tick"} == {1, 2}
    _, told = await visitor.get(f"/api/v1/battles/{battle['id']}")
    assert [len(turn["sides"]) for turn in told["turns"]] == [1, 1]
    assert [side["name"] for side in told["reveal"]["sides"]] == ["Berta"]
    for _ in range(2):
        status, problem = await visitor.vote(battle["id"], "a")
        assert (status, problem["detail"]) == (409, "A chat with one contender takes no vote: there is no other side.")
    assert (await visitor.post(f"/api/v1/battles/{battle['id']}/skip", {}))[0] == 200


async def test_a_chat_is_told_again_tick_by_tick_from_what_is_kept(visitor: Visitor, open_arena: Open) -> None:
    _, battle = await _open(visitor, "direct", "anna")
    live = await visitor.hear(battle["id"])
    async with Visitor(await open_arena()) as elsewhere:
        elsewhere.take_cookies_of(visitor)
        kept = await elsewhere.hear(battle["id"])
        ticks = [[event.data for event in heard.events if event.name == "tick"] for heard in (live, kept)]
        assert ticks[0] == ticks[1] != []


@pytest.mark.parametrize(
    ("kind", "chosen", "sentence"),
    [
        (
            "blind",
            ["anna", "berta"],
            "The contenders of a blind battle are drawn. "
            "Leave out “contenders”, or ask for the kind “named” or “direct”.",
        ),
        ("named", ["anna"], "Choose two different contenders."),
        ("named", ["anna", "anna"], "Choose two different contenders."),
        ("named", [], "Choose two different contenders."),
        ("direct", ["anna", "berta"], "Choose one contender to chat with."),
        ("direct", [], "Choose one contender to chat with."),
        ("direct", ["Bertha"], "No contender called “Bertha” can be chosen. The nearest is “berta”."),
        ("named", ["anna", "x" * 300], f"No contender called “{'x' * 100}” can be chosen. The nearest is “"),
        ("direct", ["\x00"], "No contender called “\x00” can be chosen. The nearest is “"),
    ],
)
async def test_what_cannot_be_chosen_is_refused_with_a_sentence(
    visitor: Visitor, db: Pool, kind: str, chosen: list[str], sentence: str
) -> None:
    status, problem = await _open(visitor, kind, *chosen)
    assert status == 400
    assert problem["detail"].startswith(sentence)
    assert await db.fetchval("SELECT count(*) FROM battles") == 0


async def test_a_control_battle_is_nobodys_to_open(visitor: Visitor) -> None:
    assert (await _open(visitor, "control"))[0] == 400


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("state = 'paused'", "“berta” is paused and can't be chosen at the moment. The nearest that can is “anna”."),
        ("state = 'retired'", "“berta” is retired and can't be chosen any more. The nearest that can is “anna”."),
        (
            "retires_at = now() - interval '1 second'",
            "“berta” is retired and can't be chosen any more. The nearest that can is “anna”.",
        ),
        ("state = 'warming'", "No contender called “berta” can be chosen. The nearest is “anna”."),
    ],
)
async def test_who_is_not_listed_now_is_not_chosen(
    visitor: Visitor, db: Pool, entrants: dict[str, Entrant], change: str, sentence: str
) -> None:
    await db.execute(f"UPDATE endpoints SET {change} WHERE id = $1", entrants["berta"].target.endpoint_id)
    status, problem = await _open(visitor, "direct", "berta")
    assert (status, problem["detail"], problem["field"]) == (400, sentence, "contenders")


async def test_a_private_contender_is_as_unknown_as_none(visitor: Visitor, db: Pool) -> None:
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE slug = 'berta'")
    _, private = await _open(visitor, "direct", "berta")
    _, unknown = await _open(visitor, "direct", "beta")
    assert private["detail"] == unknown["detail"].replace("beta", "berta")
    assert "The nearest is “anna”" in private["detail"]
    await db.execute("UPDATE endpoints SET state = 'paused'")
    status, problem = await _open(visitor, "direct", "anna")
    assert (status, problem["detail"]) == (503, "No contender can be chosen at the moment.")


async def test_what_is_chosen_counts_against_caps_and_not_among_what_was_drawn(
    visitor: Visitor, db: Pool, entrants: dict[str, Entrant]
) -> None:
    anna = entrants["anna"].target.endpoint_id
    await db.execute("UPDATE endpoints SET daily_calls = 2 WHERE id = $1", anna)
    for kind, chosen in (("direct", ["anna"]), ("named", ["anna", "berta"])):
        _, battle = await _open(visitor, kind, *chosen)
        await visitor.hear(battle["id"])
    assert (await visitor.vote(battle["id"], "a"))[0] == 201
    status, problem = await _open(visitor, "direct", "anna")
    assert status == 503
    assert problem["detail"].startswith("Not all that you chose can be called at the moment.")
    assert (await exposures.today(db, anna)).calls == 2
    met = await exposures.of(db, anna, days=1)
    assert (met.promised, met.drawn, met.battles, met.votes, met.answers) == (0, 0, 0, 0, 2)
    assert [one.contender_id for one in await endpoints.entrants(db)] == sorted(
        entrants[name].contender_id for name in ("berta", "clara")
    )


async def test_a_named_pair_is_asked_on_stopped_and_void_like_any_other(
    visitor: Visitor, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "status500", slug="broken", name="Broken")
    _, battle = await _open(visitor, "named", "anna", "broken")
    assert (await visitor.hear(battle["id"])).end == "failed"
    _, told = await visitor.get(f"/api/v1/battles/{battle['id']}")
    assert (told["state"], [side["name"] for side in told["reveal"]["sides"]]) == ("void", ["Anna", "Broken"])
    assert (await visitor.vote(battle["id"], "a"))[0] == 409
