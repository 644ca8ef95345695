"""Turns: what was asked in a battle and what its sides said."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs

from arena.db import Connection, Db, Proxy, many
from arena.upstream import Message


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
    """One prompt of a battle and its sides' answers, none until all are finished.

    `shown` are the characters of each side, in turn, that were shown after each tick.
    """

    turn: int
    prompt: str
    answers: list[Spoken]
    shown: list[int]

    @property
    def ticks(self) -> list[tuple[str, ...]]:
        """The texts that each tick added, one for each side."""
        sides = len(self.answers)
        added = []
        for place, answer in enumerate(self.answers):
            ends = [0, *self.shown[place::sides]]
            added.append([answer.text[start:end] for start, end in pairwise(ends)])
        return list(zip(*added, strict=True))


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
    answers: tuple[Answer, ...],
    *,
    shown: list[int],
    shown_seconds: float | None = None,
) -> None:
    """Keep what the sides said, whole or broken off, and what each tick showed; once, however often told.

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


async def prompts(db: Db, battle_id: UUID, turn: int) -> list[str]:
    """What was asked up to this turn, in order; empty texts where it was deleted meanwhile."""
    rows = await db.fetch(
        "SELECT content FROM turns WHERE battle_id = $1 AND turn <= $2 ORDER BY turn", battle_id, turn
    )
    return [_joined(convert(row["content"], list[TextPart])) for row in rows]


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


def conversation(said: list[Turn], position: int) -> list[Message]:
    """What one side has heard and said so far, and the prompt that it has not answered yet."""
    messages = []
    for turn in said:
        messages.append(Message("user", turn.prompt))
        if turn.answers:
            messages.append(Message("assistant", turn.answers[position].text))
    return messages


async def hold(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Let no answer come to this voter's turns until the transaction ends.

    Whoever keeps answers changes their turn first and the battle after it, so whoever needs both holds turns first.
    """
    await connection.execute(
        """
        SELECT FROM turns WHERE battle_id IN (SELECT id FROM battles WHERE voter_id = $1)
        ORDER BY battle_id, turn FOR NO KEY UPDATE
        """,
        voter_id,
    )


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Empty all that this voter asked and was answered."""
    await _empty(connection, "battles.voter_id = $1", voter_id)


async def stay_empty(connection: Connection | Proxy, battle_id: UUID) -> None:
    """Empty what came to a battle whose texts had been deleted by then; of any other nothing is touched."""
    await _empty(connection, "battles.id = $1 AND battles.deleted_at IS NOT NULL", battle_id)


async def _empty(connection: Connection | Proxy, which: str, value: UUID) -> None:
    """What was used of an endpoint stays counted, so that nobody gets around its budget by deleting."""
    mine = f"(SELECT id FROM battles WHERE {which})"  # noqa: S608 - one of the two conditions above
    await connection.execute(
        f"""
        UPDATE answers
        SET content = '[]', html = '', failure_detail = NULL,
            prompt_tokens = coalesce(prompt_tokens, ceil(length(turns.content->0->>'text') / 3.0)),
            answer_tokens = coalesce(answer_tokens, ceil(length(answers.content->0->>'text') / 3.0))
        FROM turns
        WHERE answers.battle_id = turns.battle_id AND answers.turn = turns.turn AND answers.battle_id IN {mine}
          AND answers.content <> '[]'
        """,  # noqa: S608 - see above
        value,
    )
    emptied = "UPDATE turns SET content = '[]', shown = '{}' WHERE (content <> '[]' OR shown <> '{}')"
    await connection.execute(f"{emptied} AND battle_id IN {mine}", value)


def _joined(parts: list[TextPart]) -> str:
    return "".join(part.text for part in parts)
