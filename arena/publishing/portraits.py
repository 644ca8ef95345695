"""Portraits: everything that is publicly known of a contender, put together for its page and for programs."""

from datetime import date, datetime
from uuid import UUID

from arena.db import Pool
from arena.evaluation import cases, exposures, opinions
from arena.evaluation.exposures import Shown
from arena.evaluation.opinions import Counts
from arena.integration import boards
from arena.integration.boards import OVERALL
from arena.publishing import careers, comparisons, freshness, merges, releases
from arena.publishing.careers import Point, Stay
from arena.publishing.comparisons import Record
from arena.publishing.merges import Merge
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
    `reported` are its provider's own figures, which no rating knows of. `merged_into` is the one that it was found
    to be the same as, `merged` are those found to be the same as it; `unmet_since` is known of one that is drawn for no
    battle though it is listed.
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
    merged_into: str | None
    merged: list[Merge]
    unmet_since: datetime | None


class Portraits:
    """Portraits as this process gives them; what an exposure's whole days say is asked once a day."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._exposures: dict[UUID, Shown] = {}

    async def of(self, slug: str, board: str | None = None, *, today: date) -> Portrait:
        """What the public may know of this contender; without a board told, on that of all votes or its first."""
        db = self._db
        entry = await contenders.require(db, slug)
        contender_id = await names.known(db, slug)
        if board is not None:
            await boards.require(db, board)
        stays = await careers.stays(db, contender_id)
        stay = _chosen(stays, board)
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
            exposure=await self._exposure(contender_id, today),
            reported=await reported.of(db, slug),
            cases=await cases.listed(db, contender=slug, most=MOST_CASES),
            merged_into=await merges.into(db, slug),
            merged=await merges.of(db, slug),
            unmet_since=await freshness.unmet(db, slug),
        )

    async def _exposure(self, contender_id: UUID, today: date) -> Shown | None:
        """None for a contender that nobody can meet here, since it has no endpoint."""
        kept = self._exposures.get(contender_id)
        if kept is not None and kept.until.date() == today:
            return kept
        endpoint_id = await self._db.fetchval("SELECT id FROM endpoints WHERE contender_id = $1", contender_id)
        if endpoint_id is None:
            return None
        shown = await exposures.shown(self._db, endpoint_id, days=DAYS)
        self._exposures[contender_id] = shown
        return shown


def _chosen(stays: list[Stay], board: str | None) -> Stay | None:
    wanted = [stay for stay in stays if stay.board == (board or OVERALL)]
    return wanted[0] if wanted else (stays[0] if stays and board is None else None)
