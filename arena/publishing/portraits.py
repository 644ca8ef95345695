"""Portraits: everything that is publicly known of a contender, put together for its page and for programs."""

from uuid import UUID

from arena.db import Db
from arena.evaluation import cases, exposures, opinions
from arena.evaluation.exposures import Shown
from arena.evaluation.opinions import Counts
from arena.integration import boards
from arena.integration.boards import OVERALL
from arena.publishing import careers, comparisons, releases
from arena.publishing.careers import Point, Stay
from arena.publishing.comparisons import Record
from arena.submission import contenders, names, reported, submissions
from arena.submission.contenders import Entry
from arena.submission.reported import Reported
from arena.submission.submissions import Event, Incident

DAYS = 30
MOST_EVENTS = 50
MOST_CASES = 20


class Portrait(Entry, frozen=True, kw_only=True):
    """A contender's card and history, how it stands on every board, and on one of them how it came to that.

    `board` is that one, None where it has been on none; `history` is how it stood there release by release and `record`
    how it fared against each opponent in the last release that it is in. `level` is that of all intervals.
    `reported` are its provider's own figures, which no rating knows of.
    """

    boards: list[Stay]
    board: str | None
    level: float | None
    history: list[Point]
    record: list[Record]
    opinions: Counts
    events: list[Event]
    incidents: list[Incident]
    exposure: Shown | None
    reported: Reported
    cases: list[cases.Summary]


async def require(db: Db, slug: str, board: str | None = None) -> Portrait:
    """What the public may know of this contender; without a board told, on that of all votes or else on its first."""
    entry = await contenders.require(db, slug)
    contender_id = await names.known(db, slug)
    stays = await careers.stays(db, contender_id)
    if board is not None:
        await boards.require(db, board)
    stay = _chosen(stays, board)
    endpoint_id: UUID | None = await db.fetchval("SELECT id FROM endpoints WHERE contender_id = $1", contender_id)
    release = None if stay is None else await releases.require(db, stay.release)
    return Portrait(
        **{name: getattr(entry, name) for name in Entry.__struct_fields__},
        boards=stays,
        board=None if stay is None else stay.board,
        level=None if release is None else release.method["level"],
        history=[] if stay is None else await careers.history(db, contender_id, stay.board),
        record=[] if release is None else (await comparisons.pairs_of(db, release)).records(slug),
        opinions=await opinions.counts(db, contender_id),
        events=await submissions.of_contender(db, contender_id, most=MOST_EVENTS),
        incidents=await submissions.incidents(db, contender_id, most=MOST_EVENTS),
        exposure=None if endpoint_id is None else await exposures.shown(db, endpoint_id, days=DAYS),
        reported=await reported.of(db, slug),
        cases=await cases.listed(db, contender=slug, most=MOST_CASES),
    )


def _chosen(stays: list[Stay], board: str | None) -> Stay | None:
    wanted = [stay for stay in stays if stay.board == (board or OVERALL)]
    return wanted[0] if wanted else (stays[0] if stays and board is None else None)
