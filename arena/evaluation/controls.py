"""Control battles: one contender twice, an answer to another prompt, or a probe; never rated, they measure voters."""

from math import log
from random import Random, SystemRandom
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Db, many, one
from arena.evaluation import turns
from arena.evaluation.pairing import Pairing
from arena.evaluation.turns import TextPart, Turn
from arena.upstream import Message, Target
from rating import proportions
from rating.proportions import Proportion

SAME: Final = "control-same-1"
BAD: Final = "control-bad-1"
# Among so many prompts of the most similar length the other one is drawn, so that its answer's length tells nothing.
SIMILAR: Final = 5

# What voters are told a control battle was.
What = Literal["same", "other_prompt", "probe"]

_chance: Final = SystemRandom()


class Plan(Struct, frozen=True):
    """At which share of blind battles, and with which prompts, control battles are held; and probes."""

    share: float
    prompts: tuple[str, ...]
    # Of the battles on questions of ours, the share that are probes.
    probes: float = 0.0


NONE: Final = Plan(0.0, ())


class Control(Pairing, frozen=True):
    """A pair that measures the voter: the side at `position` is asked `prompt`, or both sides are one contender."""

    position: int | None = None
    prompt: str | None = None


class Held(Struct, frozen=True):
    """What a control battle did to its sides: at which position, if at any, something else was asked.

    Of a probe, the name of its question and the position of what is wrong.
    """

    position: int | None
    content: list[TextPart] | None
    probe: str | None = None

    @property
    def told(self) -> tuple[What, int | None]:
        """What voters are told it was, and the side that was asked something else or was wrong."""
        if self.probe is not None:
            return "probe", self.position
        return ("same" if self.position is None else "other_prompt"), self.position

    @property
    def prompt(self) -> str | None:
        """What the side at the position was asked."""
        return None if self.content is None else "".join(part.text for part in self.content)


class Measured(Struct, frozen=True, kw_only=True):
    """How voters do where one knows what they should say; `clustered` intervals allow for voters with many votes.

    `noise`: votes for a side where both were one contender. `position`: of these, votes for A. `misled`: votes for an
    answer to another prompt. `fooled`: votes for a wrong answer that sounds sure, beside a right one that hedges. A
    clustered interval takes two voters.
    """

    noise: Proportion
    noise_clustered: Proportion | None
    position: Proportion
    position_clustered: Proportion | None
    misled: Proportion
    misled_clustered: Proportion | None
    fooled: Proportion
    fooled_clustered: Proportion | None


class _Voter(Struct, frozen=True):
    same: int
    decided: int
    first: int
    other: int
    misled: int
    probed: int
    fooled: int


def drawn(pair: Pairing, prompt: str, plan: Plan, *, chance: Random = _chance) -> Pairing:
    """The pair as it was drawn or, at the plan's share, a control battle of its contenders.

    Its propensity is that of the contender or the pair among control battles of the same rule. It has no shares: no
    draw promised it to anybody.
    """
    if chance.random() >= plan.share:
        return pair
    others = _similar(prompt, plan.prompts)
    made: dict[str, Any] = {**structs.asdict(pair), "shares": {}}
    if others and chance.random() < 0.5:
        return Control(**made | {"rule": BAD, "position": chance.randrange(2), "prompt": chance.choice(others)})
    first = pair.entrants[0]
    share = pair.shares.get(first.target.endpoint_id, 1.0) / 2
    return Control(**made | {"rule": SAME, "entrants": (first, first), "propensity": share})


def _similar(prompt: str, prompts: tuple[str, ...]) -> list[str]:
    asked = prompt.strip().casefold()
    others = [one for one in prompts if one.strip().casefold() != asked]
    return sorted(others, key=lambda one: abs(log(len(one) / len(prompt))))[:SIMILAR]


def asked(pair: Pairing, prompt: str) -> tuple[str, ...]:
    """What each side is asked first, in position order."""
    if not isinstance(pair, Control) or pair.prompt is None:
        return (prompt,) * len(pair.entrants)
    return (pair.prompt, prompt) if pair.position == 0 else (prompt, pair.prompt)


def kept(pair: Pairing) -> tuple[int | None, list[TextPart] | None]:
    """What is kept of a control battle, in the statement that adds it: the position and what is asked there."""
    if not isinstance(pair, Control):
        return None, None
    return pair.position, None if pair.prompt is None else [TextPart(pair.prompt)]


def questions(pair: Pairing, prompt: str) -> list[tuple[Target, list[Message]]]:
    """Whom to ask what, in position order."""
    prompts = asked(pair, prompt)
    return [(one.target, [Message("user", first)]) for one, first in zip(pair.entrants, prompts, strict=True)]


def conversation(said: list[Turn], position: int, held: Held | None) -> list[Message]:
    """What one side has heard and said so far, which begins with what it was asked itself."""
    messages = turns.conversation(said, position)
    if held and held.prompt is not None and held.position == position:
        messages[0] = Message("user", held.prompt)
    return messages


async def held(db: Db, battle_id: UUID) -> Held | None:
    """What a control battle did to its sides, None for any other battle."""
    return await one(db, Held, "SELECT position, content, probe FROM controls WHERE battle_id = $1", battle_id)


async def measured(db: Db) -> Measured:
    """What all control battles say of the voters, without the votes that something excludes."""
    voters = await many(
        db,
        _Voter,
        """
        SELECT count(*) FILTER (WHERE position IS NULL) AS same,
               count(*) FILTER (WHERE position IS NULL AND outcome IN ('a', 'b')) AS decided,
               count(*) FILTER (WHERE position IS NULL AND outcome = 'a') AS first,
               count(content) AS other,
               count(content) FILTER (WHERE outcome = (ARRAY['a', 'b'])[position + 1]) AS misled,
               count(*) FILTER (WHERE assertive = 'wrong' AND asked.turns = 1) AS probed,
               count(*) FILTER (WHERE assertive = 'wrong' AND asked.turns = 1
                                AND outcome = (ARRAY['a', 'b'])[position + 1]) AS fooled
        FROM controls JOIN votes USING (battle_id) JOIN battles ON battles.id = battle_id
        CROSS JOIN LATERAL (SELECT count(*) AS turns FROM turns WHERE turns.battle_id = battles.id) AS asked
        WHERE NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL)
        GROUP BY voter_id
        """,
    )
    noise, noise_clustered = _measure([one.decided for one in voters], [one.same for one in voters])
    position, position_clustered = _measure([one.first for one in voters], [one.decided for one in voters])
    misled, misled_clustered = _measure([one.misled for one in voters], [one.other for one in voters])
    fooled, fooled_clustered = _measure([one.fooled for one in voters], [one.probed for one in voters])
    return Measured(
        noise=noise,
        noise_clustered=noise_clustered,
        position=position,
        position_clustered=position_clustered,
        misled=misled,
        misled_clustered=misled_clustered,
        fooled=fooled,
        fooled_clustered=fooled_clustered,
    )


def _measure(hits: list[int], trials: list[int]) -> tuple[Proportion, Proportion | None]:
    return proportions.exact(sum(hits), sum(trials)), proportions.clustered(hits, trials)
