"""Hearing: an endpoint's answer while it comes, waited for or taken as far as it lies ready."""

from collections.abc import Iterable

import aiohttp

from arena.upstream import reply, sse
from arena.upstream.answers import Answer
from arena.upstream.calls import Failure, Finished, Limits, UpstreamFailed
from arena.upstream.deadlines import Deadlines
from arena.upstream.transcripts import Transcript

# A character of an answer can come in an event of some hundred bytes. An endpoint that sends more than this beside
# its text is not answering.
WIRE_BYTES_PER_ANSWER_BYTE = 512


class Hearing:
    """One answer as it is heard; `over` is true once nothing more can follow.

    A failure is raised by the call after the one that gave the text before it.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        deadlines: Deadlines,
        answer: Answer,
        limits: Limits,
        transcript: Transcript | None,
    ) -> None:
        self.over = False
        self._response = response
        self._deadlines = deadlines
        self._answer = answer
        self._transcript = transcript
        self._events = sse.Parser()
        self._wire_bytes = sse.EVENT_BYTES + limits.answer_bytes * WIRE_BYTES_PER_ANSWER_BYTE
        self._failure: UpstreamFailed | None = None

    async def more(self) -> str:
        """The next text, waited for; some pieces bring none, and the last one is the end."""
        self._require()
        return self._hear(await self._next())

    def ready(self) -> str:
        """The text that has come meanwhile, if any; takes no time, so a task is needed for none of it.

        It is to be asked for again and again: what does not come in between is waited for.
        """
        self._require()
        try:
            piece = reply.ready(self._response, self._deadlines)
        except UpstreamFailed:
            if not self._answer.finished:
                raise
            piece = b""
        return "" if piece is None else self._hear(piece)

    def close(self) -> Finished:
        """How the answer ended; a text that merely stops, or has nothing to read, is a failure."""
        self._require()
        return self._answer.close()

    def _require(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _next(self) -> bytes:
        """The next piece of the body; nothing at its end, and nothing where an answer already whole is cut off."""
        try:
            return await reply.read(self._response, self._deadlines)
        except UpstreamFailed:
            if not self._answer.finished:
                raise
            return b""

    def _hear(self, piece: bytes) -> str:
        """What a piece adds to the answer; no piece is its end."""
        self._wire_bytes -= len(piece)
        if self._transcript is not None:
            self._transcript.heard(piece)
        text = self._said(piece)
        if self._transcript is not None:
            self._transcript.texts, self._transcript.longest = self._answer.texts, self._answer.longest
        if text:
            self._deadlines.text(len(text))
        if self._answer.finished and not self.over:
            self._deadlines.tail()
        if self._wire_bytes < 0 and self._failure is None:
            self._failure = UpstreamFailed(Failure.TOO_LONG, "The endpoint sends far more than its text.")
        return text

    def _said(self, piece: bytes) -> str:
        """The text of the events that the piece completes, all at once; what came before a failure comes before it."""
        answer, said = self._answer, []
        try:
            for data in self._data(piece):
                said.append(answer.take(data))
                if answer.ended:
                    break
        except UpstreamFailed as failure:
            self._failure = failure
        self.over = answer.ended or not piece
        return said[0] if len(said) == 1 else "".join(said)

    def _data(self, piece: bytes) -> Iterable[str]:
        if (data := self._events.plain(piece)) is not None:
            return data
        return (event.data for event in (self._events.feed(piece) if piece else self._events.end()))
