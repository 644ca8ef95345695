"""Whether the arena is alive and ready, for whoever watches over it."""

from litestar import Response, get
from litestar.di import NamedDependency as Given
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from arena import db as database
from arena.db import Pool
from arena.evaluation.generation import Generations


class Health(Struct):
    """What answers; Redis may be away, since it holds only what may be lost."""

    database: bool
    redis: bool
    open: bool


class Alive(Struct):
    """The process answers."""

    alive: bool


@get("/health/live")
async def live() -> Alive:
    """The process answers."""
    return Alive(True)


@get("/health/ready")
async def ready(db: Given[Pool], redis: Given[Redis], generations: Given[Generations]) -> Response[Health]:
    """Whether requests can be served: 503 while PostgreSQL is away, and from the moment the server is to stop."""
    health = Health(await database.answers(db), await _redis(redis), not generations.closing)
    return Response(health, status_code=200 if health.database and health.open else 503)


async def _redis(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False
