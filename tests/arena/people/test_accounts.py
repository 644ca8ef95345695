import asyncio
from collections.abc import Callable

import pytest

from arena.db import Pool
from arena.errors import Refused
from arena.people import accounts, keys, members, sessions
from arena.people.accounts import Account, EmailTaken, Role, SignInFailed
from arena.people.keys import KeyRefused, Scope
from arena.people.members import LastOwner, NotOwner, NotYours, Standing
from arena.people.passwords import PasswordRefused
from arena.submission import providers
from arena.submission.providers import OrganisationTaken

PASSWORD = "correct horse battery"


async def _account(db: Pool, email: str = "ann@example.org", roles: tuple[Role, ...] = (Role.PROVIDER,)) -> Account:
    return await accounts.open(db, email=email, name="Ann", password=PASSWORD, roles=roles)


async def test_a_password_is_kept_as_argon2id_and_opens_the_account(db: Pool) -> None:
    account = await _account(db, "Ann@Example.org ")
    kept = await db.fetchval("SELECT password_hash FROM accounts")
    assert kept.startswith("$argon2id$")
    assert (await accounts.sign_in(db, " ANN@example.org", PASSWORD)).id == account.id


@pytest.mark.parametrize(
    ("email", "password"), [("ann@example.org", PASSWORD + "!"), ("bob@example.org", PASSWORD), ("", "\ud800")]
)
async def test_what_does_not_fit_is_refused_in_one_sentence(db: Pool, email: str, password: str) -> None:
    await _account(db)
    with pytest.raises(SignInFailed) as refused:
        await accounts.sign_in(db, email, password)
    assert refused.value.detail == SignInFailed.sentence()


async def test_an_account_without_a_password_is_not_opened_by_one(db: Pool) -> None:
    await accounts.open(db, email="ann@example.org", name="Ann", password=None, roles=())
    with pytest.raises(SignInFailed):
        await accounts.sign_in(db, "ann@example.org", "nobody has this password")


@pytest.mark.parametrize("password", ["short", "p" * 257])
async def test_a_password_that_nobody_should_have_is_refused(db: Pool, password: str) -> None:
    with pytest.raises(PasswordRefused):
        await accounts.open(db, email="ann@example.org", name="Ann", password=password, roles=())


async def test_an_address_has_one_account_however_many_ask_at_once(db: Pool) -> None:
    opened = await asyncio.gather(
        *(_account(db, f"{'aA'[n % 2]}nn@example.org") for n in range(4)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in opened) == ["Account"] + ["EmailTaken"] * 3


@pytest.mark.parametrize(
    "email", ["", "ann", "@example.org", "ann@", "a b@example.org", "ann@example.org\x00", "x" * 300]
)
async def test_an_address_that_is_none_is_refused(db: Pool, email: str) -> None:
    with pytest.raises(Refused, match="is not an e-mail address"):
        await _account(db, email)


async def test_who_comes_back_from_an_identity_provider_is_known_again(db: Pool) -> None:
    first = await accounts.arrive(db, issuer="https://id.example", subject="7", email="ann@example.org", name="Ann")
    again = await accounts.arrive(db, issuer="https://id.example", subject="7", email="new@example.org", name="Ann B")
    assert first.id == again.id


async def test_an_identity_provider_takes_nobodys_account_over(db: Pool) -> None:
    await _account(db)
    with pytest.raises(EmailTaken):
        await accounts.arrive(db, issuer="https://id.example", subject="7", email="ann@example.org", name="Ann")


async def test_a_session_is_kept_as_a_hash_and_ends(db: Pool) -> None:
    account = await _account(db)
    token = await sessions.begin(db, account.id, None)
    assert token.encode() not in [bytes(row["digest"]) for row in await db.fetch("SELECT digest FROM sessions")]
    found = await sessions.account(db, token)
    assert found is not None
    assert found.id == account.id
    await sessions.end(db, token)
    assert await sessions.account(db, token) is None


async def test_signing_in_again_ends_the_session_one_came_with(db: Pool) -> None:
    account = await _account(db)
    former = await sessions.begin(db, account.id, None)
    await sessions.begin(db, account.id, former)
    assert await sessions.account(db, former) is None


@pytest.mark.parametrize("column", ["expires_at", "used_at"])
async def test_a_session_that_is_over_is_nobodys_and_is_swept(db: Pool, column: str) -> None:
    token = await sessions.begin(db, (await _account(db)).id, None)
    await db.execute(f"UPDATE sessions SET {column} = now() - interval '8 days'")
    assert await sessions.account(db, token) is None
    await sessions.sweep(db)
    assert await db.fetchval("SELECT count(*) FROM sessions") == 0


async def test_a_key_is_good_until_it_is_revoked(db: Pool) -> None:
    account = await _account(db)
    key, words = await keys.make(db, account, name="ci", scopes=[Scope.READ], days=None)
    held = await keys.holder(db, words)
    assert (held.account.id, held.scopes) == (account.id, frozenset({Scope.READ}))
    await keys.revoke(db, account.id, key.id)
    with pytest.raises(KeyRefused):
        await keys.holder(db, words)


async def test_a_key_that_has_expired_is_refused(db: Pool) -> None:
    _, words = await keys.make(db, await _account(db), name="ci", scopes=[Scope.READ], days=1)
    await db.execute("UPDATE api_keys SET expires_at = now()")
    with pytest.raises(KeyRefused):
        await keys.holder(db, words)


async def test_a_key_is_kept_as_a_hash(db: Pool) -> None:
    _, words = await keys.make(db, await _account(db), name="ci", scopes=[Scope.READ], days=None)
    row = await db.fetchrow("SELECT * FROM api_keys")
    assert row is not None
    assert words.partition(".")[2][:43].encode() not in bytes(row["digest"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda w: w[:-1],
        lambda w: w[:-1] + "z",
        lambda w: "x" + w,
        lambda w: "",
        lambda w: w[:19] + ("A" if w[19] != "A" else "B") + w[20:],
    ],
)
async def test_words_that_are_no_key_of_ours_are_refused(db: Pool, spoil: Callable[[str], str]) -> None:
    _, words = await keys.make(db, await _account(db), name="ci", scopes=[Scope.READ], days=None)
    with pytest.raises(KeyRefused):
        await keys.holder(db, spoil(words))


async def test_only_an_operator_gets_an_operators_key(db: Pool) -> None:
    with pytest.raises(Refused, match="operator"):
        await keys.make(db, await _account(db), name="ci", scopes=[Scope.OPERATE], days=None)


async def test_an_organisation_keeps_an_owner_however_its_owners_fall_out(db: Pool) -> None:
    ann, bob = await _account(db), await _account(db, "bob@example.org")
    async with db.acquire() as connection:
        slug = await providers.found(connection, name="Northgate Lab", account_id=ann.id)
    membership = await members.require_owner(db, ann.id, slug)
    async with db.acquire() as connection:
        await members.set(connection, membership.provider_id, bob.id, Standing.OWNER)

    async def remove(account: Account) -> None:
        async with db.acquire() as connection:
            await members.remove(connection, membership.provider_id, account.id)

    ended = await asyncio.gather(remove(ann), remove(bob), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["LastOwner", "NoneType"]


async def test_the_last_owner_cannot_be_made_less(db: Pool) -> None:
    ann = await _account(db)
    async with db.acquire() as connection:
        slug = await providers.found(connection, name="Northgate Lab", account_id=ann.id)
        membership = await members.require(db, ann.id, slug)
        with pytest.raises(LastOwner):
            await members.set(connection, membership.provider_id, ann.id, Standing.MEMBER)


async def test_a_stranger_is_not_told_whether_there_is_an_organisation(db: Pool) -> None:
    ann, bob = await _account(db), await _account(db, "bob@example.org")
    async with db.acquire() as connection:
        slug = await providers.found(connection, name="Northgate Lab", account_id=ann.id)
        with pytest.raises(OrganisationTaken):
            await providers.found(connection, name="northgate lab", account_id=bob.id)
    for organisation in (slug, "nowhere"):
        with pytest.raises(NotYours):
            await members.require(db, bob.id, organisation)


async def test_a_member_does_not_say_who_belongs(db: Pool) -> None:
    ann, bob = await _account(db), await _account(db, "bob@example.org")
    async with db.acquire() as connection:
        slug = await providers.found(connection, name="Northgate Lab", account_id=ann.id)
        membership = await members.require(db, ann.id, slug)
        await members.set(connection, membership.provider_id, bob.id, Standing.MEMBER)
    with pytest.raises(NotOwner):
        await members.require_owner(db, bob.id, slug)


async def test_operators_who_dismiss_each_other_at_once_leave_one(db: Pool) -> None:
    both = [await _account(db, f"{who}@example.org", (Role.OPERATOR,)) for who in ("ann", "bob")]

    async def dismiss(by: Account, whom: Account) -> None:
        async with db.acquire() as connection:
            await accounts.appoint(connection, whom.id, [Role.ANALYST], by=by.id, reason="A quarrel")

    ended = await asyncio.gather(dismiss(*both), dismiss(*both[::-1]), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["LastOperator", "NoneType"]
    kept = await db.fetch("SELECT reason FROM appointments")
    assert [row["reason"] for row in kept] == ["A quarrel"]
