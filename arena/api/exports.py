"""The files of a release over HTTP: votes, exclusions, conversations, manifest, verifier."""

import asyncio
import os
from pathlib import PurePath
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream

from arena import guards
from arena.db import Pool
from arena.publishing import downloads, manifests
from arena.publishing.downloads import Downloads
from arena.publishing.manifests import Manifest

AnyRequest = Request[Any, Any, Any]
KINDS: Final = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
# Not “public”: that is what the shelf keeps whole in memory.
KEPT: Final = "max-age=86400"


@get("/releases/{release_id:str}/manifest.json", responses=guards.json_of(Manifest))
async def show_manifest(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """What a release was computed from, how, and how anybody computes it again."""
    return guards.fresh(request, (await manifests.require(db, release_id)).manifest, public=True)


@get(
    "/releases/{release_id:str}/{file:str}",
    responses={200: ResponseSpec(bytes, description="The file", media_type="application/octet-stream")},
)
async def show_file(
    request: AnyRequest, release_id: FromPath[str], file: FromPath[str], db: Given[Pool], files: Given[Downloads]
) -> Response[Any]:
    """One of a release's files: votes.parquet, votes.jsonl, excluded.parquet, excluded.jsonl, conversations.jsonl,
    verify.py or README.md.
    """
    name = manifests.named(file)
    source = await manifests.require(db, release_id)
    etag = f'"{downloads.tag(source, name)}"'
    headers = {
        "etag": etag,
        "cache-control": KEPT,
        "content-disposition": f'attachment; filename="{source.board}-{source.release[:12]}-{name}"',
    }
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    found = await files.open(source, name)
    size = (await asyncio.to_thread(os.fstat, found.fileno())).st_size
    headers["content-length"] = str(size)
    return Stream(downloads.blocks(found), media_type=KINDS[PurePath(name).suffix], headers=headers)


routes = [show_manifest, show_file]
