"""Shares over HTTP: a voter shows a battle of their own to others, and takes that back."""

from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, shares
from arena.evaluation.shares import Share


class Wanted(Struct, forbid_unknown_fields=True):
    """Whether prompt and answers are shown, too."""

    texts: bool = False


class Link(Struct):
    """Where a battle is shown (null: nowhere), and whether its texts are; those of an excluded battle may not be."""

    url: str | None
    texts: bool


@post("/battles/{battle_id:uuid}/share", status_code=200)
async def share_battle(
    battle_id: FromPath[UUID],
    data: JSONBody[Wanted],
    voter_id: Given[UUID | None],
    db: Given[Pool],
    settings: Given[Settings],
) -> Link:
    """Show one's own battle under a link that nobody can guess; the same link until it is taken back."""
    return _link(await shares.share(db, battle_id, voter_id, texts=data.texts), settings)


@get("/battles/{battle_id:uuid}/share")
async def show_share(
    battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool], settings: Given[Settings]
) -> Link:
    """The link of a battle of one's own, if it has one."""
    await battles.require(db, battle_id, voter_id)
    return _link(await shares.of(db, battle_id), settings)


@delete("/battles/{battle_id:uuid}/share", status_code=200)
async def take_share_back(battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool]) -> Link:
    """Let the link show nothing any more."""
    await shares.take_back(db, battle_id, voter_id)
    return Link(None, False)


def _link(share: Share | None, settings: Settings) -> Link:
    return Link(f"{settings.public_url}/shared/{share.token}", share.texts) if share else Link(None, False)


routes = [share_battle, show_share, take_share_back]
