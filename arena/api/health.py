"""Whether the arena is alive and ready, for whoever watches over it."""

from litestar import Response, get
from litestar.di import NamedDependency as Given
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from arena import db as database
from arena.db import Pool


class Health(Struct):
    """What answers; Redis may be away, since it holds only what may be lost."""

    database: bool
    redis: bool


class Alive(Struct):
    """The process answers."""

    alive: bool


@get("/health/live")
async def live() -> Alive:
    """The process answers."""
    return Alive(True)


@get("/health/ready")
async def ready(db: Given[Pool], redis: Given[Redis]) -> Response[Health]:
    """Whether requests can be served: 503 while PostgreSQL is away."""
    health = Health(await database.answers(db), await _redis(redis))
    return Response(health, status_code=200 if health.database else 503)


async def _redis(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False
