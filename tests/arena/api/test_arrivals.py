import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from joserfc.jwk import RSAKey

from arena.db import Pool
from tests import identity
from tests.builders import Visitor
from tests.identity import CLIENT, SECRET, IdentityProvider

Open = Callable[..., Awaitable[str]]
ELSEWHERE = "/api/v1/sessions/elsewhere?next=/providers"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    async with identity.running() as provider:
        yield provider


@pytest.fixture
async def arena(open_arena: Open, identity_provider: IdentityProvider) -> str:
    port = _free_port()
    return await open_arena(
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        oidc_issuer=identity_provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )


async def _there(visitor: Visitor) -> dict[str, str]:
    """Go to the identity provider, and stop before coming back: what it sends one back with."""
    _, headers = await visitor.head_of(ELSEWHERE)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(headers["location"]).query).items()}
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    return {name: values[0] for name, values in parse_qs(urlsplit(await _sent_on(headers["location"])).query).items()}


async def _sent_on(url: str) -> str:
    """Where the identity provider sends the browser."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as response:
        return response.headers["location"]


async def _back(visitor: Visitor, with_what: dict[str, str]) -> tuple[int, Any]:
    return await visitor.get("/api/v1/sessions/arrived", params=with_what, allow_redirects=False)


async def test_who_signs_in_there_is_signed_in_here(visitor: Visitor) -> None:
    status, _ = await _back(visitor, await _there(visitor))
    assert status == 303
    status, account = await visitor.get("/api/v1/account")
    assert (status, account["email"]) == (200, "ann@example.org")


async def test_the_way_back_is_exactly_ours(visitor: Visitor, arena: str) -> None:
    _, headers = await visitor.head_of(ELSEWHERE)
    asked = parse_qs(urlsplit(headers["location"]).query)
    assert asked["redirect_uri"] == [f"{arena.rstrip('/')}/api/v1/sessions/arrived"]


@pytest.mark.parametrize("destination", ["https://evil.example/", "//evil.example", "/\\\\evil.example", "x"])
async def test_nobody_is_sent_on_to_another_host(visitor: Visitor, destination: str) -> None:
    _, headers = await visitor.head_of(ELSEWHERE.replace("/providers", destination))
    back = urlsplit(await _sent_on(headers["location"]))
    _, arrived = await visitor.head_of(f"{back.path}?{back.query}")
    assert arrived["location"] == "/providers"


async def test_a_code_brought_by_another_browser_signs_nobody_in(visitor: Visitor, arena: str, db: Pool) -> None:
    stolen = await _there(visitor)
    async with Visitor(arena) as victim:
        assert (await _back(victim, stolen))[0] == 401
        await _there(victim)
        assert (await _back(victim, stolen))[0] == 401
    assert await db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_a_code_is_good_once(visitor: Visitor) -> None:
    brought = await _there(visitor)
    kept = visitor.cookie("departure")
    assert (await _back(visitor, brought))[0] == 303
    visitor.bring("departure", kept)
    assert (await _back(visitor, brought))[0] == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": None},
        {"email_verified": False},
        {"email": ""},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    visitor: Visitor, identity_provider: IdentityProvider, claims: dict[str, object], db: Pool
) -> None:
    identity_provider.claims = claims
    assert (await _back(visitor, await _there(visitor)))[0] == 401
    assert await db.fetchval("SELECT count(*) FROM accounts") == 0


async def test_a_token_that_somebody_else_signed_is_refused(
    visitor: Visitor, identity_provider: IdentityProvider
) -> None:
    identity_provider.signing_key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
    assert (await _back(visitor, await _there(visitor)))[0] == 401


@pytest.mark.parametrize("cookie", ["", "x", "e30=.00", "e30=." + "0" * 64])
async def test_a_cookie_that_we_did_not_sign_is_refused(visitor: Visitor, cookie: str) -> None:
    brought = await _there(visitor)
    visitor.bring("departure", cookie)
    assert (await _back(visitor, brought))[0] == 401


async def test_without_an_identity_provider_there_is_nowhere_to_go(open_arena: Open) -> None:
    async with Visitor(await open_arena()) as somebody:
        assert (await somebody.get(ELSEWHERE))[0] == 404


async def test_an_identity_provider_that_is_away_is_told_so(open_arena: Open) -> None:
    gone = f"http://127.0.0.1:{_free_port()}"
    address = await open_arena(public_url="http://127.0.0.1:1", oidc_issuer=gone, oidc_client_id=CLIENT)
    async with Visitor(address) as somebody:
        assert (await somebody.get(ELSEWHERE))[0] == 503
