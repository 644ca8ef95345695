"""A small identity provider on loopback: OpenID Connect with one person in it, and as dishonest as it is told to be."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "arena", "arena's secret"


@dataclass
class IdentityProvider:
    """What the provider says, and what it was asked; `claims` stand in place of the true ones."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    signing_key: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    async def describe(self, _: web.Request) -> web.Response:
        """Discovery."""
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        places = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        return web.json_response({"issuer": self.issuer, **places})

    async def authorize(self, request: web.Request) -> web.Response:
        """Everybody who comes is Ann, and has agreed."""
        code = f"code-{len(self.asked)}"
        self.asked[code] = dict(request.query)
        back = request.query["redirect_uri"] + "?" + urlencode({"code": code, "state": request.query["state"]})
        raise web.HTTPFound(back)

    async def token(self, request: web.Request) -> web.Response:
        """A code is good once, for whoever can show the verifier of its challenge."""
        form = await request.post()
        asked = self.asked.pop(str(form.get("code")), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.decode().rstrip("="):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 60,
            "email": "ann@example.org",
            "email_verified": True,
            "name": "Ann",
        } | self.claims
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signing_key or self.key)
        return web.json_response({"access_token": "a", "token_type": "Bearer", "id_token": token})

    async def keys(self, _: web.Request) -> web.Response:
        """The public key."""
        return web.json_response({"keys": [self.key.as_dict(private=False)]})


@asynccontextmanager
async def running() -> AsyncIterator[IdentityProvider]:
    """The provider on a free port."""
    provider, app = IdentityProvider(), web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.describe)
    app.router.add_get("/authorize", provider.authorize)
    app.router.add_post("/token", provider.token)
    app.router.add_get("/keys", provider.keys)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()
