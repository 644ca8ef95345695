"""Judge measures: verdicts and votes on the same battles become figures of how good a judge is."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import fmean
from typing import Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.integration import judge_leanings
from arena.integration.judge_leanings import Leaning
from arena.integration.judge_rows import Told
from rating import Outcome, agreement, calibration, proportions
from rating.agreement import Estimated
from rating.arrays import Codes, Flags

SEED: Final = 20260101
TIE: Final = Outcome.TIE.code
# Below this a figure says more about who happened to come than about the judge, so nobody is ranked by it.
FEWEST: Final = 30
# So many people of one item are compared with each other: of a popular prompt every pair would be too many.
MOST_RATERS: Final = 20


class Compared(Struct, frozen=True, kw_only=True):
    """How far two agree on so many `battles` over so many `prompts`: in all, and where neither says tie (`decided`).

    `accuracy` is the share of the decided on which they agree, `share` that of all, `kappa` Cohen's over three classes
    (both bad is a tie) and `alpha` Krippendorff's; their intervals resample prompts. Those of shares are exact binomial
    ones with prompts as clusters, which stay open where all agree. `enough` says whether to go by it.
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
        leanings=judge_leanings.of(told, strengths, own),
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
    prompts = judge_leanings.numbered(each.prompt for each in both)
    ratings = np.column_stack([verdicts, votes])
    return Agreement(
        category=category, judge=_compared(verdicts, votes, prompts, ratings, prompts), people=_people(both)
    )


def _compared(first: Codes, second: Codes, cluster: Codes, ratings: Codes, units: Codes) -> Compared:
    rng = np.random.default_rng(SEED)
    found = agreement.compare(first, second, cluster, rng)
    decided = (first < TIE) & (second < TIE)
    return Compared(
        battles=found.battles,
        prompts=len(np.unique(cluster)),
        agreed=found.agreed,
        decided=found.decided,
        agreed_decided=found.agreed_decided,
        accuracy=_share((first == second)[decided], cluster[decided]),
        share=_share(first == second, cluster),
        kappa=found.kappa,
        alpha=agreement.alpha(ratings, units, rng),
        enough=found.battles >= FEWEST,
    )


def _share(held: Flags, cluster: Codes) -> Estimated:
    """The share that held; without an interval where all are of one prompt, and not a number where there are none."""
    if not len(held):
        return Estimated(None, None, None)
    trials = np.bincount(cluster)
    hits = np.bincount(cluster, weights=held).astype(np.int64)
    found = proportions.clustered(hits[trials > 0].tolist(), trials[trials > 0].tolist())
    return Estimated(found.share, found.lower, found.upper) if found else Estimated(float(held.mean()), None, None)


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
    prompts = judge_leanings.numbered(prompt for prompt, _ in several)
    first, second, units = agreement.within(ratings)
    return _compared(first, second, prompts[units], ratings, prompts)


def _orders(told: Sequence[Told]) -> Orders | None:
    asked = [each for each in told if each.consistent is not None]
    if not asked:
        return None
    held = np.array([each.consistent is True for each in asked])
    prompts = judge_leanings.numbered(each.prompt for each in asked)
    turns = [(each.first or 0, each.second or 0) for each in asked]
    return Orders(
        asked=len(asked),
        consistent=int(held.sum()),
        consistency=_share(held, prompts),
        first=sum(first > 0 > second for first, second in turns),
        second=sum(first < 0 < second for first, second in turns),
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
