"""What belongs to the voter who reads: their battles, each of them whole, and what can be done with their data."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from arena.db import Pool
from arena.evaluation import history, reveals, second_opinions, turns
from arena.evaluation.battles import NoSuchBattle
from arena.pages.private import NOT_KEPT

PAGE = 50


@get("/mine", include_in_schema=False)
async def show(
    voter_id: Given[UUID | None],
    db: Given[Pool],
    cursor: Annotated[UUID | None, QueryParameter(name="cursor")] = None,
) -> Template:
    """The reader's battles, the newest first, and their data."""
    found = await history.of(db, voter_id, after=cursor, most=PAGE + 1)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    context = {"battles": found[:PAGE], "following": following, "first": cursor is None}
    return Template("mine/show.html", context=context, headers=NOT_KEPT)


@get("/battles/{battle_id:uuid}", include_in_schema=False)
async def show_battle(battle_id: FromPath[UUID], voter_id: Given[UUID | None], db: Given[Pool]) -> Template:
    """One of the reader's battles with its texts, and with names where they may be told."""
    battle = await history.find(db, voter_id, battle_id) if voter_id else None
    if battle is None or voter_id is None:
        raise NoSuchBattle
    said = await turns.said(db, battle_id)
    sides = (await reveals.tell_all(db, [(battle_id, voter_id)])).get((battle_id, voter_id), [])
    verdicts = await second_opinions.of(db, battle_id, voter_id)
    context = {"battle": battle, "said": said, "sides": sides, "verdicts": verdicts}
    return Template("mine/battle.html", context=context, headers=NOT_KEPT)
