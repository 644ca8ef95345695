"""Diagnoses: what was found to decide a board's votes besides the answers, as it is kept and told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from msgspec import Struct

from arena.evaluation.probes import Voted
from arena.integration import fits, probed
from arena.integration.circumstances import Circumstances
from arena.integration.judge_effects import SecondOpinion, Verdicts
from arena.integration.named import Named
from arena.integration.probed import Fooled, Worth
from arena.integration.questions import Question
from rating import diagnosis, effects
from rating.biases import BAND
from rating.diagnosis import Diagnosis as Looked
from rating.diagnosis import Found, Kind
from rating.effects import Effect, Told
from rating.saturation import Saturation
from rating.scale import PER_LOGIT
from rating.transitivity import Transitivity

FEWEST_VOTES: Final = 100
MOST_SWAPS: Final = 20
# A heat map of more can't be read.
MOST_CONTENDERS: Final = 30
UNITS: Final = {Kind.PREFERENCE: "log-odds", Kind.SHIFT: "points", Kind.ATTENTION: "share", Kind.SPREAD: "points"}


class Swap(Struct, frozen=True):
    """Who would pass whom, and the ranks that both hold now."""

    riser: Named
    faller: Named
    riser_rank: int
    faller_rank: int


class Finding(Struct, frozen=True, kw_only=True):
    """An effect with its 95 % interval; 0 is none, and within ±`band` it does not matter. None is not known or endless.

    `unit` is that of the four numbers. `q` is the rate of false discoveries at which it is one, among all of its board.
    `who` is the contender that it is about, `swaps` some of the `swapped` pairs that would change places without it;
    `worth` is how many times the worth of being right it makes up for.
    """

    name: str
    kind: Kind
    unit: str
    value: float | None
    lower: float | None
    upper: float | None
    band: float
    q: float | None
    verdict: effects.Verdict
    who: Named | None = None
    judge: str | None = None
    swaps: list[Swap] = []
    swapped: int = 0
    worth: Worth | None = None


class Voters(Struct, frozen=True, kw_only=True):
    """How votes are shared out among voters; `gini` is 0 where all voted equally often."""

    voters: int
    effective: float
    gini: float
    lower: float
    upper: float
    busiest: float
    top: float
    few: bool


class Alone(Struct, frozen=True, kw_only=True):
    """What the votes of one voter do: without them a contender would hold another rank."""

    votes: int
    contender: Named
    rank: int
    rank_without: int


class Cycles(Struct, frozen=True, kw_only=True):
    """Triads of which each beats the next, beside what the ratings lead to expect."""

    cyclic: int
    triads: int
    expected: float
    chance: float


class Heat(Struct, frozen=True):
    """How far each pair goes otherwise than the ratings say, in standard errors, for the line's contender.

    By rating, the best first; None where two never met.
    """

    contenders: list[Named]
    residuals: list[list[float | None]]


class Category(Struct, frozen=True, kw_only=True):
    """What the votes of one category still tell; None where there are too few."""

    category: str
    votes: int
    ties: float | None
    both_bad: float | None
    separation: float | None
    decided: float | None
    saturated: bool


class Diagnosis(Struct, frozen=True, kw_only=True):
    """All that was found; with too few votes, or such as have no fit, nothing was looked for and `enough` is false."""

    votes: int
    enough: bool
    imported: bool = False
    findings: list[Finding] = []
    judges: list[SecondOpinion] = []
    voters: Voters | None = None
    alone: Alone | None = None
    cycles: Cycles | None = None
    heat: Heat | None = None
    categories: list[Category] = []
    duplicated: float | None = None
    public: float | None = None
    fooled: Fooled | None = None


def of(
    seen: Circumstances,
    question: Question,
    names: Mapping[str, Named],
    verdicts: Sequence[Verdicts],
    probes: Sequence[Voted] = (),
    *,
    imported: bool,
) -> Diagnosis:
    """Look through the votes; `names` are those of the contenders, by what the rows call them, the best first.

    `probes` are the votes on probes, which are the whole arena's and no board's.

    RatingError where the votes have no fit.
    """
    if len(seen.rows) < FEWEST_VOTES:
        return Diagnosis(votes=len(seen.rows), enough=False, imported=imported)
    tally = fits.tally(seen.rows, question)
    marked = probed.careful(seen.rows, probes)
    careful = marked[0] if marked and marked[1].enough else None
    looked = diagnosis.of(tally, replace(seen.known, careful=careful), ties=question.ties, seed=fits.SEED)
    judged = [each.opinion(tally, seen.known) for each in verdicts]
    leanings = [(each.judge, effect) for each, own in judged for effect in own]
    named = {name: names[name] for name in looked.contenders}
    return Diagnosis(
        votes=len(seen.rows),
        enough=True,
        imported=imported,
        findings=_findings(
            looked,
            named,
            seen.silent,
            [*leanings, *((None, effect) for effect in probed.effects(probes))],
            probed.worths(probes),
        ),
        judges=[each for each, _ in judged],
        voters=_voters(looked),
        alone=_alone(looked, named),
        cycles=_cycles(looked.transitivity),
        heat=_heat(looked, names),
        categories=[_category(seen.categories[code], found) for code, found in looked.categories.items()],
        duplicated=looked.duplicated,
        public=looked.contaminated or (None if imported else 0.0),
        fooled=probed.beside(marked[1], looked.careful, named, question) if marked else None,
    )


def _findings(
    looked: Looked,
    named: Mapping[str, Named],
    silent: list[str],
    judged: Sequence[tuple[str | None, Effect]],
    worths: Mapping[str, Worth],
) -> list[Finding]:
    """All effects, each with its q among every one of them."""
    mute = [effects.unknown(name, band=BAND) for name in silent]
    told = effects.judged([*(found.told.effect for found in looked.found), *(effect for _, effect in judged), *mute])
    found = [_finding(each.kind, again, named, each) for each, again in zip(looked.found, told, strict=False)]
    for judge, again in zip([*(judge for judge, _ in judged), *[None] * len(mute)], told[len(found) :], strict=True):
        worth = worths.get(again.effect.name)
        found.append(_finding(Kind.PREFERENCE, again, named, judge=judge, worth=worth))
    return found


def _finding(
    kind: Kind,
    told: Told,
    named: Mapping[str, Named],
    found: Found | None = None,
    *,
    judge: str | None = None,
    worth: Worth | None = None,
) -> Finding:
    effect, size = told.effect, PER_LOGIT if UNITS[kind] == "points" else 1.0
    everyone, swaps = list(named.values()), found.swaps if found else ()
    return Finding(
        name=effect.name,
        kind=kind,
        unit=UNITS[kind],
        **{end: _number(getattr(effect, end) * size) for end in ("value", "lower", "upper")},
        band=effect.band * size,
        q=told.q,
        verdict=told.verdict,
        who=named[effect.who] if effect.who is not None else None,
        judge=judge,
        swaps=[
            Swap(everyone[swap.riser], everyone[swap.faller], swap.riser_rank, swap.faller_rank)
            for swap in swaps[:MOST_SWAPS]
        ],
        swapped=len(swaps),
        worth=worth,
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _voters(looked: Looked) -> Voters | None:
    shared = looked.shared
    if shared is None:
        return None
    return Voters(
        voters=shared.voters,
        effective=shared.effective,
        gini=shared.gini,
        lower=shared.lower,
        upper=shared.upper,
        busiest=shared.busiest,
        top=shared.top,
        few=shared.few,
    )


def _alone(looked: Looked, named: Mapping[str, Named]) -> Alone | None:
    alone = looked.alone
    if alone is None:
        return None
    who = named[looked.contenders[alone.contender]]
    return Alone(votes=alone.votes, contender=who, rank=alone.rank, rank_without=alone.rank_without)


def _cycles(found: Transitivity) -> Cycles | None:
    cycles = found.cycles
    if cycles is None or not cycles.triads:
        return None
    return Cycles(cyclic=cycles.cyclic, triads=cycles.triads, expected=cycles.expected, chance=cycles.chance)


def _heat(looked: Looked, names: Mapping[str, Named]) -> Heat:
    places = {name: place for place, name in enumerate(looked.contenders)}
    shown = [name for name in names if name in places][:MOST_CONTENDERS]
    chosen = [places[name] for name in shown]
    cut = looked.transitivity.residuals[np.ix_(chosen, chosen)]
    return Heat([names[name] for name in shown], [[_number(value) for value in line] for line in cut.tolist()])


def _category(name: str, found: Saturation) -> Category:
    return Category(
        category=name,
        votes=found.votes,
        ties=found.ties.share if found.ties else None,
        both_bad=found.both_bad.share if found.both_bad else None,
        separation=found.separation,
        decided=found.decided,
        saturated=found.saturated,
    )
