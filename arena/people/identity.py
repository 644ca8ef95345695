"""Signing in at an identity provider: OpenID Connect, authorization code with PKCE, state and nonce."""

import hmac
import secrets
import time
from typing import Any, Final

import httpx2
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from arena.config import Settings
from arena.errors import ArenaError, NotFound
from arena.people.departures import LONGEST_SECONDS, Departure, IdentityRefused

SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
ANSWER_SECONDS: Final = 10.0
CLOCKS_DIFFER_SECONDS: Final = 30


class IdentityAway(ArenaError):
    """The identity provider can't be reached, or does not answer as one. Try again in a minute."""

    status = 503


class Identity(Struct, frozen=True):
    """Who the identity provider says it is; `email` has been verified there."""

    issuer: str
    subject: str
    email: str
    name: str


class _Provider(Struct, frozen=True):
    """What an identity provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Claims(Struct, frozen=True):
    """What the token says of who signed in (OpenID Connect Core 1.0, sections 2 and 5.1)."""

    sub: str
    email: str = ""
    email_verified: bool = False
    name: str = ""


async def depart(settings: Settings, destination: str, back: str) -> tuple[str, Departure]:
    """Where to send the browser, and what it must come back with; `back` is where the provider sends it then."""
    provider = await _provider(settings)
    departure = Departure(
        secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), destination, int(time.time())
    )
    async with _client(settings, back) as client:
        url, _ = client.create_authorization_url(
            provider.authorization_endpoint,
            state=departure.state,
            nonce=departure.nonce,
            code_verifier=departure.verifier,
        )
    return str(url), departure


async def arrive(settings: Settings, departure: Departure, *, state: str, code: str, back: str) -> Identity:
    """Who came back, if it is the browser that left, within ten minutes, with a token meant for us."""
    if not hmac.compare_digest(state.encode(), departure.state.encode()):
        raise IdentityRefused
    if not 0 <= time.time() - departure.left_at <= LONGEST_SECONDS:
        raise IdentityRefused
    provider = await _provider(settings)
    try:
        async with _client(settings, back) as client:
            token = await client.fetch_token(
                provider.token_endpoint, code=code, code_verifier=departure.verifier, grant_type="authorization_code"
            )
    except AuthlibBaseError:
        raise IdentityRefused from None
    except (httpx2.HTTPError, ValueError):
        raise IdentityAway from None
    keys = await _told(provider.jwks_uri)
    return _identity(settings, provider, departure, str(token.get("id_token", "")), keys)


def _identity(settings: Settings, provider: _Provider, departure: Departure, token: str, keys: Any) -> Identity:
    registry = jwt.JWTClaimsRegistry(
        leeway=CLOCKS_DIFFER_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": departure.nonce},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        registry.validate(found.claims)
        claims = msgspec.convert(found.claims, _Claims)
    except (JoseError, ValueError, msgspec.ValidationError, TypeError, KeyError):
        raise IdentityRefused from None
    if not claims.email or not claims.email_verified:
        raise IdentityRefused("Your identity provider does not vouch for an e-mail address of yours.")
    return Identity(provider.issuer, claims.sub, claims.email, claims.name or claims.email.partition("@")[0])


def _client(settings: Settings, back: str) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope=SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
        timeout=ANSWER_SECONDS,
        trust_env=False,
    )


async def _provider(settings: Settings) -> _Provider:
    if not settings.oidc_issuer:
        raise NotFound("This arena has no identity provider; sign in with a password.")
    told = await _told(f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
    try:
        provider = msgspec.convert(told, _Provider)
    except msgspec.ValidationError:
        raise IdentityAway from None
    if provider.issuer != settings.oidc_issuer:
        raise IdentityAway
    return provider


async def _told(url: str) -> Any:
    try:
        async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            return (await client.get(url)).raise_for_status().json()
    except (httpx2.HTTPError, ValueError):
        raise IdentityAway from None
