"""Prompt sets over HTTP: proposed by anybody with an account, decided on by operators, answered with one file."""

from typing import Any

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import prompt_sets
from arena.workers import ask
from tests.builders import Visitor, contender
from tests.upstream import Provider

SUMS = b"id,prompt,reference,kind\none,1 + 1?,2,numeric\ntwo,2 + 2?,4,numeric\n"
PROPOSAL = "/api/v1/prompt-sets?slug=sums&name=Sums&licence=CC0"
CSV = {"content-type": "text/csv"}
ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "qwen", "name": "Qwen Chat"}


async def _send(visitor: Visitor, path: str, data: bytes, headers: dict[str, str] = CSV) -> tuple[int, Any]:
    """Send a file as `curl --data-binary` would."""
    return await visitor.post(path, data=data, headers=headers)


@pytest.fixture
async def frozen(ann: Visitor, operator: dict[str, str]) -> str:
    """The address of a set that Ann has proposed and an operator has frozen."""
    status, proposed = await _send(ann, PROPOSAL, SUMS)
    assert (status, proposed["state"], proposed["prompts"]) == (201, "proposed", 2), proposed
    status, frozen = await ann.post("/api/v1/prompt-sets/sums/freeze", {}, headers=operator)
    assert (status, frozen["state"]) == (200, "frozen"), frozen
    return "/api/v1/prompt-sets/sums"


async def _brought(visitor: Visitor, **changes: Any) -> str:
    status, body = await visitor.post("/api/v1/endpoints", ENDPOINT | changes)
    assert status == 201, body
    return str(body["contender"]["slug"])


async def test_one_call_hands_in_a_file_and_everybody_reads_the_result(ann: Visitor, frozen: str, arena: str) -> None:
    slug = await _brought(ann)
    status, told = await _send(ann, f"{frozen}/answers?contender={slug}", b"id,answer\none,2\ntwo,5\n")
    assert (status, told) == (201, {"answers": 2, "kept": 2, "unanswered": 0})
    async with Visitor(arena) as nobody:
        _, results = await nobody.get(f"{frozen}/results")
        (result,) = results["items"]
        assert (result["contender"], result["right"], result["share"]) == (slug, 1, 0.5)
        assert results["validity"]["items"][0]["share"] == 1
        assert (await nobody.get(f"/api/v1/contenders/{slug}/prompt-sets"))[1]["items"] == [result]
        _, prompts = await nobody.get(f"{frozen}/prompts")
        assert [(one["prompt"], one["reference"]) for one in prompts["items"]] == [("1 + 1?", None), ("2 + 2?", None)]


async def test_json_lines_are_read_too(ann: Visitor, frozen: str) -> None:
    slug = await _brought(ann)
    lines = b'{"id":"one","answer":"2"}\n{"id":"two","answer":"4"}\n'
    path = f"{frozen}/answers?contender={slug}"
    assert (await _send(ann, path, lines, {"content-type": "application/jsonl"}))[0] == 201
    status, problem = await _send(ann, path, lines, {"content-type": "text/plain"})
    assert (status, "Content-Type: text/csv" in problem["detail"]) == (415, True)


async def test_wrong_answers_are_a_sentence_with_field_and_lines_and_nothing_is_kept(
    ann: Visitor, frozen: str, db: Pool
) -> None:
    path = f"{frozen}/answers?contender={await _brought(ann)}"
    for data, sentence in (
        (b"id,answer\none,2\nsix,5\n", "Field “id”, line 3: the set has no such prompt."),
        (b"id,answer\none,2\n", "without an answer in the file: 1, first “two”"),
        (b'id,answer\none,"2' + b"x" * 2_000_000, "Field “answer”, line 2: the line is longer than"),
        (b"id,answer\none,\xff\n", "Field “answer”, line 2: the text is not UTF-8"),
    ):
        status, problem = await _send(ann, path, data)
        assert (status, sentence in problem["detail"]) == (400, True), problem
    assert (await _send(ann, f"{path}&partial=true", b"id,answer\none,2\n"))[1]["unanswered"] == 1
    assert await db.fetchval("SELECT count(*) FROM set_answers") == 1


async def test_50_megabytes_in_one_line_are_refused_by_their_line(ann: Visitor, frozen: str) -> None:
    path = f"{frozen}/answers?contender={await _brought(ann)}"
    status, problem = await _send(ann, path, b"id,answer\none," + b"x" * 50_000_000)
    assert (status, problem["field"]) == (400, "answer")


async def test_nobody_answers_for_another_contender_or_for_a_set_not_in_use(
    ann: Visitor, bob: Visitor, frozen: str, arena: str, operator: dict[str, str]
) -> None:
    path, whole = f"{frozen}/answers?contender={await _brought(ann)}", b"id,answer\none,2\ntwo,4\n"
    assert (await _send(bob, path, whole))[0] == 404
    async with Visitor(arena) as nobody:
        assert (await _send(nobody, path, whole))[0] == 401
    await ann.post(f"{frozen}/use-up", {"reason": "All have seen it."}, headers=operator)
    assert (await _send(ann, path, whole))[0] == 409
    _, prompts = await bob.get(f"{frozen}/prompts")
    assert [one["reference"] for one in prompts["items"]] == ["2", "4"]


async def test_what_is_proposed_is_not_public_and_is_decided_on_by_operators_alone(
    ann: Visitor, arena: str, operator: dict[str, str], db: Pool
) -> None:
    await _send(ann, PROPOSAL, SUMS)
    assert (await ann.post("/api/v1/prompt-sets/sums/freeze", {}))[0] == 403
    async with Visitor(arena) as nobody:
        assert (await nobody.get("/api/v1/prompt-sets"))[1]["items"] == []
        assert (await nobody.get("/api/v1/prompt-sets/sums"))[0] == 404
        assert (await nobody.get("/api/v1/prompt-sets?state=proposed"))[0] == 401
    assert (await ann.get("/api/v1/prompt-sets/sums/prompts"))[0] == 409
    _, listed = await ann.get("/api/v1/prompt-sets?state=proposed", headers=operator)
    assert [one["slug"] for one in listed["items"]] == ["sums"]
    status, declined = await ann.post(
        "/api/v1/prompt-sets/sums/decline", {"reason": "Known answers."}, headers=operator
    )
    assert (status, declined["state"], declined["reason"]) == (200, "declined", "Known answers.")
    assert (await _send(ann, PROPOSAL, SUMS))[0] == 409
    assert await db.fetchval("SELECT count(*) FROM prompt_sets") == 1


async def test_hidden_prompts_are_read_and_answered_by_nobody_but_the_arena(
    ann: Visitor, operator: dict[str, str]
) -> None:
    await _send(ann, f"{PROPOSAL}&hidden=true", SUMS)
    await ann.post("/api/v1/prompt-sets/sums/freeze", {}, headers=operator)
    path = "/api/v1/prompt-sets/sums"
    assert (await ann.get(f"{path}/prompts"))[0] == 409
    sent = await _send(ann, f"{path}/answers?contender={await _brought(ann)}", b"id,answer\none,2\ntwo,4\n")
    assert (sent[0], "hidden until it is used up" in sent[1]["detail"]) == (409, True)
    assert len((await ann.get(f"{path}/prompts", headers=operator))[1]["items"]) == 2


async def test_proposals_that_wait_have_an_end(ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_sets, "MOST_PROPOSED", 1)
    assert (await _send(ann, PROPOSAL, SUMS))[0] == 201
    assert (await _send(ann, PROPOSAL.replace("slug=sums", "slug=more"), SUMS))[0] == 409


@pytest.mark.parametrize(
    ("wrong", "field"), [("slug=A", "slug"), ("name=", "name"), ("licence=", "licence"), ("name=%00", "name")]
)
async def test_notes_that_can_not_be_shown_are_refused(ann: Visitor, wrong: str, field: str) -> None:
    name = wrong.partition("=")[0]
    path = "/api/v1/prompt-sets?" + "&".join(
        wrong if part.startswith(f"{name}=") else part for part in PROPOSAL.partition("?")[2].split("&")
    )
    status, problem = await _send(ann, path, SUMS)
    assert (status, problem["field"]) == (400, field), problem


async def test_an_operator_has_a_contender_asked_and_sees_how_far_it_is(
    ann: Visitor, frozen: str, operator: dict[str, str], db: Pool, provider: Provider, settings: Settings
) -> None:
    provider.teach("adder", lambda call: "4")
    await contender(db, provider, "adder", slug="adder")
    asked = {"contender": "adder", "formats": ["plain", "lines"], "budget": 5}
    assert (await ann.post(f"{frozen}/runs", asked))[0] == 404
    status, run = await ann.post(f"{frozen}/runs", asked, headers=operator)
    assert (status, run["state"], run["asked"], run["answered"]) == (201, "planned", 4, 0), run
    assert (await ann.post(f"{frozen}/runs", asked, headers=operator))[0] == 409
    path = f"{frozen}/runs/{run['id']}"
    assert (await ann.post(f"{path}/pause", {}))[0] == 404
    assert (await ann.post(f"{path}/pause", {}, headers=operator))[1]["state"] == "paused"
    assert (await ann.post(f"{path}/resume", {}, headers=operator))[1]["state"] == "running"
    await ask.run(db, settings, run["id"])
    _, done = await ann.get(path, headers=operator)
    assert (done["state"], done["answered"], done["failures"], done["budget"]) == ("done", 4, {}, 5)
    assert (await ann.get(f"{frozen}/runs"))[1]["items"] == [done | {"budget": None, "cost": None}]
    assert (await ann.post(f"{path}/cancel", {}, headers=operator))[0] == 409
    assert (await ann.get(f"{frozen}/results"))[1]["sensitivities"][0]["spread"] == 0
