"""Second opinions: what judges said of the battles that people voted on, beside what people said."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, many
from arena.evaluation import families, names
from arena.integration import fits
from rating import Outcome, Tally, agreement, biases, bradley_terry, effects
from rating.agreement import Estimated
from rating.arrays import Codes, Vector
from rating.diagnosis import Known
from rating.effects import Effect
from rating.errors import DidNotConverge
from rating.outcomes import POINTS

# On fewer battles nothing is said of a judge.
FEWEST_BATTLES: Final = 30


class Share(Struct, frozen=True):
    """A figure and the ends of its interval by prompt; None where it can't be told."""

    value: float | None
    lower: float | None
    upper: float | None


class SecondOpinion(Struct, frozen=True, kw_only=True):
    """How often a judge, as it is now, and people said the same of the same battle; a both_bad is a tie.

    `decided` are the battles to which neither said tie, `agreed` the share of those on which both said the same, and
    `kappa` Cohen's over three classes.
    """

    judge: str
    name: str
    battles: int
    decided: int
    agreed: Share
    kappa: Share


@dataclass(frozen=True, eq=False, kw_only=True)
class Verdicts:
    """A judge's verdicts on some of a snapshot's votes, by the place of each in its rows; `kin` are of its family."""

    judge: str
    name: str
    kin: frozenset[str]
    places: list[int]
    outcomes: list[Outcome]

    def opinion(self, tally: Tally, known: Known) -> tuple[SecondOpinion, list[Effect]]:
        """How far it agrees with people, and what it prefers besides what people's ratings say."""
        places = np.array(self.places, dtype=np.int64)
        said = np.array([outcome.code for outcome in self.outcomes], dtype=np.int64)
        clusters = np.asarray(places if known.cluster is None else known.cluster[places], dtype=np.int64)
        people = agreement.classes(tally.outcome[places].astype(np.int64))
        found = agreement.compare(people, agreement.classes(said), clusters, np.random.default_rng(fits.SEED))
        told = SecondOpinion(
            judge=self.judge,
            name=self.name,
            battles=found.battles,
            decided=found.decided,
            agreed=_share(found.share_decided),
            kappa=_share(found.kappa),
        )
        return told, self._leanings(tally, known, places, np.array(POINTS)[said], clusters)

    def _leanings(self, tally: Tally, known: Known, places: Codes, points: Vector, clusters: Codes) -> list[Effect]:
        """What longer answers and those of its own family get from it, as far as these battles differ in that."""
        first, second = tally.first[places], tally.second[places]
        own = np.array([name in self.kin for name in tally.contenders], dtype=np.float64)
        features = {"judge family": own[first] - own[second]}
        if known.covariates is not None and "length" in known.covariates.names:
            place = known.covariates.names.index("length")
            features["judge length"] = known.covariates.column(place)[places].astype(np.float64)
        features = {name: column for name, column in features.items() if column.any()}
        if not features:
            return []
        theta = bradley_terry.fit(tally.counts.wins).theta
        columns = np.column_stack(list(features.values()))
        try:
            return biases.of_offset(tuple(features), points, theta[first] - theta[second], columns, clusters)
        except DidNotConverge:
            return [effects.unknown(name, band=biases.BAND) for name in features]


class _Judge(Struct, frozen=True):
    slug: str
    name: str
    family: str


async def of(db: Db, board_id: UUID, number: int, places: dict[str, int]) -> list[Verdicts]:
    """The verdicts of each judge as it is now on the votes that the snapshot counted, which have these places."""
    found = await db.fetch(VERDICTS, board_id, number)
    told: dict[str, list[tuple[int, Outcome]]] = {}
    for slug, vote, outcome in found:
        told.setdefault(slug, []).append((places[vote.hex], Outcome(outcome)))
    enough = {slug: said for slug, said in told.items() if len(said) >= FEWEST_BATTLES}
    judges = await many(
        db, _Judge, "SELECT slug, name, family FROM judges WHERE slug = ANY($1) ORDER BY slug", [*enough]
    )
    called = await db.fetch(CALLED) if judges else []
    return [
        Verdicts(
            judge=judge.slug,
            name=judge.name,
            kin=frozenset(slug for slug, texts in called if families.akin(judge.family, texts)),
            places=[place for place, _ in enough[judge.slug]],
            outcomes=[outcome for _, outcome in enough[judge.slug]],
        )
        for judge in judges
    ]


def _share(found: Estimated) -> Share:
    return Share(found.value, found.lower, found.upper)


VERDICTS: Final = f"""
        SELECT judges.slug, {names.VOTE} AS vote, verdicts.outcome
        FROM countings
        JOIN votes ON votes.id = vote_id
        JOIN verdicts ON verdicts.battle_id = votes.battle_id
        JOIN judges ON judges.id = judge_id AND judges.version = verdicts.version
        WHERE countings.board_id = $1 AND since <= $2 AND (until IS NULL OR until > $2)
              AND verdicts.outcome IS NOT NULL
        ORDER BY judges.slug, vote"""  # noqa: S608 - a constant
CALLED: Final = """
        SELECT slug, ARRAY[contenders.name, organisation] || array_agg(coalesce(model, ''))
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        GROUP BY contenders.id"""
