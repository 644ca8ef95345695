import asyncio
import gzip
from typing import Any

import aiohttp
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from arena.shelves import Shelf
from rating import Outcome
from tests.builders import contender, ready_battle, until
from tests.conftest import Open
from tests.upstream import Provider

BODY = b"a table" * 1000


class House:
    """An ASGI service that counts how often it is asked and answers with what it was told."""

    def __init__(self) -> None:
        self.asked = 0
        self.status, self.body, self.etag, self.caching = 200, BODY, b'"1"', b"public, no-cache"
        self.gate: asyncio.Event | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if self.gate:
            await self.gate.wait()
        status = 304 if dict(scope["headers"]).get(b"if-none-match") == self.etag else self.status
        head = [(b"etag", self.etag), (b"cache-control", self.caching), (b"vary", b"Cookie"), (b"content-type", b"x/y")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": b"" if status == 304 else self.body, "more_body": False})


async def ask(
    shelf: Shelf, path: str = "/x", query: bytes = b"", **wanted: bytes
) -> tuple[int, dict[bytes, bytes], bytes]:
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    headers = [(name.replace("_", "-").encode(), value) for name, value in wanted.items()]
    scope: Any = {"type": "http", "method": "GET", "raw_path": path.encode(), "query_string": query, "headers": headers}
    await shelf(scope, None, send)  # type: ignore[arg-type]
    return told[0]["status"], dict(told[0]["headers"]), told[1]["body"]


def shelf_of(house: House, seconds: float = 60) -> Shelf:
    return Shelf(house, seconds=seconds, spoken=lambda _, wants: wants.get(b"accept-language", b"").decode())


async def test_what_is_fresh_is_given_without_asking() -> None:
    house = House()
    shelf = shelf_of(house)
    answers = [await ask(shelf) for _ in range(5)]
    assert {(status, body) for status, _, body in answers} == {(200, BODY)}
    assert house.asked == 1
    assert answers[1][1][b"content-length"] == b"%d" % len(BODY)


async def test_a_reader_who_has_it_is_told_so() -> None:
    house = House()
    shelf = shelf_of(house)
    await ask(shelf)
    for known in (b'"1"', b'W/"1"', b'"0", "1"', b"*"):
        assert (await ask(shelf, if_none_match=known))[::2] == (304, b"")
    assert (await ask(shelf, if_none_match=b'"2"'))[0] == 200
    assert house.asked == 1


async def test_who_unpacks_gets_less() -> None:
    house = House()
    shelf = shelf_of(house)
    await ask(shelf)
    _, head, body = await ask(shelf, accept_encoding=b"br, gzip;q=0.5")
    assert gzip.decompress(body) == BODY
    assert len(body) < len(BODY) / 10
    assert (head[b"content-encoding"], head[b"etag"], head[b"vary"]) == (b"gzip", b'W/"1"', b"Accept-Encoding, Cookie")
    assert (await ask(shelf, accept_encoding=b"gzip;q=0, br"))[2] == BODY


async def test_every_address_and_language_has_its_own() -> None:
    house = House()
    shelf = shelf_of(house)
    for _ in range(2):
        await ask(shelf, "/x")
        await ask(shelf, "/y")
        await ask(shelf, "/x", b"q=1")
        await ask(shelf, "/x", accept_language=b"zh")
    assert house.asked == 4


@pytest.mark.parametrize(
    ("status", "caching"), [(200, b"no-cache"), (200, b"no-store"), (404, b"public"), (500, b"public")]
)
async def test_what_is_not_for_everybody_is_not_kept(status: int, caching: bytes) -> None:
    house = House()
    house.status, house.caching = status, caching
    shelf = shelf_of(house)
    assert [(await ask(shelf))[0] for _ in range(3)] == [status] * 3
    assert house.asked == 3


async def test_what_has_changed_is_given_as_soon_as_it_is_not_fresh_any_more() -> None:
    house = House()
    shelf = shelf_of(house, seconds=0)
    await ask(shelf)
    assert (await ask(shelf))[::2] == (200, BODY)  # Asked, and still the same.
    house.body, house.etag = b"another table", b'"2"'
    assert (await ask(shelf))[2] == b"another table"
    assert (await ask(shelf))[1][b"etag"] == b'"2"'
    assert house.asked == 4


async def test_while_one_asks_the_others_are_given_what_there_is() -> None:
    house = House()
    shelf = shelf_of(house, seconds=0)
    await ask(shelf)
    house.gate, house.body, house.etag = asyncio.Event(), b"new", b'"2"'
    asking = asyncio.create_task(ask(shelf))
    await asyncio.sleep(0)
    assert [(await ask(shelf))[2] for _ in range(3)] == [BODY] * 3
    house.gate.set()
    assert (await asking)[2] == b"new"
    assert house.asked == 2


async def test_what_was_right_stays_while_the_arena_can_not_say() -> None:
    house = House()
    shelf = shelf_of(house, seconds=0)
    await ask(shelf)
    house.status, house.etag = 503, b'"none"'
    assert (await ask(shelf))[::2] == (200, BODY)


async def test_what_is_gone_is_given_no_more() -> None:
    house = House()
    shelf = shelf_of(house, seconds=0)
    await ask(shelf)
    house.status, house.etag = 404, b'"none"'
    assert [(await ask(shelf))[0] for _ in range(2)] == [404, 404]


async def test_the_shelf_holds_no_more_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.shelves.MOST_BYTES", 3 * len(BODY))
    house = House()
    shelf = shelf_of(house)
    for number in range(10):
        await ask(shelf, f"/{number}")
    await ask(shelf, "/9")
    assert house.asked == 10
    await ask(shelf, "/0")
    assert house.asked == 11


async def test_a_release_reaches_readers_past_the_shelf(
    open_arena: Open, db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants = [await contender(db, provider, "identity", name=name) for name in ("Anna", "Berta")]
    address = await open_arena(shelf_seconds=0.05)
    overall = await boards.require(db, "overall")

    async with aiohttp.ClientSession() as reader:

        async def read(path: str, **headers: str) -> str:
            async with reader.get(f"{address}{path}", headers=headers) as answer:
                assert answer.status == 200
                return await answer.text()

        assert "Anna" not in await read("/leaderboard")
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        release = await releases.refresh(db, overall, settings)

        async def there() -> bool:
            return "Anna" in await read("/leaderboard") and release in await read("/api/v1/boards/overall")

        await until(there)
        assert 'lang="zh"' in await read("/leaderboard", **{"accept-language": "zh"})
        assert 'lang="en"' in await read("/leaderboard")
