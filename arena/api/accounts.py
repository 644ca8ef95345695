"""Accounts over HTTP: sign up, sign in, keys, and who belongs to an organisation."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.guards import Asker
from arena.limits import Rates
from arena.people import accounts, keys, members, sessions
from arena.people.accounts import Account, Role
from arena.people.keys import Key, Scope
from arena.people.members import Member, Membership, Standing
from arena.submission import providers

AnyRequest = Request[Any, Any, Any]
Email = Annotated[str, Meta(max_length=254)]
Name = Annotated[str, Meta(max_length=200)]
Secret = Annotated[str, Meta(max_length=1000)]


class SigningUp(Struct, forbid_unknown_fields=True):
    """Who opens an account; with an organisation it is founded too, and with a key's name a first key is made."""

    email: Email
    name: Name
    password: Secret
    organisation: Name | None = None
    key: Name | None = None


class SigningIn(Struct, forbid_unknown_fields=True):
    """Who signs in."""

    email: Email
    password: Secret


class NewPassword(Struct, forbid_unknown_fields=True):
    """A password in place of the present one, which who has one must know."""

    password: Secret
    present: Secret | None = None


class KeyWanted(Struct, forbid_unknown_fields=True):
    """A key to make; without days it lasts until it is revoked."""

    name: Name
    scopes: list[Scope]
    days: int | None = None


class Founding(Struct, forbid_unknown_fields=True):
    """An organisation to found."""

    name: Name


class Belonging(Struct, forbid_unknown_fields=True):
    """Who is to belong to an organisation, and how."""

    email: Email
    standing: Standing = Standing.MEMBER


class Appointment(Struct, forbid_unknown_fields=True):
    """The roles that an account is to have, and why."""

    email: Email
    roles: list[Role]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class AccountShown(Struct):
    """An account as its owner sees it."""

    id: UUID
    email: str
    name: str
    roles: list[Role]
    organisations: list[Membership]


class SignedUp(AccountShown, kw_only=True):
    """A new account; `key` is the first key, told this once, null where none was asked for."""

    key: str | None


class KeyMade(Struct):
    """A new key: `secret` is what to send, told this once."""

    key: Key
    secret: str


class Keys(Struct):
    """An account's keys."""

    items: list[Key]
    next: str | None


class Members(Struct):
    """Who belongs to an organisation."""

    items: list[Member]
    next: str | None


@post("/accounts")
async def sign_up(
    request: AnyRequest,
    data: JSONBody[SigningUp],
    db: Given[Pool],
    settings: Given[Settings],
    rates: Given[Rates],
    network: Given[str],
) -> Response[SignedUp]:
    """Open an account for a provider or an analyst, and sign in with it."""
    await rates.sign_up(network)
    async with db.acquire() as connection, connection.transaction():
        account = await accounts.open(
            connection, email=data.email, name=data.name, password=data.password, roles=(Role.PROVIDER,)
        )
        if data.organisation is not None:
            await providers.found(connection, name=data.organisation, account_id=account.id)
        secret = None
        if data.key is not None:
            _, secret = await keys.make(
                connection, account, name=data.key, scopes=(Scope.READ, Scope.SUBMIT), days=None
            )
        token = await sessions.begin(connection, account.id, guards.session_token(request, settings))
    shown = await _shown(db, account)
    body = SignedUp(shown.id, shown.email, shown.name, shown.roles, shown.organisations, key=secret)
    return Response(body, status_code=201, cookies=[guards.session_cookie(token, settings)])


@post("/sessions")
async def sign_in(
    request: AnyRequest,
    data: JSONBody[SigningIn],
    db: Given[Pool],
    settings: Given[Settings],
    rates: Given[Rates],
    network: Given[str],
) -> Response[AccountShown]:
    """Sign in; the session's cookie comes with the answer, and the one it replaces is over."""
    await rates.sign_in(data.email, network)
    account = await accounts.sign_in(db, data.email, data.password)
    token = await sessions.begin(db, account.id, guards.session_token(request, settings))
    return Response(await _shown(db, account), status_code=201, cookies=[guards.session_cookie(token, settings)])


@delete("/sessions/current", status_code=204)
async def sign_out(request: AnyRequest, db: Given[Pool], settings: Given[Settings]) -> Response[None]:
    """Sign out here."""
    if token := guards.session_token(request, settings):
        await sessions.end(db, token)
    return Response(None, status_code=204, cookies=[guards.session_cookie("", settings)])


@get("/account", responses=guards.json_of(AccountShown))
async def show_account(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """One's own account."""
    return guards.fresh(request, await _shown(db, signed_in.account))


@put("/account/password", status_code=204)
async def set_password(
    request: AnyRequest,
    data: JSONBody[NewPassword],
    signed_in: Given[Asker],
    db: Given[Pool],
    settings: Given[Settings],
    rates: Given[Rates],
    network: Given[str],
) -> None:
    """Change one's password; every other session is over. With a session the present one must be told."""
    signed_in.require(Scope.ACCOUNT)
    await rates.sign_in(signed_in.account.email, network)
    if signed_in.scopes is None:
        await accounts.require_password(db, signed_in.account.id, data.present or "")
    await accounts.set_password(db, signed_in.account.id, data.password)
    await sessions.end_others(db, signed_in.account.id, guards.session_token(request, settings))


@get("/keys", responses=guards.json_of(Keys))
async def list_keys(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """One's own keys, without their secrets."""
    signed_in.require(Scope.ACCOUNT)
    return guards.fresh(request, Keys(await keys.listed(db, signed_in.account.id), None))


@post("/keys")
async def make_key(data: JSONBody[KeyWanted], signed_in: Given[Asker], db: Given[Pool]) -> KeyMade:
    """Make a key; its secret is told this once."""
    signed_in.require(Scope.ACCOUNT)
    key, secret = await keys.make(db, signed_in.account, name=data.name, scopes=data.scopes, days=data.days)
    return KeyMade(key, secret)


@delete("/keys/{key_id:str}", status_code=200)
async def revoke_key(key_id: FromPath[str], signed_in: Given[Asker], db: Given[Pool]) -> Key:
    """Make a key good for nothing, at once."""
    signed_in.require(Scope.ACCOUNT)
    return await keys.revoke(db, signed_in.account.id, key_id)


@post("/organisations")
async def found_organisation(data: JSONBody[Founding], signed_in: Given[Asker], db: Given[Pool]) -> Membership:
    """Found an organisation, as its owner."""
    signed_in.require(Scope.ACCOUNT)
    async with db.acquire() as connection:
        slug = await providers.found(connection, name=data.name, account_id=signed_in.account.id)
    return await members.require(db, signed_in.account.id, slug)


@get("/organisations/{slug:str}/members", responses=guards.json_of(Members))
async def list_members(
    request: AnyRequest, slug: FromPath[str], signed_in: Given[Asker], db: Given[Pool]
) -> Response[Any]:
    """Who belongs to one's organisation."""
    signed_in.require(Scope.READ)
    membership = await members.require(db, signed_in.account.id, slug)
    return guards.fresh(request, Members(await members.listed(db, membership.provider_id), None))


@post("/organisations/{slug:str}/members")
async def set_member(
    slug: FromPath[str], data: JSONBody[Belonging], signed_in: Given[Asker], db: Given[Pool]
) -> Members:
    """Let somebody who has an account belong to one's organisation, or change how they do."""
    signed_in.require(Scope.ACCOUNT)
    membership = await members.require_owner(db, signed_in.account.id, slug)
    somebody = await accounts.require(db, data.email)
    async with db.acquire() as connection:
        await members.set(connection, membership.provider_id, somebody.id, data.standing)
    return Members(await members.listed(db, membership.provider_id), None)


@delete("/organisations/{slug:str}/members/{account_id:uuid}", status_code=200)
async def remove_member(
    slug: FromPath[str], account_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool]
) -> Members:
    """Let somebody belong to one's organisation no more; everybody may leave by themselves."""
    signed_in.require(Scope.ACCOUNT)
    own = account_id == signed_in.account.id
    membership = await (members.require if own else members.require_owner)(db, signed_in.account.id, slug)
    async with db.acquire() as connection:
        await members.remove(connection, membership.provider_id, account_id)
    return Members(await members.listed(db, membership.provider_id), None)


@post("/appointments")
async def appoint(data: JSONBody[Appointment], signed_in: Given[Asker], db: Given[Pool]) -> AccountShown:
    """Give an account the roles it is to have; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    account = await accounts.require(db, data.email)
    async with db.acquire() as connection:
        await accounts.appoint(connection, account.id, data.roles, by=signed_in.account.id, reason=data.reason)
    return await _shown(db, await accounts.require(db, data.email))


async def _shown(db: Pool, account: Account) -> AccountShown:
    return AccountShown(
        account.id, account.email, account.name, sorted(account.roles), await members.of(db, account.id)
    )


routes = [
    sign_up,
    sign_in,
    sign_out,
    show_account,
    set_password,
    list_keys,
    make_key,
    revoke_key,
    found_organisation,
    list_members,
    set_member,
    remove_member,
    appoint,
]
