"""Passwords: kept as Argon2id hashes, checked at one speed whether anybody has the address or not."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from arena.errors import Refused

SHORTEST, LONGEST = 12, 256
# One hash takes tens of milliseconds and 64 MiB; more than two at once would hold up everything else.
AT_ONCE = 2

_hasher: Final = PasswordHasher()
_turns: Final = asyncio.Semaphore(AT_ONCE)
# What is compared where there is nothing to compare with, so that the time it takes tells nobody which.
_NOBODYS: Final = _hasher.hash("nobody has this password")


class PasswordRefused(Refused):
    """A password has 12 to 256 characters. Choose another one."""


async def hashed(password: str) -> str:
    """The password as it is kept."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(field="password")
    async with _turns:
        return await asyncio.to_thread(_hasher.hash, _bytes(password))


async def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password that was kept; None is nobody's."""
    async with _turns:
        fitting = await asyncio.to_thread(_verified, kept or _NOBODYS, password[: LONGEST + 1])
    return fitting and kept is not None


def _verified(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    # JSON can carry half a surrogate pair, which UTF-8 can't; it is a character like any other here.
    return password.encode("utf-8", "surrogatepass")
