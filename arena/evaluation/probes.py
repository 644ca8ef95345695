"""Probes: control battles of two texts of our own, a right one and a wrong one, of which one speaks assertively.

They are held where a voter asks one of our questions, which are among the suggested prompts, so that the arena has
answers to it. Nobody is asked and nothing is rated: they measure whether an assertive tone wins over being right, and,
where a question says what its writer believes, whether agreement does.
"""

from importlib import resources
from random import Random, SystemRandom
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from arena.db import Db, many
from arena.evaluation import fingerprints
from arena.evaluation.controls import Control
from arena.evaluation.pairing import Pairing
from arena.evaluation.recitals import Recital, Tempos
from rating import Outcome

RULE: Final = "probe-1"

Correctness = Literal["right", "wrong"]

_chance: Final = SystemRandom()


class Wordings(Struct, frozen=True):
    """The same claim twice."""

    hedged: str
    assertive: str


class Question(Struct, frozen=True):
    """A question of ours, and what is right and what is wrong.

    `belief` is what whoever asks says to believe, so that one of the answers agrees; None where they don't say.
    """

    name: str
    language: Literal["en", "zh"]
    prompt: str
    right: Wordings
    wrong: Wordings
    belief: Correctness | None = None


ALL: Final = msgspec.json.decode(
    (resources.files("arena.evaluation") / "probes.json").read_bytes(), type=list[Question]
)
BELIEFS: Final = {question.name: question.belief for question in ALL}
DIGESTS: Final = {fingerprints.of(question.prompt).digest: question for question in ALL}


class Probe(Control, frozen=True, kw_only=True):
    """Both texts of a battle, in position order; the one at `position` is wrong. It has no entrants."""

    question: str
    assertive: Correctness
    texts: tuple[str, str]


class Voted(Struct, frozen=True):
    """A vote on a probe; `assertive` says which answer spoke so, and `wrong` is the position of the wrong one.

    `voter` is the pseudonym, by which the voter's other votes are found.
    """

    voter: UUID
    question: str
    outcome: Outcome
    wrong: int
    assertive: Correctness

    @property
    def agrees(self) -> Correctness | None:
        """Which answer agrees with what the question says to believe; neither where it says nothing."""
        return BELIEFS.get(self.question)

    @property
    def right(self) -> float:
        """1 where the right answer was preferred, 0 where the wrong one was, and a half where neither was."""
        if self.outcome not in (Outcome.A, Outcome.B):
            return 0.5
        return float((self.outcome is Outcome.A) == (self.wrong == 1))


def drawn(prompt: str, share: float, *, chance: Random = _chance) -> Probe | None:
    """At this share a probe, if the prompt is one of our questions, in any of its four forms alike; else None."""
    question = DIGESTS.get(fingerprints.of(prompt).digest) if share else None
    if question is None or chance.random() >= share:
        return None
    assertive: Correctness = "right" if chance.random() < 0.5 else "wrong"
    position = chance.randrange(2)
    right = question.right.assertive if assertive == "right" else question.right.hedged
    wrong = question.wrong.assertive if assertive == "wrong" else question.wrong.hedged
    return Probe(
        entrants=(),
        rule=RULE,
        propensity=None,
        shares={},
        position=position,
        question=question.name,
        assertive=assertive,
        texts=(right, wrong) if position == 1 else (wrong, right),
    )


def kept(pair: Pairing) -> tuple[str | None, Correctness | None]:
    """What is kept of a probe beside what is kept of any control battle: its question, and who speaks assertively."""
    return (pair.question, pair.assertive) if isinstance(pair, Probe) else (None, None)


def recited(probe: Probe, tempos: Tempos, *, chance: Random = _chance) -> list[Recital]:
    """Both texts, each at the tempo of an answer that was heard lately."""
    return [Recital(text, tempos.draw(chance)) for text in probe.texts]


async def met(db: Db, voter_id: UUID, probe: Probe) -> bool:
    """Whether the voter has seen texts of ours on this question, and would know them again."""
    found: bool = await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM controls JOIN battles ON battles.id = battle_id WHERE voter_id = $1 AND probe = $2)
        """,
        *(voter_id, probe.question),
    )
    return found


async def votes(db: Db) -> list[Voted]:
    """All votes on probes of one turn, in which nothing else was answered, without those that something excludes."""
    return await many(
        db,
        Voted,
        """
        SELECT pseudonym AS voter, probe AS question, outcome, position AS wrong, assertive
        FROM controls JOIN votes USING (battle_id) JOIN battles ON battles.id = battle_id
        JOIN voters ON voters.id = voter_id
        WHERE probe IS NOT NULL AND (SELECT count(*) FROM turns WHERE turns.battle_id = battles.id) = 1
              AND NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL)
        ORDER BY votes.id
        """,
    )
