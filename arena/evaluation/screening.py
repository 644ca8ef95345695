"""Screening: what is found in a turn before its battle can be voted on."""

from uuid import UUID

from arena.db import Db
from arena.evaluation.exclusions import Remark
from arena.evaluation.turns import Answer


async def remarks(db: Db, battle_id: UUID, turn: int, answers: tuple[Answer, ...]) -> list[Remark]:
    """Everything about this turn that keeps its battle from being rated."""
    return []
