"""Manifests: what a release was computed from, how, and how anybody computes it again."""

import difflib
import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, one
from arena.errors import NotFound
from arena.integration import ledger, records
from arena.integration.ledger import Recorded
from arena.publishing.releases import NoSuchRelease

SCHEMA: Final = 1
PREFIX_LETTERS: Final = 6
FILES: Final = {
    "manifest.json": "this",
    "votes.parquet": "the votes that count, for programs; `arena rate` and `arena import votes` read it",
    "votes.jsonl": "the same, a JSON object a line; verify.py reads it",
    "excluded.parquet": "the votes that were left out, and why",
    "excluded.jsonl": "the same, a JSON object a line",
    "conversations.jsonl": "what was asked and answered, as far as it may be published, and some weeks later",
    "verify.py": "checks all of this with nothing but Python",
    "README.md": "what the columns mean",
}


class NoRecord(NotFound):
    """This release was made by an earlier version, which kept no record of its votes, so it can't be recomputed."""


class NoSuchFile(NotFound):
    """A release has no file of this name."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a release is and was made of.

    `release` is SHA-256 of `made_of` as canonical JSON (without spaces, keys in order); `previous` is the board's
    release before it. `record` is the snapshot's, `record_sha256` its hash. `ledger` is None until a head covers it.
    `command` recomputes the table from votes.parquet. `bill` is what it was made with besides the votes, and
    `self_test` what it was checked for before it came out; None for a release from before they were kept.
    """

    schema: int
    release: str
    board: str
    published_at: datetime
    taken_at: datetime
    previous: str | None
    ledger: Recorded | None
    made_of: dict[str, Any]
    command: str
    files: dict[str, str]
    record: dict[str, Any]
    record_sha256: str
    bill: dict[str, Any] | None
    self_test: list[dict[str, Any]] | None


class Source(Struct, frozen=True, kw_only=True):
    """Where a release's files are made from."""

    release: str
    board: str
    attribution: str | None
    snapshot_id: UUID
    manifest: Manifest


class _Head(Struct, frozen=True, kw_only=True):
    id: str
    slug: str
    attribution: str | None
    snapshot_id: UUID
    published_at: datetime
    taken_at: datetime
    record: str | None
    previous: str | None
    bill: dict[str, Any] | None
    self_test: list[dict[str, Any]] | None


async def require(db: Db, release: str) -> Source:
    """The release of this id, or the last one of the board of this name."""
    head = await one(
        db,
        _Head,
        """
        SELECT releases.id, slug, attribution, snapshot_id, published_at, taken_at, record, bill,
               self_test,
               (SELECT earlier.id FROM releases earlier
                WHERE earlier.board_id = releases.board_id AND earlier.published_at < releases.published_at
                ORDER BY published_at DESC LIMIT 1) AS previous
        FROM releases JOIN boards ON boards.id = releases.board_id JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.id = $1 OR slug = $1 ORDER BY published_at DESC LIMIT 1
        """,
        release,
    )
    if head is None:
        raise await _unknown(db, release)
    if head.record is None:
        raise NoRecord
    return Source(
        release=head.id,
        board=head.slug,
        attribution=head.attribution,
        snapshot_id=head.snapshot_id,
        manifest=_manifest(head, head.record, await ledger.recorded(db, "release", head.id)),
    )


async def _unknown(db: Db, release: str) -> NoSuchRelease:
    rows = await db.fetch("SELECT id FROM releases WHERE starts_with(id, $1) LIMIT 9", release[:PREFIX_LETTERS])
    near = difflib.get_close_matches(release, [row["id"] for row in rows], n=1, cutoff=0)
    if near and len(release) >= PREFIX_LETTERS:
        return NoSuchRelease("There is no release of this id. The nearest is {near}.", near=near[0])
    return NoSuchRelease()


def named(file: str) -> str:
    """The file's name, if a release has one of that name."""
    if file in FILES:
        return file
    near = difflib.get_close_matches(file, FILES, n=1, cutoff=0)
    raise NoSuchFile(
        "A release has no file “{file}”. The nearest is “{near}”.", file=file[:100], near=near[0] if near else ""
    )


def _manifest(head: _Head, text: str, recorded: Recorded | None) -> Manifest:
    record: dict[str, Any] = json.loads(text)
    return Manifest(
        schema=SCHEMA,
        release=head.id,
        board=head.slug,
        published_at=head.published_at,
        taken_at=head.taken_at,
        previous=head.previous,
        ledger=recorded,
        made_of={
            "board": record["board"],
            "exclusions": record["exclusions"]["digest"],
            "methodology": record["methodology"],
            "seed": record["seed"],
            "votes": record["votes"]["digest"],
        },
        command=command(record),
        files=FILES,
        record=record,
        record_sha256=records.hashed(text),
        bill=head.bill,
        self_test=head.self_test,
    )


def command(record: dict[str, Any]) -> str:
    """What computes the release's table from its votes, by a copy of the same core."""
    method = record["method"]
    cluster = "voter" if method["cluster"] == "both" else method["cluster"]
    features = record["board"]["question"].get("style", ())
    styled = f" --style {','.join(features)}" if features else ""
    return (
        f"arena rate votes.parquet --seed {record['seed']} --replicates {method['replicates']} --ties {method['ties']} "
        f"--prior {method['prior']:g} --cluster {cluster}{styled} --out ratings.json"
    )
