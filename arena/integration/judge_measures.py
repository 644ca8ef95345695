"""Judge measures: verdicts and votes on the same battles become figures of how good a judge is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import fmean
from typing import Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from rating import Outcome, agreement, calibration, covariates, leanings
from rating.agreement import Estimated
from rating.arrays import Codes, Matrix, Vector, expit
from rating.errors import DidNotConverge

SEED: Final = 20260101
# Below this a figure says more about who happened to come than about the judge, so nobody is ranked by it.
FEWEST: Final = 30
# So many people of one item are compared with each other: of a popular prompt every pair would be too many.
MOST_RATERS: Final = 20


class Told(Struct, frozen=True, kw_only=True):
    """A verdict on a battle with what is known of that; `vote` is None where the people's vote does not count.

    `first` and `second` are the levels (-2 to 2 for the first side) that the judge gave when the first side was shown
    first, and when it was shown second. `prompt` is equal where the same was asked. `characters` and `lists` are those
    of both sides, None where they are not known.
    """

    outcome: Outcome | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    first: int | None
    second: int | None
    cost: float | None
    seconds: float | None
    vote: Outcome | None
    voter: UUID
    prompt: UUID
    categories: list[str]
    contender_ids: list[UUID]
    characters: list[int] | None
    lists: list[int] | None


class Compared(Struct, frozen=True, kw_only=True):
    """How far two agree on so many `battles` over so many `prompts`: in all, and where neither says tie (`decided`).

    `accuracy` is the share of the decided on which they agree, `share` that of all, `kappa` Cohen's over three classes
    (both bad is a tie) and `alpha` Krippendorff's. Intervals resample prompts. `enough` says whether to go by it.
    """

    battles: int
    prompts: int
    agreed: int
    decided: int
    agreed_decided: int
    accuracy: Estimated
    share: Estimated
    kappa: Estimated
    alpha: Estimated
    enough: bool


class Agreement(Struct, frozen=True, kw_only=True):
    """The judge against people in a category, None for all; `people` are people against people, as a ceiling.

    People's own agreement is known where several were asked the same and shown the same two contenders. They need not
    have seen the same answers, so the ceiling is rather too low.
    """

    category: str | None
    judge: Compared
    people: Compared | None


class Orders(Struct, frozen=True, kw_only=True):
    """What turning the answers round does: of `asked` pairs so many were `consistent`.

    Of those contradicted, `first` were given to whichever answer was shown first, and `second` to the other.
    """

    asked: int
    consistent: int
    consistency: Estimated
    first: int
    second: int


class Leaning(Struct, frozen=True, kw_only=True):
    """What the judge prefers beyond what people's ratings expect: `effect` in log-odds, of one typical difference.

    `chance` is the same as what becomes of an even pair: 0.5 is no leaning.
    """

    towards: str
    effect: Estimated
    chance: Estimated


class Confidence(Struct, frozen=True, kw_only=True):
    """What the judge's stated confidence is worth over so many verdicts on which neither it nor people say tie.

    `excess` is the expected calibration error beyond what chance alone makes; each of `bins` has the mean confidence,
    the share that was right and how many they were.
    """

    verdicts: int
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    ece: float
    excess: float
    bins: list[tuple[float, float, int]]


class Figures(Struct, frozen=True, kw_only=True):
    """How good a version of a judge is; price and seconds are for 1,000 verdicts, None where nobody told."""

    verdicts: int
    scored: int
    unscored: dict[str, int]
    agreements: list[Agreement]
    orders: Orders | None
    leanings: list[Leaning]
    confidence: Confidence | None
    price: float | None
    seconds: float | None

    @property
    def overall(self) -> Agreement | None:
        """The agreement over all categories, None where no battle has both a verdict and a vote."""
        return next((each for each in self.agreements if each.category is None), None)


def of(told: Sequence[Told], strengths: Mapping[UUID, float], own: AbstractSet[UUID]) -> Figures:
    """Measure a judge by its verdicts; `strengths` are people's ratings in log-odds, `own` who is of its family."""
    both = [each for each in told if each.outcome is not None and each.vote is not None]
    scored = sum(each.outcome is not None for each in told)
    return Figures(
        verdicts=len(told),
        scored=scored,
        unscored=dict(Counter(each.unscored for each in told if each.unscored is not None)),
        agreements=_agreements(both),
        orders=_orders(told),
        leanings=_leanings(told, strengths, own),
        confidence=_confidence(both),
        price=_of_thousand(each.cost for each in told),
        seconds=_of_thousand(each.seconds for each in told),
    )


def _of_thousand(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return 1000 * fmean(known) if known else None


def _agreements(both: Sequence[Told]) -> list[Agreement]:
    of_category: defaultdict[str, list[Told]] = defaultdict(list)
    for each in both:
        for category in each.categories:
            of_category[category].append(each)
    found = [_agreement(None, both)] if both else []
    return found + [_agreement(category, those) for category, those in sorted(of_category.items())]


def _agreement(category: str | None, both: Sequence[Told]) -> Agreement:
    verdicts, votes = _classes(each.outcome for each in both), _classes(each.vote for each in both)
    prompts = _numbered(each.prompt for each in both)
    ratings = np.column_stack([verdicts, votes])
    return Agreement(
        category=category, judge=_compared(verdicts, votes, prompts, ratings, prompts), people=_people(both)
    )


def _compared(first: Codes, second: Codes, cluster: Codes, ratings: Codes, units: Codes) -> Compared:
    rng = np.random.default_rng(SEED)
    found = agreement.compare(first, second, cluster, rng)
    return Compared(
        battles=found.battles,
        prompts=len(np.unique(cluster)),
        agreed=found.agreed,
        decided=found.decided,
        agreed_decided=found.agreed_decided,
        accuracy=found.share_decided,
        share=found.share,
        kappa=found.kappa,
        alpha=agreement.alpha(ratings, units, rng),
        enough=found.battles >= FEWEST,
    )


def _people(both: Sequence[Told]) -> Compared | None:
    """People against each other: those who were asked the same of the same two, each once."""
    items: defaultdict[tuple[UUID, frozenset[UUID]], dict[UUID, Outcome]] = defaultdict(dict)
    for each in both:
        assert each.vote is not None
        turned = each.contender_ids[0] > each.contender_ids[1]
        said = each.vote.swapped if turned else each.vote
        items[each.prompt, frozenset(each.contender_ids)].setdefault(each.voter, said)
    several = {item: list(by_voter.values())[:MOST_RATERS] for item, by_voter in items.items() if len(by_voter) > 1}
    if not several:
        return None
    ratings = np.full((len(several), MOST_RATERS), agreement.MISSING)
    for place, votes in enumerate(several.values()):
        ratings[place, : len(votes)] = _classes(votes)
    prompts = _numbered(prompt for prompt, _ in several)
    first, second, units = agreement.within(ratings)
    return _compared(first, second, prompts[units], ratings, prompts)


def _orders(told: Sequence[Told]) -> Orders | None:
    asked = [each for each in told if each.consistent is not None]
    if not asked:
        return None
    consistent = _classes(Outcome.A if each.consistent else Outcome.B for each in asked)
    always = np.zeros(len(asked), dtype=np.int64)
    prompts = _numbered(each.prompt for each in asked)
    held = agreement.compare(consistent, always, prompts, np.random.default_rng(SEED)).share
    turns = [(each.first or 0, each.second or 0) for each in asked]
    return Orders(
        asked=len(asked),
        consistent=sum(bool(each.consistent) for each in asked),
        consistency=held,
        first=sum(first > 0 > second for first, second in turns),
        second=sum(first < 0 < second for first, second in turns),
    )


def _leanings(told: Sequence[Told], strengths: Mapping[UUID, float], own: AbstractSet[UUID]) -> list[Leaning]:
    """Fit all leanings at once, by what was said of every pair in each of both orders."""
    known = [
        each
        for each in told
        if None not in (each.first, each.second, each.characters, each.lists)
        and all(contender in strengths for contender in each.contender_ids)
    ]
    if not known:
        return []
    towards, features = _features(known, own)
    shares = np.array([[each.first or 0, -(each.second or 0)] for each in known]).T.ravel()
    offset = np.array([strengths[a] - strengths[b] for a, b in (each.contender_ids for each in known)])
    cluster = np.tile(_numbered(each.prompt for each in known), 2)
    try:
        found = leanings.measure((shares + 2) / 4, np.concatenate([offset, -offset]), features, cluster)
    except DidNotConverge:
        # Then the judge goes by something in every single battle, which no finite figure tells.
        return []
    if found is None:
        return []
    ends = zip(towards, found.coefficients, found.lower, found.upper, strict=True)
    return [_leaning(name, np.array([value, lower, upper])) for name, value, lower, upper in ends]


def _features(known: Sequence[Told], own: AbstractSet[UUID]) -> tuple[list[str], Matrix]:
    """What tells the side shown first from the other, in both orders (2N x K); what never differs is left out."""
    pairs = {"longer": [each.characters for each in known], "lists": [each.lists for each in known]}
    columns: dict[str, Codes] = {}
    for name, sides in pairs.items():
        first, second = np.array(sides, dtype=np.int64).T
        columns |= {f"{name}_a": np.concatenate([first, second]), f"{name}_b": np.concatenate([second, first])}
    form = covariates.of(columns, pairs)
    kin = np.array([(a in own) - (b in own) for a, b in (each.contender_ids for each in known)], dtype=float)
    values = {
        "first": np.ones(2 * len(known)),
        **{name: form.column(place).astype(float) for place, name in enumerate(form.names)},
        "own_family": np.concatenate([kin, -kin]),
    }
    told = {name: column for name, column in values.items() if column.any()}
    return list(told), np.column_stack(list(told.values()))


def _leaning(towards: str, ends: Vector) -> Leaning:
    return Leaning(
        towards=towards, effect=Estimated(*ends.tolist()), chance=Estimated(*np.asarray(expit(ends)).tolist())
    )


def _confidence(both: Sequence[Told]) -> Confidence | None:
    decided = (Outcome.A, Outcome.B)
    sure = [each for each in both if each.confidence is not None and {each.outcome, each.vote} <= {*decided}]
    stated = np.array([each.confidence for each in sure], dtype=float)
    right = np.array([each.outcome is each.vote for each in sure], dtype=float)
    found = calibration.measure(stated, right, np.random.default_rng(SEED))
    if found is None:
        return None
    return Confidence(
        verdicts=len(sure),
        brier=found.brier,
        reliability=found.reliability,
        resolution=found.resolution,
        uncertainty=found.uncertainty,
        ece=found.ece,
        excess=found.excess,
        bins=[(mean, share, int(size)) for mean, share, size in found.bins.tolist()],
    )


def _classes(outcomes: Iterable[Outcome | None]) -> Codes:
    codes = [agreement.MISSING if outcome is None else outcome.code for outcome in outcomes]
    return agreement.classes(np.array(codes, dtype=np.int64))


def _numbered(names: Iterable[UUID]) -> Codes:
    numbers: dict[UUID, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
