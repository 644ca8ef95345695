"""Sealing: what only the arena may read, a provider's key for instance, as bytes that say nothing in the database.

AES-256-GCM with the id of the row it belongs to as associated data: sealed bytes that are moved to another row can't be
opened there. The first master key seals, all of them open, so that a new one can be put before the old one.
"""

import os
from base64 import b64decode
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from arena.config import Settings
from arena.errors import ArenaError, SettingsWrong

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
# The master key of an arena that was given none is made from its secret.
OF_THE_SECRET: Final = "secret"  # noqa: S105 - its name, which is no secret.


class Unopenable(ArenaError):
    """This endpoint's key can't be opened any more. Give “key” and “headers” anew, or ask the arena's operator."""

    status = 409


class Secrets(Struct, frozen=True):
    """What a provider trusts the arena with: the endpoint's key, and headers that may hold others."""

    key: str | None = None
    headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Secrets()"


class Sealed(Struct, frozen=True):
    """Secrets as they are kept: which master key sealed them, and the bytes."""

    master: str
    content: bytes


class Keyring:
    """The arena's master keys."""

    def __init__(self, settings: Settings) -> None:
        self._keys = _keys(settings)
        self.master = next(iter(self._keys))

    def seal(self, secrets: Secrets, owner: UUID) -> Sealed:
        """The secrets, to be opened for this owner alone."""
        nonce = os.urandom(NONCE_BYTES)
        content = self._keys[self.master].encrypt(nonce, msgspec.json.encode(secrets), owner.bytes)
        return Sealed(self.master, nonce + content)

    def open(self, sealed: Sealed, owner: UUID) -> Secrets:
        """The secrets that were sealed for this owner."""
        key = self._keys.get(sealed.master)
        if key is None:
            raise Unopenable
        try:
            content = key.decrypt(sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:], owner.bytes)
        except (InvalidTag, ValueError):
            raise Unopenable from None
        return msgspec.json.decode(content, type=Secrets)


def _keys(settings: Settings) -> dict[str, AESGCM]:
    keys: dict[str, AESGCM] = {}
    for pair in filter(None, settings.master_keys.split(",")):
        name, _, text = (part.strip() for part in pair.partition(":"))
        if not name or name in (*keys, OF_THE_SECRET) or len(key := _decoded(text)) != KEY_BYTES:
            raise SettingsWrong(
                "ARENA_MASTER_KEYS has the form NAME:KEY,NAME:KEY; each name once, each key 32 bytes in base64."
            )
        keys[name] = AESGCM(key)
    # Last, so that what was sealed before the arena was given master keys can still be opened.
    derived = HKDF(SHA256(), KEY_BYTES, None, b"arena master key").derive(settings.secret.encode())
    return keys | {OF_THE_SECRET: AESGCM(derived)}


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
