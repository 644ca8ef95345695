"""Turns: what was asked in a battle and what its sides said."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Connection, Db, Proxy, many


class TextPart(Struct, frozen=True, tag="text"):
    """A part of a prompt or an answer; images and voice would be other parts."""

    text: str


class Answer(Struct, frozen=True, kw_only=True):
    """What a side said, how long it took and how it ended."""

    text: str
    html: str
    seconds: float
    first_text_seconds: float | None = None
    finish: str | None = None
    failure: str | None = None
    failure_detail: str | None = None
    retry_after: float | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


class Spoken(Struct, frozen=True):
    """One side's answer: the text as it came, and safe HTML of it."""

    text: str
    html: str


class Turn(Struct, frozen=True):
    """One prompt of a battle and its two answers, none until both are finished.

    `shown` are the characters of A and of B that were shown after each tick.
    """

    turn: int
    prompt: str
    answers: list[Spoken]
    shown: list[int]

    @property
    def ticks(self) -> list[tuple[str, str]]:
        """The texts that each tick added."""
        places = list(zip([0, *self.shown[::2]], [0, *self.shown[1::2]], strict=True))
        first, second = (answer.text for answer in self.answers) if self.answers else ("", "")
        return [(first[a:to_a], second[b:to_b]) for (a, b), (to_a, to_b) in pairwise(places)]


class _Answered(Struct, frozen=True):
    content: list[TextPart]
    html: str


class _Said(Struct, frozen=True):
    turn: int
    prompt: list[TextPart]
    answers: list[_Answered]
    shown: list[int]


async def ask(db: Db, battle_id: UUID, turn: int, prompt: str) -> None:
    """Keep what was asked."""
    await db.execute(
        "INSERT INTO turns (battle_id, turn, content) VALUES ($1, $2, $3)", battle_id, turn, [TextPart(prompt)]
    )


async def answer(
    connection: Connection | Proxy,
    battle_id: UUID,
    turn: int,
    answers: tuple[Answer, Answer],
    *,
    shown: list[int],
    shown_seconds: float | None = None,
) -> None:
    """Keep what both sides said, whole or broken off, and what each tick showed; once, however often told.

    `shown_seconds` is how long ago the first tick was, None where there was none.
    """
    await connection.execute(
        """
        WITH told AS (
            UPDATE turns SET shown = $3, shown_at = coalesce(shown_at, now() - make_interval(secs => $5))
            WHERE battle_id = $1 AND turn = $2
        )
        INSERT INTO answers (battle_id, position, turn, content, html, finish, failure, failure_detail,
                             first_text_seconds, seconds, prompt_tokens, answer_tokens)
        SELECT $1, position, $2, content, html, finish, failure, failure_detail,
               first_text_seconds, seconds, prompt_tokens, answer_tokens
        FROM jsonb_to_recordset($4) AS both_sides (
            position smallint, content jsonb, html text, finish text, failure text, failure_detail text,
            first_text_seconds double precision, seconds double precision, prompt_tokens integer, answer_tokens integer
        )
        ON CONFLICT (battle_id, position, turn) DO NOTHING
        """,
        battle_id,
        turn,
        shown,
        [_row(position, answer) for position, answer in enumerate(answers)],
        shown_seconds,
    )


def _row(position: int, answer: Answer) -> dict[str, Any]:
    columns = structs.asdict(answer)
    return {"position": position, "content": [TextPart(columns.pop("text"))], **columns}


async def said(db: Db, battle_id: UUID) -> list[Turn]:
    """What was asked and answered, in order; A's answer first."""
    rows = await many(
        db,
        _Said,
        """
        SELECT turns.turn, turns.content AS prompt, turns.shown,
               coalesce(jsonb_agg(jsonb_build_object('content', answers.content, 'html', answers.html)
                                  ORDER BY position) FILTER (WHERE position IS NOT NULL), '[]') AS answers
        FROM turns LEFT JOIN answers ON answers.battle_id = turns.battle_id AND answers.turn = turns.turn
        WHERE turns.battle_id = $1
        GROUP BY turns.battle_id, turns.turn
        ORDER BY turns.turn
        """,
        battle_id,
    )
    return [
        Turn(
            row.turn,
            _joined(row.prompt),
            [Spoken(_joined(answer.content), answer.html) for answer in row.answers],
            row.shown,
        )
        for row in rows
    ]


def _joined(parts: list[TextPart]) -> str:
    return "".join(part.text for part in parts)
