"""How fast the rating core is beside evalica, arena-rank and choix, which the extra `peers` installs.

`python -m tests.benchmarks.rating [--rows NAME …] [--rounds 3] [--peers PYTHON] [--keep DIR]`. Every measurement is a
process of its own with one thread, and the rounds interleave. Ours runs where the peers do, in PYTHON, which needs
numpy, scipy, pandas and pyarrow as well; the command `arena` runs in this interpreter. Requirements are of processor
seconds, which other work on the machine disturbs less than the clock; both are printed. Errors are from the exact
optimum, in rating points. DIR keeps the drawn boards for the next time.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import rating
from tests.benchmarks.rating_works import FEATURES, Figures

HOUSE = Path(__file__).parents[2]
DEADLINE_SECONDS = 600.0
WARM = 4
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
BOARDS = {"1M": (1_000_000, 100, 0), "2M": (2_000_000, 200, 300_000), "10M": (10_000_000, 300, 0)}
WORDS = np.array(["model_a", "model_b", "tie"])
SCRIPTS = {
    "evalica": """
import sys
import evalica, pandas as pd
votes = pd.read_parquet(sys.argv[1], columns=["model_a", "model_b", "winner"])
said = votes["winner"].map({"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw})
print(evalica.bradley_terry(votes["model_a"], votes["model_b"], said).scores.to_string())
""",
    "arena-rank": """
import sys
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset
votes = PairDataset.from_pandas(pd.read_parquet(sys.argv[1], columns=["model_a", "model_b", "winner"]))
found = BradleyTerry(n_competitors=len(votes.competitors)).compute_ratings_and_cis(votes)
print(pd.DataFrame(found).to_string())
""",
}


@dataclass(frozen=True)
class Bound:
    """What a row requires: of `than` over `ours`, in a figure of both, at least `least`; without it, of ours alone."""

    figure: str
    least: float = 0.0
    most: float = np.inf
    than: str = ""


@dataclass(frozen=True)
class Row:
    """Works on one board, interleaved, and what is required of the first of them."""

    board: str
    works: tuple[str, ...]
    bounds: tuple[Bound, ...]


ROWS = {
    "codes": Row(
        "10M",
        ("our_codes", "evalica_codes"),
        (Bound("warm_cpu", least=15, than="evalica_codes"), Bound("memory", most=64)),
    ),
    "strings": Row(
        "1M",
        ("our_strings", "evalica_strings", "arena_rank_interval", "choix_counts"),
        tuple(Bound("warm_cpu", least=40, than=peer) for peer in ("evalica_strings", "arena_rank_interval")),
    ),
    "interval": Row(
        "1M",
        ("our_interval", "arena_rank_interval"),
        tuple(Bound(figure, least=40, than="arena_rank_interval") for figure in ("warm_cpu", "cold_cpu")),
    ),
    "replicates": Row("10M", ("our_replicates", "our_tally"), (Bound("warm_cpu", least=1 / 50, than="our_tally"),)),
    "style": Row("1M", ("our_style", "arena_rank_style"), (Bound("warm_cpu", least=30, than="arena_rank_style"),)),
    "style-memory": Row("10M", ("our_style",), (Bound("memory", most=400),)),
    "again": Row(
        "10M",
        ("our_again", "our_again_of_tenth", "our_codes"),
        (
            Bound("warm_cpu", least=5, than="our_codes"),
            Bound("warm_cpu", least=0.5, than="our_again_of_tenth"),
            Bound("error", most=1e-3),
        ),
    ),
    "again-errors": Row("10M", ("our_again_with_errors",), (Bound("warm_cpu", most=0.02),)),
    "voters": Row("2M", ("our_voters",), (Bound("warm_cpu", most=1.5),)),
    "voter-replicates": Row("2M", ("our_voter_replicates",), (Bound("warm_cpu", most=12),)),
    "ranks": Row("2M", ("our_ranks",), (Bound("warm_cpu", most=1),)),
    "file": Row(
        "1M",
        ("arena rate", "evalica", "arena-rank"),
        (Bound("cold_cpu", least=2, than="evalica"), Bound("cold_cpu", least=4, than="arena-rank")),
    ),
}


def draw(folder: Path, votes: int, size: int, voters: int) -> None:
    """A board as public ones are: popularity falls as rank^-0.9, three votes in ten are ties, the first side gains."""
    import pandas as pd

    rng = np.random.default_rng(votes)
    strengths, names = rng.normal(0, 0.6, size), np.array([f"vendor/model-{code:03}" for code in range(size)])
    popularity = np.arange(1, size + 1) ** -0.9
    first, second = (rng.choice(size, votes, p=popularity / popularity.sum()).astype(np.int16) for _ in "ab")
    second = np.where(first == second, (second + 1) % size, second).astype(np.int16)
    sides = {f"{name}_{side}": rng.poisson(6, votes).astype(np.int32) for name in FEATURES for side in "ab"}
    gap = strengths[first] - strengths[second] + 0.03
    for weight, name in zip((0.4, 0.2, -0.1, 0.05), FEATURES, strict=True):
        ours, theirs = sides[f"{name}_a"], sides[f"{name}_b"]
        gap += weight * (ours - theirs) / (ours + theirs + 1)
    chances = np.stack([np.exp(gap / 2), np.exp(-gap / 2), np.full(votes, np.exp(-0.15))])  # Davidson (1970)
    ends = np.cumsum(chances, axis=0)
    outcome = (rng.random(votes) * ends[-1] > ends[:-1]).sum(axis=0).astype(np.int8)
    np.save(folder / "voter.npy", rng.integers(0, max(voters, 1), votes))
    for name, column in (("first", first), ("second", second), ("outcome", outcome)):
        np.save(folder / f"{name}.npy", column)
    said = {"model_a": names[first], "model_b": names[second], "winner": WORDS[outcome]}
    pd.DataFrame({**said, **sides}).to_parquet(folder / "votes.parquet")
    tally = rating.Tally.of(first, second, outcome, contenders=names.tolist())
    np.save(folder / "optimum.npy", rating.fit(tally, ties="half", prior=0, tol=1e-13).theta)
    (folder / "names.json").write_text(json.dumps(names.tolist()))


def _worked(work: str, folder: Path, peers: str) -> Figures:
    command = [peers, "-m", "tests.benchmarks.rating_works", work, str(folder), str(WARM)]
    environment = {**os.environ, **ONE_THREAD}
    told = subprocess.run(
        command, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, check=True, timeout=DEADLINE_SECONDS
    )
    return Figures(**json.loads(told.stdout))


def _command(work: str, folder: Path, peers: str) -> Figures:
    """A whole process, whose start counts."""
    file = str(folder / "votes.parquet")
    command = (
        [sys.executable, "-m", "arena", "rate", file] if work == "arena rate" else [peers, "-c", SCRIPTS[work], file]
    )
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(
        command,
        cwd=HOUSE,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=DEADLINE_SECONDS,
    )
    clock, after = perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(clock, processor, clock, processor, np.nan, None)


def _median(rounds: list[Figures], figure: str) -> float:
    values = [getattr(one, figure) for one in rounds]
    return np.nan if None in values else median(values)


def _told(work: str, rounds: list[Figures]) -> str:
    cold, warm, processor = (_median(rounds, figure) for figure in ("cold", "warm", "warm_cpu"))
    error, memory = _median(rounds, "error"), max(one.memory for one in rounds)
    return (
        f"  {work:<22} warm {processor:8.4f} s cpu {warm:8.4f} s clock, cold {_median(rounds, 'cold_cpu'):7.3f} s cpu"
        f" {cold:7.3f} s clock, {memory:6.0f} MiB above the data, {error:8.1e} points from the optimum"
    )


def _judged(row: Row, rounds: dict[str, list[Figures]]) -> Iterator[str]:
    ours = rounds[row.works[0]]
    for bound in row.bounds:
        value = _median(ours, bound.figure)
        if bound.than:
            # Of each round by itself: what slows one down slows the other.
            pairs = zip(rounds[bound.than], ours, strict=True)
            value = median(getattr(them, bound.figure) / getattr(us, bound.figure) for them, us in pairs)
        holds = "holds" if bound.least <= value <= bound.most else "DOES NOT HOLD"
        required = f"at least {bound.least:g}" if bound.than else f"at most {bound.most:g}"
        what = f"{bound.figure} of {bound.than} over ours" if bound.than else bound.figure
        yield f"  {what}: {value:.4g}, required {required}: {holds}"


def _board(kept: Path, name: str) -> Path:
    folder = kept / name
    if not (folder / "names.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        draw(folder, *BOARDS[name])
    return folder


def main(names: list[str], rounds: int, peers: str, kept: Path) -> None:
    """Measure the rows and print them."""
    for name in names:
        row = ROWS[name]
        folder = _board(kept, row.board)
        measure: Callable[[str, Path, str], Figures] = _command if name == "file" else _worked
        found: dict[str, list[Figures]] = {work: [] for work in row.works}
        for _ in range(rounds):
            for work in row.works:
                found[work].append(measure(work, folder, peers))
        load = os.getloadavg()[0]
        print(f"{name}: {row.board} votes, {rounds} rounds, {load:.1f} tasks waiting for {os.cpu_count()} processors")
        print("\n".join([*(_told(work, found[work]) for work in row.works), *_judged(row, found)]), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.rating", description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rating-benchmark-") as temporary:
        main(chosen.rows, chosen.rounds, chosen.peers, chosen.keep or Path(temporary))
