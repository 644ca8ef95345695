"""Transcripts: what was asked and what came back, for the endpoint's own provider to read."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from arena.upstream.masks import MASKED, Mask

KEPT_CHARACTERS: Final = 8000


class Exchange(Struct, frozen=True):
    """A request and its reply as they went over the wire, without secrets and cut to KEPT_CHARACTERS each."""

    request: str
    reply: str


class Transcript:
    """One call as it goes on; nothing is kept of it that is longer than needed."""

    def __init__(self, mask: Mask) -> None:
        self.texts = 0
        self.longest = 0
        self.replied_at_all = False
        self.certificate_until: datetime | None = None
        self._mask = mask
        self._request = ""
        self._head = ""
        self._body = bytearray()

    @property
    def wants(self) -> bool:
        """Whether more of the reply's body would be kept."""
        return len(self._body) < 4 * self._mask.reach(KEPT_CHARACTERS)

    def asked(self, method: str, url: str, headers: dict[str, str], secret: set[str], body: bytes) -> None:
        """What is sent; of the headers named in `secret` only the names are kept."""
        lines = [f"{name}: {MASKED if name.lower() in secret else value}" for name, value in headers.items()]
        self._request = "\n".join([f"{method} {url}", *lines, "", body.decode(errors="replace")])

    def replied(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The reply's first line and headers."""
        self.replied_at_all = True
        self._head = "\n".join([f"HTTP {status}", *[f"{name}: {value}" for name, value in headers], "", ""])

    def heard(self, piece: bytes) -> None:
        """A piece of the reply's body."""
        if self.wants:
            self._body += piece

    def exchange(self) -> Exchange:
        """What is kept of it."""
        return Exchange(self._kept(self._request), self._kept(self._head + self._body.decode(errors="replace")))

    def _kept(self, text: str) -> str:
        masked = self._mask.storable(text, most=KEPT_CHARACTERS)
        return f"{masked}\n[…]" if len(text) > KEPT_CHARACTERS else masked
