"""What people like and would like, over HTTP: stars, the popularity board that they make, and wishes."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.guards import Asker
from arena.limits import Rates
from arena.people.keys import Scope
from arena.submission import places, stars, wishes
from arena.submission.stars import Popular, Star
from arena.submission.wishes import Wish, Wished

PAGE = 100
Cursor = Annotated[str, QueryParameter(name="cursor", max_length=400)]
AnyRequest = Request[Any, Any, Any]


class Wishing(Struct, forbid_unknown_fields=True):
    """What to rate next."""

    name: Annotated[str, Meta(max_length=200)]
    organisation: Annotated[str, Meta(max_length=200)] = ""
    link: Annotated[str, Meta(max_length=500)] | None = None


class Popularity(Struct):
    """Contenders by their stars, which is no rating; stars count once their accounts are so many hours old."""

    items: list[Popular]
    next: str | None
    star_hours: int


class Starred(Struct):
    """The contenders that one has starred."""

    items: list[str]
    next: str | None


class Mine(Struct):
    """One's wish, null where there is none."""

    wish: Wish | None


class Wishes(Struct):
    """What is wished for, what most wish for first."""

    items: list[Wished]
    next: str | None


@get("/popularity", responses=guards.json_of(Popularity))
async def popularity(
    request: AnyRequest, db: Given[Pool], settings: Given[Settings], cursor: Cursor = ""
) -> Response[Any]:
    """The board that stars make; it is shown apart, and no rating knows of it."""
    age = timedelta(hours=settings.star_hours)
    found, following = await stars.board(db, age=age, after=places.read(cursor), most=PAGE)
    return guards.fresh(request, Popularity(found, following, settings.star_hours))


@get("/stars", responses=guards.json_of(Starred))
async def list_stars(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """One's own stars, the latest first."""
    signed_in.require(Scope.READ)
    return guards.fresh(request, Starred(await stars.of(db, signed_in.account.id), None))


@put("/contenders/{slug:str}/star")
async def give_star(
    slug: FromPath[str], signed_in: Given[Asker], db: Given[Pool], rates: Given[Rates], settings: Given[Settings]
) -> Star:
    """Star a contender; once more changes nothing."""
    signed_in.require(Scope.ACCOUNT)
    await rates.star(signed_in.account.id)
    return await stars.give(db, signed_in.account.id, slug, age=timedelta(hours=settings.star_hours))


@delete("/contenders/{slug:str}/star", status_code=200)
async def take_star_back(
    slug: FromPath[str], signed_in: Given[Asker], db: Given[Pool], rates: Given[Rates], settings: Given[Settings]
) -> Star:
    """Star a contender no more."""
    signed_in.require(Scope.ACCOUNT)
    await rates.star(signed_in.account.id)
    return await stars.take_back(db, signed_in.account.id, slug, age=timedelta(hours=settings.star_hours))


@get("/wishes", responses=guards.json_of(Wishes))
async def list_wishes(request: AnyRequest, db: Given[Pool], cursor: Cursor = "") -> Response[Any]:
    """What people would like to see rated next."""
    found, following = await wishes.listed(db, after=places.read(cursor), most=PAGE)
    return guards.fresh(request, Wishes(found, following))


@get("/wish", responses=guards.json_of(Mine))
async def show_wish(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """What one wishes for."""
    signed_in.require(Scope.READ)
    return guards.fresh(request, Mine(await wishes.of(db, signed_in.account.id)))


@put("/wish")
async def make_wish(data: JSONBody[Wishing], signed_in: Given[Asker], db: Given[Pool], rates: Given[Rates]) -> Mine:
    """Wish for this, in place of what one wished for."""
    signed_in.require(Scope.ACCOUNT)
    await rates.wish(signed_in.account.id)
    return Mine(
        await wishes.make(db, signed_in.account.id, name=data.name, organisation=data.organisation, link=data.link)
    )


@delete("/wish", status_code=200)
async def take_wish_back(signed_in: Given[Asker], db: Given[Pool], rates: Given[Rates]) -> Mine:
    """Wish for nothing any more."""
    signed_in.require(Scope.ACCOUNT)
    await rates.wish(signed_in.account.id)
    await wishes.take_back(db, signed_in.account.id)
    return Mine(None)


routes = [popularity, list_stars, give_star, take_star_back, list_wishes, show_wish, make_wish, take_wish_back]
