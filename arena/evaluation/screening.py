"""Screening: what is found in a turn before its battle can be voted on."""

import asyncio
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.config import Settings
from arena.db import Db
from arena.evaluation import gates, identities, tags, turns
from arena.evaluation.exclusions import Remark
from arena.evaluation.gates import Finding
from arena.evaluation.identities import Names
from arena.evaluation.tags import Tag
from arena.evaluation.turns import Answer

# What is longer takes some milliseconds, for which no other battle shall wait; a thread costs more than less takes.
SHORT: Final = 16_384


class Screened(Struct, frozen=True):
    """What the texts of a turn alone tell; `tag` is that of the battle's first prompt, None for later ones."""

    tag: Tag | None
    findings: list[Finding]
    leaks: list[Remark]


async def screen(
    db: Db, battle_id: UUID, turn: int, answers: tuple[Answer, ...], names: Names, settings: Settings
) -> Screened:
    """Sort the prompt that was asked, look for what must not be published, and for who says who it is."""
    prompts = await turns.prompts(db, battle_id, turn)
    reading = partial(look, turn, prompts, answers, await names.present(), settings)
    short = sum(map(len, prompts)) + sum(len(answer.text) for answer in answers) <= SHORT
    return reading() if short else await asyncio.to_thread(reading)


def look(
    turn: int, prompts: list[str], answers: tuple[Answer, ...], names: identities.Known, settings: Settings
) -> Screened:
    """What these texts tell; the prompts are all up to this turn's."""
    texts = [answer.text for answer in answers]
    tag = tags.of(prompts[-1]) if turn == 1 else None
    findings = gates.examine(turn, prompts[-1], texts, settings)
    return Screened(tag, findings, identities.remarks(turn, prompts, texts, names))


async def remarks(db: Db, battle_id: UUID, screened: Screened, settings: Settings) -> list[Remark]:
    """Everything about this turn that keeps its battle from being rated."""
    return [
        *screened.leaks,
        *gates.remarks(screened.findings, settings),
        *await tags.remarks(db, battle_id, screened.tag, settings.same_prompt_votes),
    ]
