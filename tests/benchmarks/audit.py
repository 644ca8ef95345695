"""How often the audit finds attackers, and honest voters, on boards whose truth is known.

`python -m tests.benchmarks.audit` prints its figures beside those of the simulation it was designed by, with what
they were drawn from: 30 contenders with strengths N(0, .6), a history of 60,000 votes by 6,000 voters with tastes of
.5, a target of rank 15, new voters with 10 to 200 votes each. `--share 0.1` draws a tenth; `--seed` draws others.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rating import bradley_terry, settings, simulate, streams, suspicion, taste
from rating.arrays import Codes, Flags, Vector
from rating.detectors import Battles, Detector
from rating.expectation import Expectation
from rating.exposure import Draws
from rating.settings import Setting
from rating.simulate import Truth
from rating.streams import Purpose
from rating.suspicion import Grounds, Suspicion

HISTORY = Setting(contenders=30, votes=60_000, voters=6000, taste=0.5)
RECOGNISED = 0.95
HONEST, ATTACKERS = 20_000, 2000
LEVEL = 0.01
BOARDS = 4


@dataclass(frozen=True, eq=False)
class World:
    """A board's truth, what was fitted to its history, and whom the attackers want to rise."""

    strengths: Vector
    taste: float
    grounds: Grounds
    target: int

    @classmethod
    def drawn(cls, rng: np.random.Generator, history: Setting = HISTORY) -> "World":
        """A board and the snapshot of its honest history; the target is in the middle."""
        strengths = settings.strengths(rng, history.contenders)
        tally = simulate.draw(Truth(strengths=strengths), history, rng)
        expected = Expectation.of(bradley_terry.of_wins(tally.counts.wins))
        assert tally.voter is not None
        tau2 = taste.History(expected, tally.voter, tally.first, tally.second, tally.outcome).variance(rng)
        target = int(np.argsort(-expected.theta)[history.contenders // 2 - 1])
        return cls(strengths, history.taste, Grounds(expected, tau2, Draws.uniform(history.contenders)), target)


def pairs(size: int, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Uniform pairs with random sides."""
    first = rng.integers(size, size=shape)
    return first, (first + rng.integers(1, size, size=shape)) % size


def honest(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """Voters with tastes of their own."""
    first, second = pairs(len(world.strengths), (voters, votes), rng)
    return Battles(first, second, _honestly(world, first, second, rng))


def left(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """Bots that always say the first."""
    first, second = pairs(len(world.strengths), (voters, votes), rng)
    return Battles(first, second, np.zeros_like(first))


def clicking(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """Bots that say either side at random."""
    first, second = pairs(len(world.strengths), (voters, votes), rng)
    return Battles(first, second, rng.integers(2, size=first.shape))


def skipping(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """Attackers who vote where they believe to see the target, for what they believe is it; 5 % they mistake."""
    size = len(world.strengths)
    held = 2 / size * RECOGNISED
    seen = rng.random((voters, votes)) < held / (held + (1 - 2 / size) * (1 - RECOGNISED))
    first = (world.target + rng.integers(1, size, size=seen.shape)) % size
    # Of the others the second is drawn among those that are neither the first nor the target.
    other = (first + rng.integers(1, size, size=seen.shape)) % size
    while (wrong := (other == world.target) | (other == first)).any():
        other[wrong] = rng.integers(size, size=int(wrong.sum()))
    second = np.where(seen, world.target, other)
    return _turned(Battles(first, second, np.ones_like(first)), rng)


def omnipresent(world: World, voters: int, votes: int, rng: np.random.Generator, *, share: float = 1.0) -> Battles:
    """Attackers whose votes (or a share of them) all push the target past the next above it (Min et al. 2025)."""
    expected = world.grounds.expected
    first, second = pairs(len(world.strengths), (voters, votes), rng)
    above = np.argsort(-expected.theta)[np.flatnonzero(np.argsort(-expected.theta) == world.target)[0] - 1]
    push = expected.covariance[:, world.target] - expected.covariance[:, above]
    pushing = (push[first] < push[second]).astype(np.int8)
    chosen = rng.random(first.shape) < share
    return Battles(first, second, np.where(chosen, pushing, _honestly(world, first, second, rng)))


def half(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """As omnipresent, and every second vote is honest."""
    return omnipresent(world, voters, votes, rng, share=0.5)


def camouflaged(world: World, voters: int, votes: int, rng: np.random.Generator) -> Battles:
    """Attackers who favour the target where they see it and are honest elsewhere."""
    fair = honest(world, voters, votes, rng)
    known = rng.random(fair.first.shape) < RECOGNISED
    said = np.where(known & (fair.first == world.target), 0, fair.outcome)
    return Battles(fair.first, fair.second, np.where(known & (fair.second == world.target), 1, said))


def _honestly(world: World, first: Codes, second: Codes, rng: np.random.Generator) -> Codes:
    own = world.strengths + world.taste * rng.standard_normal((len(first), len(world.strengths)))
    rows = np.arange(len(first))[:, None]
    return (rng.random(first.shape) >= 1 / (1 + np.exp(own[rows, second] - own[rows, first]))).astype(np.int8)


def _turned(battles: Battles, rng: np.random.Generator) -> Battles:
    """A random half of the battles with their sides turned round."""
    turned: Flags = rng.random(battles.first.shape) < 0.5
    first = np.where(turned, battles.second, battles.first)
    second = np.where(turned, battles.first, battles.second)
    return Battles(first, second, np.where(turned, 1 - battles.outcome, battles.outcome))


Attack = Callable[[World, int, int, np.random.Generator], Battles]
# The figures of the design, in percent after 10, 20, 50, 100 and 200 votes.
DESIGNED: dict[Attack, tuple[str, tuple[int, ...]]] = {
    skipping: ("target only, skips other battles", (73, 99, 100, 100, 100)),
    omnipresent: ("omnipresent", (15, 29, 65, 94, 100)),
    half: ("half omnipresent, half honest", (4, 7, 15, 25, 45)),
    clicking: ("random clicks", (14, 24, 63, 90, 100)),
    left: ("always the left answer", (100, 100, 100, 100, 100)),
    camouflaged: ("target only, honest in other battles", (1, 1, 1, 3, 7)),
}


def looked(attack: Attack, voters: int, votes: int, board: int, *, seed: int) -> Suspicion:
    """A look at voters of one kind on one board; equal boards and seeds have equal worlds."""
    world = World.drawn(streams.opened(seed, Purpose.SIMULATION, 900_000_000 + board))
    kind = [honest, *DESIGNED].index(attack)
    rng = streams.opened(seed, Purpose.SIMULATION, 910_000_000 + (kind * 1000 + votes) * 1000 + board)
    return suspicion.look(world.grounds, attack(world, voters, votes, rng), rng)


def _row(attack: Attack, voters: int, boards: int, seed: int) -> list[tuple[float, str]]:
    """For each checkpoint: how many are found in percent, and the single detector that alone finds most."""
    found = []
    for votes in suspicion.CHECKPOINTS:
        looks = [looked(attack, voters // boards, votes, board, seed=seed) for board in range(boards)]
        alone = np.mean([(look.parts <= LEVEL).mean(axis=0) for look in looks], axis=0)
        best = Detector(int(alone.argmax())).name.lower()
        found.append((100 * float(np.mean([look.flagged(LEVEL).mean() for look in looks])), best))
    return found


def main() -> None:
    """Print the power of the detectors."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the voters that are drawn")
    parser.add_argument("--seed", type=int, default=2026)
    told = parser.parse_args()
    print(f"Found at 1 % false positives (seed {told.seed}, {BOARDS} boards); designed figures in brackets\n")
    print("| voters | " + " | ".join(f"{votes} votes" for votes in suspicion.CHECKPOINTS) + " |")
    row = _row(honest, round(told.share * HONEST), BOARDS, told.seed)
    print("| honest | " + " | ".join(f"{share:.2f} %" for share, _ in row) + " |", flush=True)
    for attack, (name, designed) in DESIGNED.items():
        row = _row(attack, round(told.share * ATTACKERS), BOARDS, told.seed)
        cells = (f"{share:.0f} % ({was}) {best}" for (share, best), was in zip(row, designed, strict=True))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
