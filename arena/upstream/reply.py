"""A reply over HTTP: asked for once, checked before its body is read, and read within deadlines."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import aiohttp
from msgspec import Struct

from arena.upstream.calls import Failure, UpstreamFailed
from arena.upstream.deadlines import Deadlines
from arena.upstream.safety import HEADER_BYTES, AddressRefused, Reply
from arena.upstream.transcripts import Transcript

RETRY_AFTER_SECONDS = 3600.0
LIST_BYTES = 1 << 20

_HEADERS = {
    "accept": "text/event-stream",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "arena",
}


class Request(Struct, frozen=True, kw_only=True):
    """What is asked; the values of the headers in `secret` are nobody else's to know."""

    method: str = "POST"
    url: str
    headers: dict[str, str]
    secret: set[str]
    body: bytes = b""


@asynccontextmanager
async def asked(
    session: aiohttp.ClientSession, request: Request, deadlines: Deadlines, transcript: Transcript | None = None
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The endpoint's reply, an event stream whose body is still to be read; hung up on when left."""
    response = await _call(session, request, deadlines, transcript)
    try:
        await _require(response, deadlines, transcript, "text/event-stream")
        yield response
    finally:
        response.close()


async def listed(
    session: aiohttp.ClientSession, request: Request, deadlines: Deadlines, transcript: Transcript | None = None
) -> bytes:
    """The whole body of a JSON reply."""
    response = await _call(session, request, deadlines, transcript)
    try:
        await _require(response, deadlines, transcript, "application/json")
        body = bytearray()
        while piece := await read(response, deadlines):
            if transcript is not None:
                transcript.heard(piece)
            body += piece
            if len(body) > LIST_BYTES:
                raise UpstreamFailed(Failure.TOO_LONG, "The endpoint sends far more than a list of models.")
        return bytes(body)
    finally:
        response.close()


async def read(response: aiohttp.ClientResponse, deadlines: Deadlines) -> bytes:
    """The next piece of the body, nothing at its end."""
    try:
        deadlines.require()
        # Mostly something lies ready, which costs no wait and no alarm.
        return response.content.read_nowait() or await deadlines.wait(response.content.readany)
    except aiohttp.ClientError:
        raise _broken_off() from None


def ready(response: aiohttp.ClientResponse, deadlines: Deadlines) -> bytes | None:
    """What lies ready of the body, nothing at its end, and None where there is nothing yet."""
    body = response.content
    try:
        piece = body.read_nowait()
    except aiohttp.ClientError:
        raise _broken_off() from None
    there = bool(piece) or body.at_eof()
    deadlines.look(in_vain=not there)
    return piece if there else None


async def _call(
    session: aiohttp.ClientSession, request: Request, deadlines: Deadlines, transcript: Transcript | None
) -> aiohttp.ClientResponse:
    headers = {**_HEADERS, **request.headers}
    if transcript is not None:
        transcript.asked(request.method, request.url, headers, request.secret, request.body)
    response = await _send(session, request, headers, deadlines)
    if transcript is not None:
        transcript.replied(response.status, list(response.headers.items()))
        transcript.certificate_until = _until(response)
    return response


async def _send(
    session: aiohttp.ClientSession, request: Request, headers: dict[str, str], deadlines: Deadlines
) -> aiohttp.ClientResponse:
    call = partial(
        session.request,
        request.method,
        request.url,
        data=request.body or None,
        headers=headers,
        allow_redirects=False,
    )
    # None of aiohttp's errors is kept as a cause: they carry addresses, headers and what the endpoint sent.
    try:
        return await deadlines.wait(call)
    except aiohttp.ClientConnectorCertificateError:
        raise UpstreamFailed(Failure.CERTIFICATE, "The endpoint's certificate is not valid.") from None
    except aiohttp.ClientConnectorError as error:
        raise (_refused() if isinstance(error.os_error, AddressRefused) else _unreachable()) from None
    except aiohttp.InvalidURL:
        raise _refused() from None
    except aiohttp.ClientResponseError:
        raise _not_http() from None
    except aiohttp.ClientError:
        raise _unreachable() from None


def _refused() -> UpstreamFailed:
    return UpstreamFailed(Failure.ADDRESS, "The arena may not call this endpoint's address.")


def _unreachable() -> UpstreamFailed:
    # One sentence for all of it: which ports are open behind an address is not for the endpoint's owner to learn.
    return UpstreamFailed(Failure.UNREACHABLE, "The endpoint could not be reached.")


def _broken_off() -> UpstreamFailed:
    return UpstreamFailed(Failure.TRUNCATED, "The endpoint broke off its answer.")


def _not_http() -> UpstreamFailed:
    return UpstreamFailed(Failure.MALFORMED, "The endpoint's reply is not HTTP within limits.")


async def _require(
    response: aiohttp.ClientResponse, deadlines: Deadlines, transcript: Transcript | None, kind: str
) -> None:
    try:
        _require_kind(response, kind)
    except UpstreamFailed:
        if transcript is not None:
            await _overhear(response, deadlines, transcript)
        raise


async def _overhear(response: aiohttp.ClientResponse, deadlines: Deadlines, transcript: Transcript) -> None:
    """Keep what a reply that failed has to say, as far as it says it soon."""
    deadlines.tail()
    try:
        while transcript.wants and (piece := await read(response, deadlines)):
            transcript.heard(piece)
    except UpstreamFailed:
        return


def _require_kind(response: aiohttp.ClientResponse, kind: str) -> None:
    if sum(len(name) + len(value) for name, value in response.raw_headers) > HEADER_BYTES:
        raise _not_http()
    if response.status == 429:
        detail = "The endpoint has had too many calls."
        raise UpstreamFailed(Failure.RATE_LIMITED, detail, _retry_after(response), response.status)
    if response.status != 200:
        detail = f"The endpoint replied with status {response.status}."
        raise UpstreamFailed(Failure.STATUS, detail, _retry_after(response), response.status)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise UpstreamFailed(Failure.CONTENT_TYPE, "The endpoint's answer is compressed, which it was asked not to be.")
    if response.content_type != kind:
        raise UpstreamFailed(Failure.CONTENT_TYPE, "The endpoint's answer is not an event stream.")


def _until(response: aiohttp.ClientResponse) -> datetime | None:
    """Until when the endpoint's certificate is valid; None without TLS."""
    certificate = response.certificate if isinstance(response, Reply) else None
    if not certificate or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


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
