"""How often intervals, rank ranges and live intervals hold what they promise, on boards whose truth is known.

`python -m tests.benchmarks.coverage` prints tables for rating/README.md; `--share 0.1` draws a tenth of the boards.
"""

import argparse
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

import rating
from rating import Scale, bradley_terry, chances, covariance, intervals, sequential, settings, simulate, streams
from rating.arrays import Codes, Flags, Matrix, Vector, spread
from rating.settings import RANK_SETTINGS, SETTINGS, Setting
from rating.simulate import Truth
from rating.streams import Purpose

PROCESSES = 2
INTERVAL_BOARDS, RANK_BOARDS, LIVE_BOARDS = 4000, 1000, 2000
RANK_CASES = (
    *((board, "independent") for board in settings.RANK_BOARDS),
    *((board, "60 voters") for board in ("well spread", "five tied", "all tied")),
)
LIVE = Setting(contenders=10, votes=20_000)
LOOKS = np.linspace(400, LIVE.votes, 201).astype(np.int64)
LIVE_RULES = ("one pair, sequence", "all pairs, sequence", "one pair, fixed number", "all pairs, fixed, Bonferroni")


@dataclass(frozen=True)
class Figure:
    """A mean over boards and its Monte-Carlo standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Figure":
        """From one value of each board."""
        drawn = np.array(list(values), dtype=np.float64)
        return cls(float(drawn.mean()), float(drawn.std(ddof=1) / math.sqrt(len(drawn))))

    def percent(self) -> str:
        """As the tables have it."""
        return f"{100 * self.mean:.2f} ± {100 * self.error:.2f}"

    def plain(self, digits: int = 1) -> str:
        """As the tables have a width or a size."""
        return f"{self.mean:.{digits}f} ± {self.error:.{digits}f}"


def covered(name: str, board: int, *, seed: int) -> tuple[float, float, float]:
    """The share of intervals that hold the truth, of those that are infinite, and the others' mean width in points."""
    setting, rng = SETTINGS[name], _stream(seed, sorted(SETTINGS).index(name), board)
    truth = Truth(strengths=settings.strengths(rng, setting.contenders))
    population = chances.estimand(chances.averaged(truth.strengths, truth.rule, taste=setting.whim))
    shown, found = Scale().ratings(population), rating.rate(simulate.draw(truth, setting, rng))
    inside = (found.lower <= shown) & (shown <= found.upper)
    width = found.upper - found.lower
    known = np.isfinite(width)
    return float(inside.mean()), float(1 - known.mean()), float(width[known].mean())


def ranked(case: tuple[str, str], board: int, *, seed: int) -> tuple[bool, float]:
    """Whether all true ranks of a board lie in their ranges, and the mean size of a range.

    A contender tied with others has all the ranks that they share, and its range must hold them all.
    """
    name, which = case
    setting, rng = RANK_SETTINGS[which], _stream(seed, 100 + RANK_CASES.index(case), board)
    strengths = settings.strengths(rng, setting.contenders, board=name)
    found = rating.rate(simulate.draw(Truth(strengths=strengths), setting, rng))
    best, worst = _true_ranks(strengths)
    held = (found.rank_lower <= best).all() and (worst <= found.rank_upper).all()
    return bool(held), float((found.rank_upper - found.rank_lower + 1).mean())


def ever_wrong(board: int, *, seed: int) -> Flags:
    """For each of LIVE_RULES: whether any of the looks at a growing board found a wrong interval."""
    rng = _stream(seed, 200, board)
    strengths = settings.strengths(rng, LIVE.contenders)
    wins = _growing(strengths, rng)
    truth, wrong, fit = strengths[:, None] - strengths, np.zeros(len(LIVE_RULES), dtype=np.bool_), None
    pairs = math.comb(LIVE.contenders, 2)
    fixed = [intervals.quantile(1 - 0.05 / claims, math.inf) for claims in (1, pairs)]
    for look, counted in zip(LOOKS.tolist(), wins, strict=True):
        fit = bradley_terry.fit(counted, start=fit)
        matrix = covariance.curvature(fit)
        away = (fit.theta[:, None] - fit.theta - truth)[np.triu_indices(LIVE.contenders, 1)]
        errors = np.abs(away) / np.sqrt(spread(matrix)[np.triu_indices(LIVE.contenders, 1)])
        live = sequential.of_differences(fit.theta, matrix, votes=look)
        one = sequential.of_contrast(
            np.eye(LIVE.contenders)[0] - np.eye(LIVE.contenders)[1], fit.theta, matrix, votes=look
        )
        wrong |= [
            not one[0] <= truth[0, 1] <= one[1],
            bool(((truth < live.lower) | (truth > live.upper)).any()),
            errors[0] > fixed[0],
            errors.max() > fixed[1],
        ]
    return wrong


def _growing(strengths: Vector, rng: np.random.Generator) -> Iterator[Matrix]:
    """The wins counted at each look."""
    tally, size, start = simulate.draw(Truth(strengths=strengths), LIVE, rng), LIVE.contenders, 0
    won = np.where(tally.outcome == 0, tally.first * size + tally.second, tally.second * size + tally.first)
    wins = np.zeros(size * size)
    for look in LOOKS.tolist():
        wins += np.bincount(won[start:look], minlength=size * size)
        start = look
        yield wins.reshape(size, size).copy()


def _stream(seed: int, case: int, board: int) -> np.random.Generator:
    return streams.opened(seed, Purpose.SIMULATION, case * 1_000_000 + board)


def _true_ranks(strengths: Vector) -> tuple[Codes, Codes]:
    better = strengths[:, None] > strengths
    return 1 + np.count_nonzero(better, axis=0), len(strengths) - np.count_nonzero(better, axis=1)


def _print_intervals(draw: Callable[..., list[tuple[float, float, float]]], boards: int, seed: int) -> None:
    print(f"\nNominal 95 % intervals, {boards:,} boards each\n")
    print("| setting | coverage, % | infinite, % | width of the others, points |\n|---|---|---|---|")
    for name in SETTINGS:
        columns = zip(*draw(partial(covered, name, seed=seed), boards), strict=True)
        share, unknown, width = (Figure.of(column) for column in columns)
        print(f"| {name} | {share.percent()} | {unknown.percent()} | {width.plain()} |", flush=True)


def _print_ranks(draw: Callable[..., list[tuple[bool, float]]], boards: int, seed: int) -> None:
    print(f"\nRank ranges, {boards:,} boards each\n\n| board | votes | all ranks covered, % | mean size |")
    print("|---|---|---|---|")
    for case in RANK_CASES:
        held, sizes = zip(*draw(partial(ranked, case, seed=seed), boards), strict=True)
        print(f"| {case[0]} | {case[1]} | {Figure.of(held).percent()} | {Figure.of(sizes).plain(2)} |", flush=True)


def _print_live(draw: Callable[..., list[Flags]], boards: int, seed: int) -> None:
    print(f"\nWrong at any of {len(LOOKS)} looks, {boards:,} boards\n\n| interval | ever wrong, % |\n|---|---|")
    wrong = np.array(draw(partial(ever_wrong, seed=seed), boards))
    for name, column in zip(LIVE_RULES, wrong.T, strict=True):
        print(f"| {name} | {Figure.of(column).percent()} |", flush=True)


def main() -> None:
    """Draw all boards in two processes, each number of board from a stream of its own, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.coverage", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the boards that are drawn; at least 20 are")
    parser.add_argument("--seed", type=int, default=2026)
    told = parser.parse_args()
    # The workers are started afresh, and so read it before they load numpy: small matrices suffer from threads.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as workers:
        for report, boards in (
            (_print_intervals, INTERVAL_BOARDS),
            (_print_ranks, RANK_BOARDS),
            (_print_live, LIVE_BOARDS),
        ):
            count = max(round(told.share * boards), 20)
            report(lambda verb, number: list(workers.map(verb, range(number), chunksize=10)), count, told.seed)


if __name__ == "__main__":
    main()
