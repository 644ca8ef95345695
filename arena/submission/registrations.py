"""Registrations: a provider brings a contender, and says how it is reached."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from arena import sealing
from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.sealing import Keyring, Sealed, Secrets
from arena.submission import cards, connections, contenders, endpoints, lifecycle
from arena.submission.cards import Card
from arena.submission.contenders import Duplicate
from arena.submission.endpoints import Grant
from arena.submission.lifecycle import Actor
from arena.upstream import Dialect, normal

log = logging.getLogger(__name__)

SHOWN_OF_A_KEY = 4


class NewVersion(ArenaError):
    """Its model, parameters or system prompt make it what it is, and it has been met in battles.

    What answers differently is a new version with votes of its own.
    """

    status = 409


class Registration(Struct, frozen=True, kw_only=True):
    """A contender to be entered and its connection; a private one is tested before the public is told of it."""

    name: str
    card: Card
    connection: connections.Connection
    private: bool = False


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a connection; what is left out stays."""

    base_url: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    key: str | UnsetType | None = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET
    system_prompt: str | UnsetType | None = UNSET
    context_tokens: int | UnsetType | None = UNSET
    concurrency: int | UnsetType | None = UNSET
    daily_calls: int | UnsetType | None = UNSET
    daily_budget: float | UnsetType | None = UNSET
    prompt_price: float | UnsetType | None = UNSET
    answer_price: float | UnsetType | None = UNSET

    def __repr__(self) -> str:
        return "Change()"


class Registered(Struct, frozen=True, kw_only=True):
    """An endpoint as its provider sees it; of its secrets there is only what they are called and how the key ends."""

    id: UUID
    provider_id: UUID
    contender_id: UUID
    organisation: str
    contender: str
    name: str
    private: bool
    base_url: str
    model: str
    dialect: Dialect
    key_ends: str | None
    header_names: list[str]
    parameters: dict[str, Any]
    system_prompt: str | None
    context_tokens: int | None
    concurrency: int | None
    daily_calls: int | None
    daily_budget: float | None
    prompt_price: float | None
    answer_price: float | None
    state: str
    state_since: datetime
    reason: str | None
    note: str | None
    retires_at: datetime | None
    created_at: datetime


class _Kept(Struct, frozen=True):
    master: str | None
    sealed: bytes | None


# What decides how a contender answers.
ITSELF = ("model", "parameters", "system_prompt")


async def register(
    db: Connection | Proxy,
    keyring: Keyring,
    provider_id: UUID,
    registration: Registration,
    *,
    actor: Actor,
    grant: Grant | None = None,
    follows: UUID | None = None,
) -> UUID:
    """Enter the contender with its endpoint, as a draft; Duplicate names the entry that it repeats."""
    allowed = frozenset({(grant.address, grant.port)} if grant else ())
    connection = connections.checked(registration.connection, allowed)
    card = cards.checked(registration.card)
    name = cards.line("name", registration.name, least=1)
    endpoint_id = uuid4()
    async with db.transaction():
        await _refuse_the_same(db, connection)
        contender_id = await contenders.register(db, name, card, private=registration.private, follows=follows)
        await connections.draft(db, endpoint_id, contender_id, provider_id, _columns(keyring, endpoint_id, connection))
        await lifecycle.begin(db, endpoint_id, actor=actor)
        if grant:
            await endpoints.grant(db, endpoint_id, grant)
    return endpoint_id


async def change(db: Connection | Proxy, keyring: Keyring, endpoint_id: UUID, wanted: Change) -> None:
    """Change how the endpoint is reached; NewVersion where that would make it another contender."""
    given = {name: value for name, value in structs.asdict(wanted).items() if value is not UNSET}
    async with db.transaction():
        await db.execute("SELECT FROM endpoints WHERE id = $1 FOR UPDATE", endpoint_id)
        present = await require(db, endpoint_id)
        if any(given.get(name, getattr(present, name)) != getattr(present, name) for name in ITSELF):
            await _refuse_if_met(db, endpoint_id)
        # Both given anew, the former ones need not open; otherwise what can't be opened must not be lost by this.
        anew = {"key", "headers"} <= given.keys()
        former = Secrets() if anew else await _secrets(db, keyring, endpoint_id)
        connection = connections.checked(
            _changed(present, former, given),
            await endpoints.granted(db, endpoint_id),
        )
        await _refuse_the_same(db, connection, but=endpoint_id)
        await connections.keep(db, endpoint_id, _columns(keyring, endpoint_id, connection))


async def require(db: Db, endpoint_id: UUID) -> Registered:
    """The endpoint, for those whom it belongs to."""
    found = await one(db, Registered, f"{SHOWN} WHERE endpoints.id = $1", endpoint_id)
    if found is None:
        raise NotFound("There is no such endpoint, or it is not yours.")
    return found


async def listed(db: Db, provider_ids: list[UUID]) -> list[Registered]:
    """The endpoints of these providers, the newest first."""
    order = "WHERE endpoints.provider_id = ANY($1) ORDER BY endpoints.created_at DESC, endpoints.id"
    return await many(db, Registered, f"{SHOWN} {order}", provider_ids)


async def reseal(db: Db, keyring: Keyring) -> int:
    """Seal with the present master key what an earlier one has sealed; how many were.

    What can't be opened stays as it is, for the day its master key comes back.
    """
    rows = await db.fetch(
        "SELECT id FROM endpoints WHERE sealed IS NOT NULL AND master <> $1 ORDER BY id LIMIT 1000", keyring.master
    )
    resealed = 0
    for row in rows:
        kept = await one(db, _Kept, "SELECT master, sealed FROM endpoints WHERE id = $1", row["id"])
        if kept is None or kept.master is None or kept.sealed is None:
            continue
        try:
            secrets = keyring.open(Sealed(kept.master, kept.sealed), row["id"])
        except sealing.Unopenable:
            log.warning("key can't be opened endpoint=%s master=%s", row["id"], kept.master)
            continue
        await connections.reseal(db, row["id"], kept.sealed, keyring.seal(secrets, row["id"]))
        resealed += 1
    return resealed


async def _secrets(db: Db, keyring: Keyring, endpoint_id: UUID) -> Secrets:
    kept = await one(db, _Kept, "SELECT master, sealed FROM endpoints WHERE id = $1", endpoint_id)
    if kept is None or kept.sealed is None or kept.master is None:
        return Secrets()
    return keyring.open(Sealed(kept.master, kept.sealed), endpoint_id)


def _changed(present: Registered, secrets: Secrets, given: dict[str, Any]) -> connections.Connection:
    kept = structs.asdict(present) | {"key": secrets.key, "headers": secrets.headers}
    fields = {name: kept[name] for name in connections.Connection.__struct_fields__} | given
    return msgspec.convert(fields, connections.Connection)


async def _refuse_if_met(db: Db, endpoint_id: UUID) -> None:
    if await db.fetchval("SELECT EXISTS (SELECT FROM sides WHERE endpoint_id = $1)", endpoint_id):
        raise NewVersion(
            "Its model, parameters and system prompt make it what it is, and it has been met in battles. "
            "Bring what answers differently as a new version, at POST /api/v1/endpoints/{id}/versions.",
            id=str(endpoint_id),
        )


async def _refuse_the_same(
    db: Connection | Proxy, connection: connections.Connection, *, but: UUID | None = None
) -> None:
    """Refuse a second entry of what would answer the same; whoever asks at the same time waits here."""
    place = normal(connection.base_url)
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{place} {connection.model}")
    slug = await db.fetchval(
        """
        SELECT slug FROM endpoints JOIN contenders ON contenders.id = contender_id
        WHERE base_url = $1 AND model = $2 AND parameters = $3 AND system_prompt IS NOT DISTINCT FROM $4
          AND state <> 'retired' AND endpoints.id IS DISTINCT FROM $5
        """,
        *(place, connection.model, connection.parameters, connection.system_prompt, but),
    )
    if slug is not None:
        raise Duplicate(
            "This endpoint with this model, parameters and system prompt is entered already, as /contenders/{slug}.",
            slug=slug,
            field="base_url",
        )


def _columns(keyring: Keyring, endpoint_id: UUID, connection: connections.Connection) -> dict[str, Any]:
    """The connection as its row has it."""
    columns = structs.asdict(connection) | {"base_url": normal(connection.base_url)}
    key, headers = columns.pop("key"), columns.pop("headers")
    sealed = keyring.seal(connection.secrets, endpoint_id) if connection.secrets else None
    return columns | {
        "sealed": sealed.content if sealed else None,
        "master": sealed.master if sealed else None,
        # Of a short key even its end says too much.
        "key_ends": None if key is None else key[-SHOWN_OF_A_KEY:] if len(key) > 3 * SHOWN_OF_A_KEY else "",
        "header_names": sorted(headers),
    }


SHOWN = """
        SELECT endpoints.id, provider_id, contender_id, providers.slug AS organisation, contenders.slug AS contender,
               contenders.name, committed_at IS NULL AS private, base_url, model, dialect, key_ends, header_names,
               parameters, system_prompt, context_tokens, concurrency, daily_calls, daily_budget, prompt_price,
               answer_price, state, state_since, reason, note, retires_at, endpoints.created_at
        FROM endpoints JOIN contenders ON contenders.id = contender_id JOIN providers ON providers.id = provider_id"""
