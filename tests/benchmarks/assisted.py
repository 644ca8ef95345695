"""What a judge is worth beside people's votes, and whether the intervals of both together hold.

`python -m tests.benchmarks.assisted [--boards 2000] [--labelled 500]`. Boards of 12 contenders, strengths N(0, 0.6) in
log-odds, as many labelled battles as asked for and 20,000 judged ones (`tests/rating/judged.py`); seed 20. Prints, for
each judge, how often it agrees with people, λ, the coverage of the 95 % intervals, and how many human votes one is
worth with it: people's mean squared error over that of both.
"""

import argparse

import numpy as np

from rating import assisted
from rating.arrays import Vector
from tests.rating.judged import CONTENDERS, JUDGES, board

JUDGED = 20_000


def main() -> None:
    """Print a line for each judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--boards", type=int, default=2000)
    parser.add_argument("--labelled", type=int, default=500)
    options = parser.parse_args()
    print("judge     agrees  believed  coverage  worth")
    for judge in JUDGES:
        print(line(judge, options.boards, options.labelled))


def line(judge: str, boards: int, labelled: int) -> str:
    """One judge's figures."""
    rng = np.random.default_rng(20)
    drawn = [one(rng, judge, labelled) for _ in range(boards)]
    agrees, believed, covered, error, alone = (float(np.mean(column)) for column in zip(*drawn, strict=True))
    return f"{judge:8}  {agrees:6.1%}  {believed:8.3f}  {covered:8.1%}  {alone / error:5.3f}"


def one(rng: np.random.Generator, judge: str, labelled: int) -> tuple[float, float, float, float, float]:
    """A board's agreement, λ, share of intervals that hold, and squared errors with the judge and without."""
    truth, near, far = board(rng, judge, labelled, JUDGED)
    found, human = (assisted.join(near, far, CONTENDERS, believed=believed) for believed in (None, 0.0))
    away = found.theta - truth
    covered = np.abs(away) < 1.96 * np.sqrt(np.diag(found.covariance))
    agrees = float(np.mean(near.people == near.judge))
    return (
        agrees,
        float(found.believed[0]),
        float(covered.mean()),
        float((away**2).mean()),
        _squared(human.theta, truth),
    )


def _squared(theta: Vector, truth: Vector) -> float:
    return float(((theta - truth) ** 2).mean())


if __name__ == "__main__":
    main()
