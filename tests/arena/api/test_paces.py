"""A board's pace over HTTP: an operator changes it and says why, everybody reads it, battles follow."""

from arena.db import Pool
from arena.evaluation.pacing import Pace
from arena.integration.paces import PACE_SECONDS, Paces
from arena.people import accounts, keys
from arena.people.accounts import Role
from arena.people.keys import Scope
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

BOARD = "/api/v1/boards/overall"


async def _operator(db: Pool) -> dict[str, str]:
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
        _, words = await keys.make(connection, account, name="key", scopes=tuple(Scope), days=None)
    return {"authorization": f"Bearer {words}"}


async def test_an_operator_changes_the_pace_and_everybody_reads_when_and_why(visitor: Visitor, db: Pool) -> None:
    change = {"pace": "buffered", "reason": "We test the voters' patience."}
    status, body = await visitor.patch(BOARD, change, headers=await _operator(db))
    assert (status, body["pace"]) == (200, "buffered")
    assert (await visitor.get(BOARD))[1]["pace"] == "buffered"
    _, acts = await visitor.get(f"{BOARD}/acts")
    said = [{name: act[name] for name in ("what", "former", "present", "reason")} for act in acts["items"]]
    assert said == [{"what": "pace", "former": "lockstep", "present": "buffered", "reason": change["reason"]}]
    assert (
        await db.fetchval("SELECT email FROM board_acts JOIN accounts ON accounts.id = account_id") == "op@example.org"
    )


async def test_nobody_else_changes_it(visitor: Visitor) -> None:
    status, _ = await visitor.patch(BOARD, {"pace": "paced", "reason": "Quicker."})
    assert status == 401
    account = {"email": "ann@example.org", "name": "Ann", "password": "correct horse battery"}
    assert (await visitor.post("/api/v1/accounts", account | {"organisation": "Ann's lab"}))[0] == 201
    status, _ = await visitor.patch(BOARD, {"pace": "paced", "reason": "Quicker."})
    assert status == 403
    assert (await visitor.get(BOARD))[1]["pace"] == "lockstep"


async def test_a_pace_that_is_none_an_unknown_board_and_no_reason_are_refused(visitor: Visitor, db: Pool) -> None:
    headers = await _operator(db)
    bad = [{"pace": "hasty", "reason": "x"}, {"pace": "paced", "reason": " "}, {"pace": "paced"}]
    assert [(await visitor.patch(BOARD, change, headers=headers))[0] for change in bad] == [400, 400, 400]
    change = {"pace": "paced", "reason": "x"}
    assert (await visitor.patch("/api/v1/boards/nowhere", change, headers=headers))[0] == 404
    assert await db.fetchval("SELECT count(*) FROM board_acts") == 0


async def test_a_change_is_noticed_within_seconds_and_asked_for_no_more_often(db: Pool) -> None:
    now = 100.0
    paces = Paces(db, clock=lambda: now)
    assert await paces.of("overall") is Pace.LOCKSTEP
    await db.execute("UPDATE boards SET pace = 'paced'")
    assert await paces.of("overall") is Pace.LOCKSTEP
    now += PACE_SECONDS
    assert await paces.of("overall") is Pace.PACED


async def test_buffered_all_of_it_comes_in_one_event_when_both_have_finished(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    long = "Many words. " * 2000
    provider.script("long", [long[at : at + 500] for at in range(0, len(long), 500)])
    provider.script("short", ["One", " two."])
    for model in ("long", "short"):
        await contender(db, provider, model, slug=model)
    async with Visitor(await open_arena(pace="buffered")) as visitor:
        heard = await visitor.hear(await visitor.ask())
    assert [event.name for event in heard.events] == ["tick", "html", "ready"]
    assert sorted(heard.texts(), key=len) == ["One two.", long]


async def test_the_methodology_says_which_pace_there_is(open_arena: Open) -> None:
    async with Visitor(await open_arena(pace="buffered")) as visitor:
        _, page = await visitor.get("/methodology")
    assert "Both are shown whole when both have finished" in page
