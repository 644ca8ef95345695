from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.db import Pool
from arena.people import voters
from arena.people.voters import UnknownVoter

SECRET = "s" * 32


def test_a_voter_is_known_again_by_the_cookie() -> None:
    voter_id = voters.invite()
    assert voters.read(voters.token(voter_id, SECRET), SECRET) == voter_id


def test_a_cookie_signed_with_another_secret_names_nobody() -> None:
    with pytest.raises(UnknownVoter):
        voters.read(voters.token(voters.invite(), "t" * 32), SECRET)


def test_a_signature_belongs_to_one_voter() -> None:
    signature = voters.token(uuid4(), SECRET).partition(".")[2]
    with pytest.raises(UnknownVoter):
        voters.read(f"{uuid4().hex}.{signature}", SECRET)


@given(st.text())
def test_junk_names_nobody(cookie: str) -> None:
    with pytest.raises(UnknownVoter):
        voters.read(cookie, SECRET)


async def test_the_pseudonym_is_nobodys_id_and_goes_over_to_the_number_that_nobody_has(db: Pool) -> None:
    voter_id, nobody = uuid4(), uuid4()
    for one in (voter_id, nobody):
        await voters.hold(db, one)
    former = await db.fetchval("SELECT pseudonym FROM voters WHERE id = $1", voter_id)
    assert former not in (None, voter_id)
    await voters.hand_over(db, voter_id, nobody)
    kept = {row["id"]: row["pseudonym"] for row in await db.fetch("SELECT id, pseudonym FROM voters")}
    assert kept == {voter_id: None, nobody: former}


async def test_a_voter_is_remembered_once(db: Pool) -> None:
    voter_id = uuid4()
    for _ in range(2):
        await voters.hold(db, voter_id)
    assert await db.fetchval("SELECT count(*) FROM voters") == 1
