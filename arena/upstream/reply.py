"""A reply over HTTP: asked for once, checked before its body is read, and read within deadlines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import aiohttp

from arena.upstream.calls import Failure, UpstreamFailed
from arena.upstream.deadlines import Deadlines
from arena.upstream.safety import HEADER_BYTES, AddressRefused

RETRY_AFTER_SECONDS = 3600.0

_HEADERS = {
    "accept": "text/event-stream",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "arena",
}


@asynccontextmanager
async def asked(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], question: bytes, deadlines: Deadlines
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The endpoint's reply, an event stream whose body is still to be read; hung up on when left."""
    response = await _post(session, url, {**_HEADERS, **headers}, question, deadlines)
    try:
        _require_stream(response)
        yield response
    finally:
        response.close()


async def read(response: aiohttp.ClientResponse, deadlines: Deadlines) -> bytes:
    """The next piece of the body, nothing at its end."""
    try:
        deadlines.require()
        # Mostly something lies ready, which costs no wait and no alarm.
        return response.content.read_nowait() or await deadlines.wait(response.content.readany)
    except aiohttp.ClientError:
        raise UpstreamFailed(Failure.TRUNCATED, "The endpoint broke off its answer.") from None


async def _post(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], question: bytes, deadlines: Deadlines
) -> aiohttp.ClientResponse:
    post = partial(session.post, url, data=question, headers=headers, allow_redirects=False)
    # None of aiohttp's errors is kept as a cause: they carry addresses, headers and what the endpoint sent.
    try:
        return await deadlines.wait(post)
    except aiohttp.ClientConnectorError as error:
        raise (_refused() if isinstance(error.os_error, AddressRefused) else _unreachable()) from None
    except aiohttp.InvalidURL:
        raise _refused() from None
    except aiohttp.ClientResponseError:
        raise UpstreamFailed(Failure.MALFORMED, "The endpoint's reply is not HTTP within limits.") from None
    except aiohttp.ClientError:
        raise _unreachable() from None


def _refused() -> UpstreamFailed:
    return UpstreamFailed(Failure.ADDRESS, "The arena may not call this endpoint's address.")


def _unreachable() -> UpstreamFailed:
    # One sentence for all of it: which ports are open behind an address is not for the endpoint's owner to learn.
    return UpstreamFailed(Failure.UNREACHABLE, "The endpoint could not be reached.")


def _require_stream(response: aiohttp.ClientResponse) -> None:
    if sum(len(name) + len(value) for name, value in response.raw_headers) > HEADER_BYTES:
        raise UpstreamFailed(Failure.MALFORMED, "The endpoint's reply is not HTTP within limits.")
    if response.status == 429:
        raise UpstreamFailed(Failure.RATE_LIMITED, "The endpoint has had too many calls.", _retry_after(response))
    if response.status != 200:
        detail = f"The endpoint replied with status {response.status}."
        raise UpstreamFailed(Failure.STATUS, detail, _retry_after(response))
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UpstreamFailed(Failure.CONTENT_TYPE, "The endpoint's answer is compressed, which it was asked not to be.")
    if response.content_type != "text/event-stream":
        raise UpstreamFailed(Failure.CONTENT_TYPE, "The endpoint's answer is not an event stream.")


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """The seconds to wait that the endpoint asks for, an hour at most; None where it asks for nothing readable."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_SECONDS)
    try:
        seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS)
