"""Server-sent events: bytes to events, within limits.

After the HTML standard, section 9.2.6, "Interpreting an event stream", with one liberty: an event that the stream's
end cuts off before its blank line counts, because some endpoints leave the last blank line out.
"""

from collections.abc import Iterator
from typing import NamedTuple

from arena.upstream.calls import Failure, UpstreamFailed

EVENT_BYTES = 1 << 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event: its name, `message` where the stream gives none, and its data."""

    name: str
    data: str


class Parser:
    """Turns the pieces of one stream into events, the same ones however the stream is cut into pieces."""

    def __init__(self) -> None:
        self._held = bytearray()  # with \n for every line end
        self._searched = 0
        self._after_return = False
        self._begun = False

    def plain(self, piece: bytes) -> list[str] | None:
        """The data of a piece's events, where these are whole and nothing but one line of data each; else None.

        Nearly every piece of nearly every endpoint is like that. What is not is for `feed`.
        """
        if self._held or not (piece.startswith(b"data: ") and piece.endswith(b"\n\n")) or b"\r" in piece:
            return None
        data = piece[6:-2].decode(errors="replace").split("\n\ndata: ")
        if piece.count(b"\n") != 2 * len(data) or len(piece) > EVENT_BYTES:
            return None
        self._begun, self._after_return = True, False
        return data

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that this piece completes; bytes that are no UTF-8 become U+FFFD."""
        piece = self._with_plain_ends(piece)
        if not self._held and piece.endswith(b"\n\n"):
            for block in piece[:-2].split(b"\n\n"):
                if event := self._event(block):
                    yield event
            return
        self._held += piece
        # The search goes on where it stopped, so that a long event sent byte by byte costs no more than its bytes.
        end = self._held.rfind(b"\n\n", max(0, self._searched - 1))
        if end >= 0:
            complete = bytes(self._held[:end])
            del self._held[: end + 2]
            for block in complete.split(b"\n\n"):
                if event := self._event(block):
                    yield event
        self._searched = len(self._held)
        if self._searched > EVENT_BYTES:
            raise _too_long()

    def end(self) -> Iterator[Event]:
        """The event that the end of the stream cut off before its blank line, if there is one."""
        block = bytes(self._held)
        self._held.clear()
        self._searched = 0
        if event := self._event(block):
            yield event

    def _with_plain_ends(self, piece: bytes) -> bytes:
        if self._after_return and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_return = False
        if b"\r" in piece:
            self._after_return = piece.endswith(b"\r")
            return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if piece:
            self._after_return = False
        return piece

    def _event(self, block: bytes) -> Event | None:
        if len(block) > EVENT_BYTES:
            raise _too_long()
        if not self._begun:
            self._begun = True
            block = block.removeprefix(_BYTE_ORDER_MARK)
        name, data = "message", []
        for line in block.split(b"\n"):
            field, _, value = line.partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" ").decode(errors="replace"))
            elif field == b"event":
                name = value.removeprefix(b" ").decode(errors="replace") or "message"
        return Event(name, "\n".join(data)) if data else None


def _too_long() -> UpstreamFailed:
    return UpstreamFailed(Failure.TOO_LONG, "The endpoint sent an event that is longer than an event may be.")
