"""What decides a board's votes besides the answers, over HTTP."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct, structs

from arena import guards
from arena.db import Pool
from arena.errors import filled
from arena.integration import boards, diagnostics, remarks
from arena.integration.diagnoses import Alone, Category, Cycles, Finding, Heat, Voters
from arena.integration.judge_effects import SecondOpinion
from arena.integration.probed import Fooled
from arena.integration.remarks import Said

AnyRequest = Request[Any, Any, Any]


class FindingTold(Finding, frozen=True, kw_only=True):
    """An effect and what it is in words."""

    sentence: str


class FooledTold(Fooled, frozen=True, kw_only=True):
    """The board of the voters who were fooled less beside that of all, and what it is in words."""

    sentence: str


class Diagnostics(Struct, frozen=True, kw_only=True):
    """What was found in the votes of a board's release, as of `taken_at`; before the first look, nothing but the board.

    `enough` is whether there were votes enough to look through, and `sentence` what is to be said if there were not.
    `unmeasured` says what these votes can't tell.
    """

    board: str
    taken_at: datetime | None = None
    made_at: datetime | None = None
    votes: int | None = None
    enough: bool = False
    sentence: str | None = None
    findings: list[FindingTold] = []
    judges: list[SecondOpinion] = []
    voters: Voters | None = None
    alone: Alone | None = None
    cycles: Cycles | None = None
    heat: Heat | None = None
    categories: list[Category] = []
    duplicated: float | None = None
    public: float | None = None
    fooled: FooledTold | None = None
    unmeasured: list[str] = []


@get("/diagnostics/{board:str}", responses=guards.json_of(Diagnostics))
async def show_diagnostics(request: AnyRequest, board: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """What might decide a board's votes besides the answers, with intervals, and what it would change."""
    found = await boards.require(db, board)
    kept = await diagnostics.latest(db, found)
    told = Diagnostics(board=found.slug, sentence=remarks.NOT_YET) if kept is None else _told(found.slug, kept)
    return guards.fresh(request, told, public=True)


def _told(board: str, kept: diagnostics.Kept) -> Diagnostics:
    found = kept.diagnosis
    same = {name: getattr(found, name) for name in ("votes", "enough", "judges", "voters", "alone", "cycles", "heat")}
    return Diagnostics(
        board=board,
        taken_at=kept.taken_at,
        made_at=kept.made_at,
        sentence=None if found.enough else _plain([remarks.few(found)]),
        findings=[
            FindingTold(**structs.asdict(finding), sentence=_plain(remarks.of(finding))) for finding in found.findings
        ],
        categories=found.categories,
        duplicated=found.duplicated,
        public=found.public,
        fooled=None
        if found.fooled is None
        else FooledTold(**structs.asdict(found.fooled), sentence=_plain(remarks.fooled(found))),
        unmeasured=remarks.unmeasured(found) if found.enough else [],
        **same,
    )


def _plain(said: list[Said]) -> str:
    return " ".join(filled(sentence, values) for sentence, values in said)


routes: list[HTTPRouteHandler] = [show_diagnostics]
