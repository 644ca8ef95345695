"""Screening: what is found in a turn before its battle can be voted on."""

import asyncio
from uuid import UUID

from msgspec import Struct

from arena.config import Settings
from arena.db import Db
from arena.evaluation import gates, tags, turns
from arena.evaluation.exclusions import Remark
from arena.evaluation.gates import Finding
from arena.evaluation.tags import Tag
from arena.evaluation.turns import Answer


class Screened(Struct, frozen=True):
    """What the texts of a turn alone tell; `tag` is that of the battle's first prompt, None for later ones."""

    tag: Tag | None
    findings: list[Finding]


async def screen(db: Db, battle_id: UUID, turn: int, answers: tuple[Answer, ...], settings: Settings) -> Screened:
    """Sort the prompt that was asked and look for what must not be published.

    In a thread, since a long text takes some milliseconds for which no other battle shall wait.
    """
    prompt = await turns.asked(db, battle_id, turn)
    return await asyncio.to_thread(look, turn, prompt, answers, settings)


def look(turn: int, prompt: str, answers: tuple[Answer, ...], settings: Settings) -> Screened:
    """What these texts tell."""
    tag = tags.of(prompt) if turn == 1 else None
    return Screened(tag, gates.examine(turn, prompt, [answer.text for answer in answers], settings))


async def remarks(db: Db, battle_id: UUID, screened: Screened, settings: Settings) -> list[Remark]:
    """Everything about this turn that keeps its battle from being rated."""
    return [
        *gates.remarks(screened.findings, settings),
        *await tags.remarks(db, battle_id, screened.tag, settings.same_prompt_votes),
    ]
