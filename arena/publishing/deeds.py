"""Deeds: what operators did last, on whatever it was: when, who, what and why.

Every noun keeps its own acts; here they are read together, and nothing is kept.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from arena.db import Db, many


class Deed(Struct, frozen=True, kw_only=True):
    """An operator's act: on what noun, what it was called there, and the reason that was given, if one was."""

    noun: str
    act: str
    subject: str
    link: str | None
    reason: str | None
    account: str
    happened_at: datetime


# Each noun's acts as (noun, act, subject, link, reason, account_id, happened_at). Votes that were excluded by one act
# are one deed.
ACTS: Final = (
    """SELECT 'smell', act, smell_id::text, '/smells/' || smell_id, text, account_id, happened_at
       FROM smell_acts WHERE account_id IS NOT NULL""",
    """SELECT 'audit finding', act, finding_id::text, '/audit/' || finding_id, text, account_id, happened_at
       FROM audit_acts""",
    """SELECT 'case', act, case_id::text, '/cases/' || case_id, text, account_id, happened_at
       FROM case_acts WHERE actor = 'operator'""",
    """SELECT 'appeal', 'answered', id::text, '/votes/' || vote_id, answer, account_id, answered_at
       FROM appeals WHERE answered_at IS NOT NULL""",
    """SELECT 'endpoint', events.state, coalesce(contenders.slug, endpoint_id::text), '/contenders/' || contenders.slug,
              events.note, account_id, happened_at
       FROM endpoint_events events JOIN endpoints ON endpoints.id = endpoint_id
       LEFT JOIN contenders ON contenders.id = contender_id WHERE actor = 'operator'""",
    """SELECT 'release', candidate_events.state, release_id, '/releases/' || release_id, reason, account_id, happened_at
       FROM candidate_events JOIN candidates ON candidates.id = candidate_id WHERE actor = 'operator'""",
    """SELECT 'announcement', 'written', release_id, '/releases/' || release_id, reason, account_id, written_at
       FROM announcements""",
    """SELECT 'board', what, slug, '/leaderboard/' || slug, reason, account_id, happened_at
       FROM board_acts JOIN boards ON boards.id = board_id WHERE account_id IS NOT NULL""",
    """SELECT 'account', 'appointed', accounts.name, NULL, reason, appointed_by, appointed_at
       FROM appointments JOIN accounts ON accounts.id = account_id""",
    """SELECT 'contender', 'renamed', slug, '/contenders/' || slug, reason, account_id, renamed_at
       FROM renames JOIN contenders ON contenders.id = contender_id""",
    """SELECT 'votes', 'excluded', count(*)::text, NULL, coalesce(evidence->>'note', reason), account_id, excluded_at
       FROM exclusions WHERE account_id IS NOT NULL GROUP BY evidence->>'note', reason, account_id, excluded_at""",
    """SELECT 'votes', 'restored', count(*)::text, NULL, lifted_because, lifted_by, lifted_at
       FROM exclusions WHERE lifted_by IS NOT NULL GROUP BY lifted_because, lifted_by, lifted_at""",
    """SELECT 'pairing policy', 'set', id::text, '/methodology', reason, account_id, set_at
       FROM pairing_policies WHERE account_id IS NOT NULL""",
    """SELECT 'pairing rate', 'set', state, '/submissions', reason, account_id, set_at
       FROM pairing_rates WHERE account_id IS NOT NULL""",
    """SELECT 'pair', 'forbidden', id::text, NULL, reason, account_id, forbidden_at
       FROM forbidden_pairs WHERE account_id IS NOT NULL""",
    """SELECT 'pair', 'restored', id::text, NULL, lifted_because, lifted_by, lifted_at
       FROM forbidden_pairs WHERE lifted_by IS NOT NULL""",
    """SELECT 'prompt set', state, slug, '/prompt-sets/' || slug, reason, decided_by,
              coalesce(used_up_at, declined_at, frozen_at)
       FROM prompt_sets WHERE decided_by IS NOT NULL""",
    """SELECT 'judge', 'listed', slug, '/judges/' || slug, NULL, approved_by, listed_at
       FROM judges WHERE approved_by IS NOT NULL AND listed_at IS NOT NULL""",
    """SELECT 'judge run', 'planned', id::text, NULL, NULL, account_id, planned_at
       FROM judge_runs WHERE account_id IS NOT NULL""",
)


_BEFORE: Final = "($1::timestamptz IS NULL OR happened_at < $1)"
_LAST: Final = "ORDER BY happened_at DESC LIMIT $2"


async def listed(db: Db, *, most: int, until: datetime | None = None) -> list[Deed]:
    """The last deeds, the latest first, of all nouns; from before that moment on."""
    told = "(noun, act, subject, link, reason, account_id, happened_at)"
    # Of each noun's acts the last are enough.
    parts = [f"(SELECT * FROM ({each}) AS acts {told} WHERE {_BEFORE} {_LAST})" for each in ACTS]  # noqa: S608 - constants
    return await many(
        db,
        Deed,
        f"""
        SELECT noun, act, deeds.subject, link, reason, accounts.name AS account, happened_at
        FROM ({" UNION ALL ".join(parts)}) AS deeds JOIN accounts ON accounts.id = account_id {_LAST}
        """,  # noqa: S608 - constants
        *(until, most),
    )
