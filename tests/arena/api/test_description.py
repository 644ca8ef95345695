"""What the API's description says holds, whoever sends whatever: Schemathesis reads it and tries."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from litestar import Litestar

from arena import app, description
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.people import accounts, keys, voters
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import releases
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.conftest import Open
from tests.upstream import Provider

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SECONDS = 1200.0
RULES = """
# What no schema can say is refused with 400: shares that do not sum to one, a time in the past, a name of blanks.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429]
"""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    service: Litestar = app.create(Settings(database_url="", redis_url="", secret="s" * 32))
    return description.of(service)


@pytest.fixture
async def filled(db: Pool, provider: Provider, settings: Settings) -> None:
    """An arena with two contenders that answer, a vote and a release."""
    entrants = [await contender(db, provider, model) for model in ("anna", "berta")]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await releases.refresh(db, await boards.require(db, "overall"), settings)


def test_every_refusal_is_described_as_a_problem(described: dict[str, Any]) -> None:
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len(operations) > 80
    for operation in operations:
        assert list(operation["responses"]["4XX"]["content"]) == ["application/problem+json"]
        assert "400" not in operation["responses"]


def test_what_the_parser_refuses_is_described(described: dict[str, Any]) -> None:
    shapes = described["components"]["schemas"]
    assert shapes["Setting"]["additionalProperties"] is False
    assert shapes["Setting"]["properties"]["reason"] == {"type": "string", "minLength": 1, "maxLength": 500}
    assert shapes["Prohibition"]["properties"]["contenders"]["minItems"] == 2
    assert shapes["Vote"]["properties"]["cast_at"] == {"type": "string", "format": "date-time"}
    assert {"votes_Lifting", "pairings_Lifting"} <= shapes.keys()


def test_every_name_that_is_used_is_described(described: dict[str, Any]) -> None:
    used = set()

    def look(part: Any) -> None:
        for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            look(value)
        if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
            used.add(reference.removeprefix(description.PLACE))

    look(described)
    assert used <= described["components"]["schemas"].keys()
    assert len(used) > 100


async def test_an_address_says_all_that_it_takes(arena: str) -> None:
    for method, status in (("OPTIONS", 204), ("TRACE", 405)):
        async with aiohttp.request(method, f"{arena}/api/v1/boards/overall") as answer:
            assert answer.status == status
            assert {"GET", "OPTIONS", "PATCH"} == set(answer.headers["allow"].split(", "))


async def _key(db: Pool, role: Role) -> str:
    async with db.acquire() as connection:
        account = await accounts.open(connection, email=f"{role}@example.org", name=role, password=None, roles=(role,))
        scopes = [scope for scope in Scope if scope is not Scope.OPERATE or role is Role.OPERATOR]
        return (await keys.make(connection, account, name="key", scopes=scopes, days=None))[1]


async def _try(address: str, folder: Path, *arguments: str, key: str = "") -> None:
    rules = folder / "schemathesis.toml"
    rules.write_text(RULES + (f'\n[auth.openapi.key]\nbearer = "{key}"\n' if key else ""))
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "--config-file", rules, "run", f"{address}/schema"),
        *("--generation-deterministic", "--continue-on-failure", "--no-color", "--warnings=off", *arguments),
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
    )
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()


ALL = ("--phases=coverage,fuzzing", "--max-examples=5")
SOME = ("--phases=fuzzing", "--max-examples=3")
# Revoking the key that asks would make a stranger of it for the rest.
OTHERS = "--exclude-operation-id-regex=RevokeKey$"


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_schemathesis_finds_nothing_as_an_operator(open_arena: Open, db: Pool, tmp_path: Path) -> None:
    address, key = await open_arena(shelf_seconds=1), await _key(db, Role.OPERATOR)
    await _try(address, tmp_path, *ALL, OTHERS, key=key)
    await _try(address, tmp_path, *ALL, "--include-operation-id-regex=RevokeKey$", key=key)


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_schemathesis_finds_nothing_as_a_provider(open_arena: Open, db: Pool, tmp_path: Path) -> None:
    address = await open_arena(shelf_seconds=1)
    await _try(address, tmp_path, *SOME, OTHERS, key=await _key(db, Role.PROVIDER))


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_schemathesis_finds_nothing_as_a_voter(open_arena: Open, settings: Settings, tmp_path: Path) -> None:
    cookie = f"voter={voters.token(voters.invite(), settings.secret)}"
    await _try(await open_arena(shelf_seconds=1), tmp_path, *SOME, f"--header=Cookie: {cookie}")


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
async def test_schemathesis_finds_nothing_as_a_stranger(open_arena: Open, tmp_path: Path) -> None:
    await _try(await open_arena(shelf_seconds=1), tmp_path, *SOME)
