import json

from litestar import Litestar

from arena import app
from arena import db as database
from arena.config import Settings
from tests.builders import Visitor
from tests.conftest import Open, Servers


def _service() -> Litestar:
    return app.create(Settings(database_url="", redis_url="", secret="s" * 32))


def test_every_call_of_the_contract_is_described() -> None:
    paths = _service().openapi_schema.to_schema()["paths"]
    described = {f"{method} {path}" for path, calls in paths.items() for method in calls}
    assert described >= {
        "post /api/v1/endpoints",
        "get /api/v1/endpoints/{endpoint_id}",
        "get /api/v1/contenders",
        "get /api/v1/contenders/{slug}",
        "post /api/v1/battles",
        "get /api/v1/battles/{battle_id}",
        "get /api/v1/battles/{battle_id}/stream",
        "post /api/v1/battles/{battle_id}/turns",
        "post /api/v1/battles/{battle_id}/stop",
        "post /api/v1/battles/{battle_id}/vote",
        "post /api/v1/battles/{battle_id}/skip",
        "get /api/v1/boards",
        "get /api/v1/boards/{slug}",
        "get /api/v1/boards/{slug}/releases",
        "get /api/v1/releases/{release_id}",
        "get /health/live",
        "get /health/ready",
    }


async def test_what_a_parser_refuses_is_told_with_the_place_that_it_is_about(visitor: Visitor) -> None:
    path = "/api/v1/battles/00000000-0000-4000-8000-000000000000/vote"
    bodies: tuple[dict[str, object], ...] = (
        {},
        {"outcome": "a", "reading": {"seconds": 1}},
        {"outcome": "a", "reading": {"sides": [1, 1], "x": 1}},
    )
    told = [await visitor.post(path, body) for body in bodies]
    assert [(status, problem["field"]) for status, problem in told] == [
        (400, "outcome"), (400, "reading.sides"), (400, "reading.x"),
    ]  # fmt: skip
    assert told[1][1]["detail"] == "The field “reading.sides” is missing."
    status, problem = await visitor.get("/api/v1/cases?cursor=abc")
    assert (status, problem["field"]) == (400, "cursor")
    assert problem["detail"] == "No list here gave this cursor. Leave it out to begin at the start."


async def test_the_description_is_served(visitor: Visitor) -> None:
    status, schema = await visitor.get("/schema")
    assert status == 200
    assert (schema if isinstance(schema, dict) else json.loads(schema))["info"]["title"] == "Arena"


async def test_every_answer_carries_the_security_headers(visitor: Visitor) -> None:
    for path in ("/", "/leaderboard", "/api/v1/boards", "/api/v1/nothing", "/nothing", "/health/live"):
        visitor.received.clear()
        await visitor.get(path)
        headers = bytes(visitor.received).lower()
        for name in (b"content-security-policy: default-src 'none'", b"x-content-type-options: nosniff"):
            assert headers.count(name) == 1, (path, name)
        assert b"server:" not in headers


async def test_pages_answer_browsers_in_html_and_programs_in_json(visitor: Visitor) -> None:
    status, page = await visitor.get("/nothing", headers={"accept": "text/html"})
    assert status == 404
    assert page.startswith("<!doctype html>")
    status, problem = await visitor.get("/nothing")
    assert (status, problem["status"]) == (404, 404)
    status, problem = await visitor.get("/api/v1/nothing", headers={"accept": "text/html"})
    assert problem["detail"] == "There is nothing at this address."


async def test_the_service_says_whether_it_is_alive_and_ready(visitor: Visitor) -> None:
    assert await visitor.get("/health/live") == (200, {"alive": True})
    assert await visitor.get("/health/ready") == (200, {"database": True, "redis": True, "open": True})


async def test_without_its_database_the_service_says_so_and_comes_back(
    open_arena: Open, settings: Settings, servers: Servers
) -> None:
    admin = await database.connect(servers.database_url)
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    async with Visitor(await open_arena()) as visitor:
        try:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            assert (await visitor.get("/api/v1/boards"))[0] == 503
            status, problem = await visitor.get("/api/v1/boards")
            assert (status, problem["title"]) == (503, "Service Unavailable")
            assert b"retry-after: 5" in visitor.received.lower()
            assert (await visitor.get("/health/ready"))[0] == 503
        finally:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await admin.close()
        assert (await visitor.get("/api/v1/boards"))[0] == 200


def test_over_https_the_cookie_is_kept_to_this_host() -> None:
    from arena import guards
    from arena.people import voters

    settings = Settings(database_url="", redis_url="", secret="s" * 32, public_url="https://arena.example")
    cookie = guards.voter_cookie(voters.invite(), settings)
    assert cookie.key == "__Host-voter"
    assert (cookie.secure, cookie.path, cookie.domain, cookie.httponly) == (True, "/", None, True)
