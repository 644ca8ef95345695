"""What a rule of pairing costs or saves beside uniform pairs, by simulation of many boards at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rating import allocation, streams
from rating.arrays import Flags, Matrix, Vector, expit
from rating.errors import RatingError
from rating.scale import PER_LOGIT
from rating.streams import Purpose

ROUNDS: Final = 20  # of refits, after each of which pairs are drawn by what is known then.
SURE: Final = 15.0  # points of standard error at which a newcomer is known.
BATCH: Final = 20  # votes of a newcomer between two refits.
MOST_BATCHES: Final = 500
FEWEST_BOARDS: Final = 2

Stack: TypeAlias = NDArray[np.float64]
# theta, covariance, games and newcomers of one board to the probabilities of its pairs (M x M).
Rule: TypeAlias = Callable[[Vector, Matrix, Matrix, Flags], Matrix]


def _floored(rule: Rule) -> Rule:
    """The rule with a fifth of all battles uniform."""
    floor = allocation.FLOOR
    return lambda theta, covariance, games, new: (
        floor * allocation.uniform(len(theta)) + (1 - floor) * rule(theta, covariance, games, new)
    )


def _closest(theta: Vector, covariance: Matrix, games: Matrix, newcomers: Flags) -> Matrix:
    return allocation.closest(theta, newcomers) if newcomers.any() else allocation.uniform(len(theta))


RULES: Final[Mapping[str, Rule]] = {
    "uniform": lambda theta, covariance, games, new: allocation.uniform(len(theta)),
    "mixture": lambda theta, covariance, games, new: allocation.mixture(theta, covariance, new),
    "a-optimal": _floored(lambda theta, covariance, games, new: allocation.a_optimal(theta, covariance)),
    "d-optimal": _floored(lambda theta, covariance, games, new: allocation.d_optimal(theta, covariance)),
    "chatbot-arena": _floored(lambda theta, covariance, games, new: allocation.chatbot_arena(theta, games)),
    "adjacent": _floored(lambda theta, covariance, games, new: allocation.adjacent(theta, covariance)),
    "closest": _closest,
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Boards to be simulated: strengths N(0, spread) in points, votes without ties, and a seed."""

    contenders: int = 20
    votes: int = 4000
    spread: float = 260.0
    boards: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse boards on which nothing could be compared."""
        if self.contenders < 2 or self.votes < ROUNDS or self.boards < FEWEST_BOARDS or not self.spread > 0:
            raise RatingError(
                f"A trial takes 2 contenders, {ROUNDS} votes, {FEWEST_BOARDS} boards and a spread above 0."
            )


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What a trial's votes were worth by a rule, in uniform votes, with standard errors over the boards.

    `error` is the root mean square error of a rating in points, `disorder` the share of pairs in the wrong order.
    `newcomer` is the votes that one who joins settled contenders takes until its standard error is 15 points.
    """

    rule: str
    error: float
    worth: float
    worth_error: float
    disorder: float
    order_worth: float
    order_worth_error: float
    newcomer: float
    newcomer_error: float


@dataclass(frozen=True, eq=False)
class _Course:
    """Squared error and disorder of every board after each round (boards x rounds)."""

    squared: Matrix
    disorder: Matrix


def compare(
    trial: Trial, rules: Mapping[str, Rule] = RULES, *, seen: Callable[[str], None] = lambda rule: None
) -> list[Saving]:
    """The rules beside uniform, on the same boards, each rule's votes drawn by itself; `seen` hears of each rule.

    Votes are worth what uniform pairs need for the same error, by the power law that uniform errors follow over the
    second half of their votes.
    """
    uniform, found = _course(trial, RULES["uniform"]), []
    for name, rule in rules.items():
        seen(name)
        found.append(_saving(name, trial, uniform, _course(trial, rule), _joined(trial, rule)))
    return found


def _saving(name: str, trial: Trial, uniform: _Course, course: _Course, needed: Vector) -> Saving:
    worth, worth_error = _worth(trial.votes, uniform.squared, course.squared)
    order_worth, order_worth_error = _worth(trial.votes, uniform.disorder, course.disorder)
    return Saving(
        rule=name,
        error=float(PER_LOGIT * np.sqrt(course.squared[:, -1].mean())),
        worth=worth,
        worth_error=worth_error,
        disorder=float(course.disorder[:, -1].mean()),
        order_worth=order_worth,
        order_worth_error=order_worth_error,
        newcomer=float(needed.mean()),
        newcomer_error=float(needed.std(ddof=1) / np.sqrt(len(needed))),
    )


def _worth(votes: int, uniform: Matrix, course: Matrix) -> tuple[float, float]:
    """The uniform votes that bring the same mean, with its jackknife standard error over boards."""
    half, boards = uniform.shape[1] // 2, len(uniform)
    seen = votes * np.arange(1, uniform.shape[1] + 1) / uniform.shape[1]
    slope = np.polyfit(np.log(seen[half:]), np.log(np.maximum(uniform.mean(axis=0)[half:], 1e-12)), 1)[0]

    def of(theirs: Vector | float, ours: Vector | float) -> NDArray[np.float64]:
        return np.asarray(votes * (np.maximum(ours, 1e-12) / np.maximum(theirs, 1e-12)) ** (1 / slope))

    last, other = uniform[:, -1], course[:, -1]
    without = of((last.sum() - last) / (boards - 1), (other.sum() - other) / (boards - 1))
    spread = np.sqrt((boards - 1) / boards * ((without - without.mean()) ** 2).sum())
    return float(of(float(last.mean()), float(other.mean()))), float(spread)


def _course(trial: Trial, rule: Rule) -> _Course:
    """All boards played to their end, refitted after each round."""
    truth = _strengths(trial)
    rng = streams.opened(trial.seed, Purpose.SIMULATION, 1)
    low, high = np.triu_indices(trial.contenders, 1)
    chances = expit(truth[:, low] - truth[:, high])
    above = chances > 0.5
    wins, theta = np.zeros((trial.boards, trial.contenders, trial.contenders)), np.zeros_like(truth)
    squared, disorder = np.empty((trial.boards, ROUNDS)), np.empty((trial.boards, ROUNDS))
    covariance = _refitted(wins, theta)[1]
    for number, votes in enumerate(_rounds(trial.votes)):
        drawn = rng.multinomial(votes, _probabilities(rule, theta, covariance, wins))
        won = rng.binomial(drawn, chances)
        wins[:, low, high] += won
        wins[:, high, low] += drawn - won
        theta, covariance = _refitted(wins, theta)
        away = theta - truth
        squared[:, number] = ((away - away.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)
        disorder[:, number] = ((theta[:, low] > theta[:, high]) != above).mean(axis=1)
    return _Course(squared, disorder)


def _probabilities(rule: Rule, theta: Matrix, covariance: Stack, wins: Stack) -> Matrix:
    """Those of every board's pairs (boards x pairs), summing to 1 to the last digit."""
    nobody, pairs = np.zeros(theta.shape[1], dtype=np.bool_), np.triu_indices(theta.shape[1], 1)
    games = wins + wins.transpose(0, 2, 1)
    found = np.stack([rule(*board, nobody)[pairs] for board in zip(theta, covariance, games, strict=True)])
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _rounds(votes: int) -> list[int]:
    ends = np.linspace(0, votes, ROUNDS + 1).round().astype(int)
    return [int(many) for many in np.diff(ends)]


def _strengths(trial: Trial) -> Matrix:
    rng = streams.opened(trial.seed, Purpose.SIMULATION, 0)
    strengths = rng.normal(0.0, trial.spread / PER_LOGIT, (trial.boards, trial.contenders))
    return np.asarray(strengths - strengths.mean(axis=1, keepdims=True))


def _refitted(wins: Stack, theta: Matrix) -> tuple[Matrix, Stack]:
    """The strengths of every board by Newton's method from the last ones, and their covariance, with a phantom draw."""
    games, size = wins + wins.transpose(0, 2, 1), theta.shape[1]
    for _ in range(30):
        chances = expit(theta[:, :, None] - theta[:, None, :])
        phantom = expit(theta)
        slope = (wins - games * chances).sum(axis=2) + 0.5 - phantom
        shared = games * chances * (1 - chances)
        information = -shared
        information[:, range(size), range(size)] += shared.sum(axis=2) + phantom * (1 - phantom)
        step = np.clip(np.linalg.solve(information, slope[..., None])[..., 0], -1.5, 1.5)
        theta = theta + step
        if np.abs(step).max() < 1e-6:
            break
    inverse = np.linalg.inv(information)
    centred = inverse - inverse.mean(axis=1, keepdims=True)
    return theta, np.asarray(centred - centred.mean(axis=2, keepdims=True))


def _joined(trial: Trial, rule: Rule) -> Vector:
    """The votes that a newcomer takes on each board, its opponents' strengths being known, until it is known."""
    settled, rng = _strengths(trial), streams.opened(trial.seed, Purpose.SIMULATION, 2)
    own = rng.normal(0.0, trial.spread / PER_LOGIT, trial.boards)
    met, won = np.zeros(settled.shape), np.zeros(settled.shape)
    needed, theta = np.zeros(trial.boards), np.zeros(trial.boards)
    error = np.full(trial.boards, np.inf)
    for _ in range(MOST_BATCHES):
        open_boards = np.nonzero(error > SURE)[0]
        if not len(open_boards):
            break
        chances = np.stack([_opponents(rule, settled[one], theta[one], error[one]) for one in open_boards])
        drawn = rng.multinomial(BATCH, chances)
        met[open_boards] += drawn
        won[open_boards] += rng.binomial(drawn, expit(own[open_boards, None] - settled[open_boards]))
        needed[open_boards] += BATCH
        theta[open_boards], error[open_boards] = _placed(settled[open_boards], met[open_boards], won[open_boards])
    return needed


def _opponents(rule: Rule, settled: Vector, own: float, error: float) -> Vector:
    """How likely the newcomer, when it is drawn, meets each of the settled, who are known to 10 points."""
    variance = np.full(len(settled) + 1, (10 / PER_LOGIT) ** 2)
    variance[-1] = min(error / PER_LOGIT, 2.0) ** 2
    new = np.arange(len(settled) + 1) == len(settled)
    games = np.where(new[:, None] | new, 1.0, 100.0)
    row = rule(np.append(settled, own), np.diag(variance), games, new)[-1, :-1]
    return np.asarray(row / row.sum())


def _placed(settled: Matrix, met: Matrix, won: Matrix) -> tuple[Vector, Vector]:
    """The newcomers' strengths, their opponents' being known, and the standard errors in points."""
    theta = np.zeros(len(settled))
    for _ in range(50):
        chances, phantom = expit(theta[:, None] - settled), expit(theta)
        information = (met * chances * (1 - chances)).sum(axis=1) + phantom * (1 - phantom)
        slope = (won - met * chances).sum(axis=1) + 0.5 - phantom
        theta = theta + np.clip(slope / information, -1, 1)
    return theta, np.asarray(PER_LOGIT / np.sqrt(information))
