"""Changes: what became other than it was, of models, methodology and data, and what went wrong."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from arena import outbox
from arena.db import Db, many
from arena.errors import NoSuchCursor


class Kind(StrEnum):
    """What a change is of."""

    MODELS = "models"
    METHODOLOGY = "methodology"
    DATA = "data"
    INCIDENTS = "incidents"


class Change(Struct, frozen=True, kw_only=True):
    """What changed, in a sentence whose places `values` fill; when, by whom and why.

    `key` tells it from others of the same moment. `link` is a path of this arena where there is more.
    """

    kind: Kind
    what: str
    sentence: str
    values: dict[str, str | int]
    link: str
    actor: str
    reason: str | None
    happened_at: datetime
    key: str


class _Row(Struct, frozen=True, kw_only=True):
    kind: Kind
    what: str
    sentence: str | None
    values: dict[str, str | int]
    link: str
    actor: str
    reason: str | None
    happened_at: datetime
    key: str


# What is said of each; of a smell it is the finding's own sentence.
SENTENCES: Final = {
    "listed": "{name} is listed.",
    "paused": "{name} is paused.",
    "retired": "{name} has retired.",
    "rejected": "{name} was turned away by its check.",
    "renamed": "{former} is now called {name}.",
    "judge": "{name} may judge.",
    "pairing": "Pairs are drawn in other shares.",
    "board": "On the board {board} something was changed: {what}.",
    "settings": "Settings were changed: {settings}.",
    "imported": "{votes} votes were imported to {board}.",
    "frozen": "The prompt set {name} is frozen.",
    "used up": "The prompt set {name} is used up.",
    "released": "{board} was released, with {votes} votes.",
    "excluded": "{votes} votes were left out by finding {finding}.",
    "restored": "{votes} votes of finding {finding} count again.",
    "held": "A release of {board} was held.",
    "ledger": "The ledger is not what was signed. {fault}",
}

# Each gives what, sentence, values, link, actor, reason, happened_at, key.
PARTS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.MODELS: (
        """
        SELECT events.state, NULL::text, jsonb_build_object('name', contenders.name), '/contenders/' || slug, actor,
               CASE WHEN actor <> 'arena' THEN events.note END, happened_at, 'endpoint ' || events.id
        FROM endpoint_events AS events JOIN endpoints ON endpoints.id = endpoint_id
        JOIN contenders ON contenders.id = contender_id
        WHERE former IS DISTINCT FROM events.state AND events.state IN ('listed', 'paused', 'retired', 'rejected')
          AND committed_at <= happened_at
        """,
        """
        SELECT 'renamed', NULL, jsonb_build_object('former', former_name, 'name', renames.name), '/contenders/' || slug,
               'operator', reason, renamed_at, 'rename ' || contenders.id
        FROM renames JOIN contenders ON contenders.id = contender_id WHERE committed_at <= renamed_at
        """,
        """
        SELECT 'judge', NULL, jsonb_build_object('name', name), '/judges/' || slug, 'operator', NULL, listed_at,
               'judge ' || id
        FROM judges WHERE listed_at IS NOT NULL
        """,
    ),
    Kind.METHODOLOGY: (
        """
        SELECT 'pairing', NULL, '{}'::jsonb, '/methodology#pairs', actor, reason, valid_from, 'policy ' || id
        FROM pairing_policies
        WHERE valid_from <= now() AND id > (SELECT min(id) FROM pairing_policies)
        """,
        """
        SELECT 'board', NULL, jsonb_build_object('board', name, 'what', what), '/leaderboard/' || slug, 'operator',
               reason, happened_at, 'board ' || board_acts.id
        FROM board_acts JOIN boards ON boards.id = board_id
        """,
        f"""
        SELECT 'settings', NULL, jsonb_build_object('settings', told.settings), '/methodology', 'operator', NULL,
               (leaf ->> 'at')::timestamptz, 'settings ' || index
        FROM (
            SELECT index, convert_from(data, 'UTF8')::jsonb AS leaf,
                   lag(convert_from(data, 'UTF8')::jsonb) OVER (ORDER BY index) AS former
            FROM ledger_leaves WHERE subject = '{outbox.SERVICE}' AND kind = 'settings_changed'
        ) AS leaves
        CROSS JOIN LATERAL (
            SELECT string_agg(
                key || ' ' || coalesce(former -> 'settings' ->> key, '–') || ' → ' || value, ', ' ORDER BY key
            ) AS settings
            FROM jsonb_each_text(leaf -> 'settings') WHERE value IS DISTINCT FROM former -> 'settings' ->> key
        ) AS told
        WHERE former IS NOT NULL AND told.settings IS NOT NULL
        """,  # noqa: S608 - a constant
    ),
    Kind.DATA: (
        """
        SELECT 'imported', NULL, jsonb_build_object('votes', votes, 'board', name), '/leaderboard/' || slug, 'operator',
               imports.attribution, imported_at, 'import ' || imports.id
        FROM imports JOIN boards ON boards.id = board_id
        """,
        """
        SELECT 'frozen', NULL, jsonb_build_object('name', name), '/prompt-sets/' || slug, 'operator', NULL, frozen_at,
               'frozen ' || id
        FROM prompt_sets WHERE frozen_at IS NOT NULL
        """,
        """
        SELECT 'used up', NULL, jsonb_build_object('name', name), '/prompt-sets/' || slug, 'operator', reason,
               used_up_at, 'used up ' || id
        FROM prompt_sets WHERE used_up_at IS NOT NULL
        """,
        # A board that is released every few minutes is told of once a day.
        """
        SELECT 'released', NULL, jsonb_build_object('board', name, 'votes', votes), '/releases/' || last.id, 'arena',
               NULL, published_at, 'release ' || last.id
        FROM (
            SELECT DISTINCT ON (board_id, date_trunc('day', published_at, 'UTC'))
                   releases.id, board_id, snapshot_id, published_at
            FROM releases ORDER BY board_id, date_trunc('day', published_at, 'UTC'), published_at DESC
        ) AS last JOIN boards ON boards.id = board_id JOIN snapshots ON snapshots.id = snapshot_id
        """,
        """
        SELECT act, NULL, jsonb_build_object('finding', finding_id, 'votes',
                   (SELECT count(*) FROM audit_finding_votes found WHERE found.finding_id = audit_acts.finding_id)),
               '/audit/' || finding_id, 'operator', text, happened_at, 'audit ' || id
        FROM audit_acts WHERE act IN ('excluded', 'restored')
        """,
    ),
    Kind.INCIDENTS: (
        """
        SELECT 'smell ' || act, sentence, "values", '/smells/' || smells.id,
               CASE WHEN account_id IS NULL THEN 'arena' ELSE 'operator' END, smell_acts.text, happened_at,
               'smell ' || smell_acts.id
        FROM smell_acts JOIN smells ON smells.id = smell_id
        WHERE act IN ('opened', 'resolved') AND severity IN ('major', 'block')
        """,
        """
        SELECT 'held', NULL, jsonb_build_object('board', name), '/releases?board=' || slug, actor, reason, happened_at,
               'candidate ' || steps.id
        FROM candidate_events steps JOIN candidates ON candidates.id = candidate_id JOIN boards ON boards.id = board_id
        WHERE steps.state = 'held'
        """,
        """
        SELECT 'ledger', NULL, jsonb_build_object('fault', fault), '/releases', 'arena', NULL, checked_at,
               'ledger ' || id
        FROM ledger_checks WHERE fault IS NOT NULL
        """,
    ),
}
COLUMNS: Final = "what, sentence, values, link, actor, reason, happened_at, key"


async def listed(db: Db, kind: Kind | None, *, before: str | None, most: int) -> list[Change]:
    """Changes of a kind, or of all, the latest first, from after the one that this cursor names."""
    moment, key = _place(before)
    parts = " UNION ALL ".join(
        f"(SELECT '{each}' AS kind, part.* FROM ({sql}) AS part ({COLUMNS})"  # noqa: S608 - constants
        " WHERE $1::timestamptz IS NULL OR (happened_at, key) < ($1, $2) ORDER BY happened_at DESC, key DESC LIMIT $3)"
        for each in ([kind] if kind else Kind)
        for sql in PARTS[each]
    )
    rows = await many(
        db,
        _Row,
        f"SELECT * FROM ({parts}) AS changes ORDER BY happened_at DESC, key DESC LIMIT $3",  # noqa: S608 - constants
        *(moment, key, most),
    )
    return [_change(row) for row in rows]


def cursor(change: Change) -> str:
    """What names the place of this change among all."""
    return f"{change.happened_at.isoformat()} {change.key}"


def _place(text: str | None) -> tuple[datetime | None, str]:
    if text is None:
        return None, ""
    moment, _, key = text.partition(" ")
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not key or "\0" in key:
        raise NoSuchCursor
    return found, key


def _change(row: _Row) -> Change:
    sentence = row.sentence or SENTENCES[row.what]
    return Change(
        kind=row.kind,
        what=row.what,
        sentence=sentence,
        values=row.values,
        link=row.link,
        actor=row.actor,
        reason=row.reason,
        happened_at=row.happened_at,
        key=row.key,
    )
