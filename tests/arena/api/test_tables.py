from datetime import UTC, datetime

import aiohttp
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from rating import Outcome
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider


async def _released(db: Pool, settings: Settings, provider: Provider) -> str:
    """Two releases: of Anna and Berta, and once Cleo has met Anna."""
    board = await boards.require(db, "overall")
    entrants = [
        await contender(db, provider, "identity", slug=name.lower(), name=name) for name in ("Anna", "Berta", "Cleo")
    ]
    release_id = ""
    for pair in (entrants[:2], [entrants[0], entrants[2]]):
        battle, voter = await ready_battle(db, pair)
        await votes.cast(db, battle.id, voter, Outcome.A)
        release_id = await releases.refresh(db, board, settings)
    return release_id


async def test_a_board_and_a_release_give_the_same_table_in_every_format(
    arena: str, db: Pool, settings: Settings, provider: Provider
) -> None:
    release_id = await _released(db, settings, provider)
    view = "q=anna;berta&columns=votes&sort=contender"
    async with aiohttp.ClientSession(arena) as session:
        for name, kind in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet"), ("md", "text/markdown")):
            bodies = []
            for address in ("boards/overall", f"releases/{release_id}"):
                async with session.get(f"/api/v1/{address}?{view}&format={name}") as answer:
                    assert (answer.status, answer.content_type) == (200, kind)
                    assert f'filename="overall-{release_id[:12]}.{name}"' in answer.headers["content-disposition"]
                    bodies.append(await answer.read())
                known = {"if-none-match": answer.headers["etag"]}
                async with session.get(f"/api/v1/{address}?{view}&format={name}", headers=known) as again:
                    assert again.status == 304
            assert bodies[0] == bodies[1]
        async with session.get(f"/api/v1/releases/{release_id}?{view}&format=csv") as answer:
            head, *lines = (await answer.text()).splitlines()
    assert head == "contender,name,organisation,rating,lower,upper,votes"
    assert [line.split(",")[0] for line in lines] == ['"anna"', '"berta"']


async def test_named_columns_come_as_json_too(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    await _released(db, settings, provider)
    _, board = await visitor.get("/api/v1/boards/overall?columns=votes&sort=-votes&q=anna;cleo")
    assert board["release"]["columns"] == ["contender", "rating", "interval", "votes"]
    assert [(line["contender"], line["votes"]) for line in board["release"]["standings"]] == [("anna", 2), ("cleo", 1)]
    assert board["lines"] == 3


async def test_a_line_tells_how_far_it_moved_and_when_it_was_last_voted_on(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    release_id = await _released(db, settings, provider)
    _, listed = await visitor.get("/api/v1/boards/overall/releases")
    _, before = await visitor.get(f"/api/v1/releases/{listed['items'][1]['id']}")
    _, release = await visitor.get(f"/api/v1/releases/{release_id}")
    then = {line["contender"]: line for line in before["standings"]}
    assert [(line["delta"], line["entered"]) for line in before["standings"]] == [(None, False)] * 2
    for line in release["standings"]:
        earlier = then.get(line["contender"])
        assert line["delta"] == (line["rating"] - earlier["rating"] if earlier else None)
        assert line["entered"] == (earlier is None)
        last = await db.fetchval(
            """
            SELECT max(cast_at) FROM votes JOIN sides USING (battle_id) JOIN contenders ON contenders.id = contender_id
            WHERE slug = $1
            """,
            line["contender"],
        )
        assert datetime.fromisoformat(line["last_vote_at"]) == last.astimezone(UTC)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("format=xlsx", 400, "There is no format “xlsx”. The nearest is “"),
        ("format=cvs", 400, "There is no format “cvs”. The nearest is “csv”."),
        ("column=votes", 400, "There is no parameter “column”. The nearest is “columns”."),
        ("columns=rnak", 400, "There is no column “rnak”. The nearest is “rank”."),
        ("q=@licens:mit", 400, "There is no field “licens” at character 1. The nearest is “licence”."),
    ],
)
async def test_what_cannot_be_read_is_refused_with_the_nearest_name(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider, query: str, status: int, said: str
) -> None:
    await _released(db, settings, provider)
    answered, problem = await visitor.get(f"/api/v1/boards/overall?{query}")
    assert (answered, problem["detail"][: len(said)]) == (status, said)


async def test_a_board_without_a_release_has_no_file(visitor: Visitor) -> None:
    status, problem = await visitor.get("/api/v1/boards/overall?format=csv")
    assert (status, problem["detail"]) == (
        404,
        "The board “overall” has no release yet, so there is no table to write.",
    )


async def test_the_page_says_which_lines_a_view_shows(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    release_id = await _released(db, settings, provider)
    _, shown = await visitor.get("/leaderboard/overall/lines?q=ann&pin=cleo&ranks=shown&utm_source=elsewhere")
    assert [line["contender"] for line in shown["lines"]] == ["cleo", "anna"]
    assert shown["lines"][1]["name"] == [["Ann", True], ["a", False]]
    assert (shown["release"], shown["query"]) == (release_id, "q=ann&pin=cleo&ranks=shown")
    assert shown["echo"].startswith("1 of 3 contenders: <bdi>“ann”</bdi>. 1 more is kept on top.")
    status, problem = await visitor.get("/leaderboard/overall/lines?q=(ann")
    assert (status, "at character 1" in problem["detail"]) == (400, True)
