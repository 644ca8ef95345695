"""Merging and archiving over HTTP: everybody reads what is proposed, operators decide, with a reason."""

from datetime import UTC, datetime

from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import New
from arena.integration.questions import Question
from arena.publishing import checks, rounds
from tests.builders import Visitor, contender
from tests.upstream import Provider


async def test_operators_decide_of_twins_and_everybody_reads_what_they_decided(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor, operator: dict[str, str]
) -> None:
    for name in ("Anna", "Berta"):
        await contender(db, provider, "identity", name=name, slug=name.lower())
    await rounds.make(db, settings, now=datetime.now(UTC), among={"R1": checks.ALL["R1"]})
    _, told = await visitor.get("/api/v1/merges")
    ((proposal,), decided) = told["proposed"], told["decided"]
    assert ({proposal["kept"], proposal["merged"]}, decided) == ({"anna", "berta"}, [])
    address = f"/api/v1/merges/{proposal['smell']}/decide"
    accepted = {"decision": "accepted", "reason": "One endpoint.", "keep": "berta"}

    assert (await visitor.post(address, accepted))[0] == 401
    for broken in (
        {**accepted, "reason": " "},
        {**accepted, "keep": "carla"},
        {**accepted, "decision": "perhaps"},
        {"decision": "accepted"},
    ):
        assert (await visitor.post(address, broken, headers=operator))[0] == 400, broken
    assert (await visitor.post("/api/v1/merges/99/decide", accepted, headers=operator))[0] == 404
    assert (await visitor.get("/api/v1/merges"))[1]["decided"] == []

    status, merged = await visitor.post(address, accepted, headers=operator)
    assert (status, merged["kept"], merged["merged"], merged["reason"]) == (200, "berta", "anna", "One endpoint.")
    assert (await visitor.post(address, accepted, headers=operator))[0] in (404, 409)
    _, told = await visitor.get("/api/v1/merges")
    assert (told["proposed"], [one["merged"] for one in told["decided"]]) == ([], ["anna"])


async def test_operators_archive_a_board_and_bring_it_back(
    db: Pool, visitor: Visitor, operator: dict[str, str]
) -> None:
    board = New(slug="code", name="Code", description="", cron=boards.OFTEN, question=Question(category="code"))
    await boards.make(db, board, reason="Asked for.", account_id=None)
    asked = {"archived": True, "reason": "Nobody asks for it."}
    assert (await visitor.post("/api/v1/boards/code/archive", asked))[0] == 401
    for slug, body, refused in (
        ("code", {**asked, "reason": ""}, 400),
        ("code", {"reason": "No word of what."}, 400),
        ("nowhere", asked, 404),
        ("overall", asked, 409),
    ):
        status, problem = await visitor.post(f"/api/v1/boards/{slug}/archive", body, headers=operator)
        assert (status, bool(problem["detail"])) == (refused, True), slug

    for archived in (True, False):
        body = {**asked, "archived": archived}
        status, put = await visitor.post("/api/v1/boards/code/archive", body, headers=operator)
        assert (status, put["slug"], put["archived_at"] is not None) == (200, "code", archived)
        assert ((await visitor.get("/api/v1/boards/code"))[1]["archived_at"] is not None) == archived
    _, acts = await visitor.get("/api/v1/boards/code/acts")
    assert [act["reason"] for act in acts["items"]][:2] == ["Nobody asks for it."] * 2
