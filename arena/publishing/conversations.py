"""Conversations: what was asked and answered in the battles of a release, as far as it may be published, and later.

Whoever asks is told beside the field that prompts and answers may be published. What they delete within the delay is
never published; nor is a battle in which a gate found something, or that is excluded for what stands in it.
"""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Pool
from arena.evaluation import names
from arena.integration import rows
from arena.publishing import redaction
from rating import Outcome


class Turn(Struct, frozen=True):
    """What was asked and what both sides answered, A first; a text that is withheld is None."""

    prompt: str | None
    answers: list[str | None]


class Conversation(Struct, frozen=True, kw_only=True):
    """A battle's texts, by the published name of its vote; `withheld` names the rules that kept texts of it back."""

    vote: str
    model_a: str
    model_b: str
    winner: str
    turns: list[Turn]
    withheld: list[str]


async def stream(db: Pool, snapshot_id: UUID, *, delay_days: int) -> AsyncIterator[list[Conversation]]:
    """The conversations of the snapshot's votes that were cast so many days ago or earlier, as they are kept now."""
    async for batch in rows.read(db, CONVERSATIONS, snapshot_id, delay_days):
        yield [_conversation(*record) for record in batch]


def _conversation(vote: UUID, first: str, second: str, outcome: str, texts: list[dict[str, Any]]) -> Conversation:
    why: set[str] = set()

    def told(text: str) -> str | None:
        found = redaction.withheld(text)
        why.update(found)
        return None if found else text

    turns = [Turn(told(turn["prompt"]), [told(answer) for answer in turn["answers"]]) for turn in texts]
    winner = rows.WORDS[Outcome(outcome)]
    return Conversation(vote=vote.hex, model_a=first, model_b=second, winner=winner, turns=turns, withheld=sorted(why))


CONVERSATIONS: Final = f"""
        SELECT {names.VOTE} AS vote, first.slug, second.slug, outcome,
               jsonb_agg(jsonb_build_object('prompt', turns.content->0->>'text', 'answers', told) ORDER BY turns.turn)
        FROM snapshots
        JOIN countings ON countings.board_id = snapshots.board_id
            AND since <= snapshots.number AND (until IS NULL OR until > snapshots.number)
        JOIN votes ON votes.id = vote_id
        JOIN battles ON battles.id = votes.battle_id
        JOIN sides a ON a.battle_id = battles.id AND a.position = 0
        JOIN sides b ON b.battle_id = battles.id AND b.position = 1
        JOIN contenders first ON first.id = a.contender_id
        JOIN contenders second ON second.id = b.contender_id
        JOIN turns ON turns.battle_id = battles.id
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(coalesce(answers.content->0->>'text', '') ORDER BY position) AS told FROM answers
            WHERE answers.battle_id = battles.id AND answers.turn = turns.turn
        ) AS answering
        WHERE snapshots.id = $1
          AND cast_at <= now() - make_interval(days => $2)
          AND deleted_at IS NULL AND turns.content <> '[]' AND jsonb_array_length(told) = 2
          AND NOT EXISTS (SELECT FROM gate_findings WHERE gate_findings.battle_id = battles.id)
          AND NOT EXISTS (
              SELECT FROM exclusions
              WHERE exclusions.battle_id = battles.id AND reason IN ('personal', 'toxic') AND lifted_at IS NULL
          )
        GROUP BY votes.id, first.slug, second.slug
        ORDER BY vote"""  # noqa: S608 - a constant
