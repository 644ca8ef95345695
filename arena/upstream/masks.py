"""Masks: a text without the secrets that may stand in it, however they are written there."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

import msgspec

MASKED: Final = "[redacted]"
# A shorter secret is looked for as a word of its own; it would be found in every text otherwise.
SHORT: Final = 4
# Of a shorter one base64 leaves too few characters that depend on nothing else.
LEAST_ENCODED: Final = 6


class Mask:
    """Takes these secrets out of texts, in any case, in base64, in hexadecimal and escaped as in JSON and URLs."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The scheme before a key, as in “Bearer …”, may be left out by who repeats it.
        parts = {part for secret in secrets for part in (secret, *secret.split()) if part == secret or len(part) >= 8}
        forms = sorted({form for part in parts if part for form in _forms(part)}, key=len, reverse=True)
        self._longest = max(map(len, forms), default=0)
        self._pattern = re.compile("|".join(map(_sought, forms)) or r"(?!)", re.IGNORECASE)

    def reach(self, most: int) -> int:
        """How many characters must be seen so that no secret is cut in two in the first `most` of them."""
        return most + self._longest

    def over(self, text: str, *, most: int | None = None) -> str:
        """The text without the secrets, of its first `most` characters alone where that is given."""
        most = len(text) if most is None else most
        pieces, at = [], 0
        for found in self._pattern.finditer(text):
            if found.start() >= most:
                break
            pieces += [text[at : found.start()], MASKED]
            at = found.end()
        return "".join([*pieces, text[at:most]])

    def storable(self, text: str, *, most: int | None = None) -> str:
        """The same without what a database can't hold either: NUL, and halves of characters."""
        whole = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
        return self.over(whole, most=most)


def _sought(form: str) -> str:
    return re.escape(form) if len(form) >= SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield msgspec.json.encode(secret).decode()[1:-1]
    if len(secret) < LEAST_ENCODED:
        return
    yield secret.encode().hex()
    for written in (secret, secret.lower(), secret.upper()):
        for before in range(3):
            yield from _in_base64(written.encode(), before)


def _in_base64(secret: bytes, before: int) -> Iterator[str]:
    """The characters that depend on the secret alone, where so many bytes stand before it modulo three."""
    padded = bytes(before) + secret
    first, whole = -(-before * 8 // 6), len(padded) * 8 // 6
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(padded).decode()[first:whole]
