"""Answers to prompt sets: asked by a run or handed in with a file, kept for good, and held against references."""

from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.errors import ArenaError, Refused
from arena.evaluation import prompt_sets, set_runs, sheets
from arena.evaluation.formats import Format
from arena.evaluation.prompt_sets import PromptSet, SetPrompt
from arena.evaluation.set_files import Given
from arena.upstream import Failure
from judge import Match, match


class AnsweredAlready(ArenaError):
    """This contender has answered this prompt already."""

    status = 409


class HandedIn(Struct, frozen=True, kw_only=True):
    """What became of a file: how many answers it has, how many of them were new, and how many prompts are left."""

    answers: int
    kept: int
    unanswered: int


class Heard(Struct, frozen=True, kw_only=True):
    """What came back from one call, an answer or a failure, and what it cost in the currency of the prices."""

    text: str = ""
    failure: Failure | None = None
    truncated: bool = False
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    cost: float
    seconds: float


class _Kept(Struct, frozen=True):
    prompt_id: UUID
    format: Format
    text: str


async def hand_in(
    db: Connection | Proxy,
    prompt_set: PromptSet,
    contender_id: UUID,
    given: list[Given],
    *,
    sha256: str,
    partial: bool,
    account_id: UUID | None,
) -> HandedIn:
    """Keep the answers of a file, all of them or none; the same answer again is the same answer."""
    async with db.transaction():
        await set_runs.require_none(db, prompt_set.id, contender_id)
        prompts = {each.name: each for each in await prompt_sets.prompts(db, prompt_set.id)}
        _check_known(given, prompts)
        had = await _had(db, prompt_set.id, contender_id)
        _check_same(given, prompts, had)
        missing = _missing(given, prompts, had)
        if missing and not partial:
            raise Refused(
                "Prompts of this set without an answer in the file: {count}, first “{name}”. "
                "Answer them too, or say that the file is partial.",
                count=len(missing),
                name=missing[0],
                field="id",
            )
        new = [one for one in given if (prompts[one.id].id, one.format) not in had]
        await _keep_file(db, prompt_set.id, contender_id, [(prompts[one.id], one) for one in new], sha256, account_id)
    return HandedIn(answers=len(given), kept=len(new), unanswered=len(missing))


async def keep(db: Db, run_id: UUID, contender_id: UUID, prompt: SetPrompt, format_: Format, heard: Heard) -> None:
    """Keep what a run was answered; where there is an answer already, that one stands."""
    await db.execute(
        """
        INSERT INTO set_answers (run_id, contender_id, prompt_id, format, text, match, truncated, prompt_tokens,
                                 answer_tokens, cost, seconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (prompt_id, contender_id, format) DO NOTHING
        """,
        *(run_id, contender_id, prompt.id, format_, heard.text, held(prompt, heard.text), heard.truncated),
        *(heard.prompt_tokens, heard.answer_tokens, heard.cost, heard.seconds),
    )


def held(prompt: SetPrompt, text: str) -> Match | None:
    """How an answer stands to its prompt's reference; None where it has none."""
    if prompt.kind is None or prompt.reference is None:
        return None
    return match(prompt.kind, text, prompt.reference)


def _check_known(given: list[Given], prompts: dict[str, SetPrompt]) -> None:
    if lines := [one.line for one in given if one.id not in prompts]:
        raise Refused(
            "Field “{field}”, line {lines}: the set has no such prompt.", field="id", lines=sheets.named(lines)
        )


def _check_same(given: list[Given], prompts: dict[str, SetPrompt], had: dict[tuple[UUID, Format], str]) -> None:
    if lines := [one.line for one in given if had.get((prompts[one.id].id, one.format), one.answer) != one.answer]:
        raise AnsweredAlready(
            "Field “{field}”, line {lines}: this contender has answered this prompt already, and differently. "
            "An answer is given once; another version is another contender.",
            field="answer",
            lines=sheets.named(lines),
        )


def _missing(given: list[Given], prompts: dict[str, SetPrompt], had: dict[tuple[UUID, Format], str]) -> list[str]:
    plain = {one.id for one in given if one.format is Format.PLAIN}
    return [name for name, each in prompts.items() if name not in plain and (each.id, Format.PLAIN) not in had]


async def _had(db: Connection | Proxy, set_id: UUID, contender_id: UUID) -> dict[tuple[UUID, Format], str]:
    kept = await many(
        db,
        _Kept,
        """
        SELECT prompt_id, format, text FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id
        WHERE set_id = $1 AND contender_id = $2
        """,
        set_id,
        contender_id,
    )
    return {(each.prompt_id, each.format): each.text for each in kept}


async def _keep_file(
    db: Connection | Proxy,
    set_id: UUID,
    contender_id: UUID,
    new: list[tuple[SetPrompt, Given]],
    sha256: str,
    account_id: UUID | None,
) -> None:
    if not new:
        return
    file_id = await db.fetchval(
        """
        INSERT INTO answer_files (set_id, contender_id, sha256, answers, account_id) VALUES ($1, $2, $3, $4, $5)
        RETURNING id
        """,
        *(set_id, contender_id, sha256, len(new), account_id),
    )
    rows = [(prompt.id, one.format, one.answer, held(prompt, one.answer)) for prompt, one in new]
    await db.execute(
        """
        INSERT INTO set_answers (file_id, contender_id, prompt_id, format, text, match)
        SELECT $1, $2, prompt_id, format, text, match
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS given (prompt_id, format, text, match)
        """,
        file_id,
        contender_id,
        *map(list, zip(*rows, strict=True)),
    )
