"""Movement: why contenders moved between two releases of a board; the arithmetic is rating's."""

import asyncio
from collections import OrderedDict
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from arena.db import Pool
from arena.errors import ArenaError
from arena.publishing import releases, tallies
from arena.publishing.releases import Release, Standing, Summary
from arena.publishing.tallies import NotReadable, Source
from arena.publishing.workbench import Workbench
from rating import RatingError
from rating import movement as splits
from rating.movement import End, Fate, Method, Part, Shared

MOST_KEPT: Final = 64
# What a snapshot's method says of how votes become ratings; the rest is about intervals, or what came out.
CHOICES: Final = ("model", "ties", "prior", "methodology")


class BoardsDiffer(ArenaError):
    """These are releases of two boards, and nothing compares their ratings. Choose two of the same board."""

    status = 400


class Parts(Struct, frozen=True, kw_only=True):
    """What a change is made of, in points; the five add up to it.

    `others` is what contenders who enter or leave bring about, `new` and `removed` are votes between those who stay.
    """

    method: float
    removed: float
    reweighted: float
    others: float
    new: float


class Moved(Struct, frozen=True, kw_only=True):
    """A contender's ratings in the two releases and why they differ.

    `change` is null unless both are on one scale, and `parts` is null unless the fate is “split”.
    """

    contender: str
    name: str
    fate: Fate
    before: float | None
    after: float | None
    change: float | None
    parts: Parts | None


class Choice(Struct, frozen=True):
    """Something about the method that the two releases differ in."""

    name: str
    before: Any
    after: Any


class Movement(Struct, frozen=True, kw_only=True):
    """All that moved from one release to another, the largest change first.

    `added` votes are counted by the second alone, `removed` ones by the first alone, `kept` by both.
    """

    before: Summary
    after: Summary
    added: int
    removed: int
    kept: int
    method: list[Choice]
    contenders: list[Moved]


class Movements:
    """What moved between releases, worked out once for a pair, one pair at a time, in a thread of its own.

    Releases never change, so what is known stays right. That of a release and the one before it is kept in the
    database too, as its page shows it; any others would be as many as there are pairs.
    """

    def __init__(self, db: Pool, bench: Workbench) -> None:
        self._db = db
        self._bench = bench
        self._known: OrderedDict[tuple[str, str], Movement] = OrderedDict()

    async def between(self, before_id: str, after_id: str) -> Movement:
        """What moved from the first release to the second."""
        pair = before_id, after_id
        if pair in self._known:
            return self._known[pair]
        async with self._bench.alone():
            if pair not in self._known:
                self._known[pair] = await _kept(self._db, *pair)
                while len(self._known) > MOST_KEPT:
                    self._known.popitem(last=False)
            return self._known[pair]

    async def since_the_last(self, release_id: str) -> Movement | None:
        """What moved since the release before this one; None for a board's first."""
        before = await previous(self._db, release_id)
        return None if before is None else await self.between(before, release_id)


async def previous(db: Pool, release_id: str) -> str | None:
    """The release of the same board before this one."""
    found: str | None = await db.fetchval(
        """
        SELECT earlier.id FROM releases this JOIN releases earlier USING (board_id)
        WHERE this.id = $1 AND (earlier.published_at, earlier.id) < (this.published_at, this.id)
        ORDER BY earlier.published_at DESC, earlier.id DESC LIMIT 1
        """,
        release_id,
    )
    return found


async def _kept(db: Pool, before_id: str, after_id: str) -> Movement:
    known = await db.fetchval(
        "SELECT movement FROM movements WHERE release_id = $1 AND before_id = $2", after_id, before_id
    )
    if known is not None:
        return msgspec.json.decode(known, type=Movement)
    found = await between(db, before_id, after_id)
    if await previous(db, after_id) == before_id:
        await db.execute(
            """
            INSERT INTO movements (release_id, before_id, movement) VALUES ($1, $2, $3)
            ON CONFLICT (release_id) DO UPDATE SET before_id = $2, movement = $3
            """,
            *(after_id, before_id, msgspec.json.encode(found)),
        )
    return found


async def between(db: Pool, before_id: str, after_id: str) -> Movement:
    """Work out what moved from one release to another of the same board."""
    sources = [await tallies.source(db, release_id) for release_id in (before_id, after_id)]
    if sources[0].board_id != sources[1].board_id:
        raise BoardsDiffer
    before, after = [await releases.require(db, release_id) for release_id in (before_id, after_id)]
    shared = await tallies.shared(db, sources[0], sources[1])
    methods = tallies.method(before, sources[0]), tallies.method(after, sources[1])
    choices = _choices(*(_told(release, source) for release, source in zip((before, after), sources, strict=True)))
    return await asyncio.to_thread(_split, (before, after), methods, choices, shared)


def _split(
    ends: tuple[Release, Release], methods: tuple[Method, Method], choices: list[Choice], shared: Shared
) -> Movement:
    before, after = ends
    first, second = (_end(release, method, shared) for release, method in zip(ends, methods, strict=True))
    try:
        found = splits.split(shared, first, second)
    except RatingError as error:
        raise NotReadable from error
    old, new = shared.counted
    return Movement(
        before=_summary(before),
        after=_summary(after),
        added=int((new & ~old).sum()),
        removed=int((old & ~new).sum()),
        kept=int((old & new).sum()),
        method=choices,
        contenders=_moved(before, after, found),
    )


def _end(release: Release, method: Method, shared: Shared) -> End:
    ratings = {line.contender: line.rating for line in release.standings}
    published = [ratings.get(contender, float("nan")) for contender in shared.votes.contenders]
    return End(method, np.array(published))


def _moved(before: Release, after: Release, found: splits.Movement) -> list[Moved]:
    """The lines of those whom either release shows, the largest change first."""
    earlier, later = ({line.contender: line for line in release.standings} for release in (before, after))
    moved = [
        _line(contender, earlier.get(contender), later.get(contender), found, place)
        for place, contender in enumerate(found.contenders)
        if contender in earlier or contender in later
    ]
    return sorted(moved, key=lambda line: (-abs(line.change or 0.0), line.fate, line.contender))


def _line(
    contender: str, earlier: Standing | None, later: Standing | None, found: splits.Movement, place: int
) -> Moved:
    shown = later or earlier
    assert shown is not None
    fate = found.fates[place]
    # Who took part and was not shown has no rating that anybody was told of.
    if earlier is None or later is None:
        fate = Fate.LEFT if later is None else Fate.ENTERED
    split = fate is Fate.SPLIT
    known = earlier is not None and later is not None and fate is not Fate.REGROUPED
    values = {part.value: float(points) for part, points in zip(Part, found.parts[:, place], strict=True)}
    return Moved(
        contender=contender,
        name=shown.name,
        fate=fate,
        before=earlier.rating if earlier else None,
        after=later.rating if later else None,
        change=float(found.change[place]) if known else None,
        parts=Parts(**values) if split else None,
    )


def _told(release: Release, source: Source) -> dict[str, Any]:
    """All that decides a rating, by name."""
    asked: dict[str, Any] = msgspec.to_builtins(source.question)
    return {**{name: release.method.get(name) for name in CHOICES}, **asked}


def _choices(former: dict[str, Any], present: dict[str, Any]) -> list[Choice]:
    """What two releases differ in; what a question leaves out is as it comes, told as null."""
    told = ((name, former.get(name), present.get(name)) for name in {**former, **present})
    return [Choice(name, before, after) for name, before, after in told if before != after]


def _summary(release: Release) -> Summary:
    return msgspec.convert(release, Summary, from_attributes=True)
