"""Prompt sets: proposed, frozen, answered by file, and scored without asking any model."""

import gzip
import hashlib
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import prompt_sets, set_answers, set_files, set_results
from arena.evaluation.prompt_sets import Notes, NotFrozen, NotProposed, PromptSet, SlugTaken, State
from arena.evaluation.set_answers import AnsweredAlready, HandedIn
from arena.evaluation.sheets import Form
from tests.builders import contender
from tests.upstream import Provider

NOTES = Notes(slug="sums", name="Sums", licence="CC0")
PROMPTS = b"""id,prompt,category,reference,kind
one,"What is
1 + 1?",sums,2,numeric
two,Capital of France?,facts,Paris,exact
three,Write a poem.,,,
"""
SOLUTIONS = Path(__file__).parents[2] / "judge" / "golden" / "gsm8k_solutions.jsonl.gz"
# Cobbe et al. 2021, example_model_solutions.jsonl: how many of 1,319 are flagged right.
CORRECT = {"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742}


async def _frozen(db: Pool, data: bytes = PROMPTS, form: Form = Form.CSV) -> PromptSet:
    async with db.acquire() as connection:
        proposed = await prompt_sets.propose(connection, NOTES, set_files.prompts(data, form), account_id=None)
        return await prompt_sets.freeze(connection, proposed.id, account_id=None)


async def _hand_in(db: Pool, sums: PromptSet, contender_id: UUID, data: str, *, partial: bool = False) -> HandedIn:
    async with db.acquire() as connection:
        return await set_answers.hand_in(
            connection,
            sums,
            contender_id,
            set_files.answers(data.encode(), Form.CSV),
            sha256=hashlib.sha256(data.encode()).hexdigest(),
            partial=partial,
            account_id=None,
        )


@pytest.fixture
async def anna(db: Pool, provider: Provider) -> UUID:
    return (await contender(db, provider, "anna", slug="anna")).contender_id


@pytest.fixture
async def berta(db: Pool, provider: Provider) -> UUID:
    return (await contender(db, provider, "berta", slug="berta")).contender_id


async def test_a_set_is_proposed_frozen_and_used_up_once(db: Pool) -> None:
    sums = await _frozen(db)
    assert (sums.state, sums.prompts) == (State.FROZEN, 3)
    async with db.acquire() as connection:
        with pytest.raises(SlugTaken):
            await prompt_sets.propose(
                connection, NOTES, set_files.prompts(b"id,prompt\n1,Hi", Form.CSV), account_id=None
            )
        with pytest.raises(NotProposed):
            await prompt_sets.freeze(connection, sums.id, account_id=None)
    first, *_ = await prompt_sets.prompts(db, sums.id)
    assert first.content == "What is\n1 + 1?"
    assert await prompt_sets.require(db, str(sums.id)) == await prompt_sets.require(db, "sums") == sums
    assert await db.fetchval("SELECT count(*) FROM set_prompts") == 3


async def test_a_proposed_set_is_answered_by_nobody(db: Pool) -> None:
    async with db.acquire() as connection:
        await prompt_sets.propose(connection, NOTES, set_files.prompts(PROMPTS, Form.CSV), account_id=None)
    with pytest.raises(NotFrozen):
        await prompt_sets.in_use(db, "sums")


async def test_answers_are_scored_by_reference_and_left_out_prompts_gain_nothing(db: Pool, anna: UUID) -> None:
    sums = await _frozen(db)
    told = await _hand_in(db, sums, anna, "id,answer\none,It is 2.\nthree,Roses\n", partial=True)
    assert told == HandedIn(answers=2, kept=2, unanswered=1)
    (result,) = await set_results.of_contender(db, "anna")
    assert (result.prompts, result.answered, result.handed_in) == (3, 2, 2)
    assert (result.scored, result.right, result.wrong, result.unreadable) == (2, 1, 0, 0)
    assert result.share == 0.5
    assert await set_results.of_set(db, sums.id) == [result]


async def test_a_file_that_leaves_prompts_out_says_which_and_keeps_nothing(db: Pool, anna: UUID) -> None:
    sums = await _frozen(db)
    with pytest.raises(Refused, match="without an answer in the file: 2, first “two”"):
        await _hand_in(db, sums, anna, "id,answer\none,2\n")
    with pytest.raises(Refused, match="Field “id”, line 3, 5: the set has no such prompt"):
        await _hand_in(db, sums, anna, "id,answer\none,2\nfour,2\ntwo,Paris\nfive,2\n", partial=True)
    assert await db.fetchval("SELECT count(*) FROM set_answers") == 0
    assert await db.fetchval("SELECT count(*) FROM answer_files") == 0


async def test_the_same_answer_again_is_the_same_answer_and_another_is_refused(db: Pool, anna: UUID) -> None:
    sums = await _frozen(db)
    whole = "id,answer\none,2\ntwo,Rome\nthree,Roses\n"
    await _hand_in(db, sums, anna, "id,answer\none,2\n", partial=True)
    assert await _hand_in(db, sums, anna, whole) == HandedIn(answers=3, kept=2, unanswered=0)
    assert await _hand_in(db, sums, anna, whole) == HandedIn(answers=3, kept=0, unanswered=0)
    with pytest.raises(AnsweredAlready, match="Field “answer”, line 3: this contender has answered this prompt"):
        await _hand_in(db, sums, anna, whole.replace("Rome", "Paris"))
    (result,) = await set_results.of_set(db, sums.id)
    assert (result.right, result.wrong) == (1, 1)


async def test_validity_and_sensitivity_come_from_the_answers(db: Pool, anna: UUID, berta: UUID) -> None:
    sums = await _frozen(db)
    more = "one,2,plain\ntwo,Paris,plain\none,3,lines\ntwo,Paris,lines\n"
    await _hand_in(db, sums, anna, f"id,answer,format\n{more}", partial=True)
    await _hand_in(db, sums, berta, "id,answer\none,2\ntwo,Rome\n", partial=True)
    found = await set_results.validity(db, sums.id)
    assert (found.contenders, found.saturated, found.out_of_reach) == (2, 1, 0)
    assert [(each.name, each.share) for each in found.items] == [("one", 1.0), ("two", 0.5)]
    (changed,) = await set_results.sensitivities(db, sums.id)
    assert (changed.contender, changed.prompts, changed.spread, changed.changed) == ("anna", 2, 0.5, 1)
    assert changed.shares == {"plain": 1.0, "lines": 0.5}


async def test_every_published_flag_of_gsm8k_comes_out_of_uploaded_answers(db: Pool, provider: Provider) -> None:
    with gzip.open(SOLUTIONS, "rb") as file:
        solutions = [msgspec.json.decode(line) for line in file]
    rows = [
        {"id": str(number), "prompt": one["question"], "reference": one["ground_truth"], "kind": "numeric"}
        for number, one in enumerate(solutions)
    ]
    gsm8k = await _frozen(db, b"\n".join(map(msgspec.json.encode, rows)), Form.JSON_LINES)
    for model in CORRECT:
        entered = (await contender(db, provider, model, slug=model.replace("_", "-"))).contender_id
        data = b"\n".join(
            msgspec.json.encode({"id": str(number), "answer": one[model]["solution"]})
            for number, one in enumerate(solutions)
        )
        async with db.acquire() as connection:
            given = set_files.answers(data, Form.JSON_LINES)
            await set_answers.hand_in(
                connection,
                gsm8k,
                entered,
                given,
                sha256=hashlib.sha256(data).hexdigest(),
                partial=False,
                account_id=None,
            )
        flags = await db.fetch(
            """
            SELECT match = 'right' AS right FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id
            WHERE contender_id = $1 ORDER BY position
            """,
            entered,
        )
        assert [row["right"] for row in flags] == [one[model]["is_correct"] for one in solutions]
        assert sum(row["right"] for row in flags) == CORRECT[model]
