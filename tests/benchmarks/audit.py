"""How often the audit finds attackers, and honest voters, on boards whose truth is known.

`python -m tests.benchmarks.audit` prints its figures beside those of the simulation it was designed by, with what
they were drawn from: 30 contenders with strengths N(0, .6), a history of 60,000 votes by 6,000 voters with tastes of
.5, a target of rank 15, new voters with 10 to 200 votes each. `--share 0.1` draws a tenth; `--seed` draws others.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rating import Tally, bradley_terry, cohorts, settings, simulate, streams, suspicion, taste, windows
from rating.arrays import Codes, Flags, Vector
from rating.detectors import Battles, Detector, Lens
from rating.expectation import Expectation
from rating.exposure import Draws
from rating.scale import PER_LOGIT
from rating.settings import Setting
from rating.simulate import Truth
from rating.streams import Purpose
from rating.suspicion import Grounds, Suspicion
from rating.windows import Votes
from tests.rating import boards

HISTORY = Setting(contenders=30, votes=60_000, voters=6000, taste=0.5)
RECOGNISED = 0.95
HONEST, ATTACKERS = 4000, 80  # of a board, and of each kind
LEVEL = 0.01
BOARDS = 25
GROUP_BOARDS = 200
WINDOW = 4000


@dataclass(frozen=True, eq=False)
class World:
    """A board's truth, what was fitted to its history, and whom the attackers want to rise."""

    strengths: Vector
    taste: float
    grounds: Grounds
    draws: Draws
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
        draws = Draws.uniform(history.contenders)
        return cls(strengths, history.taste, Grounds(expected, tau2, draws), draws, target)


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


def looked(
    votes: int, board: int, *, seed: int, voters: int = HONEST, attackers: int = ATTACKERS, pool: int = suspicion.POOL
) -> Suspicion:
    """One look at honest voters and, after them, so many attackers of each kind, on one board."""
    world = World.drawn(streams.opened(seed, Purpose.SIMULATION, 900_000_000 + board))
    rng = streams.opened(seed, Purpose.SIMULATION, 910_000_000 + votes * 10_000 + board)
    groups = [honest(world, voters, votes, rng), *(attack(world, attackers, votes, rng) for attack in DESIGNED)]
    return suspicion.look(world.grounds, together(groups), rng, pool=pool)


def most(votes: int, board: int, *, seed: int, voters: int = 8000) -> float:
    """The share of random clicks that the most powerful test against them alone finds at 1 %, by Laplace's integral.

    By Neyman and Pearson's lemma nothing that looks for other attackers too finds more. A clicker's outcomes all have
    the same chance, so the test is the likelihood of an honest voter's, whose tastes and the board's own doubt are
    integrated out. Integrated about each voter's own mode instead of the snapshot, it finds as many within half a
    point.
    """
    world = World.drawn(streams.opened(seed, Purpose.SIMULATION, 900_000_000 + board))
    rng = streams.opened(seed, Purpose.SIMULATION, 950_000_000 + votes * 10_000 + board)
    groups = honest(world, voters, votes, rng), clicking(world, voters // 8, votes, rng)
    fair, clicked = (
        np.concatenate([_clicks(world, battles.only(slice(at, at + 1000))) for at in range(0, len(battles), 1000)])
        for battles in groups
    )
    return float(np.mean(clicked > np.quantile(fair, 1 - LEVEL)))


def _clicks(world: World, battles: Battles) -> Vector:
    told = Lens(world.grounds.expected, world.grounds.tau2, battles).statistics(battles.outcome)
    return np.asarray(told.values[:, Detector.CLICKS])


def together(groups: list[Battles]) -> Battles:
    """All voters of the groups, one group after the other."""
    names = ("first", "second", "outcome")
    return Battles(*(np.concatenate([getattr(group, name) for group in groups]) for name in names))


def planted(*, seed: int) -> tuple[Flags, Flags, Flags, Flags]:
    """Who is found among LLMFAO's workers of 50 votes and more, and bots that click, say left, and favour one.

    Each half of the workers is held, after 50 votes, against the board of the other, at 1 %, with 12 bots of each
    kind. How the pairs were drawn is not known, so exposure tells nothing.
    """
    found = [_planted(half, np.random.default_rng([seed, half])) for half in (0, 1)]
    workers, clicking, saying_left, favouring = (np.concatenate(kind) for kind in zip(*found, strict=True))
    return workers, clicking, saying_left, favouring


def _planted(half: int, rng: np.random.Generator) -> list[Flags]:
    tally = boards.llmfao()
    assert tally.voter is not None
    history = tally.only(tally.voter % 2 == half)
    expected = Expectation.of(bradley_terry.fit(history.counts, position=True))
    assert history.voter is not None
    tau2 = taste.History(expected, history.voter, history.first, history.second, history.outcome).variance(rng)
    votes = np.bincount(tally.voter)
    audited = [code for code in range(len(votes)) if votes[code] >= 50 and code % 2 != half]
    rows = np.stack([np.flatnonzero(tally.voter == code)[:50] for code in audited])
    first, second = pairs(len(tally.contenders), (36, 50), rng)
    outcome = np.zeros((36, 50), dtype=np.int64)
    outcome[:12] = rng.integers(2, size=(12, 50))
    first[24:], second[24:] = 7, rng.choice(np.delete(np.arange(len(tally.contenders)), 7), size=(12, 50))
    bots = Battles(first, second, outcome)
    favouring = _turned(bots.only(slice(24, 36)), rng)
    groups = [Battles(tally.first[rows], tally.second[rows], tally.outcome[rows]), bots.only(slice(0, 24)), favouring]
    look = suspicion.look(Grounds(expected, tau2, None), together(groups), rng, pool=20_000)
    return np.split(look.flagged(LEVEL), len(audited) + np.array([0, 12, 24]))


def windowed(rigged: int, board: int, *, seed: int) -> tuple[bool, bool, bool]:
    """Whether 4,000 new votes on 40,000 old, some of them for the target by throw-away accounts, raise an alarm.

    By push or exposure of the target, by its exposure alone, and by any of the others. Honest voters have 10 votes.
    """
    rng = streams.opened(seed, Purpose.SIMULATION, 920_000_000 + rigged * 10_000 + board)
    world = World.drawn(rng, replace(HISTORY, votes=40_000, voters=4000))
    fair = honest(world, (WINDOW - rigged) // 10, 10, rng)
    opponents = (world.target + rng.integers(1, HISTORY.contenders, size=(rigged, 1))) % HISTORY.contenders
    ours = _turned(Battles(np.full((rigged, 1), world.target), opponents, np.zeros((rigged, 1), dtype=np.int64)), rng)
    found = windows.look(world.grounds.expected, world.grounds.tau2, world.draws, _listed([fair, ours]))
    push, exposure = found.alarms()
    others = np.arange(HISTORY.contenders) != world.target
    both = push | exposure
    return bool(both[world.target]), bool(exposure[world.target]), bool(both[others].any())


def contrasted(votes: int, board: int, *, seed: int, aged: float = 0.0) -> bool:
    """Whether the newest tenth of accounts is held to push, and, where 60 of them do, to push the target.

    600 honest voters with 20 votes each, and 60 camouflaged attackers with so many each (none at 0); the share
    `aged` of these joined when the honest did.
    """
    rng = streams.opened(seed, Purpose.SIMULATION, 930_000_000 + (votes * 10 + round(10 * aged)) * 10_000 + board)
    world = World.drawn(rng, replace(HISTORY, votes=40_000, voters=4000))
    groups = [honest(world, 600, 20, rng)] + ([camouflaged(world, 60, votes, rng)] if votes else [])
    tally = tallied(groups)
    joined = rng.random(600 + 60 * bool(votes))
    joined[600:] += rng.random(len(joined) - 600) >= aged
    found = cohorts.contrast(tally, cohorts.newest(joined)[None], world.grounds.tau2)
    return bool(found.alarms()[0]) and (not votes or int(found.contender[0]) == world.target)


def newcomers(board: int, points: float, *, seed: int) -> tuple[float, bool]:
    """The share of honest voters found (at 1 %) and whether the window finds a push, where a strong newcomer enters.

    The newcomer is so many points above the middle and has no history; 600 honest voters vote 20 times each.
    """
    rng = streams.opened(seed, Purpose.SIMULATION, 940_000_000 + board)
    world = World.drawn(rng)
    old, size = world.grounds, HISTORY.contenders + 1
    doubt = np.zeros((size, size))
    doubt[:-1, :-1], doubt[-1, -1] = old.expected.covariance, 4.0
    expected = Expectation(np.append(old.expected.theta, 0.0), doubt)
    draws = Draws.uniform(size)
    grounds = Grounds(expected, old.tau2, draws)
    entered = World(np.append(world.strengths, points / PER_LOGIT), world.taste, grounds, draws, world.target)
    fair = honest(entered, 600, 20, rng)
    found = suspicion.look(grounds, fair, rng, pool=20_000)
    push, exposure = windows.look(expected, old.tau2, draws, _listed([fair])).alarms()
    return float(found.flagged(LEVEL).mean()), bool((push | exposure).any())


def _listed(groups: list[Battles]) -> Votes:
    """The groups' votes one after the other, every row of battles a voter of its own."""
    first, second, outcome = (
        np.concatenate([getattr(group, name).ravel() for group in groups]) for name in ("first", "second", "outcome")
    )
    sizes = np.concatenate([np.full(len(group), group.first.shape[1]) for group in groups])
    return Votes(first, second, outcome, np.repeat(np.arange(len(sizes)), sizes))


def tallied(groups: list[Battles]) -> Tally:
    """The groups' votes as a tally of their own."""
    votes = _listed(groups)
    names = tuple(f"contender {code:03}" for code in range(HISTORY.contenders))
    return Tally(names, votes.first, votes.second, votes.outcome, votes.voter)


def _print_groups(count: int, seed: int) -> None:
    print(f"{count} boards each (seed {seed}); designed figures in brackets\n")
    for rigged, designed in ((0, "1.5 % any"), (60, "56 %"), (80, "91 %"), (120, "100 %")):
        found = 100 * np.mean([windowed(rigged, board, seed=seed) for board in range(count)], axis=0)
        print(
            f"| {rigged} rigged of {WINDOW:,} | found {found[0]:.1f} %, by exposure alone {found[1]:.1f} % ({designed})"
            f" | others falsely {found[2]:.1f} % |",
            flush=True,
        )
    for votes, aged, was in (
        (0, 0.0, 1),
        (6, 0.0, 8),
        (12, 0.0, 51),
        (25, 0.0, 98),
        (50, 0.0, 100),
        (100, 0.5, 79),
        (100, 1.0, 0),
    ):
        share = 100 * np.mean([contrasted(votes, board, seed=seed, aged=aged) for board in range(count)])
        name = f"60 camouflaged accounts, {4 * votes} votes for the target, {aged:.0%} of them aged"
        print(f"| {name if votes else 'no attack'} | newest tenth {share:.1f} % ({was} %) |", flush=True)
    for points in (0, 300, 600):
        honestly, pushed = np.mean([newcomers(board, points, seed=seed) for board in range(count // 5)], axis=0)
        print(f"| newcomer at +{points} | honest {100 * honestly:.2f} % | window {100 * pushed:.1f} % |", flush=True)


def main() -> None:
    """Print the power of the detectors."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the voters that are drawn")
    parser.add_argument("--seed", type=int, default=2026)
    told = parser.parse_args()
    _print_groups(max(round(told.share * GROUP_BOARDS), 20), told.seed)
    named = ("workers", "clicking bots", "bots that say left", "bots that favour one")
    shares = (f"{name} {100 * found.mean():.0f} %" for name, found in zip(named, planted(seed=told.seed), strict=True))
    print("LLMFAO, found at 1 % after 50 votes: " + ", ".join(shares))
    _print_power(max(round(told.share * BOARDS), 2), told.seed)


def _print_power(count: int, seed: int) -> None:
    """The table of detectors: what is found, as designed, and the single detector that alone finds most."""
    print(f"\nFound at 1 % false positives ({count} boards, seed {seed}); designed figures in brackets\n")
    print("| votes | honest | " + " | ".join(name for name, _ in DESIGNED.values()) + " |", flush=True)
    ends = np.cumsum([HONEST, *[ATTACKERS] * len(DESIGNED)])[:-1]
    for place, votes in enumerate(suspicion.CHECKPOINTS):
        looks = [looked(votes, board, seed=seed) for board in range(count)]
        flags = [np.split(look.flagged(LEVEL), ends) for look in looks]
        parts = [np.split(look.parts <= LEVEL, ends) for look in looks]
        shares = [100 * float(np.mean([of_board[kind] for of_board in flags])) for kind in range(len(DESIGNED) + 1)]
        cells = [f"{shares[0]:.2f} %"]
        for kind, (_, designed) in enumerate(DESIGNED.values(), start=1):
            alone = np.mean([of_board[kind].mean(axis=0) for of_board in parts], axis=0)
            best = Detector(int(alone.argmax())).name.lower()
            cells.append(f"{shares[kind]:.0f} % ({designed[place]}) {best} {100 * alone.max():.0f} %")
        print(f"| {votes} | " + " | ".join(cells) + " |", flush=True)
    limits = (
        f"{votes}: {100 * np.mean([most(votes, board, seed=seed) for board in range(count)]):.0f} %"
        for votes in suspicion.CHECKPOINTS[:-1]
    )
    print("Random clicks, found by the most powerful test against them alone: " + ", ".join(limits))


if __name__ == "__main__":
    main()
