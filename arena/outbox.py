"""The outbox: what the ledger will record, written with the act itself, so that both are there or neither is.

Nobody waits for the ledger: what is noted here becomes a leaf moments later, by one writer. Rare acts (of contenders,
settings, exclusions, snapshots, releases) are noted by triggers of the tables they are kept in, which the ledger's
migration made.
"""

from typing import Any, Final

from arena.db import Db

# Parts of the statements that open battles and record votes, which cost no way of their own to PostgreSQL. The first
# reads `battle`, what is recorded of it being $20, the second `recorded` (id, battle_id, outcome), the votes that are
# new. A vote's id opens its receipt, so it goes by the name that is published: nobody can make the id of it.
COMMITTED: Final = """
        noted AS (
            INSERT INTO outbox (kind, payload) SELECT 'battle_committed', $20::jsonb FROM battle
        )"""
VOTED: Final = """
        noted AS (
            INSERT INTO outbox (kind, subject, payload)
            SELECT 'vote', id::text,
                   jsonb_build_object('vote', encode(substring(sha256('vote'::bytea || uuid_send(id)) FOR 16), 'hex'),
                                      'battle', battle_id, 'outcome', outcome)
            FROM recorded
        )"""


# What the service's own settings are recorded about, and found by.
SERVICE: Final = "service"


async def note(db: Db, kind: str, payload: dict[str, Any], *, subject: str | None = None) -> None:
    """Have this act recorded, in the caller's transaction; `subject` is what its leaf is found by later."""
    await db.execute("INSERT INTO outbox (kind, subject, payload) VALUES ($1, $2, $3)", kind, subject, payload)
