"""What people like and would like: stars and wishes, shown apart from every rating."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Template

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.pages import assets, languages
from arena.submission import places, stars, wishes

PAGE = 100


@get("/popularity", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    db: Given[Pool],
    settings: Given[Settings],
    cursor: Annotated[str, QueryParameter(name="cursor", max_length=400)] = "",
) -> Response[Any]:
    """Contenders by their stars, and what is wished for; the same page for every reader of a language."""
    age = timedelta(hours=settings.star_hours)
    popular, following = await stars.board(db, age=age, after=places.read(cursor), most=PAGE)
    wished, _ = await wishes.listed(db, after=places.START, most=PAGE)
    depends = (languages.of(request).tag, settings.star_hours, popular, following, wished)
    etag = assets.etag(*depends)
    headers = {"etag": etag, "cache-control": "no-cache"}
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    context = {"settings": settings, "contenders": popular, "following": following, "wishes": wished}
    return Template("popularity/show.html", context=context, headers=headers)
