"""Whether a board's bias diagnostics find what is planted, and are silent where nothing is.

`python -m tests.benchmarks.diagnostics [--boards 500]`. The boards public (6,000 votes of 2,500 voters) and private
(3,000 of 60), with tastes of sd .8 and everything that `tests/rating/biased.py` draws beside them; seed 21. Prints how
often each diagnostic's chance is 5 % or less on clean boards (5 % is right) and how often any diagnostic of a clean
board has a q of 5 % or less (5 % or less is right); how often intervals hold what was planted (95 % is right) and how
often it is found; a mix of prompts turned round, raw and post-stratified; and how often the board of voters who were
fooled less differs, where they vote as others do and where the fooled favour a contender.
"""

import argparse
from collections import Counter
from dataclasses import replace

import numpy as np

from rating import Tally, biases, bradley_terry, fooled, reweighting, weights
from rating.arrays import Codes, Flags, Vector, expit
from rating.effects import Effect, Verdict
from rating.scale import PER_LOGIT
from rating.settings import SETTINGS
from tests.rating import biased

SEED = 21
POSITION = 0.2
LENGTH = 0.25
FAMILY = 0.5
# So many of the 2,500 voters of the public setting vote on probes, one to three times, and a half of them, whom a wrong
# answer that sounds sure fools at the one chance and not at the other, is gullible.
PROBED = (1000, 2000)
FOOLED = (0.8, 0.1)
# Of the votes that gullible voters would cast against the contender they favour, the share that turns.
TURNED = 0.5


def main() -> None:
    """Print the figures of clean boards, of planted effects, and of mixes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--boards", type=int, default=500)
    boards = parser.parse_args().boards
    for setting in ("public", "private"):
        print(silent(setting, boards), planted(setting, boards), sep="\n")
    print(families(boards), mixes(max(boards // 5, 1)), sep="\n")
    print(*(unfooled(boards, probed) for probed in PROBED), sep="\n")


def silent(setting: str, boards: int) -> str:
    """How often clean boards look otherwise."""
    rng, low, known, loud = np.random.default_rng(SEED), Counter[str](), Counter[str](), 0
    for _ in range(boards):
        told = biased.looked_at(biased.drawn(rng, setting))
        known.update(each.effect.name for each in told if each.q is not None)
        low.update(each.effect.name for each in told if each.effect.chance <= 0.05)
        loud += any(each.verdict in (Verdict.PRESENT, Verdict.SLIGHT) for each in told)
    rates = ", ".join(f"{name} {low[name] / known[name]:.1%}" for name in known)
    return f"{setting}, clean: any q ≤ 5 % on {loud / boards:.1%} of {boards} boards; chance ≤ 5 %: {rates}"


def planted(setting: str, boards: int) -> str:
    """How often position and length are found, and their intervals hold them."""
    rng = np.random.default_rng(SEED + 1)
    left = biased.attenuation(SETTINGS[setting].taste)
    style = (LENGTH,) + (0.0,) * (len(biased.FEATURES) - 1)
    held, found = np.zeros(2), np.zeros(2)
    for _ in range(boards):
        board = biased.drawn(rng, setting, position=POSITION, style=style)
        every = {each.effect.name: each for each in biased.looked_at(board)}
        told = every["position"], every["length"]
        held += [_holds(each.effect, true * left) for each, true in zip(told, (POSITION, LENGTH), strict=True)]
        found += [each.verdict is Verdict.PRESENT for each in told]
    lines = [
        f"{name} of {true} found on {f:.1%}, its interval holds it on {h:.1%}"
        for name, true, f, h in zip(
            ("position", "length"), (POSITION, LENGTH), found / boards, held / boards, strict=True
        )
    ]
    return f"{setting}, planted: {'; '.join(lines)}"


def families(boards: int) -> str:
    """A judge that prefers its own family, by 1,000 verdicts each, beside people's ratings as the offset."""
    rng, held, found = np.random.default_rng(SEED + 2), 0, 0
    for _ in range(boards):
        effect = judged_family(rng, FAMILY)
        held += _holds(effect, FAMILY)
        found += effect.chance <= 0.05
    return f"family of {FAMILY} found on {found / boards:.1%}, its interval holds it on {held / boards:.1%}"


def judged_family(rng: np.random.Generator, family: float) -> Effect:
    """What a judge of contenders' family is found to add to ratings by 20,000 votes of people."""
    truth, own = rng.normal(0, 0.6, 12), (np.arange(12) < 3).astype(float)
    people = bradley_terry.fit(_votes(rng, truth, 20_000)).theta
    first = rng.integers(12, size=1000)
    second = (first + rng.integers(1, 12, size=1000)) % 12
    same = own[first] - own[second]
    points = (rng.random(1000) < expit(truth[first] - truth[second] + family * same)).astype(float)
    features = np.column_stack([same, np.ones(1000)])
    prompts: Codes = rng.integers(250, size=1000)
    return biases.of_offset(("family", "slot"), points, people[first] - people[second], features, prompts)[0]


def mixes(boards: int) -> str:
    """How far a contender falls when the mix of prompts turns round, raw and brought back to the mix before."""
    rng, shares = np.random.default_rng(SEED + 3), dict(enumerate(biased.MIX))
    raw, brought, held = [], [], 0
    for _ in range(boards):
        before, _ = biased.mixed(rng, biased.MIX[0])
        after, category = biased.mixed(rng, biased.MIX[1])
        found = reweighting.measure(after, weights.post_stratified(category, shares))
        start = float(bradley_terry.fit(before).theta[0])
        raw.append(PER_LOGIT * (float(found.before[0]) - start))
        brought.append(PER_LOGIT * (float(found.after[0]) - start))
        held += _holds(found.each[0], -biased.expected_move() / PER_LOGIT)
    return (
        f"mix turned round: {np.mean(raw):.1f} points raw ({biased.expected_move():.1f} expected), "
        f"{np.mean(brought):.1f} post-stratified; the interval of what post-stratifying gives back holds on "
        f"{held / boards:.1%} of {boards} boards, at a simultaneous level of 95 % over ten contenders"
    )


def unfooled(boards: int, probed: int) -> str:
    """How often the board of those fooled less is called another one, where so many voters are known."""
    rng, called = np.random.default_rng(SEED + 4), np.zeros(2)
    for _ in range(boards):
        board = biased.drawn(rng, "public")
        assert board.tally.voter is not None
        voter = board.tally.voter
        gullible = rng.random(int(voter.max()) + 1) < 0.5
        people = rng.choice(len(gullible), probed, replace=False)
        asked = np.repeat(np.arange(probed), rng.integers(1, 4, probed))
        wrong = (rng.random(len(asked)) < np.where(gullible[people[asked]], *FOOLED)).astype(float)
        careful = people[fooled.shares(wrong, asked).less]
        for place, tally in enumerate((board.tally, _favoured(rng, board.tally, gullible))):
            found = fooled.beside(tally, np.isin(voter, careful)).both.effect("fooled")
            called[place] += found.chance <= 0.05 and (not place or (found.who == tally.contenders[0]))
    clean, favoured = called / boards
    return (
        f"fooled less, {probed} on probes: chance ≤ 5 % on {clean:.1%} of {boards} clean boards;"
        f" a contender for whom the gullible half turns {TURNED:.0%} of the votes against it is found on {favoured:.1%}"
    )


def _favoured(rng: np.random.Generator, tally: Tally, gullible: Flags) -> Tally:
    """The same votes, of which gullible voters turn some that the first contender lost."""
    lost = np.where(tally.outcome == 1, tally.first, tally.second) == 0
    turned = gullible[tally.voter] & lost & (rng.random(len(tally)) < TURNED)
    return replace(tally, outcome=np.where(turned, 1 - tally.outcome, tally.outcome))


def _votes(rng: np.random.Generator, truth: Vector, votes: int) -> Tally:
    first = rng.integers(len(truth), size=votes)
    second = (first + rng.integers(1, len(truth), size=votes)) % len(truth)
    outcome = np.where(rng.random(votes) < expit(truth[first] - truth[second]), 0, 1)
    return Tally(tuple(str(code) for code in range(len(truth))), first, second, outcome)


def _holds(effect: Effect, true: float) -> bool:
    return effect.lower <= true <= effect.upper


if __name__ == "__main__":
    main()
