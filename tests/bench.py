"""Judges for tests: one that prefers the longer answer, and battles for it."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, pairing, prompt_sets, set_answers, set_files, votes
from arena.evaluation.formats import Format
from arena.evaluation.prompt_sets import Notes, PromptSet
from arena.evaluation.sheets import Form
from arena.evaluation.turns import Answer
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission import judges
from arena.submission.endpoints import Entrant
from arena.submission.judges import Judge, Proposal
from arena.submission.questions import Terms
from arena.workers import judge as worker
from judge import verdicts
from judge.verdicts import Level, Reading, Reply
from rating import Outcome
from tests.builders import contender
from tests.upstream import Call, Provider, Script, Whole

ANSWER = re.compile(r"<<<answer ([AB])[^>]*>>>\n(.*?)\n<<<end of", re.DOTALL)
MODEL = "bench"


def longer(call: Call) -> str | Script | Whole:
    """The verdict for the longer answer, as an object where one is asked for; a greeting for anything else."""
    shown = dict(ANSWER.findall(call.question))
    code = re.search(r"Verdict ([0-9a-f]{16}): LABEL", call.question)
    if code is None:
        return "Hello there!"
    lengths = {letter: len(text) for letter, text in shown.items()}
    label = "A=B" if lengths["A"] == lengths["B"] else "A>>B" if lengths["A"] > lengths["B"] else "B>A"
    if "response_format" in call.body:
        return json.dumps({"explanation": "By length.", "verdict": label, "confidence": 0.75})
    return f"By length.\nVerdict {code[1]}: {label} (75%)"


def in_words(call: Call) -> str | Script | Whole:
    """The same of an endpoint that knows nothing of schemas."""
    call.body.pop("response_format", None)
    return longer(call)


async def seat(
    db: Pool,
    settings: Settings,
    provider: Provider,
    *,
    speech: Callable[[Call], str | Script | Whole] = longer,
    model: str = MODEL,
    slug: str = "bench",
    family: str = "Bench Works",
    **changes: Any,
) -> Judge:
    """A judge that has been checked and listed, unless it failed."""
    provider.teach(model, speech)
    entrant = await contender(db, provider, model, slug=f"{slug}-itself", name="Gavel", organisation=family)
    await db.execute(
        "UPDATE endpoints SET prompt_price = 2, answer_price = 10 WHERE id = $1", entrant.target.endpoint_id
    )
    proposal = Proposal(
        slug=slug,
        name=slug.title(),
        family=family,
        endpoint_id=entrant.target.endpoint_id,
        rubric="pairwise_v1",
        settings=Terms(most_answer_tokens=200),
        own_family=False,
    )
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email=f"{slug}@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
        proposal = structs.replace(proposal, **changes)
        judge_id = await judges.propose(connection, proposal, account_id=account.id, approved=True)
    await worker.check(db, settings, judge_id)
    return await judges.require(db, slug)


async def met(db: Pool, provider: Provider) -> list[Entrant]:
    """Two contenders."""
    return [await contender(db, provider, "words:one", slug=slug, name=slug.title()) for slug in ("anna", "berta")]


async def voted(db: Pool, entrants: list[Entrant], number: int, answers: tuple[str, str] | None = None) -> UUID:
    """A battle that was voted on, with a prompt of its own; A's answer is the longer one unless they are given."""
    texts = answers or (f"It is {number}, and this is why.", f"It is {number}.")
    said = tuple(Answer(text=text, html=f"<p>{text}</p>", seconds=1.0, finish="stop") for text in texts)
    voter = uuid4()
    battle = await battles.open(db, voter, f"What is {number}?", pairing.draw(entrants))
    await battles.start(db, battle.id)
    await battles.finish(db, battle.id, 1, (said[0], said[1]), shown=[2, 2], void=None)
    await votes.cast(db, battle.id, voter, Outcome.A)
    return battle.id


async def ruled(db: Pool, judge: Judge, battle_id: UUID, first: int, second: int, **changes: Any) -> None:
    """A verdict of these two levels, as a run would have left it; the explanations say which order they are for."""
    readings = [
        Reading(reply=Reply(text="Said."), level=Level(level), explanation=f"Because **{place}**.")
        for place, level in enumerate((first, second))
    ]
    said = structs.replace(verdicts.of(*readings), **changes)
    run_id = await db.fetchval("INSERT INTO judge_runs (selection, estimates) VALUES ('{}', '[]') RETURNING id")
    await db.execute(
        """
        INSERT INTO verdicts (judge_id, version, run_id, battle_id, outcome, share, consistent, confidence, unscored,
                              readings, cost, seconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0.8, $8, $9, 0.002, 1.5)
        """,
        *(judge.id, judge.version, run_id, battle_id, said.outcome, said.share, said.consistent, said.unscored),
        list(said.readings),
    )


async def said(db: Pool, judge: Judge, battle_id: UUID, share: float) -> None:
    """A verdict of the judge on a battle, whoever was asked what: the first side gets this share of the point."""
    run_id = await db.fetchval(
        "INSERT INTO judge_runs (state, selection, estimates) VALUES ('done', '{}', '[]') RETURNING id"
    )
    outcome = Outcome.A if share > 0.5 else Outcome.B if share < 0.5 else Outcome.TIE
    await db.execute(
        """
        INSERT INTO verdicts (judge_id, version, run_id, battle_id, outcome, share, consistent, readings)
        VALUES ($1, $2, $3, $4, $5, $6, true, '[]')
        """,
        *(judge.id, judge.version, run_id, battle_id, outcome, share),
    )


async def answered(
    db: Pool, prompts: int, *said: tuple[UUID, Callable[[int], str]], slug: str = "essays", extra: bytes = b""
) -> PromptSet:
    """A prompt set without references that these contenders have answered with a file each."""
    rows = [f"{number},What is {number}?" for number in range(prompts)]
    data = "\n".join(["id,prompt,category,reference,kind", *(f"{row},,," for row in rows)]).encode() + b"\n" + extra
    notes = Notes(slug=slug, name=slug.title(), licence="CC0")
    async with db.acquire() as connection:
        proposed = await prompt_sets.propose(connection, notes, set_files.prompts(data, Form.CSV), account_id=None)
        frozen = await prompt_sets.freeze(connection, proposed.id, account_id=None)
        for contender_id, words in said:
            given = [
                set_files.Given(line=number + 2, id=str(number), answer=words(number), format=Format.PLAIN)
                for number in range(prompts)
            ]
            await set_answers.hand_in(
                connection, frozen, contender_id, given, sha256="0" * 64, partial=True, account_id=None
            )
    return frozen


def judging(provider: Provider, model: str = MODEL) -> int:
    """How often the judge was asked for a verdict."""
    return sum(call.model == model and "LABEL" in call.question for call in provider.calls)
