"""Heads: the size and root of the ledger's tree, signed, in the formats of C2SP (tlog-checkpoint, signed-note).

A key is written as golang.org/x/mod/sumdb/note writes it: `PRIVATE+KEY+name+id+base64` and, for verifying,
`name+id+base64`, where the id is the beginning of SHA-256(name || 0x0A || 0x01 || public key) and the bytes begin with
0x01 for Ed25519.
"""

import hashlib
import os
import re
from base64 import b64decode, b64encode
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from arena.config import Settings
from arena.errors import SettingsWrong

ED25519: Final = b"\x01"
KEY_BYTES: Final = 32
ID_BYTES: Final = 4
NAME: Final = "arena"
WRITTEN: Final = re.compile(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
PUBLISHED: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
SIGNED: Final = re.compile(r"(\S+)\n([0-9]+)\n([A-Za-z0-9+/=]+)\n\n— (\S+) ([A-Za-z0-9+/=]+)\n")


class Key:
    """What the ledger's heads are signed with: a name, by which others know the log, and an Ed25519 key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key().public_bytes_raw()

    @property
    def written(self) -> str:
        """The key as it is kept in a file or a setting: a secret."""
        return f"PRIVATE+KEY+{self.name}+{_id(self.name, self._public).hex()}+{_base64(ED25519 + self._seed)}"

    @property
    def published(self) -> str:
        """What everybody needs to verify what it has signed."""
        return f"{self.name}+{_id(self.name, self._public).hex()}+{_base64(ED25519 + self._public)}"

    def sign(self, size: int, root: bytes) -> str:
        """The note of a head: name, size and root, a line each, and the signature over these lines."""
        text = f"{self.name}\n{size}\n{_base64(root)}\n"
        signature = _id(self.name, self._public) + self._private.sign(text.encode())
        return f"{text}\n— {self.name} {_base64(signature)}\n"


class Signed(Struct, frozen=True):
    """What a note says."""

    name: str
    size: int
    root: bytes


def new(name: str = NAME) -> str:
    """A new key, written."""
    return Key(name, os.urandom(KEY_BYTES)).written


def key(settings: Settings) -> Key:
    """The settings' key or, where there is none, one made from the arena's secret."""
    if not settings.ledger_key:
        derived = HKDF(SHA256(), KEY_BYTES, None, b"arena ledger key").derive(settings.secret.encode())
        return Key(NAME, derived)
    found = WRITTEN.fullmatch(settings.ledger_key.strip())
    content = _bytes(found[3]) if found else b""
    if not found or content[:1] != ED25519 or len(content) != 1 + KEY_BYTES:
        raise SettingsWrong("ARENA_LEDGER_KEY has the form PRIVATE+KEY+name+id+base64. `arena up` makes one.")
    made = Key(found[1], content[1:])
    if made.written.split("+")[3] != found[2]:
        raise SettingsWrong("ARENA_LEDGER_KEY was changed: its id is not that of its name and key.")
    return made


def opened(note: str, published: str) -> Signed | None:
    """What the note says, if the published key has signed it; None for any other note."""
    signed, known = SIGNED.fullmatch(note), PUBLISHED.fullmatch(published)
    if not signed or not known or not signed[1] == signed[4] == known[1]:
        return None
    public, signature = _bytes(known[3])[1:], _bytes(signed[5])
    if len(public) != KEY_BYTES or signature[:ID_BYTES] != _id(known[1], public):
        return None
    text = note[: note.index("\n\n") + 1]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature[ID_BYTES:], text.encode())
    except InvalidSignature:
        return None
    return Signed(signed[1], int(signed[2]), _bytes(signed[3]))


def _id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:ID_BYTES]


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
