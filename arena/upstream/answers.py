"""An answer as its events tell it, whatever the dialect."""

from abc import ABC, abstractmethod

from arena.upstream.calls import Failure, Finished, UpstreamFailed


class Answer(ABC):
    """One answer: its text, how it ended, what it cost.

    `finished` is true once the endpoint has said why the text ends, `ended` once nothing more can follow; `texts` is
    the number of events that had some of the text, `longest` the characters of the longest.
    """

    def __init__(self, answer_bytes: int) -> None:
        self.finished = False
        self.ended = False
        self.texts = 0
        self.longest = 0
        self._reason: str | None = None
        self._prompt_tokens: int | None = None
        self._answer_tokens: int | None = None
        self._bytes_left = answer_bytes
        self._blank = True

    @abstractmethod
    def take(self, data: str) -> str:
        """The text that an event adds to the answer; mostly some, sometimes none."""

    def close(self) -> Finished:
        """How the answer ended; a text that merely stops, or has nothing to read, is a failure."""
        if not self.finished:
            raise UpstreamFailed(Failure.TRUNCATED, "The endpoint's answer broke off.")
        if self._blank and self._reason == "content_filter":
            raise UpstreamFailed(Failure.REFUSED, "The endpoint's content filter lets nothing of the answer out.")
        if self._blank:
            raise UpstreamFailed(Failure.EMPTY, "The endpoint's answer has no text.")
        return Finished(
            reason=self._reason or "stop",  # an end marker alone says that the text is whole
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._answer_tokens,
            truncated=self._reason == "length",
        )

    def _say(self, text: str | None) -> str:
        """What is kept of a text."""
        if not text:
            return ""
        if "\0" in text:
            text = text.replace("\0", "")  # PostgreSQL keeps no NUL in a text
        self._bytes_left -= len(text) if text.isascii() else len(text.encode())
        if self._bytes_left < 0:
            raise UpstreamFailed(Failure.TOO_LONG, "The endpoint's answer is longer than an answer may be.")
        self.texts += 1
        if len(text) > self.longest:
            self.longest = len(text)
        if self._blank:
            self._blank = not text or text.isspace()
        return text


def unreadable() -> UpstreamFailed:
    """The failure of an event that is not what the dialect says."""
    return UpstreamFailed(Failure.MALFORMED, "The endpoint sent an event that can't be read.")


def broken() -> UpstreamFailed:
    """The failure of an endpoint that tells of an error of its own."""
    return UpstreamFailed(Failure.MALFORMED, "The endpoint sent an error in place of its answer.")


def require_header(value: str) -> str:
    """The key, if it can be one."""
    if not value or not all("!" <= character <= "~" for character in value):
        raise UpstreamFailed(Failure.STATUS, "The endpoint's key has characters that no key can have.")
    return value
