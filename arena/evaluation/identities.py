"""Identities: the names that answers must not say, and the battles whose answers said one."""

from collections.abc import Sequence
from time import monotonic
from typing import Final, TypeAlias

import msgspec

from arena.db import Db, Pool
from arena.evaluation import leaks
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.leaks import Called, Name

Known: TypeAlias = tuple[Name, ...]

# Who is entered or renamed is looked for so many seconds later.
REMEMBERED_SECONDS: Final = 5.0


class Names:
    """The names of all contenders and of the field, remembered for a few seconds."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._known: Known = ()
        self._until = 0.0

    async def present(self) -> Known:
        """The names as they were a few seconds ago at most."""
        if self._until <= monotonic():
            self._known = leaks.known(await _called(self._db))
            self._until = monotonic() + REMEMBERED_SECONDS
        return self._known


async def _called(db: Db) -> tuple[Called, ...]:
    rows = await db.fetch(
        """
        SELECT name, version, organisation, coalesce(model, '') AS model
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        ORDER BY slug
        """
    )
    return tuple(Called(**row) for row in rows)


def remarks(turn: int, prompts: Sequence[str], texts: Sequence[str], names: Known) -> list[Remark]:
    """What this turn's answers say of who they are, where the voter shall not know."""
    found = [leaks.find(text, names, prompts) for text in texts]
    return [
        Remark(reason=Reason.LEAK, position=position, evidence={"turn": turn, **msgspec.to_builtins(leak)})
        for position, leak in enumerate(found)
        if leak
    ]
