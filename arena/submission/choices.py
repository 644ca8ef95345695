"""Choices: the contenders that somebody may choose by name, and why another one can't be."""

from collections.abc import Sequence
from difflib import get_close_matches
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.errors import Later, Refused
from arena.submission import endpoints
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State

NAME_CHARACTERS = 100


class NothingToChoose(Later):
    """No contender can be chosen at the moment."""


class Busy(Later):
    """Not all that you chose can be called at the moment. Try again in a minute, or choose others."""


class Choice(Struct, frozen=True):
    """A contender that may be chosen."""

    slug: str
    name: str
    organisation: str


class _Found(Choice, frozen=True):
    contender_id: UUID
    endpoint_id: UUID
    state: State
    retiring: bool


async def listed(db: Db) -> list[Choice]:
    """Every contender that may be chosen, by name: listed ones that the public has been told of."""
    return [Choice(one.slug, one.name, one.organisation) for one in await _public(db) if _is_free(one)]


async def require(db: Db, slugs: Sequence[str]) -> list[Entrant]:
    """The contenders of these slugs, in this order, with how to reach them."""
    known = {one.slug: one for one in await _public(db)}
    chosen = [_choose(known, slug) for slug in slugs]
    targets = await endpoints.targets(db, [one.endpoint_id for one in chosen])
    # Nobody draws them, so how often they would be drawn beside others is nothing.
    return [Entrant(one.contender_id, target, one.state, 0.0) for one, target in zip(chosen, targets, strict=True)]


async def _public(db: Db) -> list[_Found]:
    return await many(
        db,
        _Found,
        """
        SELECT slug, name, organisation, contenders.id AS contender_id, endpoints.id AS endpoint_id, state,
               coalesce(retires_at <= now(), false) AS retiring
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE committed_at IS NOT NULL
        ORDER BY name, slug
        """,
    )


def _is_free(found: _Found) -> bool:
    return found.state is State.LISTED and not found.retiring


def _choose(known: dict[str, _Found], slug: str) -> _Found:
    free = [one for one in known.values() if _is_free(one)]
    found = known.get(slug)
    if found and _is_free(found):
        return found
    if not free:
        raise NothingToChoose
    names = {name.lower(): one.slug for one in free for name in (one.name, one.slug)}
    nearest = names[get_close_matches(slug.lower(), names, n=1, cutoff=0)[0]]
    raise _refusal(found, slug[:NAME_CHARACTERS], nearest)


def _refusal(found: _Found | None, name: str, nearest: str) -> Refused:
    if found and found.state is State.PAUSED:
        return Refused(
            "“{name}” is paused and can't be chosen at the moment. The nearest that can is “{nearest}”.",
            name=name,
            nearest=nearest,
            field="contenders",
        )
    if found and (found.state is State.RETIRED or found.retiring):
        return Refused(
            "“{name}” is retired and can't be chosen any more. The nearest that can is “{nearest}”.",
            name=name,
            nearest=nearest,
            field="contenders",
        )
    return Refused(
        "No contender called “{name}” can be chosen. The nearest is “{nearest}”.",
        name=name,
        nearest=nearest,
        field="contenders",
    )
