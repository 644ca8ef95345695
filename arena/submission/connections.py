"""Connections: how a provider says that its endpoint is reached, checked and then kept."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from arena.db import Db
from arena.errors import Refused
from arena.sealing import Sealed, Secrets
from arena.upstream import Dialect, check_url

KEY: Final = re.compile(r"[!-~]{1,2000}")
HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
VALUE: Final = re.compile(r"[!-~](?:[ -~]{0,1998}[!-~])?")
MOST_HEADERS: Final = 10
PARAMETER_BYTES: Final = 4096
# What the arena says itself in every call; a provider that could say it too could smuggle a second request in.
OURS: Final = frozenset(
    {
        *("host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"),
        *("keep-alive", "proxy-authorization", "accept", "accept-encoding", "content-type", "content-encoding"),
        *("user-agent", "cookie"),
    }
)
SAID_BY_US: Final = frozenset({"model", "messages", "stream", "stream_options", "system"})

# How a connection is kept, in the order of its parameters in `keep`.
COLUMNS: Final = (
    *("base_url", "model", "dialect", "parameters", "system_prompt", "context_tokens", "concurrency", "daily_calls"),
    *("daily_budget", "prompt_price", "answer_price", "sealed", "master", "key_ends", "header_names"),
)

Price = Annotated[float, Meta(ge=0, lt=1e6)]
Count = Annotated[int, Meta(gt=0, lt=2**31)]


class Connection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a contender is reached, what it is called there, with what settings and at what price.

    Prices are for a million tokens. `daily_calls` and `daily_budget` are a day's most, from midnight UTC.
    """

    base_url: Annotated[str, Meta(max_length=2000)]
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    dialect: Dialect = Dialect.OPENAI
    key: str | None = None
    headers: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    system_prompt: Annotated[str, Meta(max_length=16000)] | None = None
    context_tokens: Count | None = None
    concurrency: Count | None = None
    daily_calls: Annotated[int, Meta(ge=0, lt=2**31)] | None = None
    daily_budget: Price | None = None
    prompt_price: Price | None = None
    answer_price: Price | None = None

    def __repr__(self) -> str:
        return f"Connection(dialect={self.dialect})"

    @property
    def secrets(self) -> Secrets | None:
        """What must be sealed of it, if anything."""
        return Secrets(self.key, self.headers) if self.key or self.headers else None


def checked(connection: Connection, allowed: frozenset[tuple[str, int]] = frozenset()) -> Connection:
    """The connection, if the arena could call it."""
    check_url(connection.base_url, allowed)
    for field, text in (("model", connection.model), ("system_prompt", connection.system_prompt or "")):
        if not text.translate({ord(mark): None for mark in "\n\r\t"}).isprintable():
            raise Refused("The field “{field}” holds a character that can't be sent.", field=field)
    if connection.key is not None and not KEY.fullmatch(connection.key):
        raise Refused("A key has 1 to 2,000 characters, none of them a space or a letter outside ASCII.", field="key")
    _check_headers(connection.headers)
    _check_parameters(connection.parameters)
    if connection.daily_budget is not None and connection.prompt_price is None and connection.answer_price is None:
        raise Refused(
            "A daily budget needs prices: give “prompt_price” and “answer_price” for a million tokens.",
            field="daily_budget",
        )
    return connection


def _check_headers(headers: dict[str, str]) -> None:
    if len(headers) > MOST_HEADERS:
        raise Refused("An endpoint has at most {most} headers of its own.", most=MOST_HEADERS, field="headers")
    for name, value in headers.items():
        if not HEADER.fullmatch(name) or name.lower() in OURS:
            raise Refused("“{name}” can't be a header of an endpoint.", name=name[:100], field="headers")
        if not VALUE.fullmatch(value):
            # The value may be a secret, so it is not repeated.
            raise Refused("The header “{name}” has a value that no header can have.", name=name, field="headers")


def _check_parameters(parameters: dict[str, Any]) -> None:
    if len(msgspec.json.encode(parameters)) > PARAMETER_BYTES:
        raise Refused("The parameters take more than {most} bytes.", most=PARAMETER_BYTES, field="parameters")
    for name in sorted(SAID_BY_US & set(parameters)):
        raise Refused("The parameter “{name}” is the arena's to say; leave it out.", name=name, field="parameters")


async def draft(db: Db, endpoint_id: UUID, contender_id: UUID, provider_id: UUID, columns: dict[str, Any]) -> None:
    """Keep a new endpoint, which nobody calls before it has been checked."""
    await db.execute(
        "INSERT INTO endpoints (id, contender_id, provider_id, base_url, model, dialect, state) "
        "VALUES ($1, $2, $3, '', '', 'openai', 'draft')",
        endpoint_id,
        contender_id,
        provider_id,
    )
    await keep(db, endpoint_id, columns)


async def keep(db: Db, endpoint_id: UUID, columns: dict[str, Any]) -> None:
    """Let the endpoint be reached so; what it failed at before is forgotten."""
    await db.execute(
        """
        UPDATE endpoints
        SET base_url = $2, model = $3, dialect = $4, parameters = $5, system_prompt = $6, context_tokens = $7,
            concurrency = $8, daily_calls = $9, daily_budget = $10, prompt_price = $11, answer_price = $12,
            sealed = $13, master = $14, key_ends = $15, header_names = $16,
            failures = 0, failed_at = NULL, cooled_until = NULL
        WHERE id = $1
        """,
        endpoint_id,
        *(columns[name] for name in COLUMNS),
    )


async def reseal(db: Db, endpoint_id: UUID, former: bytes, sealed: Sealed) -> None:
    """Keep the secrets as they are sealed now, unless they were changed meanwhile."""
    await db.execute(
        "UPDATE endpoints SET sealed = $3, master = $4 WHERE id = $1 AND sealed = $2",
        endpoint_id,
        former,
        sealed.content,
        sealed.master,
    )
