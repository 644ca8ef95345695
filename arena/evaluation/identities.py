"""Identities: the names that answers must not say, and the battles whose answers said one."""

from uuid import UUID

import msgspec
from msgspec import Struct

from arena.db import Db, one
from arena.evaluation import leaks
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.leaks import Called
from arena.evaluation.turns import Answer, TextPart


class _Blind(Struct, frozen=True):
    prompts: list[list[TextPart]]
    contenders: list[Called]


async def remarks(db: Db, battle_id: UUID, turn: int, answers: tuple[Answer, ...]) -> list[Remark]:
    """What this turn's answers say of who they are, where the voter shall not know."""
    blind = await one(
        db,
        _Blind,
        """
        SELECT (SELECT jsonb_agg(content ORDER BY turn) FROM turns WHERE battle_id = $1 AND turn <= $2) AS prompts,
               (SELECT jsonb_agg(jsonb_build_array(name, version, organisation, coalesce(model, '')) ORDER BY slug)
                FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id) AS contenders
        FROM battles WHERE id = $1 AND kind IN ('blind', 'control')
        """,
        battle_id,
        turn,
    )
    if blind is None:
        return []
    names, prompts = leaks.known(tuple(blind.contenders)), [part.text for parts in blind.prompts for part in parts]
    found = [leaks.find(answer.text, names, prompts) for answer in answers]
    return [
        Remark(reason=Reason.LEAK, position=position, evidence={"turn": turn, **msgspec.to_builtins(leak)})
        for position, leak in enumerate(found)
        if leak
    ]
