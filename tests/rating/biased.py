"""Boards on which something besides the answers decides votes, as planted, or nothing does."""

from dataclasses import dataclass

import numpy as np

from rating import Tally, bradley_terry, covariates, diagnosis
from rating.arrays import Codes, Flags, Matrix, Vector, expit
from rating.covariates import Covariates
from rating.diagnosis import Known
from rating.effects import Told
from rating.scale import PER_LOGIT
from rating.settings import SETTINGS

FORM = ("length", "headings", "lists", "bold", "emoji", "code")
TONE = ("hedging", "certainty", "praise", "negatives", "apologies", "agreement")
FEATURES = (*FORM, *TONE)
MIX = (0.7, 0.3)
# By how much the one contender is better in the first category, and worse in the second: then its rating among ten
# falls by 64.5 points when the mix turns round, as on the boards of the specification.
VERSATILE = 0.5238
KINDS, SHARES = 4, (0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True, eq=False)
class Board:
    """Votes with what is known of each: style, category, language, time of day, dwell, prompt, contamination."""

    tally: Tally
    covariates: Covariates
    category: Codes
    language: Codes
    hour: Codes
    length: Vector
    dwell: Vector
    prompt: Codes
    contaminated: Flags
    truth: Vector


def attenuation(taste: float) -> float:
    """What is left of an effect on one voter's log-odds in those of all voters, whose tastes differ.

    1/√(1 + c² 2 sd²), c = 16 √3 / 15π (Zeger, Liang & Albert 1988).
    """
    return float(1 / np.sqrt(1 + (16 * np.sqrt(3) / (15 * np.pi)) ** 2 * 2 * taste**2))


def drawn(
    rng: np.random.Generator, setting: str, *, position: float = 0.0, style: tuple[float, ...] = (0.0,) * len(FEATURES)
) -> Board:
    """A board of a setting; `position` and `style` (by FEATURES, for a usual difference) are added to log-odds."""
    how = SETTINGS[setting]
    assert how.voters is not None
    truth = rng.normal(0, 0.6, how.contenders)
    first = rng.integers(how.contenders, size=how.votes)
    second = (first + rng.integers(1, how.contenders, size=how.votes)) % how.contenders
    busy = rng.lognormal(0.0, how.activity, how.voters)
    voter = rng.choice(how.voters, size=how.votes, p=busy / busy.sum())
    tastes = how.taste * rng.standard_normal((how.voters, how.contenders))
    forms = _forms(rng, how.votes)
    seen = covariates.of(forms, FEATURES)
    gap = truth[first] - truth[second] + tastes[voter, first] - tastes[voter, second]
    chance = expit(gap + position + np.array(style) @ seen.values)
    names = tuple(f"contender {code:02}" for code in range(how.contenders))
    outcome = np.where(rng.random(how.votes) < chance, 0, 1)
    prompt = np.minimum(rng.zipf(1.7, how.votes), 2000)
    return Board(
        Tally(names, first, second, outcome, voter),
        seen,
        category=rng.choice(KINDS, size=how.votes, p=SHARES),
        language=rng.choice(KINDS, size=how.votes, p=SHARES),
        hour=np.rint(rng.normal(14, 4, how.votes)).astype(np.int64) % 24,
        length=forms["length_a"] + forms["length_b"],
        dwell=rng.lognormal(3, 1, how.votes),
        prompt=prompt,
        contaminated=prompt % 10 == 3,
        truth=truth,
    )


def looked_at(board: Board) -> list[Told]:
    """Everything that a board is looked through for."""
    return [found.told for found in diagnosis.of(board.tally, known(board), replicates=1).found]


def known(board: Board) -> Known:
    """All that is known of the board's votes."""
    return Known(
        covariates=board.covariates,
        length=board.length,
        category=board.category,
        language=board.language,
        hour=board.hour,
        dwell=board.dwell,
        cluster=board.prompt,
        contaminated=board.contaminated,
    )


def mixed(rng: np.random.Generator, share: float, *, votes: int = 40_000) -> tuple[Tally, Codes]:
    """Votes on ten contenders in two categories, and each vote's: the first of them is VERSATILE better in one.

    `share` is that of the first category.
    """
    truth = np.linspace(-0.9, 0.9, 10)[[5, 0, 1, 2, 3, 4, 6, 7, 8, 9]]
    category = (rng.random(votes) >= share).astype(np.int64)
    first = rng.integers(10, size=votes)
    second = (first + rng.integers(1, 10, size=votes)) % 10
    own = VERSATILE * np.where(category == 0, 1, -1)
    gap = truth[first] - truth[second] + own * ((first == 0).astype(int) - (second == 0))
    outcome = np.where(rng.random(votes) < expit(gap), 0, 1)
    voter = rng.integers(2000, size=votes)
    return Tally(tuple("abcdefghij"), first, second, outcome, voter), category


def expected_move() -> float:
    """How far the first contender's rating falls when the mix turns round, in points, by votes without end."""
    before, after = (bradley_terry.fit(_expected(share), prior=0).theta[0] for share in MIX)
    return float(PER_LOGIT * (after - before))


def _expected(share: float) -> Matrix:
    truth = np.linspace(-0.9, 0.9, 10)[[5, 0, 1, 2, 3, 4, 6, 7, 8, 9]]
    wins = np.zeros((10, 10))
    for part, own in ((share, VERSATILE), (1 - share, -VERSATILE)):
        theta = truth + own * (np.arange(10) == 0)
        wins += part * expit(theta[:, None] - theta)
    np.fill_diagonal(wins, 0)
    return wins


def _forms(rng: np.random.Generator, votes: int) -> dict[str, Vector]:
    """Counts of two answers' form: tokens, and rarer things in some answers only."""
    columns = {f"length_{side}": np.rint(rng.lognormal(5.5, 0.7, votes)) for side in "ab"}
    for names, own in ((FORM[1:], rng), (TONE, rng.spawn(1)[0])):
        for name in names:
            for side in "ab":
                columns[f"{name}_{side}"] = own.poisson(3, votes) * (own.random(votes) < 0.5).astype(np.float64)
    return columns
