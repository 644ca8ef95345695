"""Receipts: what became of a vote, told to whoever has its unguessable id and naming nobody."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Db, Pool, many
from arena.evaluation import exclusions
from arena.evaluation.controls import What
from arena.evaluation.exclusions import NoSuchVote
from arena.evaluation.selections import TOO_EARLY
from arena.integration import ledger
from arena.integration.ledger import Head
from arena.together import Together
from rating import Outcome

MOST_RELEASES: Final = 100


class Why(StrEnum):
    """Why a vote does not count."""

    LEAK = "leak"
    HASTY = "hasty"
    DUPLICATE = "duplicate"
    PERSONAL = "personal"
    TOXIC = "toxic"
    OPERATOR = "operator"
    AUTOMATED = "automated"
    COLLUSION = "collusion"
    CARELESS = "careless"
    CONTROL = "control"
    NAMED = "named"
    DIRECT = "direct"
    PRIVATE = "private"
    WARMING = "warming"


class Act(Struct, frozen=True, kw_only=True):
    """That the vote was excluded, since when and why, and whether that was lifted; `side` is 0 for A and 1 for B."""

    reason: exclusions.Reason
    side: int | None
    excluded_at: datetime
    lifted_at: datetime | None
    lifted_because: str | None


class Plea(Struct, frozen=True, kw_only=True):
    """That the voter has appealed, and what was answered; what they wrote is for the operators alone."""

    appealed_at: datetime
    answer: str | None
    answered_at: datetime | None


class Proven(Struct, frozen=True, kw_only=True):
    """How the leaf's hash leads to the root of a signed head; hashes in base64, the leaf's neighbour first."""

    head: Head
    hashes: list[str]


class Receipt(Struct, frozen=True, kw_only=True):
    """What became of a vote.

    `counted` says whether it counts now and `reason` why it does not. `releases` are those that have counted it, the
    latest first and at most a hundred of them, `released` how many that are and `first_release` the first one. `leaf`
    is the number of the vote's leaf in the ledger, null until a signed head covers it; who asks for the receipt by its
    address is told the head and the `proof` with it. `control` says what a control battle was, and
    `control_side` which side it asked something else, or of a probe which side was wrong.
    """

    id: UUID
    outcome: Outcome
    cast_at: datetime
    counted: bool
    reason: Why | None
    leaf: int | None = None
    releases: list[str]
    released: int
    first_release: str | None
    exclusions: list[Act]
    appeals: list[Plea]
    control: What | None
    control_side: int | None
    proof: Proven | None = None


async def require(db: Db, vote_id: UUID) -> Receipt:
    """The receipt of this vote."""
    found = await of(db, [vote_id])
    if not found:
        raise NoSuchVote("There is no vote of this receipt. Look at its address again: it is the vote's id.")
    receipt = found[vote_id]
    return structs.replace(receipt, proof=None if receipt.leaf is None else await _proven(db, receipt.leaf))


async def _proven(db: Db, leaf: int) -> Proven:
    head = await ledger.head(db)
    return Proven(head=head, hashes=(await ledger.prove(db, leaf, head.size)).hashes)


async def of(db: Db, vote_ids: list[UUID]) -> dict[UUID, Receipt]:
    """The receipts of these votes; of those that there aren't, none."""
    found = await many(db, Receipt, RECEIPTS, vote_ids, MOST_RELEASES)
    return {receipt.id: receipt for receipt in found}


class Receipts:
    """Receipts of votes that have just been cast: what is asked for at the same time is read by one statement."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._reading = Together(self._read)

    async def of(self, vote_id: UUID) -> Receipt:
        """The receipt of a vote that is known to be there."""
        return await self._reading.ask(vote_id)

    async def _read(self, vote_ids: list[UUID]) -> list[Receipt]:
        found = await of(self._db, vote_ids)
        return [found[vote_id] for vote_id in vote_ids]


RECEIPTS: Final = f"""
        SELECT *, reason IS NULL AS counted
        FROM (
            SELECT votes.id, outcome, cast_at,
                   (SELECT index FROM ledger_leaves
                    WHERE subject = votes.id::text AND ledger_leaves.kind = 'vote') AS leaf,
                   coalesce(nullif(kind, 'blind'), excluded[1]->>'reason', early) AS reason,
                   coalesce(releases[:$2], '{{}}') AS releases,
                   coalesce(cardinality(releases), 0) AS released,
                   releases[cardinality(releases)] AS first_release,
                   coalesce(array_to_json(acts)::jsonb, '[]') AS exclusions,
                   pleas AS appeals,
                   CASE WHEN controls.battle_id IS NULL THEN NULL
                        WHEN controls.probe IS NOT NULL THEN 'probe'
                        WHEN controls.position IS NULL THEN 'same' ELSE 'other_prompt' END AS control,
                   controls.position AS control_side
            FROM votes JOIN battles ON battles.id = votes.battle_id
            LEFT JOIN controls ON controls.battle_id = battles.id
            CROSS JOIN LATERAL (
                SELECT array_agg(act ORDER BY id) AS acts,
                       array_agg(act ORDER BY id) FILTER (WHERE lifted_at IS NULL) AS excluded
                FROM (
                    SELECT id, lifted_at, jsonb_build_object(
                        'reason', reason, 'side', position, 'excluded_at', excluded_at, 'lifted_at', lifted_at,
                        'lifted_because', lifted_because) AS act
                    FROM exclusions WHERE exclusions.battle_id = battles.id
                ) AS one
            ) AS excluding
            CROSS JOIN LATERAL (
                SELECT CASE WHEN bool_or(coalesce(committed_at > battles.opened_at, true)) THEN 'private'
                            WHEN bool_or({TOO_EARLY}) THEN 'warming' END AS early
                FROM sides JOIN contenders ON contenders.id = sides.contender_id
                JOIN endpoints ON endpoints.id = sides.endpoint_id
                WHERE sides.battle_id = battles.id
            ) AS staging
            CROSS JOIN LATERAL (
                SELECT array_agg(releases.id ORDER BY published_at DESC, releases.id DESC) AS releases
                FROM countings JOIN snapshots
                    ON snapshots.board_id = countings.board_id AND snapshots.number >= since
                       AND (until IS NULL OR snapshots.number < until)
                JOIN releases ON snapshot_id = snapshots.id
                WHERE countings.vote_id = votes.id
            ) AS releasing
            CROSS JOIN LATERAL (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'appealed_at', appealed_at, 'answer', answer, 'answered_at', answered_at
                ) ORDER BY id), '[]') AS pleas
                FROM appeals WHERE vote_id = votes.id
            ) AS pleading
            WHERE votes.id = ANY($1::uuid[])
        ) AS told"""  # noqa: S608 - a constant
