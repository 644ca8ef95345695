"""What one process of `tests.benchmarks.rating` does: load the data, do one piece of work several times, print figures.

Peers fit as they fit: a tie is half a win to each, and there is no prior. So do we here.
"""

import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

POINTS = 400 / np.log(10)
FEATURES = ("tokens", "headings", "bold", "lists")
NEW = 10_000  # The votes of a day, in rows that rate again.
ENOUGH_SECONDS = 10.0

# Nothing of ours is loaded before the work: that is part of its cold time.
Vector: TypeAlias = NDArray[np.float64]
Work: TypeAlias = Callable[[], Vector | None]


@dataclass(frozen=True)
class Figures:
    """Seconds by the clock and of the processor, at first and later; MiB above the data; Elo from the optimum."""

    cold: float
    cold_cpu: float
    warm: float
    warm_cpu: float
    memory: float
    error: float | None


@dataclass(frozen=True)
class Data:
    """A drawn board, in a folder of its own; what is not asked for is not loaded."""

    folder: Path

    def array(self, name: str) -> Any:
        """A column of codes, or the optimum's strengths."""
        return np.load(self.folder / f"{name}.npy")

    @property
    def codes(self) -> tuple[Any, Any, Any]:
        """First and second contender, and outcome."""
        return self.array("first"), self.array("second"), self.array("outcome")

    @property
    def names(self) -> tuple[str, ...]:
        """The contenders in the order of their codes."""
        return tuple(json.loads((self.folder / "names.json").read_text()))

    def frame(self, *, style: bool = False) -> Any:
        """The votes as pandas keeps a file of strings."""
        import pandas as pd

        features = [f"{name}_{side}" for name in FEATURES for side in "ab"] if style else []
        return pd.read_parquet(self.folder / "votes.parquet", columns=["model_a", "model_b", "winner", *features])


def our_codes(data: Data) -> Work:
    """A point fit of codes."""
    columns, names = data.codes, data.names

    def work() -> Vector:
        import rating

        return rating.fit(rating.Tally.of(*columns, contenders=names), ties="half", prior=0).theta

    return work


def our_strings(data: Data) -> Work:
    """A point fit of a data frame."""
    frame = data.frame()

    def work() -> Vector:
        import rating

        tally = rating.Tally.of(frame["model_a"], frame["model_b"], frame["winner"])
        return rating.fit(tally, ties="half", prior=0).theta

    return work


def our_interval(data: Data) -> Work:
    """Fit, sandwich and intervals of a data frame."""
    frame = data.frame()

    def work() -> Vector:
        import rating
        from rating import covariance, intervals

        tally = rating.Tally.of(frame["model_a"], frame["model_b"], frame["winner"])
        fit = rating.fit(tally, ties="half", prior=0)
        found = covariance.standard(tally, fit)
        freedom = found.degrees_of_freedom
        intervals.of_ratings(fit.theta, found.matrix.diagonal(), level=0.95, degrees_of_freedom=freedom)
        return fit.theta

    return work


def our_tally(data: Data) -> Work:
    """One tally of codes: the unit in which replicates are told."""
    columns, names = data.codes, data.names

    def work() -> None:
        import rating

        rating.Tally.of(*columns, contenders=names).counts  # noqa: B018  counted when asked for

    return work


def our_replicates(data: Data) -> Work:
    """A thousand replicates of votes that stand alone, from a data frame."""
    frame = data.frame()

    def work() -> Vector:
        import rating
        from rating import replicates

        tally = rating.Tally.of(frame["model_a"], frame["model_b"], frame["winner"])
        fit = rating.fit(tally, ties="half", prior=0)
        replicates.run(tally, fit, seed=1, count=1000)
        return fit.theta

    return work


def our_style(data: Data) -> Work:
    """Fit and sandwich with four covariates, from a data frame."""
    frame = data.frame(style=True)

    def work() -> None:
        import rating
        from rating import covariates, style

        tally = rating.Tally.of(frame["model_a"], frame["model_b"], frame["winner"])
        style.fit(tally, covariates.of(frame, FEATURES), prior=0, ridge=0)

    return work


def _again(data: Data, *, share: float, errors: bool) -> Work:
    """Rate again after new votes; what was known of the old ones is their counts and the fit."""
    import rating
    from rating import covariance

    columns, names = data.codes, data.names
    end = int(len(columns[0]) * share)
    old = rating.Tally.of(*(column[: end - NEW] for column in columns), contenders=names).counts
    start = rating.fit(old, ties="half", prior=0)
    fresh = [column[end - NEW : end] for column in columns]

    def work() -> Vector:
        counts = old + rating.Tally.of(*fresh, contenders=names).counts
        fit = rating.fit(counts, ties="half", prior=0, start=start)
        if errors:
            covariance.clustered(counts, fit)
        return fit.theta

    return work


def our_again(data: Data) -> Work:
    """Rate again after new votes."""
    return _again(data, share=1, errors=False)


def our_again_of_tenth(data: Data) -> Work:
    """The same where the votes before were a tenth as many."""
    return _again(data, share=0.1, errors=False)


def our_again_with_errors(data: Data) -> Work:
    """Rate again after new votes, with the sandwich."""
    return _again(data, share=1, errors=True)


def _voted(data: Data) -> tuple[Any, Any]:
    import rating

    tally = rating.Tally.of(*data.codes, voter=data.array("voter"), contenders=data.names)
    return tally, rating.fit(tally, ties="half", prior=0)


def our_voters(data: Data) -> Work:
    """The covariance clustered by voter."""
    from dataclasses import replace

    from rating import covariance

    tally, fit = _voted(data)

    def work() -> None:
        covariance.standard(replace(tally), fit)

    return work


def our_voter_replicates(data: Data) -> Work:
    """A thousand replicates by voter."""
    from rating import replicates

    tally, fit = _voted(data)

    def work() -> None:
        replicates.run(tally, fit, seed=1, count=1000)

    return work


def our_ranks(data: Data) -> Work:
    """Max-T rank ranges."""
    from rating import covariance, ranks, streams

    tally, fit = _voted(data)
    matrix = covariance.standard(tally, fit).matrix
    comparable = ~np.eye(len(matrix), dtype=np.bool_)

    def work() -> None:
        rng = streams.opened(1, streams.Purpose.RANKS)
        ranks.ranges(ranks.max_t(fit.theta, matrix, comparable, level=0.95, rng=rng))

    return work


def evalica_codes(data: Data) -> Work:
    """evalica on integers, with its index and its outcomes made before."""
    import evalica
    import pandas as pd

    first, second, outcome = data.codes
    said = np.array([evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw], dtype=object)[outcome].tolist()
    index = pd.Index(range(len(data.names)))

    def work() -> Vector:
        found = evalica.bradley_terry(first, second, said, index=index)
        return np.asarray(np.log(found.scores.sort_index().to_numpy(dtype=np.float64)))

    return work


def evalica_strings(data: Data) -> Work:
    """evalica on a data frame, whose outcomes must become its own."""
    frame = data.frame()

    def work() -> Vector:
        import evalica

        said = frame["winner"].map(
            {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw}
        )
        found = evalica.bradley_terry(frame["model_a"], frame["model_b"], said)
        return np.asarray(np.log(found.scores.sort_index().to_numpy(dtype=np.float64)))

    return work


def arena_rank_interval(data: Data) -> Work:
    """arena-rank on a data frame; its one call makes the intervals, too."""
    frame = data.frame()

    def work() -> Vector:
        from arena_rank.models.bradley_terry import BradleyTerry
        from arena_rank.utils.data_utils import PairDataset

        votes = PairDataset.from_pandas(frame)
        found = BradleyTerry(n_competitors=len(votes.competitors)).compute_ratings_and_cis(votes)
        return np.asarray(found["ratings"] / POINTS, dtype=np.float64)

    return work


def arena_rank_style(data: Data) -> Work:
    """arena-rank with covariates, by its defaults."""
    frame = data.frame(style=True)

    def work() -> None:
        from arena_rank.models.contextual_bradley_terry import ContextualBradleyTerry
        from arena_rank.utils.data_utils import ContextualPairDataset

        for name in FEATURES:
            ours, theirs = frame[f"{name}_a"], frame[f"{name}_b"]
            frame[name] = (ours - theirs) / (ours + theirs + 1)
        votes = ContextualPairDataset.from_pandas(frame, feature_cols=list(FEATURES))
        model = ContextualBradleyTerry(n_competitors=len(votes.competitors), n_features=len(FEATURES))
        np.asarray(model.compute_ratings_and_cis(votes)["rating_lower"])

    return work


def choix_counts(data: Data) -> Work:
    """choix on our counts: what it does itself is a loop over votes."""
    import rating

    wins = rating.Tally.of(*data.codes, contenders=data.names).counts.wins

    def work() -> Vector:
        import choix

        return np.asarray(choix.ilsr_pairwise_dense(wins), dtype=np.float64)

    return work


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _timed(work: Work, times: int) -> Iterator[tuple[float, float, Vector | None]]:
    began = perf_counter()
    for number in range(times):
        clock, processor = perf_counter(), process_time()
        found = work()
        yield perf_counter() - clock, process_time() - processor, found
        if number and perf_counter() - began > ENOUGH_SECONDS:
            return


def measured(name: str, folder: Path, times: int) -> Figures:
    """Do the work of this name: once cold, then warm, the fastest of which counts."""
    data = Data(folder)
    work: Work = globals()[name](data)
    # What reading left behind goes back to the system, so that the work can't hide its own memory in it.
    pa.default_memory_pool().release_unused()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew, at what is loaded now.
    before = _status("VmRSS")
    rounds = list(_timed(work, times))
    best = min(rounds, key=lambda took: took[1])
    theta, error = rounds[0][2], None
    if theta is not None:
        away = theta - theta.mean() - data.array("optimum")
        error = float(np.abs(away - away.mean()).max() * POINTS)
    return Figures(*rounds[0][:2], *best[:2], _status("VmHWM") - before, error)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    print(json.dumps(asdict(measured(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))))
