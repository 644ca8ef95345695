"""Departures: sign-ins at an identity provider under way, each kept in a cookie of the browser that began it."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from arena.errors import ArenaError

LONGEST_SECONDS: Final = 600


class IdentityRefused(ArenaError):
    """This sign-in can't be completed: it is too old, was begun elsewhere, or was refused. Begin again."""

    status = 401


class Departure(Struct, frozen=True):
    """A sign-in under way."""

    state: str
    nonce: str
    verifier: str
    destination: str
    left_at: int


def sealed(departure: Departure, secret: str) -> str:
    """What the cookie of a sign-in under way holds."""
    body = urlsafe_b64encode(msgspec.json.encode(departure)).decode()
    return f"{body}.{_signature(body, secret)}"


def unsealed(cookie: str, secret: str) -> Departure:
    """The sign-in that the cookie keeps, if we signed it."""
    body, _, signature = cookie.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(body, secret).encode()):
        raise IdentityRefused
    return msgspec.json.decode(urlsafe_b64decode(body), type=Departure)


def _signature(body: str, secret: str) -> str:
    return hmac.new(secret.encode(), b"departure" + body.encode(), sha256).hexdigest()
