"""Releases over HTTP: what is out, what was said of it, what is planned and held; operators release on demand."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency as Given
from litestar.di import Provide
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.api import tables
from arena.api.tables import Shown, Wish
from arena.config import Settings
from arena.db import Pool
from arena.errors import filled
from arena.guards import Asker
from arena.integration import boards
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import announcements, bills, calendars, candidates, notes, releases, slots
from arena.publishing.announcements import Announcement
from arena.publishing.bills import Bill
from arena.publishing.candidates import By, Candidate, Event
from arena.publishing.notes import Notes
from arena.publishing.releases import Summary
from arena.publishing.selftest import Tested
from arena.publishing.tables import make
from arena.submission import cards

PAGE = 50

AnyRequest = Request[Any, Any, Any]
At = Annotated[str | None, QueryParameter(name="at", max_length=40)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class Releases(Struct):
    """A page of releases, the newest first; `next` is the cursor of the page after it."""

    items: list[Summary]
    next: str | None


class Planned(Struct, frozen=True, kw_only=True):
    """A release that is not out: when it is due, until when votes count, where it stands and what keeps it.

    `id` is the name that it would have, null before its cut-off.
    """

    board: str
    calendar: str
    due_at: datetime
    cut_off_at: datetime
    state: candidates.State
    id: str | None
    findings: list[str]
    tested_at: datetime | None
    events: list[Event]


class Calendar(Struct):
    """What is planned, the soonest first, and what is held, the latest first."""

    upcoming: list[Planned]
    held: list[Planned]


class Said(Struct):
    """What is said of a release.

    `notes` are what is new in it, as data, null for a release from before there were any; `announcement` the sentences
    made from them, or the text that an operator wrote, all of which are in `written`, the latest first.
    """

    notes: Notes | None
    announcement: str
    written: list[Announcement]


class SelfTest(Struct):
    """What a release was tested for before it came out, and what it was made with; null where that was not kept yet.

    Each check says what it holds a release to, how its run ended and how much it found.
    """

    tested: list[Tested] | None
    bill: Bill | None


class Demand(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a board shall be released now."""

    reason: Reason


class Demanded(Struct):
    """The board's release after a demand; not `new` where the same votes were out already."""

    id: str
    new: bool


class Wording(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be said of a release in a language, and why; a text and no number."""

    announcement: Annotated[str, Meta(min_length=1, max_length=5000)]
    reason: Reason
    language: Literal["en", "zh"] = "en"


@get("/boards/{slug:str}/releases", responses=guards.json_of(Releases))
async def list_releases(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[str | None, QueryParameter(name="cursor")] = None,
    at: At = None,
) -> Response[Any]:
    """A board's releases, the newest first; with `at`, a date or a moment, from the one that was the last then on."""
    board = await boards.require(db, slug)
    moment = None if at is None else calendars.moment(at)
    found = await releases.listed(db, board, cursor, PAGE + 1, at=moment)
    return guards.fresh(request, Releases(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None), public=True)


@post(
    "/boards/{slug:str}/releases",
    responses={200: ResponseSpec(Demanded, description="The same votes were out already")},
)
async def release_now(
    slug: FromPath[str], data: JSONBody[Demand], signed_in: Given[Asker], db: Given[Pool], settings: Given[Settings]
) -> Response[Demanded]:
    """Release a board now, whatever its calendar says; for operators. The self-test is the same as ever."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    board = await boards.require(db, slug)
    reason = cards.line("reason", data.reason, least=1, most=500)
    last = await releases.listed(db, board, None, 1)
    by = By("operator", signed_in.account.id, reason)
    release_id = await releases.refresh(db, board, settings, by=by)
    await slots.plan(db, board)
    new = not last or last[0].id != release_id
    return Response(Demanded(release_id, new), status_code=201 if new else 200)


@get("/releases/{release_id:str}", responses=guards.json_of(Shown), dependencies={"wished": Provide(tables.wish)})
async def show_release(
    request: AnyRequest, release_id: FromPath[str], wished: Given[Wish], db: Given[Pool]
) -> Response[Any]:
    """A release whole, or in the view and the format that were asked for."""
    release = await releases.require(db, release_id)
    if wished.format == "json":
        return guards.fresh(request, tables.released(release, wished), public=True)
    return tables.file(request, make(release, wished.view), wished.format)


@get("/releases/{release_id:str}/notes", responses=guards.json_of(Said))
async def show_notes(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """What is new in a release, and what is said of it."""
    await releases.require(db, release_id)
    return guards.fresh(request, await _said(db, release_id, "en"), public=True)


@patch("/releases/{release_id:str}")
async def announce(
    release_id: FromPath[str], data: JSONBody[Wording], signed_in: Given[Asker], db: Given[Pool]
) -> Said:
    """Say something else of a release; for operators. No number changes, and what was said before stays on record."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    await releases.require(db, release_id)
    await announcements.write(
        db,
        release_id,
        language=data.language,
        text=announcements.checked(data.announcement),
        reason=cards.line("reason", data.reason, least=1, most=500),
        account_id=signed_in.account.id,
    )
    return await _said(db, release_id, data.language)


async def _said(db: Pool, release_id: str, language: str) -> Said:
    told = (await notes.kept(db, [release_id]))[release_id]
    written = (await announcements.listed(db, [release_id]))[release_id]
    chosen = announcements.standing(written, language)
    text = chosen.text if chosen else "\n".join(announcements.words(told, filled))
    return Said(told, text, written)


@get("/releases/{release_id:str}/self-test", responses=guards.json_of(SelfTest))
async def show_self_test(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """What was checked before the release came out and what was found, and its bill of materials."""
    await releases.require(db, release_id)
    shown = SelfTest(await releases.self_test(db, release_id), await bills.kept(db, release_id))
    return guards.fresh(request, shown, public=True)


@get("/calendar", responses=guards.json_of(Calendar))
async def show_calendar(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """When boards will be released, and what is held and why."""
    upcoming, held = await candidates.upcoming(db), await candidates.held(db)
    shown = Calendar([_planned(each) for each in upcoming], [_planned(each) for each in held])
    return guards.fresh(request, shown, public=True)


def _planned(candidate: Candidate) -> Planned:
    return Planned(
        board=candidate.board,
        calendar=candidate.calendar,
        due_at=candidate.due_at,
        cut_off_at=candidate.cut_off_at,
        state=candidate.state,
        id=candidate.release_id,
        findings=[filled(each.sentence, each.values) for each in candidate.findings],
        tested_at=candidate.tested_at,
        events=candidate.events,
    )


routes = [list_releases, release_now, show_release, show_notes, show_self_test, announce, show_calendar]
