"""The ledger over HTTP: its signed head, its leaves, and proofs that anybody can check."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import PathParameter, QueryParameter
from msgspec import structs

from arena import guards
from arena.db import Pool
from arena.integration import ledger, ledger_checks
from arena.integration.ledger import Consistency, Head, Proof

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=0, le=2**62)]
FOR_EVER = "public, max-age=31536000, immutable"


class HeadShown(Head, frozen=True, kw_only=True):
    """The head, and what the last check of the whole ledger held against it, null where all was well."""

    fault: str | None


@get("/ledger/head", responses=guards.json_of(HeadShown))
async def show_head(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """The ledger's size and root, signed as a C2SP checkpoint; it covers every act that is older than 10 s."""
    head, fault = await ledger.head(db), await ledger_checks.fault(db)
    return guards.fresh(request, HeadShown(**structs.asdict(head), fault=fault), public=True)


@get("/ledger/leaves/{index:int}", media_type="application/octet-stream")
async def show_leaf(index: Number, db: Given[Pool]) -> Response[bytes]:
    """A leaf as its raw bytes; its hash is SHA-256(0x00 || bytes)."""
    return Response(
        await ledger.leaf(db, index), media_type="application/octet-stream", headers={"cache-control": FOR_EVER}
    )


@get("/ledger/proof", responses=guards.json_of(Proof))
async def show_proof(
    request: AnyRequest,
    db: Given[Pool],
    leaf: Annotated[int, QueryParameter(name="leaf", ge=0, le=2**62)],
    size: Annotated[int, QueryParameter(name="size", ge=1, le=2**62)],
) -> Response[Any]:
    """That a leaf is in the tree of so many leaves (RFC 6962, 2.1.1)."""
    return guards.fresh(request, await ledger.prove(db, leaf, size), public=True)


@get("/ledger/consistency", responses=guards.json_of(Consistency))
async def show_consistency(
    request: AnyRequest,
    db: Given[Pool],
    first: Annotated[int, QueryParameter(name="first", ge=1, le=2**62)],
    second: Annotated[int, QueryParameter(name="second", ge=1, le=2**62)],
) -> Response[Any]:
    """That one tree begins with the other: nothing was changed or taken out between them (RFC 6962, 2.1.2)."""
    return guards.fresh(request, await ledger.extend(db, first, second), public=True)


routes = [show_head, show_leaf, show_proof, show_consistency]
