"""Bills of materials: what a release was made with: votes, code, dependencies, configuration, judges, prompt sets."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

import arena
import judge
import rating
from arena import config, digests
from arena.config import Settings
from arena.db import Db
from arena.evaluation import policies, prompt_sets
from arena.evaluation.categories import CLASSIFIER
from arena.integration import boards, ledger
from arena.integration.boards import Board
from arena.integration.snapshots import METHODOLOGY, Snapshot
from arena.submission import judges

MOST_SETS: Final = 10_000
ROOMS: Final = (arena, rating, judge)
# Sizes of this installation, which decide nothing that is published.
PRIVATE: Final = frozenset({"port", "pool_size", "trusted_proxies", "shelf_seconds"})


class Data(Struct, frozen=True, kw_only=True):
    """The votes: how many, and the hashes of them and of what was left out."""

    votes: int
    votes_digest: str
    exclusions_digest: str
    attribution: str | None
    categories: str


class Code(Struct, frozen=True, kw_only=True):
    """What computed and shows it; `sources` is the hash of all of its files."""

    sources: str
    python: str
    methodology: str


class Configuration(Struct, frozen=True, kw_only=True):
    """What was chosen: the hash of all of it, and each choice."""

    digest: str
    settings: dict[str, Any]
    board: dict[str, Any]
    calendar: str
    pairing: dict[str, Any]


class Member(Struct, frozen=True, kw_only=True):
    """A judge or a prompt set: its name, and the hash of what it is."""

    slug: str
    version: str
    about: str


class Head(Struct, frozen=True):
    """The ledger as it was last signed."""

    size: int
    root: str


class Bill(Struct, frozen=True, kw_only=True):
    """A bill of materials; `dependencies` are the packages installed, with their versions."""

    data: Data
    code: Code
    dependencies: dict[str, str]
    configuration: Configuration
    judges: list[Member]
    prompt_sets: list[Member]
    ledger: Head | None


async def of(db: Db, settings: Settings, board: Board, snapshot: Snapshot) -> Bill:
    """What the board's release of this snapshot is made with."""
    return Bill(
        data=Data(
            votes=snapshot.votes,
            votes_digest=snapshot.digest,
            exclusions_digest=snapshot.exclusions,
            attribution=board.attribution,
            categories=CLASSIFIER,
        ),
        code=Code(
            sources=_sources(),
            python=platform.python_version(),
            methodology=str(METHODOLOGY),
        ),
        dependencies=_dependencies(),
        configuration=await configuration(db, settings, board),
        judges=await _judges(db),
        prompt_sets=await _prompt_sets(db),
        ledger=await _head(db),
    )


async def kept(db: Db, release_id: str) -> Bill | None:
    """The bill of this release, None for one from before there were any."""
    found = await db.fetchval("SELECT bill FROM releases WHERE id = $1", release_id)
    return None if found is None else msgspec.convert(found, Bill)


async def configuration(db: Db, settings: Settings, board: Board) -> Configuration:
    """What is chosen at this moment."""
    chosen = public(settings)
    policy: dict[str, Any] = msgspec.to_builtins(await policies.present(db))
    made = boards.configuration(board)
    whole = {"settings": chosen, "board": made, "calendar": board.calendar, "pairing": policy}
    digest = hashlib.sha256(digests.canonical(whole)).hexdigest()
    return Configuration(digest=digest, settings=chosen, board=made, calendar=board.calendar, pairing=policy)


def public(settings: Settings) -> dict[str, Any]:
    """The settings that decide what people see, by name."""
    chosen = config.told(settings)
    return {name: msgspec.to_builtins(chosen[name]) for name in sorted(chosen.keys() - PRIVATE)}


async def _judges(db: Db) -> list[Member]:
    return [
        Member(slug=each.slug, version=each.version or "", about=f"{each.model}, {each.rubric}")
        for each in await judges.listed(db)
        if each.state is judges.State.LISTED
    ]


async def _prompt_sets(db: Db) -> list[Member]:
    frozen = [prompt_sets.State.FROZEN, prompt_sets.State.USED_UP]
    found = await prompt_sets.listed(db, frozen, after="", most=MOST_SETS)
    return [Member(slug=each.slug, version=each.digest, about=each.licence) for each in found]


async def _head(db: Db) -> Head | None:
    try:
        head = await ledger.head(db)
    except ledger.NoHead:
        return None
    return Head(head.size, head.root)


@cache
def _sources() -> str:
    """SHA-256 of all of our own sources, templates, words and migrations."""
    whole = hashlib.sha256()
    for room in ROOMS:
        folder = Path(str(room.__file__)).parent
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            whole.update(f"{folder.name}/{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return whole.hexdigest()


@cache
def _dependencies() -> dict[str, str]:
    installed = {each.metadata["Name"].lower(): each.version for each in metadata.distributions()}
    return dict(sorted((name, version) for name, version in installed.items() if name != "arena"))
