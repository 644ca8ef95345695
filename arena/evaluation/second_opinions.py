"""Second opinions: what judges said of a battle and why, told to its own voter after the vote and to nobody before."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import markdown
from arena.db import Db, many
from arena.submission.judges import State
from judge.verdicts import Level
from rating import Outcome

# A reply may be far longer than what anybody reads beside two answers.
MOST_CHARACTERS: Final = 4000


class Reason(Struct, frozen=True):
    """What the judge wrote when the side at this position was shown first, and whom that was for.

    The first answer is A to the judge, so where `shown_first` is 1 its A is the voter's B. `html` is safe.
    """

    shown_first: int
    outcome: Outcome | None
    text: str
    html: str


class SecondOpinion(Struct, frozen=True, kw_only=True):
    """A judge's verdict on the voter's own battle, asked in both orders; without an outcome, `unscored` says why.

    It is no vote. `consistent` is false where the judge turned with the order, which is a tie.
    """

    judge: str
    name: str
    outcome: Outcome | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    reasons: list[Reason]


class _Read(Struct, frozen=True):
    level: int | None = None
    explanation: str = ""


class _Kept(Struct, frozen=True, kw_only=True):
    judge: str
    name: str
    outcome: Outcome | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    readings: list[_Read]


async def of(db: Db, battle_id: UUID, voter_id: UUID | None) -> list[SecondOpinion]:
    """What listed judges said last, by address; nothing before the vote, and nothing for anybody but its voter."""
    kept = await many(
        db,
        _Kept,
        """
        SELECT DISTINCT ON (judges.slug) judges.slug AS judge, judges.name, verdicts.outcome, consistent, confidence,
               unscored, readings
        FROM verdicts JOIN judges ON judges.id = judge_id
        JOIN battles ON battles.id = battle_id JOIN votes ON votes.battle_id = battles.id
        WHERE verdicts.battle_id = $1 AND battles.voter_id = $2 AND judges.state = $3
        ORDER BY judges.slug, judged_at DESC, verdicts.id
        """,
        *(battle_id, voter_id, State.LISTED),
    )
    return [
        SecondOpinion(
            judge=each.judge,
            name=each.name,
            outcome=each.outcome,
            consistent=each.consistent,
            confidence=each.confidence,
            unscored=each.unscored,
            reasons=[_reason(place, read) for place, read in enumerate(each.readings) if read.explanation.strip()],
        )
        for each in kept
    ]


def _reason(place: int, read: _Read) -> Reason:
    whole = read.explanation.strip()
    text = whole if len(whole) <= MOST_CHARACTERS else f"{whole[:MOST_CHARACTERS]}…"
    outcome = None if read.level is None else Level(read.level).outcome
    return Reason(place, outcome, text, markdown.render(text))
