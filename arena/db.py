"""PostgreSQL: the pool, rows as Structs, and migrations."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import asyncpg
import msgspec
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from arena.errors import ArenaError

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Proxy: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    Transaction: TypeAlias = asyncpg.transaction.Transaction
else:  # asyncpg's classes take no parameters outside its stubs.
    Pool, Connection, Proxy = asyncpg.Pool, asyncpg.Connection, PoolConnectionProxy
    Transaction = asyncpg.transaction.Transaction

Db: TypeAlias = Pool | Connection | Proxy
T = TypeVar("T")

log = logging.getLogger(__name__)

FREE_SECONDS = 5.0
COMMAND_SECONDS = 11.0
LONG_SECONDS = 120.0
RELEASE_SECONDS = 1.0
CLOSE_SECONDS = 1.0
STATEMENT_TIMEOUT = "10s"
LOCK_TIMEOUT = "4s"
MIGRATION_LOCK = 7_215_550_911


# What is raised where PostgreSQL is away, starting, stopping, full, too slow or gone read-only, by TCP, by name or by
# socket; asking again later is the answer. A lost connection is an OSError of ours (ConnectionLost); asyncpg's own
# InternalClientError is what a connection leaves that is cut in the middle of what it tells.
AWAY = (
    OSError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,
)
# Text that PostgreSQL can't hold, a zero byte for instance, so that nothing can be called that.
UNWRITABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)

# How asyncpg ends its sentence where a connection or the pool is gone, or the last call is still being called off. The
# pool takes a lost connection back from whoever has it, so to them it has been released.
LOST = ("is closed", "is closing", "is cancelling", "released back to the pool")


class ConnectionLost(ConnectionError):
    """The connection to PostgreSQL, or the pool that has it, is gone."""


class MigrationChanged(ArenaError):
    """A migration that this database has already had was edited since."""


async def connect(url: str, *, answer_seconds: float | None = None) -> Connection:
    """One connection of the caller's own, set up like those of the pool; it waits for answers as long as it is told."""
    connection = await asyncpg.connect(url, timeout=10, command_timeout=answer_seconds)
    await _prepare(connection)
    return connection


@asynccontextmanager
async def pool(url: str, *, size: int) -> AsyncIterator[Pool]:
    """A pool of connections; waits 5 s at most for a free one, and statements end after 10 s.

    A server that takes 11 s to answer anything at all is given up, since it can't be trusted to end statements, and
    its connection a second later: no call waits longer than 12 s for one that is frozen.
    """
    opened = _Pool(
        url,
        min_size=1,
        max_size=size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300,
        loop=None,
        connection_class=_Connection,
        record_class=asyncpg.Record,
        init=_prepare,
        timeout=FREE_SECONDS,
        command_timeout=COMMAND_SECONDS,
        server_settings={"statement_timeout": STATEMENT_TIMEOUT, "lock_timeout": LOCK_TIMEOUT},
    )
    await opened
    try:
        yield opened
    finally:
        await _closed(opened)


async def _closed(opened: Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await opened.close()
    except TimeoutError:
        opened.terminate()


class _Connection(Connection):
    """A connection that has nothing to forget when it is given back.

    Nobody changes its session: what is set or locked is so for a transaction. Asking the server to reset it all the
    same would be a round trip for every use.
    """

    def get_reset_query(self) -> str:
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Roll back what a use has left open; asyncpg would set up a time limit for each use that has left nothing."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


class _Pool(Pool):
    """asyncpg's pool, which without a time limit of its own would let callers wait for a connection for ever."""

    __slots__ = ()

    def acquire(self, *, timeout: float | None = None) -> Any:
        return _Acquired(self, FREE_SECONDS if timeout is None else timeout)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Take a connection back; one that isn't clean in a second is closed, and whoever used it waits no longer."""
        await super().release(connection, timeout=RELEASE_SECONDS if timeout is None else timeout)


class _Acquired(PoolAcquireContext):
    """A connection of the pool, in use; all that the pool is asked goes through here."""

    __slots__ = ()

    async def __aenter__(self) -> Any:
        with losses():
            return await super().__aenter__()

    async def __aexit__(self, *raised: Any) -> None:
        with losses():
            await super().__aexit__(*raised)
        _, error, _ = raised
        if _lost(error):
            raise ConnectionLost(str(error)) from error


@contextmanager
def losses() -> Iterator[None]:
    """Raise ConnectionLost where a connection is gone.

    asyncpg raises an InterfaceError for that as well as for a call that is wrong, with too many arguments for instance,
    which no waiting mends; only its words tell them apart.
    """
    try:
        yield
    except asyncpg.InterfaceError as error:
        if _lost(error):
            raise ConnectionLost(str(error)) from error
        raise


def _lost(error: BaseException | None) -> bool:
    return isinstance(error, asyncpg.InterfaceError) and str(error).endswith(LOST)


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="text",
        # The job queue shares the pool and hands over JSON it has encoded itself; our values are never bare strings.
        encoder=lambda value: value if isinstance(value, str) else msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )


async def answers(db: Db) -> bool:
    """Whether PostgreSQL answers within 2 s."""
    try:
        async with asyncio.timeout(2):
            return bool(await db.fetchval("SELECT true"))
    except AWAY:
        return False


def away(error: BaseException) -> bool:
    """Whether this, or something of a group, says that PostgreSQL is away: who meets it tries again later."""
    return isinstance(error, AWAY) or (isinstance(error, BaseExceptionGroup) and error.subgroup(AWAY) is not None)


async def one(db: Db, kind: type[T], sql: str, *values: object) -> T | None:
    """The first row as a Struct, or None where there is none."""
    row = await db.fetchrow(sql, *values)
    return None if row is None else msgspec.convert(dict(row), kind)


async def many(db: Db, kind: type[T], sql: str, *values: object) -> list[T]:
    """The rows as Structs."""
    return [msgspec.convert(dict(row), kind) for row in await db.fetch(sql, *values)]


async def much(db: Db, kind: type[T], sql: str, *values: object) -> list[T]:
    """As `many`, for what takes long, such as all votes of a board; the transaction waits so long from now on."""
    # All cores at once would keep those waiting who vote meanwhile.
    await db.execute(
        f"SET LOCAL statement_timeout = '{LONG_SECONDS:.0f}s'; SET LOCAL max_parallel_workers_per_gather = 0"
    )
    return [msgspec.convert(dict(row), kind) for row in await db.fetch(sql, *values, timeout=LONG_SECONDS)]


async def migrate(url: str) -> list[str]:
    """Bring the schema up to date and name what was applied; many may try at once.

    A migration gives up after 4 s of waiting for a lock, so that it never queues the readers behind it.
    """
    connection = await connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        async with connection.transaction():
            applied = await _apply_new(connection)
        await _install_queue(connection)
    finally:
        await connection.close()
    return applied


async def _apply_new(connection: Connection) -> list[str]:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    had = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT name, checksum FROM migrations")}
    applied = []
    for name, sql in _migration_files():
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if name in had:
            if had[name] != checksum:
                raise MigrationChanged(f"{name} was edited after this database had it; add a new file instead.")
            continue
        await connection.execute(sql)
        await connection.execute("INSERT INTO migrations (name, checksum) VALUES ($1, $2)", name, checksum)
        log.info("migrated name=%s", name)
        applied.append(name)
    return applied


async def _install_queue(connection: Connection) -> None:
    """The job queue's tables are its library's own; it brings them up to date itself."""
    queue = Queries(AsyncpgDriver(connection))
    if await queue.schema_is_installed():
        await queue.upgrade()
    else:
        await queue.install()


def _migration_files() -> list[tuple[str, str]]:
    folder = resources.files("arena") / "migrations"
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return [(file.name, file.read_text("utf-8")) for file in sorted(files, key=lambda file: file.name)]
