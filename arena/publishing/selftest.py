"""The self-test: what a release must pass before it is public, one small function for each thing that must hold.

To add a check, write a function of a Subject that gives its findings, and name it in CHECKS.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Proxy, many, one
from arena.integration import ledger_checks, lines
from arena.integration.boards import Board, Source
from arena.integration.snapshots import Snapshot

MOST_ERROR: Final = 1e-6
PER_LOGIT: Final = 400 / math.log(10)
DISPLAYED: Final = 1e-6

# Which ends of an interval a contender may have, by whether its record is settled.
ENDS: Final = {
    "settled": ((True, True), (False, False)),
    "unbeaten": ((True, False), (False, False)),
    "winless": ((False, True), (False, False)),
    "separated": ((True, True), (True, False), (False, True), (False, False)),
}


class Finding(Struct, frozen=True):
    """What a check holds against a candidate: a sentence, whose places `values` fill."""

    check: str
    sentence: str
    values: dict[str, str | int] = {}


class Tested(Struct, frozen=True):
    """A check that was run: what it holds a release to, how it ended and how much it found."""

    check: str
    promise: str
    outcome: str
    found: int


class Report(Struct, frozen=True):
    """How many checks were run, what they found, and each of them."""

    checks: int
    findings: list[Finding]
    tested: list[Tested] = []


class Line(lines.Line, frozen=True, kw_only=True):
    """A contender's line as the snapshot has it; `state` is where its endpoint stands, None for an imported one."""

    separation: str
    group: int
    state: str | None
    listed: bool


class Last(Struct, frozen=True, kw_only=True):
    """The board's release before, and how many lines of it are there now."""

    id: str
    snapshot_id: UUID
    votes: int
    exclusions: str
    method: dict[str, Any]
    lines: int


class Subject(Struct, frozen=True):
    """What is tested: the snapshot with its lines, and the board's last release with its contenders' names."""

    board: Board
    snapshot: Snapshot
    lines: list[Line]
    last: Last | None
    former: dict[str, str]


Db = Connection | Proxy
Check = Callable[[Db, Subject], Awaitable[list[Finding]]]


async def run(db: Db, board: Board, snapshot: Snapshot) -> Report:
    """Every check on the snapshot that shall be released."""
    subject = await _subject(db, board, snapshot)
    found = {check: await check(db, subject) for check in CHECKS}
    return Report(
        len(found),
        [finding for findings in found.values() for finding in findings],
        [_tested(check, findings) for check, findings in found.items()],
    )


def _tested(check: Check, findings: list[Finding]) -> Tested:
    return Tested(check.__name__, promise(check), "found" if findings else "clean", len(findings))


def promise(check: Check) -> str:
    """What the check holds a release to."""
    return (check.__doc__ or "").strip().partition("\n")[0]


async def _subject(db: Db, board: Board, snapshot: Snapshot) -> Subject:
    last = await one(
        db,
        Last,
        """
        SELECT releases.id, snapshots.id AS snapshot_id, votes, exclusions, method,
               (SELECT count(*) FROM standings WHERE snapshot_id = snapshots.id) AS lines
        FROM releases JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.board_id = $1 ORDER BY published_at DESC LIMIT 1
        """,
        board.id,
    )
    former = await _lines(db, last.snapshot_id) if last else []
    return Subject(board, snapshot, await _lines(db, snapshot.id), last, {line.contender: line.name for line in former})


async def _lines(db: Db, snapshot_id: UUID) -> list[Line]:
    return await many(
        db,
        Line,
        """
        SELECT slug AS contender, standings.name, theta, rating, lower, upper, rank_lower, rank_upper, votes,
               separation, "group", endpoints.state, endpoints.listed_at IS NOT NULL AS listed
        FROM standings JOIN contenders ON contenders.id = standings.contender_id
        LEFT JOIN endpoints ON endpoints.contender_id = contenders.id
        WHERE snapshot_id = $1 ORDER BY slug
        """,
        snapshot_id,
    )


async def totals(_: Db, subject: Subject) -> list[Finding]:
    """Each counted vote is on two lines."""
    total, votes = sum(line.votes for line in subject.lines), subject.snapshot.votes
    if total == 2 * votes:
        return []
    sentence = "The votes on all lines are {total}; {votes} counted votes make {twice}."
    return [Finding("totals", sentence, {"total": total, "votes": votes, "twice": 2 * votes})]


async def counted(db: Db, subject: Subject) -> list[Finding]:
    """The votes noted as counted are as many as the snapshot says."""
    if subject.board.source is Source.IMPORTED:
        return []
    noted: int = await db.fetchval(
        "SELECT count(*) FROM countings WHERE board_id = $1 AND since <= $2 AND (until IS NULL OR until > $2)",
        subject.board.id,
        subject.snapshot.number,
    )
    if noted == subject.snapshot.votes:
        return []
    sentence = "{noted} votes are noted as counted, and the table was made from {votes}."
    return [Finding("counted", sentence, {"noted": noted, "votes": subject.snapshot.votes})]


async def entered(_: Db, subject: Subject) -> list[Finding]:
    """Whoever has a line is listed, or was."""
    if subject.board.source is Source.IMPORTED:
        return []
    sentence = "{name} has a line and was never listed."
    return [Finding("entered", sentence, {"name": line.name}) for line in subject.lines if not line.listed]


async def finite(_: Db, subject: Subject) -> list[Finding]:
    """Every rating is a number, and as far from the others as its strength is."""
    origins = [line.rating - PER_LOGIT * line.theta for line in subject.lines]
    sentence = "The rating of {name} is not the number that its strength gives."
    wrong = [line for line, origin in zip(subject.lines, origins, strict=True)
             if not abs(origin - origins[0]) < DISPLAYED]  # fmt: skip
    return [Finding("finite", sentence, {"name": line.name}) for line in wrong]


async def intervals(_: Db, subject: Subject) -> list[Finding]:
    """Each line has its interval around its rating, and lacks an end only where its record says why.

    Unbeaten has no upper end and winless no lower one. Neither end is there while voters can't be seen to differ; one
    end alone is never missing without a reason.
    """
    found = []
    for line in subject.lines:
        lower, upper = line.lower is not None, line.upper is not None
        least, most = (
            (-math.inf if line.lower is None else line.lower),
            (math.inf if line.upper is None else line.upper),
        )
        if not least <= line.rating <= most:
            found.append(Finding("intervals", "The rating of {name} is outside its interval.", {"name": line.name}))
        elif (lower, upper) not in ENDS[line.separation]:
            found.append(Finding("intervals", "{name} lacks an end of its interval, and no reason is on record.",
                                 {"name": line.name}))  # fmt: skip
    return found


async def ranks(_: Db, subject: Subject) -> list[Finding]:
    """Each place by rating lies in the range of ranks, since who is certainly better is rated better."""
    groups: dict[int, list[float]] = {}
    for line in subject.lines:
        insort(groups.setdefault(line.group, []), line.rating)
    found = []
    for line in subject.lines:
        ratings = groups[line.group]
        best = 1 + len(ratings) - bisect_right(ratings, line.rating)
        worst = len(ratings) - bisect_left(ratings, line.rating)
        if not 1 <= line.rank_lower <= best <= worst <= line.rank_upper <= len(ratings):
            found.append(Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": line.name}))
    return found


async def vanished(_: Db, subject: Subject) -> list[Finding]:
    """Nobody is gone whom no excluded vote and no change of method took out."""
    if _explained(subject):
        return []
    present = {line.contender for line in subject.lines}
    gone = [name for slug, name in subject.former.items() if slug not in present]
    return [Finding("vanished", "{name} was in the release before and is gone without a note.", {"name": name})
            for name in gone]  # fmt: skip


async def shrunk(_: Db, subject: Subject) -> list[Finding]:
    """Votes don't become fewer but by acts that are on record."""
    last, votes = subject.last, subject.snapshot.votes
    if last is None or _explained(subject) or votes >= last.votes:
        return []
    sentence = "The release before counted {before} votes, and this one {votes}, without an act that says why."
    return [Finding("shrunk", sentence, {"before": last.votes, "votes": votes})]


def _explained(subject: Subject) -> bool:
    """Whether acts on votes, or another question put to them, may have taken any out since the release before."""
    last, now = subject.last, subject.snapshot
    asked = [(one.exclusions, one.method.get("methodology"), one.method.get("question")) for one in (last, now) if one]
    return len(asked) == 1 or asked[0] != asked[1]


async def certificate(_: Db, subject: Subject) -> list[Finding]:
    """The fit is as good as the best one to well below what is shown."""
    bound = subject.snapshot.method.get("error_bound")
    if isinstance(bound, int | float) and bound <= MOST_ERROR:
        return []
    return [Finding("certificate", "The fit may be off by {bound}, more than {most}.",
                    {"bound": f"{bound:.1e}" if bound is not None else "∞", "most": f"{MOST_ERROR:.0e}"})]  # fmt: skip


async def kept(_: Db, subject: Subject) -> list[Finding]:
    """The last good release is still there, for those who read it until this one is out."""
    last = subject.last
    if last is None or last.lines or not last.votes:
        return []
    return [Finding("kept", "The lines of the release before are gone: {release}.", {"release": last.id[:12]})]


async def recorded(db: Db, _: Subject) -> list[Finding]:
    """The ledger is what was signed, as far as its last check says."""
    fault = await ledger_checks.fault(db)
    return [Finding("recorded", "The ledger is not what was signed. {fault}", {"fault": fault})] if fault else []


CHECKS: Final[tuple[Check, ...]] = (
    totals,
    counted,
    entered,
    finite,
    intervals,
    ranks,
    vanished,
    shrunk,
    certificate,
    kept,
    recorded,
)
