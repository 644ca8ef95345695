"""Votes by the thousand, put into the database as if they had been cast, with what decides them planted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from arena.db import Pool
from arena.evaluation import style, tags
from arena.integration import circumstances
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission.endpoints import Entrant
from rating.arrays import Codes, Vector, expit

OUTCOMES = ("a", "b", "tie", "both_bad")


@dataclass(frozen=True, eq=False, kw_only=True)
class Votes:
    """N votes by the codes of contenders and voters; what is None is not known of any.

    `features` are those of both answers (N x 2 x K), the first K of circumstances.FEATURES.
    """

    first: Codes
    second: Codes
    outcome: Codes
    voter: Codes
    features: Any = None
    category: Sequence[str] | None = None
    language: Sequence[str] | None = None
    dwell: Vector | None = None
    prompt: Codes | None = None
    hour: Codes | None = None

    def __len__(self) -> int:
        return len(self.first)


def drawn(rng: np.random.Generator, truth: Vector, votes: int, voters: int, extra: Any = 0.0) -> Votes:
    """Decided votes on contenders of these strengths, A being preferred by `extra` more (N or one, log-odds)."""
    first = rng.integers(len(truth), size=votes)
    second = (first + rng.integers(1, len(truth), size=votes)) % len(truth)
    won = rng.random(votes) < expit(truth[first] - truth[second] + extra)
    return Votes(first=first, second=second, outcome=np.where(won, 0, 1), voter=rng.integers(voters, size=votes))


async def plant(db: Pool, entrants: list[Entrant], votes: Votes) -> list[UUID]:
    """Enter the votes, and say what their battles are called."""
    battles = [uuid4() for _ in range(len(votes))]
    voters = [uuid4() for _ in range(int(votes.voter.max()) + 1)]
    mine = [voters[code] for code in votes.voter]
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO voters (id) SELECT * FROM unnest($1::uuid[])", voters)
        draw_id = await connection.fetchval(
            "INSERT INTO draws (id, endpoint_ids, shares) VALUES (gen_random_uuid(), '{}', '{}') RETURNING id"
        )
        await connection.execute(
            """
            INSERT INTO battles (id, voter_id, state, rule, propensity, draw_id)
            SELECT battle, voter, 'voted', 'uniform', 0.1, $3
            FROM unnest($1::uuid[], $2::uuid[]) AS planted (battle, voter)
            """,
            *(battles, mine, draw_id),
        )
        for position, codes in enumerate((votes.first, votes.second)):
            own = [entrants[code] for code in codes]
            await connection.execute(
                """
                INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
                SELECT battle, $2, contender, endpoint
                FROM unnest($1::uuid[], $3::uuid[], $4::uuid[]) AS planted (battle, contender, endpoint)
                """,
                *(battles, position, [one.contender_id for one in own], [one.target.endpoint_id for one in own]),
            )
        await connection.execute(
            """
            INSERT INTO votes (battle_id, outcome, cast_at)
            SELECT battle, outcome, timestamptz '2026-11-01 00:30Z' + hour * interval '1 hour'
            FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS planted (battle, outcome, hour)
            """,
            *(battles, [OUTCOMES[code] for code in votes.outcome], _codes(votes.hour, len(votes))),
        )
        await _beside(connection, battles, votes)
    return battles


async def _beside(connection: Any, battles: list[UUID], votes: Votes) -> None:
    """What is known of the votes beside who won."""
    prompts = _codes(votes.prompt, len(votes)) if votes.prompt is not None else list(range(len(votes)))
    asked = {code: uuid4() for code in set(prompts)}
    fingerprint = tags.of("Which is it?").fingerprint
    await connection.execute(
        """
        INSERT INTO tags (battle_id, categories, language, classifier, preset, digest, sketch, bands, prompt)
        SELECT battle, array_remove(ARRAY[category], NULL), language, 'rules-1', false,
               sha256(uuid_send(prompt)), $5, $6, prompt
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) AS planted (battle, category, language, prompt)
        """,
        battles,
        list(votes.category) if votes.category else [None] * len(votes),
        list(votes.language or ["en"] * len(votes)),
        [asked[code] for code in prompts],
        fingerprint.sketch,
        fingerprint.bands,
    )
    if votes.features is not None:
        await _style(connection, battles, votes)
    if votes.dwell is not None:
        await connection.execute(
            """
            INSERT INTO readings (vote_id, dwell_seconds)
            SELECT votes.id, dwell FROM unnest($1::uuid[], $2::float8[]) AS planted (battle, dwell)
            JOIN votes ON battle_id = battle
            """,
            *(battles, votes.dwell.tolist()),
        )


async def _style(connection: Any, battles: list[UUID], votes: Votes) -> None:
    names = ("characters", *circumstances.FEATURES[1:])[: votes.features.shape[2]]
    arrays = ", ".join(f"${4 + place}::integer[]" for place in range(len(names)))
    for position in (0, 1):
        columns = [votes.features[:, position, place].astype(int).tolist() for place in range(len(names))]
        await connection.execute(
            f"""
            INSERT INTO styles (turn, position, version, refusal, battle_id, {", ".join(names)})
            SELECT 1, $1, $2, false, * FROM unnest($3::uuid[], {arrays})
            """,
            *(position, style.VERSION, battles, *columns),
        )


def _codes(codes: Codes | None, size: int) -> list[int]:
    return [0] * size if codes is None else [int(code) for code in codes]


async def judge(db: Pool, battles: list[UUID], outcomes: list[str], *, family: str, endpoint_id: UUID) -> None:
    """Enter a judge of this family and its verdicts on these battles."""
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="judge@example.org", name="Judge", password=None, roles=(Role.OPERATOR,)
        )
    judge_id, run_id = uuid4(), uuid4()
    await db.execute(
        """
        INSERT INTO judges (id, slug, name, family, endpoint_id, rubric, settings, version, state, account_id,
                            approved_by)
        VALUES ($1, 'bench', 'Bench', $2, $3, 'pairwise-v1', '{}', repeat('0', 64), 'listed', $4, $4)
        """,
        *(judge_id, family, endpoint_id, account.id),
    )
    await db.execute("INSERT INTO judge_runs (id, selection, estimates) VALUES ($1, '{}', '[]')", run_id)
    await db.execute(
        """
        INSERT INTO verdicts (judge_id, version, run_id, battle_id, outcome, readings)
        SELECT $1, repeat('0', 64), $2, battle, outcome, '[]'
        FROM unnest($3::uuid[], $4::text[]) AS given (battle, outcome)
        """,
        *(judge_id, run_id, battles, outcomes),
    )


async def probe(db: Pool, votes: int, *, wrong: int, voters: int, question: str = "wall") -> None:
    """Enter votes on probes, on every second one of which the wrong answer sounds sure; so many of those won."""
    people = [uuid4() for _ in range(voters)]
    await db.execute("INSERT INTO voters (id) SELECT * FROM unnest($1::uuid[])", people)
    tones = ["wrong" if place % 2 else "right" for place in range(votes)]
    fooled = {place for place in range(votes) if tones[place] == "wrong"}
    won = ["a" if place in sorted(fooled)[:wrong] or place % 10 == 0 else "b" for place in range(votes)]
    await _on_probes(db, [people[place % voters] for place in range(votes)], tones, won, question)


async def fool(db: Pool, people: Sequence[UUID], wrong: Sequence[int], *, each: int) -> None:
    """Enter for everybody so many votes on probes whose wrong answer sounds sure; so many of them for that one."""
    won = ["a" if place < own else "b" for own in wrong for place in range(each)]
    await _on_probes(db, [one for one in people for _ in range(each)], ["wrong"] * len(won), won, "wall")


async def people(db: Pool, battles: Sequence[UUID]) -> list[UUID]:
    """Who voted on each of these battles."""
    rows = await db.fetch("SELECT id, voter_id FROM battles WHERE id = ANY($1)", battles)
    found = {row["id"]: row["voter_id"] for row in rows}
    return [found[battle] for battle in battles]


async def _on_probes(db: Pool, mine: Sequence[UUID], tones: Sequence[str], won: Sequence[str], question: str) -> None:
    """Votes on probes whose answer A is wrong."""
    battles = [uuid4() for _ in mine]
    async with db.acquire() as connection, connection.transaction():
        await connection.execute(
            """
            INSERT INTO battles (id, voter_id, state, rule, kind)
            SELECT battle, voter, 'voted', 'probe-1', 'control'
            FROM unnest($1::uuid[], $2::uuid[]) AS planted (battle, voter)
            """,
            *(battles, mine),
        )
        await connection.execute(
            "INSERT INTO turns (battle_id, turn, content) SELECT *, 1, '[]' FROM unnest($1::uuid[])",
            battles,
        )
        await connection.execute(
            """
            INSERT INTO controls (battle_id, position, probe, assertive)
            SELECT battle, 0, $3, tone FROM unnest($1::uuid[], $2::text[]) AS planted (battle, tone)
            """,
            *(battles, tones, question),
        )
        await connection.execute(
            """
            INSERT INTO votes (battle_id, outcome)
            SELECT battle, outcome FROM unnest($1::uuid[], $2::text[]) AS planted (battle, outcome)
            """,
            *(battles, won),
        )
