"""The public page of a contender: how it stands and stood, against whom, and what befell it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from arena import guards
from arena.db import Pool
from arena.evaluation import set_results
from arena.evaluation.cases import Reason
from arena.pages import assets, curves, intervals, languages
from arena.pages.intervals import Scale, Whisker
from arena.publishing.careers import Stay
from arena.publishing.comparisons import Record
from arena.publishing.portraits import Portrait, Portraits

# A page shows so many opponents at once; the others are folded away.
FEW_OPPONENTS = 12


@dataclass(frozen=True)
class Bar:
    """A record as parts of a bar, in per cent of its width."""

    won: float
    tied: float
    lost: float


@dataclass(frozen=True)
class Row:
    """An opponent's line; `stands_out` says which way the votes leave what was expected, if they do."""

    record: Record
    bar: Bar
    stands_out: str | None


@get("/contenders/{slug:str}", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    portraits: Given[Portraits],
    db: Given[Pool],
    board: Annotated[str | None, QueryParameter(name="board", max_length=100)] = None,
    own: Annotated[bool, QueryParameter(name="own")] = False,
) -> Response[Any]:
    """What is known of a contender, on one board after the other, and what it answered to prompt sets.

    One that was merged leads to the other, unless its `own` history is asked for.
    """
    portrait = await portraits.of(slug, board, today=datetime.now(UTC).date())
    if portrait.merged_into and not own:
        return Redirect(f"/contenders/{quote(portrait.merged_into)}")
    answered = await set_results.of_contender(db, slug)
    headers = {"etag": tag(request, (portrait, answered)), "cache-control": guards.PUBLIC}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Template("contenders/show.html", context=context(portrait) | {"set_results": answered}, headers=headers)


def context(portrait: Portrait) -> dict[str, object]:
    """What the template is given."""
    rows = [row(record) for record in portrait.record]
    return {
        "entry": portrait,
        "stay": next((stay for stay in portrait.boards if stay.board == portrait.board), None),
        "stays": drawn(portrait.boards),
        "curve": curves.curve(portrait.history) if portrait.history else None,
        "rows": rows[:FEW_OPPONENTS],
        "more_rows": rows[FEW_OPPONENTS:],
        "standing_out": sum(one.stands_out is not None for one in rows),
        "reported": portrait.reported,
        "flag_reasons": [reason.value for reason in Reason],
    }


def drawn(stays: list[Stay]) -> tuple[Scale, list[tuple[Stay, Whisker]]]:
    """The stays on one scale."""
    scale = Scale.of(stays)
    return scale, [(stay, intervals.whisker(stay, scale)) for stay in stays]


def row(record: Record) -> Row:
    """An opponent's line with its drawing."""
    tied = record.ties + record.both_bad
    bar = Bar(*(round(part / record.votes * 100, 2) for part in (record.wins, tied, record.losses)))
    stands_out = None
    if record.expected is not None and record.lower is not None and record.upper is not None:
        if record.expected < record.lower:
            stands_out = "above"
        elif record.expected > record.upper:
            stands_out = "below"
    return Row(record, bar, stands_out)


def tag(request: Request[Any, Any, Any], shown: object) -> str:
    """A name for what a page shows, as this reader sees it."""
    depends = f"{assets.VERSION} {languages.of(request).tag} ".encode() + msgspec.json.encode(shown)
    return f'"{hashlib.sha256(depends).hexdigest()[:32]}"'
