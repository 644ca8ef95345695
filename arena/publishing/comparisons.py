"""Comparisons: how contenders of one release stand to one another, with what their votes and the model say of it."""

import math
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db
from arena.errors import NotFound, Refused
from arena.integration import meetings
from arena.integration.meetings import Kept
from arena.publishing import careers
from arena.publishing.careers import Stay
from arena.publishing.releases import Release, Standing
from arena.submission import names
from rating import Ties
from rating import meetings as pairs
from rating.scale import PER_LOGIT

FEWEST: Final = 2
MOST: Final = 5
# A variance below this is rounding: nothing is seen to vary.
VANISHING: Final = 1e-12


class NotOnBoard(NotFound):
    """This contender is not in the board's last release."""


class Record(Struct, frozen=True, kw_only=True):
    """How a contender fared against an opponent.

    `share` is the part of the votes that went to it, a tie being half, with its interval, voters being clusters;
    `expected` is what the two ratings and the model of ties say it should be. None is what nobody can say.
    """

    opponent: str
    name: str
    votes: int
    wins: int
    losses: int
    ties: int
    both_bad: int
    share: float | None
    lower: float | None
    upper: float | None
    expected: float | None


class Difference(Struct, frozen=True, kw_only=True):
    """By how many points `one` is rated above `other`, with the interval of that; None where there is none.

    `apart` says whether the interval leaves zero out, None where nothing can be said.
    """

    one: str
    other: str
    points: float
    lower: float | None
    upper: float | None
    apart: bool | None
    record: Record | None


class Comparison(Struct, frozen=True, kw_only=True):
    """Contenders of one release side by side: each pair's difference, and how each stands on every board."""

    board: str
    release: str
    published_at: datetime
    level: float
    standings: list[Standing]
    differences: list[Difference]
    boards: dict[str, list[Stay]]


class Pairs:
    """The pairs of one release; without what its snapshot kept of them there are ratings alone."""

    def __init__(self, release: Release, kept: Kept | None) -> None:
        self._standings = {standing.contender: standing for standing in release.standings}
        self._kept = kept
        self._places = {slug: place for place, slug in enumerate(kept.met.contenders)} if kept else {}
        self._method = release.method

    def records(self, contender: str) -> list[Record]:
        """How the contender fared against each opponent whom it met, who it met most often first."""
        found = [self.record(contender, other) for other in self._standings if other != contender]
        return sorted((record for record in found if record), key=lambda record: (-record.votes, record.name))

    def record(self, one: str, other: str) -> Record | None:
        """How these two fared; None where they never met."""
        if self._kept is None or one not in self._places or other not in self._places:
            return None
        met, i, j = self._kept.met, self._places[one], self._places[other]
        neither = int(met.ties[i, j]), int(met.both_bad[i, j])
        votes = int(met.wins[i, j] + met.wins[j, i]) + sum(neither)
        if not votes:
            return None
        share = pairs.share(met, i, j)
        return Record(
            opponent=other,
            name=self._standings[other].name,
            votes=votes,
            wins=int(met.wins[i, j]),
            losses=int(met.wins[j, i]),
            ties=neither[0],
            both_bad=neither[1],
            share=share.share,
            lower=share.lower,
            upper=share.upper,
            expected=self._expected(one, other),
        )

    def difference(self, one: str, other: str) -> Difference:
        """How far apart these two are rated."""
        points = self._standings[one].rating - self._standings[other].rating
        reach = self._reach(one, other)
        return Difference(
            one=one,
            other=other,
            points=points,
            lower=None if reach is None else points - reach,
            upper=None if reach is None else points + reach,
            apart=None if reach is None else abs(points) > reach,
            record=self.record(one, other),
        )

    def _expected(self, one: str, other: str) -> float | None:
        """Nothing where ratings are at equal style or of decided votes alone, since the share then is of another kind.

        The method names the tie level of the first group alone, so of the others nothing is expected.
        """
        assert self._kept is not None
        first, second = self._standings[one], self._standings[other]
        ties = Ties(self._method["ties"])
        if first.group or second.group or ties is Ties.DROP or "style" in self._method:
            return None
        level = self._method.get("tie_level")
        if level is not None:
            own = self._kept.tie_propensity
            level += (own[self._places[one]] + own[self._places[other]]) / 2
        return pairs.expected((first.rating - second.rating) / PER_LOGIT, level, ties=ties)

    def _reach(self, one: str, other: str) -> float | None:
        """Half the width of the difference's interval: as many standard errors as that of a rating takes."""
        first, second = self._standings[one], self._standings[other]
        settled = all(
            side.separation == "settled" and side.lower is not None and side.upper is not None
            for side in (first, second)
        )
        if self._kept is None or first.group != second.group or not settled:
            return None
        variances, i, j = self._kept.covariance, self._places[one], self._places[other]
        spread = variances[i, i] + variances[j, j] - 2 * variances[i, j]
        if spread <= VANISHING or variances[i, i] <= VANISHING:
            return None
        assert first.lower is not None
        assert first.upper is not None
        return (first.upper - first.lower) / 2 * math.sqrt(spread / variances[i, i])


async def pairs_of(db: Db, release: Release) -> Pairs:
    """The pairs of a release."""
    snapshot_id: UUID = await db.fetchval("SELECT snapshot_id FROM releases WHERE id = $1", release.id)
    return Pairs(release, await meetings.read(db, snapshot_id))


async def compare(db: Db, board: str, release: Release | None, slugs: list[str]) -> Comparison:
    """Compare contenders of a board's last release; each of them must be in it."""
    wanted = list(dict.fromkeys(slugs))
    if not FEWEST <= len(wanted) <= MOST:
        raise Refused("Name {fewest} to {most} contenders, parted by commas.", fewest=FEWEST, most=MOST, field="with")
    ids = {slug: await names.known(db, slug) for slug in wanted}
    standings = {} if release is None else {standing.contender: standing for standing in release.standings}
    for slug in wanted:
        if slug not in standings:
            raise NotOnBoard("“{name}” is not in the last release of the board “{board}”.", name=slug, board=board)
    assert release is not None
    found = await pairs_of(db, release)
    return Comparison(
        board=release.board,
        release=release.id,
        published_at=release.published_at,
        level=release.method["level"],
        standings=[standings[slug] for slug in wanted],
        differences=[found.difference(one, other) for place, one in enumerate(wanted) for other in wanted[place + 1 :]],
        boards={slug: await careers.stays(db, contender_id) for slug, contender_id in ids.items()},
    )
