"""PostgreSQL as a child, on the real server."""

import os
import signal
import stat
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from arena.local import children, ground
from arena.local.children import Command
from arena.local.ground import Ground
from arena.local.postgres import Postgres
from tests import servers


async def started(site: Ground) -> Postgres:
    server = Postgres(site)
    await server.start()
    await server.ready()
    return server


@pytest.fixture
async def server() -> AsyncIterator[Postgres]:
    with servers.site() as site:
        running = Postgres(site)
        try:
            await running.start()
            await running.ready()
            yield running
        finally:
            await running.stop()


async def ask(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_is_postgresql_18_and_sorts_alike_on_every_system(server: Postgres) -> None:
    assert await ask(server.url, "SELECT current_setting('server_version_num')::int / 10000") == 18
    assert await ask(server.url, "SELECT datlocprovider FROM pg_database WHERE datname = current_database()") == b"b"


async def test_a_connection_without_the_password_is_refused(server: Postgres) -> None:
    password = urlsplit(server.url).password
    assert password is not None
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(server.url.replace(password, "guessed"), "SELECT 1")


async def test_it_listens_on_no_port(server: Postgres) -> None:
    assert await ask(server.url, "SHOW listen_addresses") == ""
    assert await ask(server.url, "SELECT inet_server_port()") is None


async def test_its_files_are_for_its_own_account_alone(server: Postgres) -> None:
    home = server.child.command.log.parent.parent / "postgres"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600
    if os.geteuid() == 0:
        assert home.stat().st_uid == (home / "data").stat().st_uid == ground.NOBODY.user


async def test_what_is_committed_outlives_a_kill_and_a_start_at_once_after_it() -> None:
    with servers.site() as site:
        first = await started(site)
        await ask(first.url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        first.child.process.send_signal(signal.SIGKILL)
        await first.child.wait()
        second = await started(site)
        try:
            assert await ask(second.url, "SELECT count(*) FROM kept") == 1000
        finally:
            await second.stop()


async def test_it_starts_although_the_note_of_a_killed_run_names_a_process_that_lives() -> None:
    with servers.site() as site:
        first = await started(site)
        await first.stop()
        note = site.servers / "postgres" / "data" / "postmaster.pid"
        # The number of a process that PostgreSQL would take for its predecessor: a living one of the same account.
        sleeper = await children.start(
            Command(
                name="A sleeper",
                arguments=["sleep", "60"],
                log=site.log("sleeper"),
                lock=site.lock("sleeper"),
                environment={"PATH": "/usr/bin:/bin"},
                owner=site.owner,
            )
        )
        note.write_text(f"{sleeper.process.pid}\n{note.parent}\n0\n5432\n\n\n\nready\n")
        site.give(note)
        second = await started(site)
        await second.stop()
        assert sleeper.running
        await sleeper.stop()


async def test_a_cluster_that_was_interrupted_while_it_was_made_is_made_anew() -> None:
    with servers.site() as site:
        unfinished = site.server("postgres") / "data.part"
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")
        server = await started(site)
        try:
            assert await ask(server.url, "SELECT 1") == 1
        finally:
            await server.stop()


async def test_a_stop_ends_open_sessions_and_leaves_no_socket() -> None:
    with servers.site() as site:
        server = await started(site)
        connection = await asyncpg.connect(server.url, timeout=10)
        await server.stop()
        assert not server.child.running
        assert not list((site.servers / "postgres").glob(".s.*"))
        connection.terminate()
