"""Reported figures: what a provider says its own contender reached elsewhere. Shown as self-reported, never rated."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct, structs

from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.submission import cards, names

UNIT_CHARACTERS: Final = 40
# Former ones included, so that no history grows without end.
MOST_FIGURES: Final = 500
# Somewhere on Earth it is tomorrow already.
TOMORROW: Final = timedelta(days=1)


class NotYetPublic(ArenaError):
    """This contender is tested privately. Report its figures once the public knows of it."""

    status = 409


class NoSuchFigure(NotFound):
    """There is no such figure that stands, or it is not yours."""


class Claim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider reports: a benchmark's value in a unit or on a scale, where it is told, and when measured."""

    benchmark: Annotated[str, Meta(max_length=200)]
    value: Annotated[float, Meta(ge=-1e12, le=1e12)]
    unit: Annotated[str, Meta(max_length=200)]
    source: Annotated[str, Meta(max_length=500)]
    measured_on: date


class Figure(Struct, frozen=True, kw_only=True):
    """A figure that the contender's own provider reported; nobody here has measured it.

    `ended` says what became of one that stands no more, at `ended_at`; `reported_by` is the organisation.
    """

    id: UUID
    benchmark: str
    value: float
    unit: str
    source: str
    measured_on: date
    reported_by: str
    reported_at: datetime
    ended: Literal["replaced", "withdrawn"] | None
    ended_at: datetime | None
    self_reported: Literal[True] = True


class Reported(Struct, frozen=True, kw_only=True):
    """A contender's figures that stand, by benchmark, and those that stood before, the latest first."""

    items: list[Figure]
    next: str | None
    history: list[Figure]


class _Own(Struct, frozen=True):
    id: UUID
    known: bool
    figures: int


async def report(db: Connection | Proxy, slug: str, claim: Claim, *, account_id: UUID, today: date) -> Figure:
    """Report a figure of one's own contender, in place of the one that stands for this benchmark.

    The same figure again is the same figure.
    """
    claim = checked(claim, today)
    async with db.transaction():
        own = await _own(db, slug, account_id)
        if not own.known:
            raise NotYetPublic
        standing = await _end(db, own.id, claim, account_id)
        if standing is not None:
            return standing
        if own.figures >= MOST_FIGURES:
            raise Refused("A contender has at most {most} figures, former ones included.", most=MOST_FIGURES)
        return await _enter(db, own.id, claim, account_id)


async def withdraw(db: Connection | Proxy, slug: str, figure_id: UUID, *, account_id: UUID) -> Figure:
    """Let a figure of one's own contender stand no more; it stays in the history."""
    async with db.transaction():
        own = await _own(db, slug, account_id)
        ended = await db.fetchval(
            """
            UPDATE reported_figures SET ended = 'withdrawn', ended_by = $3, ended_at = now()
            WHERE id = $1 AND contender_id = $2 AND ended IS NULL RETURNING id
            """,
            figure_id,
            own.id,
            account_id,
        )
        if ended is None:
            raise NoSuchFigure
        return await _figure(db, figure_id)


async def of(db: Db, slug: str) -> Reported:
    """What is and was reported of a contender that the public knows of."""
    known = await names.known(db, slug)
    found = await many(
        db,
        Figure,
        """
        SELECT reported_figures.*, providers.slug AS reported_by
        FROM reported_figures JOIN endpoints USING (contender_id) JOIN providers ON providers.id = provider_id
        WHERE contender_id = $1 ORDER BY ended_at DESC, identity
        """,
        known,
    )
    return Reported(
        items=[figure for figure in found if figure.ended is None],
        next=None,
        history=[figure for figure in found if figure.ended is not None],
    )


def checked(claim: Claim, today: date) -> Claim:
    """The claim, if it can be shown, its source followed, and was measured by now."""
    benchmark = cards.title("benchmark", claim.benchmark)
    unit = cards.line("unit", claim.unit, least=1, most=UNIT_CHARACTERS)
    if not cards.LINK.fullmatch(claim.source):
        raise Refused("“{link}” is not a link; a link begins with https:// and has no spaces.", link=claim.source[:100])
    if claim.measured_on > today + TOMORROW:
        raise Refused("The field “measured_on” is a day to come. Say when it was measured.")
    return structs.replace(claim, benchmark=benchmark, unit=unit)


async def _own(db: Connection | Proxy, slug: str, account_id: UUID) -> _Own:
    """The contender, if it is the account's; whoever reports of the same one meanwhile waits."""
    found = await one(
        db,
        _Own,
        """
        SELECT contenders.id, committed_at IS NOT NULL AS known,
               (SELECT count(*) FROM reported_figures WHERE contender_id = contenders.id) AS figures
        FROM contenders JOIN endpoints ON contender_id = contenders.id JOIN members USING (provider_id)
        WHERE slug = $1 AND account_id = $2 FOR NO KEY UPDATE OF contenders
        """,
        slug,
        account_id,
    )
    if found is None:
        raise NotFound("There is no such contender, or it is not yours.")
    return found


async def _end(db: Connection | Proxy, contender_id: UUID, claim: Claim, account_id: UUID) -> Figure | None:
    """End the figure that stands for the benchmark; it is given back, untouched, where it says the same already."""
    identity = cards.canonical(claim.benchmark)
    figure_id = await db.fetchval(
        "SELECT id FROM reported_figures WHERE contender_id = $1 AND identity = $2 AND ended IS NULL",
        contender_id,
        identity,
    )
    if figure_id is None:
        return None
    standing = await _figure(db, figure_id)
    if all(getattr(standing, name) == getattr(claim, name) for name in Claim.__struct_fields__):
        return standing
    await db.execute(
        "UPDATE reported_figures SET ended = 'replaced', ended_by = $2, ended_at = now() WHERE id = $1",
        figure_id,
        account_id,
    )
    return None


async def _enter(db: Connection | Proxy, contender_id: UUID, claim: Claim, account_id: UUID) -> Figure:
    entered: UUID = await db.fetchval(
        """
        INSERT INTO reported_figures (contender_id, benchmark, identity, value, unit, source, measured_on, account_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
        """,
        contender_id,
        claim.benchmark,
        cards.canonical(claim.benchmark),
        claim.value,
        claim.unit,
        claim.source,
        claim.measured_on,
        account_id,
    )
    return await _figure(db, entered)


async def _figure(db: Connection | Proxy, figure_id: UUID) -> Figure:
    found = await one(
        db,
        Figure,
        """
        SELECT reported_figures.*, providers.slug AS reported_by
        FROM reported_figures JOIN endpoints USING (contender_id) JOIN providers ON providers.id = provider_id
        WHERE reported_figures.id = $1
        """,
        figure_id,
    )
    assert found is not None
    return found
