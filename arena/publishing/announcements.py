"""Announcements: what is said of a release, made from its notes until an operator says it better."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.errors import Refused, Say
from arena.publishing.notes import Move, Notes

MOST_NAMED: Final = 5
MINUS: Final = "\N{MINUS SIGN}"


class Announcement(Struct, frozen=True, kw_only=True):
    """A text that an operator wrote for a release, in which language, when and why."""

    id: int
    language: str
    text: str
    reason: str
    written_at: datetime


def checked(text: str) -> str:
    """The text without spaces at its ends, if it can be shown."""
    plain = text.strip()
    if not plain or not plain.replace("\n", " ").isprintable():
        raise Refused("The announcement is empty or holds a character that can't be printed.", field="announcement")
    return plain


async def write(db: Db, release_id: str, *, language: str, text: str, reason: str, account_id: UUID) -> None:
    """Say this of the release from now on, in this language; what was said before stays on record."""
    await db.execute(
        "INSERT INTO announcements (release_id, language, text, reason, account_id) VALUES ($1, $2, $3, $4, $5)",
        *(release_id, language, text, reason, account_id),
    )


async def listed(db: Db, release_ids: list[str]) -> dict[str, list[Announcement]]:
    """What operators wrote for these releases, the latest first."""
    rows = await many(
        db,
        _Written,
        """
        SELECT id, release_id, language, text, reason, written_at FROM announcements
        WHERE release_id = ANY($1) ORDER BY id DESC
        """,
        release_ids,
    )
    return {name: [row for row in rows if row.release_id == name] for name in release_ids}


class _Written(Announcement, frozen=True, kw_only=True):
    release_id: str


def standing(written: list[Announcement], language: str) -> Announcement | None:
    """The text that stands in this language, if an operator wrote one."""
    return next((each for each in written if each.language == language), None)


def words(notes: Notes | None, say: Say) -> list[str]:
    """The announcement in sentences, made from the notes alone."""
    if notes is None:
        return [say("This release is from before notes were written.", {})]
    if notes.previous is None:
        return [_first(notes, say)]
    said = [_votes(notes, say), *_who(notes, say), *(_moved(move, say) for move in notes.moves[:MOST_NAMED])]
    if not notes.moves:
        said.append(say("No rating moved by as much as one point.", {}))
    for change in notes.methodology:
        values = {"what": change.what, "former": _shown(change.former), "present": _shown(change.present)}
        said.append(say("The method is another one: {what} was {former} and is {present}.", values))
    return said


def _first(notes: Notes, say: Say) -> str:
    values = {"votes": notes.votes, "contenders": notes.contenders}
    return say("The first release of this board: votes counted {votes}, contenders {contenders}.", values)


def _votes(notes: Notes, say: Say) -> str:
    more = notes.votes - notes.former_votes
    if more > 0:
        return say("Votes counted: {votes}, {more} more than before.", {"votes": notes.votes, "more": more})
    if more < 0:
        return say("Votes counted: {votes}, {fewer} fewer than before.", {"votes": notes.votes, "fewer": -more})
    return say("Votes counted: {votes}, as many as before.", {"votes": notes.votes})


def _who(notes: Notes, say: Say) -> list[str]:
    said = []
    if notes.entered:
        said.append(say("New: {names}.", {"names": _names([each.name for each in notes.entered], say)}))
    if notes.retired:
        said.append(say("Retired, with its rows kept: {names}.",
                        {"names": _names([each.name for each in notes.retired], say)}))  # fmt: skip
    if notes.gone:
        said.append(say("Without votes that count, and not in the table any more: {names}.",
                        {"names": _names([each.name for each in notes.gone], say)}))  # fmt: skip
    return said


def _names(names: list[str], say: Say) -> str:
    shown = say(", ", {}).join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return say("{names} and {more} more", {"names": shown, "more": more}) if more > 0 else shown


def _moved(move: Move, say: Say) -> str:
    values = {
        "name": move.name,
        "points": _points(abs(move.points)),
        "former": _points(round(move.former)),
        "before": _ends(move.former_lower, move.former_upper, say),
        "rating": _points(round(move.rating)),
        "now": _ends(move.lower, move.upper, say),
    }
    if move.points > 0:
        told = say("{name} rose by {points}, from {former} ({before}) to {rating} ({now}).", values)
    else:
        told = say("{name} fell by {points}, from {former} ({before}) to {rating} ({now}).", values)
    return told


def _points(value: int) -> str:
    return f"{value:,}".replace("-", MINUS)


def _ends(lower: float | None, upper: float | None, say: Say) -> str:
    """An interval in brackets; an end that is not known is a mark of its own."""
    if lower is None and upper is None:
        return say("no interval yet", {})
    return say("{lower} to {upper}", {"lower": "−∞" if lower is None else _points(round(lower)),
                                      "upper": "∞" if upper is None else _points(round(upper))})  # fmt: skip


def _shown(value: str | float | int | None) -> str:
    return "–" if value is None else f"{value}"
