"""Turns: what was asked in a battle and what its sides said."""

from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many


class Text(Struct, frozen=True, tag="text"):
    """A part of a prompt or an answer; images and voice would be other parts."""

    text: str


class Answer(Struct, frozen=True, kw_only=True):
    """What a side said, how long it took and how it ended."""

    text: str
    seconds: float
    first_text_seconds: float | None = None
    finish: str | None = None
    failure: str | None = None
    failure_detail: str | None = None
    retry_after: float | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


class Turn(Struct, frozen=True):
    """One prompt of a battle and its two answers, empty until both are finished."""

    turn: int
    prompt: str
    answers: list[str]


class _Said(Struct, frozen=True):
    turn: int
    prompt: list[Text]
    answers: list[list[Text]]


async def ask(db: Db, battle_id: UUID, turn: int, prompt: str) -> None:
    """Keep what was asked."""
    await db.execute(
        "INSERT INTO turns (battle_id, turn, content) VALUES ($1, $2, $3)", battle_id, turn, [Text(prompt)]
    )


async def answer(connection: Connection | Proxy, battle_id: UUID, turn: int, answers: tuple[Answer, Answer]) -> None:
    """Keep what both sides said, whole or broken off."""
    await connection.executemany(
        """
        INSERT INTO answers (battle_id, position, turn, content, finish, failure, failure_detail,
                             first_text_seconds, seconds, prompt_tokens, answer_tokens)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (
                battle_id,
                position,
                turn,
                [Text(answer.text)],
                answer.finish,
                answer.failure,
                answer.failure_detail,
                answer.first_text_seconds,
                answer.seconds,
                answer.prompt_tokens,
                answer.answer_tokens,
            )
            for position, answer in enumerate(answers)
        ],
    )


async def said(db: Db, battle_id: UUID) -> list[Turn]:
    """What was asked and answered, in order; A's answer first."""
    rows = await many(
        db,
        _Said,
        """
        SELECT turns.turn, turns.content AS prompt,
               coalesce(jsonb_agg(answers.content ORDER BY position) FILTER (WHERE position IS NOT NULL), '[]')
                   AS answers
        FROM turns LEFT JOIN answers ON answers.battle_id = turns.battle_id AND answers.turn = turns.turn
        WHERE turns.battle_id = $1
        GROUP BY turns.battle_id, turns.turn
        ORDER BY turns.turn
        """,
        battle_id,
    )
    return [Turn(row.turn, _joined(row.prompt), [_joined(parts) for parts in row.answers]) for row in rows]


def _joined(parts: list[Text]) -> str:
    return "".join(part.text for part in parts)
