"""The hatch: what lies ready on the shelf is handed out by the connection itself, with no task and no request between.

Only what is plain goes through it: a whole GET without a body, on a connection that stays open and on which nothing
else is being answered. All else goes round by the door, and comes to the same shelf there.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from arena.shelves import Answer, Shelf

# What says that there is more to a request than its head.
MORE = frozenset((b"content-length", b"transfer-encoding", b"upgrade", b"expect"))


class Hatch(HttpToolsProtocol):
    """uvicorn's connection, with the shelf at hand."""

    shelf: Shelf
    _given: Answer | None = None

    def on_headers_complete(self) -> None:
        self._given = self._at_hand()
        if self._given is None:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._given is None:
            super().on_message_complete()
            return
        answer, self._given = self._given, None
        # The server's own headers, of which one is the date.
        more = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        self.transport.write(b"".join((answer.wire, *more, b"\r\n", answer.body)))
        self.on_response_complete()

    def _at_hand(self) -> Answer | None:
        """The answer to the request whose head is complete, if it can be given at once."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None  # Answers come in the order of their requests.
        parser = self.parser
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        wants = dict(self.headers)
        if self.flow.write_paused or not MORE.isdisjoint(wants):
            return None
        return self.shelf.at_hand(self.url, wants)


def over(shelf: Shelf) -> type[Hatch]:
    """The connections of a server that has this shelf."""
    return type("Hatch", (Hatch,), {"shelf": shelf})
