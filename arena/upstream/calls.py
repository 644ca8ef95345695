"""What a call to an endpoint is made of, and what comes back from it."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from arena.sealing import Sealed

Grants = frozenset[tuple[str, int]]
"""The exact addresses and ports that an operator has allowed one endpoint besides the public ones."""


class Message(Struct, frozen=True):
    """One message of a conversation."""

    role: str
    content: str


class Dialect(StrEnum):
    """How an endpoint wants to be spoken to."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Target(Struct, frozen=True, kw_only=True):
    """One contender at one endpoint: where it is, what it is called there and with what settings.

    `parameters` are sent as they are. `key` is None where the endpoint asks for none, or while it is still `sealed`.
    """

    endpoint_id: UUID
    base_url: str
    model: str
    dialect: Dialect
    parameters: dict[str, Any]
    system_prompt: str | None
    allowed: Grants
    key: str | None = None
    headers: dict[str, str] = {}
    sealed: Sealed | None = None

    def __repr__(self) -> str:
        # The generated one would write the key into every traceback and log that shows a target.
        return f"Target(endpoint_id={self.endpoint_id})"


class Limits(Struct, frozen=True, kw_only=True):
    """How long one answer may keep its reader waiting, and how much text it may have."""

    first_byte_seconds: float
    idle_seconds: float
    answer_seconds: float
    answer_bytes: int


class Text(Struct, frozen=True):
    """The next piece of the answer; never empty."""

    text: str


class Finished(Struct, frozen=True):
    """The end of a whole answer; a count is None where the endpoint did not tell it.

    `truncated` says that the endpoint cut the answer at its length limit.
    """

    reason: str
    prompt_tokens: int | None
    answer_tokens: int | None
    truncated: bool


class Failure(StrEnum):
    """Why a call gave no whole answer: neutral words that name neither the endpoint nor its contender."""

    UNREACHABLE = "unreachable"
    ADDRESS = "address"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    SLOW = "slow"
    STATUS = "status"
    RATE_LIMITED = "rate_limited"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    REFUSED = "refused"
    CONTENT_TYPE = "content_type"


class UpstreamFailed(Exception):
    """The endpoint gave no whole answer.

    `detail` is a sentence for operators and carries nothing that the endpoint sent, no key and no URL.
    `retry_after` is the number of seconds the endpoint asked to be left alone, None where it asked for nothing;
    `status` is that of its reply, where that is what failed.
    """

    def __init__(self, code: Failure, detail: str, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.status = status
