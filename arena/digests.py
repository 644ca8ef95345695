"""Digests: one name for many things, whatever order they come in, that anybody can make again."""

import hashlib
from collections.abc import Iterable

import msgspec


def canonical(value: object) -> bytes:
    """The one spelling of a value: JSON without spaces, keys in order, in UTF-8."""
    return msgspec.json.encode(value, order="sorted")


def leaf(content: bytes) -> bytes:
    """SHA-256(0x00 || content), as RFC 6962 has it."""
    return hashlib.sha256(b"\0" + content).digest()


def of(leaves: Iterable[bytes]) -> str:
    """SHA-256 over the leaves in ascending order."""
    return hashlib.sha256(b"".join(sorted(leaves))).hexdigest()


def named(content: bytes) -> str:
    """SHA-256 of the content."""
    return hashlib.sha256(content).hexdigest()
