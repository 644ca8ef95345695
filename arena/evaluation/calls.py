"""Calls: which endpoints a turn has asked, and what becomes of them for how they answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Proxy
from arena.evaluation.turns import Answer
from arena.submission import health
from arena.upstream import Failure


class Asked(Struct, frozen=True):
    """A side that was asked: of whom, when, and whether that endpoint has failed before and is not yet back.

    `state` is what the battle has come to with its answers, None where it had been closed already.
    """

    state: str | None
    endpoint_id: UUID
    position: int
    asked_at: datetime
    failed: bool


async def judge(connection: Connection | Proxy, asked: Iterable[Asked], answers: Sequence[Answer]) -> None:
    """An endpoint that failed rests, and one that answered is back, were it by refusing the content.

    One that was broken off by us has done neither.
    """
    for side in asked:
        answer = answers[side.position]
        if answer.failure and answer.failure != Failure.REFUSED:
            await health.rest(connection, side.endpoint_id, side.asked_at, _rest_seconds(answer))
        elif side.failed and (answer.failure or answer.finish):
            await health.recover(connection, side.endpoint_id, side.asked_at)


def _rest_seconds(answer: Answer) -> float | None:
    if answer.retry_after is None and answer.failure == Failure.RATE_LIMITED:
        return health.RATE_LIMITED_SECONDS
    return answer.retry_after
